package dev.ordinal.server.spdy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.Deflater;

/// Frames to bytes, each in one write. For many threads: one writes, the others wait.
final class FrameWriter implements AutoCloseable {
    private static final int CONTROL = 0x80030000;
    private static final int HEAD_BYTES = 8;
    private static final int NO_HEADERS_BYTES_MAX = 64;

    private final OutputStream out;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deflater deflater = new Deflater();
    private boolean closed;

    FrameWriter(OutputStream out) {
        this.out = out;
        deflater.setDictionary(Dictionary.bytes());
    }

    /// Says that a stream the other side opens is welcome.
    void synReply(int stream) throws IOException {
        lock.lock();
        try {
            if (closed) throw new IOException("the connection is closed");
            var packed = new byte[NO_HEADERS_BYTES_MAX];
            deflater.setInput(new byte[4]); // no headers
            int length = deflater.deflate(packed, 0, packed.length, Deflater.SYNC_FLUSH);
            var frame = control(Frame.SYN_REPLY, 4 + length).putInt(stream);
            write(frame.put(packed, 0, length));
        } finally {
            lock.unlock();
        }
    }

    void data(int stream, boolean fin, byte[] bytes, int offset, int length) throws IOException {
        var frame = ByteBuffer.allocate(HEAD_BYTES + length).putInt(stream);
        write(frame.putInt((fin ? Frame.FIN << 24 : 0) | length).put(bytes, offset, length));
    }

    void rstStream(int stream, int status) throws IOException {
        write(control(Frame.RST_STREAM, 8).putInt(stream).putInt(status));
    }

    void ping(int id) throws IOException {
        write(control(Frame.PING, 4).putInt(id));
    }

    void goAway(int lastStream, int status) throws IOException {
        write(control(Frame.GOAWAY, 8).putInt(lastStream).putInt(status));
    }

    private static ByteBuffer control(int type, int length) {
        return ByteBuffer.allocate(HEAD_BYTES + length).putInt(CONTROL | type).putInt(length);
    }

    private void write(ByteBuffer frame) throws IOException {
        lock.lock();
        try {
            if (closed) throw new IOException("the connection is closed");
            out.write(frame.array(), frame.arrayOffset(), frame.position());
            out.flush();
        } finally {
            lock.unlock();
        }
    }

    /// Waits for a write that is under way.
    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) deflater.end();
            closed = true;
        } finally {
            lock.unlock();
        }
    }
}

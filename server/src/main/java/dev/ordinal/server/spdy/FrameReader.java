package dev.ordinal.server.spdy;

import org.jspecify.annotations.Nullable;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/// Frames from bytes. For one thread.
final class FrameReader implements AutoCloseable {
    static final int CONTROL_BYTES_MAX = 64 * 1024;

    /// Longer frames of data come in pieces.
    static final int DATA_BYTES_MAX = 32 * 1024;

    private static final int VERSION = 3;
    private static final int HEAD_BYTES = 8;

    private final InputStream in;
    private final HeaderReader headers = new HeaderReader();
    private int dataStream;
    private int dataLeft;
    private boolean dataFin;

    FrameReader(InputStream in) {
        this.in = in;
    }

    /// @return null at the end
    /// @throws EOFException the end comes in the middle of a frame
    @Nullable Frame read() throws IOException {
        if (dataLeft > 0) return data();
        var head = in.readNBytes(HEAD_BYTES);
        if (head.length == 0) return null;
        if (head.length < HEAD_BYTES) throw new EOFException("in the head of a frame");
        var fields = ByteBuffer.wrap(head);
        int first = fields.getInt();
        int second = fields.getInt();
        int flags = second >>> 24;
        int length = second & 0xffffff;
        if (first >= 0) {
            dataStream = first;
            dataLeft = length;
            dataFin = (flags & Frame.FIN) != 0;
            return data();
        }
        int version = (first >>> 16) & 0x7fff;
        if (version != VERSION) throw new MalformedException("version " + version);
        return control(first & 0xffff, flags, length);
    }

    private Frame data() throws IOException {
        var bytes = bytes(Math.min(dataLeft, DATA_BYTES_MAX));
        dataLeft -= bytes.length;
        return new Frame.Data(dataStream, dataFin && dataLeft == 0, bytes);
    }

    private byte[] bytes(int length) throws IOException {
        var bytes = in.readNBytes(length);
        if (bytes.length < length) throw new EOFException("in a frame");
        return bytes;
    }

    private Frame control(int type, int flags, int length) throws IOException {
        int least =
                switch (type) {
                    case Frame.SYN_STREAM -> 10;
                    case Frame.SYN_REPLY, Frame.HEADERS, Frame.SETTINGS, Frame.PING -> 4;
                    case Frame.RST_STREAM, Frame.GOAWAY, Frame.WINDOW_UPDATE -> 8;
                    default -> throw new MalformedException("a frame of type " + type);
                };
        if (length < least || length > CONTROL_BYTES_MAX) {
            throw new MalformedException("a frame of type %d and %d bytes".formatted(type, length));
        }
        var fields = ByteBuffer.wrap(bytes(length));
        var frame =
                switch (type) {
                    case Frame.SYN_STREAM -> synStream(fields, flags);
                    case Frame.SYN_REPLY, Frame.HEADERS -> moreHeaders(type, fields);
                    case Frame.SETTINGS -> settings(fields);
                    case Frame.PING -> new Frame.Ping(fields.getInt());
                    case Frame.RST_STREAM -> new Frame.RstStream(stream(fields), fields.getInt());
                    case Frame.GOAWAY -> new Frame.GoAway(stream(fields), fields.getInt());
                    default -> windowUpdate(fields);
                };
        if (fields.hasRemaining()) {
            throw new MalformedException("a frame of type %d and %d bytes".formatted(type, length));
        }
        return frame;
    }

    private static int stream(ByteBuffer fields) {
        return fields.getInt() & Integer.MAX_VALUE;
    }

    private Frame synStream(ByteBuffer fields, int flags) throws MalformedException {
        int stream = stream(fields);
        fields.position(10); // past the stream it belongs to, and its priority
        return new Frame.SynStream(
                stream,
                (flags & Frame.FIN) != 0,
                (flags & Frame.UNIDIRECTIONAL) != 0,
                headers.read(fields));
    }

    /// They are unpacked because those of the next frame continue them.
    private Frame moreHeaders(int type, ByteBuffer fields) throws MalformedException {
        int _ = stream(fields);
        var _ = headers.read(fields);
        return new Frame.Other(type);
    }

    private static Frame settings(ByteBuffer fields) throws MalformedException {
        int count = fields.getInt();
        if (count < 0 || count != fields.remaining() / 8) {
            throw new MalformedException("%d settings in a frame of others".formatted(count));
        }
        fields.position(4 + 8 * count);
        return new Frame.Other(Frame.SETTINGS);
    }

    private static Frame windowUpdate(ByteBuffer fields) {
        int _ = stream(fields);
        int _ = fields.getInt();
        return new Frame.Other(Frame.WINDOW_UPDATE);
    }

    @Override
    public void close() {
        headers.close();
    }
}

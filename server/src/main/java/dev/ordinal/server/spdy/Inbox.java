package dev.ordinal.server.spdy;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// What has been received and not been read yet: a bounded pipe. A full one makes the giver wait.
public final class Inbox extends InputStream {
    /// A piece is taken in while fewer are there.
    static final int BYTES_MAX = 64 * 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<byte[]> pieces = new ArrayDeque<>();
    private int bytes;
    private int offset;
    private boolean ended;
    private boolean closed;
    private @Nullable String broken;

    /// Waits until there is room. Bytes that nobody will read are dropped.
    public void put(byte[] piece) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (bytes >= BYTES_MAX && isOpen()) changed.await();
            if (!isOpen() || piece.length == 0) return;
            pieces.add(piece);
            bytes += piece.length;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean isOpen() {
        return !ended && !closed && broken == null;
    }

    /// Nothing more comes; what is there can be read.
    public void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Nothing can be read any more, unless the end has come before.
    ///
    /// @param why as readers are told
    public void fail(String why) {
        lock.lock();
        try {
            if (ended || closed) return;
            broken = why;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int at, int length) throws IOException {
        if (length == 0) return 0;
        lock.lock();
        try {
            while (pieces.isEmpty() && isOpen()) changed.await();
            if (closed) throw new IOException("closed");
            if (broken != null) throw new IOException(broken);
            var piece = pieces.peek();
            if (piece == null) return -1;
            int count = Math.min(length, piece.length - offset);
            System.arraycopy(piece, offset, into, at, count);
            offset += count;
            bytes -= count;
            if (offset == piece.length) {
                pieces.remove();
                offset = 0;
            }
            changed.signalAll();
            return count;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            lock.unlock();
        }
    }

    /// What comes is dropped from now on; readers are told that it is closed.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            pieces.clear();
            bytes = 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}

package dev.ordinal.server;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/// The bytes of a connection inside the messages of a WebSocket, whose borders mean nothing.
final class SpdyTunnel {
    private SpdyTunnel() {}

    static InputStream input(BinarySocket socket) {
        return new InputStream() {
            private ByteBuffer rest = ByteBuffer.allocate(0);

            @Override
            public int read() throws IOException {
                var one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int at, int length) throws IOException {
                if (length == 0) return 0;
                while (!rest.hasRemaining()) {
                    var piece = next(socket);
                    if (piece == null) return -1;
                    rest = ByteBuffer.wrap(piece.bytes());
                }
                int count = Math.min(length, rest.remaining());
                rest.get(into, at, count);
                return count;
            }
        };
    }

    private static BinarySocket.@Nullable Piece next(BinarySocket socket)
            throws InterruptedIOException {
        try {
            return socket.receive();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the client is gone");
        }
    }

    /// Each write becomes one message.
    static OutputStream output(BinarySocket socket) {
        return new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                socket.send(ByteBuffer.allocate(length).put(bytes, offset, length).flip());
            }
        };
    }
}

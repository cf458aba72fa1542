package dev.ordinal.server.spdy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;

/// One of the streams of a connection. For one reader and one writer.
public final class SpdyStream implements AutoCloseable {
    private static final int WRITE_BYTES_MAX = 32 * 1024;

    private final SpdyConnection connection;
    private final int id;
    private final Map<String, String> headers;
    private final Inbox inbox = new Inbox();
    private final Output output = new Output();
    private boolean received; // all; guarded by this, as the next
    private boolean sent;

    SpdyStream(SpdyConnection connection, Frame.SynStream opening) {
        this.connection = connection;
        id = opening.stream();
        headers = Map.copyOf(opening.headers());
        sent = opening.unidirectional();
        received = opening.fin();
        if (received) inbox.end();
    }

    public int id() {
        return id;
    }

    /// @param name in lower case
    /// @return empty when there is none
    public String header(String name) {
        return headers.getOrDefault(name, "");
    }

    /// Ends when the other side has sent its last byte. Fails when the stream is reset, or the
    /// connection is gone. Once closed, what still comes is dropped.
    public InputStream input() {
        return inbox;
    }

    /// Waits while the other side does not read. Closing it is the end of the file there.
    public OutputStream output() {
        return output;
    }

    void receive(Frame.Data data) throws InterruptedException {
        inbox.put(data.bytes());
        if (!data.fin()) return;
        inbox.end();
        finish(false, true);
    }

    private void finish(boolean nowSent, boolean nowReceived) {
        boolean done;
        synchronized (this) {
            sent |= nowSent;
            received |= nowReceived;
            done = sent && received;
        }
        if (done) connection.forget(this);
    }

    synchronized boolean isDone() {
        return sent && received;
    }

    private synchronized boolean isSent() {
        return sent;
    }

    /// The other side, or the connection, is gone.
    void fail(String why) {
        inbox.fail(why);
        finish(true, true);
    }

    /// Ends it in both directions at once: what is on its way is lost.
    public void reset() throws IOException {
        if (isDone()) return;
        inbox.close();
        finish(true, true);
        connection.rstStream(id, SpdyConnection.CANCEL);
    }

    /// Sends nothing more and reads nothing more.
    @Override
    public void close() throws IOException {
        inbox.close();
        output.close();
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            for (int done = 0; done < length; done += WRITE_BYTES_MAX) {
                if (isSent()) throw new IOException("the stream is closed");
                int now = Math.min(WRITE_BYTES_MAX, length - done);
                connection.data(id, false, bytes, offset + done, now);
            }
        }

        @Override
        public void close() throws IOException {
            if (isSent()) return;
            finish(true, false);
            connection.data(id, true, new byte[0], 0, 0);
        }
    }
}

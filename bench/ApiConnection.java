import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// One connection of HTTP/1.1 over TLS that is kept. It costs as little as it can, since it takes
/// its time from the server it measures. One thread.
final class ApiConnection implements AutoCloseable {
    private final ApiTarget to;
    private final Socket plain;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] buffer;
    private int from;
    private int until;

    ApiConnection(ApiTarget to, int bufferBytes) throws IOException {
        this.to = to;
        var server = to.server();
        plain = new Socket(server.getHost(), server.getPort());
        plain.setTcpNoDelay(true);
        var socket =
                to.tls()
                        .getSocketFactory()
                        .createSocket(plain, server.getHost(), server.getPort(), true);
        in = socket.getInputStream();
        out = socket.getOutputStream();
        buffer = new byte[bufferBytes];
    }

    /// Whoever wants an answer's body.
    interface Sink {
        void take(byte[] bytes, int from, int until);
    }

    /// @param wanted which code is right
    /// @return how long the body is
    long send(String method, String path, byte[] body, int wanted, Sink sink) throws IOException {
        ask(method, path, body);
        int code = head();
        if (code == wanted) return body(sink);
        var text = new ByteArrayOutputStream();
        body((bytes, start, end) -> text.write(bytes, start, end - start));
        throw new IOException(code + " " + text.toString(StandardCharsets.UTF_8));
    }

    byte[] get(String path) throws IOException {
        var text = new ByteArrayOutputStream();
        send(
                "GET",
                path,
                new byte[0],
                200,
                (bytes, start, end) -> text.write(bytes, start, end - start));
        return text.toByteArray();
    }

    /// Counts the lines of an answer that goes on until this is closed.
    ///
    /// @param open runs when the answer has begun
    void lines(String path, Runnable open, Runnable line) throws IOException {
        ask("GET", path, new byte[0]);
        int code = head();
        if (code != 200) throw new IOException("code " + code);
        open.run();
        body(
                (bytes, start, end) -> {
                    for (int i = start; i < end; i++) if (bytes[i] == '\n') line.run();
                });
    }

    private void ask(String method, String path, byte[] body) throws IOException {
        var head =
                (method
                                + " "
                                + path
                                + " HTTP/1.1\r\nHost: "
                                + to.server().getAuthority()
                                + "\r\n"
                                + "Accept: application/json\r\n"
                                + "Content-Type: application/json\r\n"
                                + "Content-Length: "
                                + body.length
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        var all = new byte[head.length + body.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        out.write(all);
        out.flush();
    }

    private boolean chunked;
    private long length;

    private int head() throws IOException {
        int code = Integer.parseInt(line().substring(9, 12));
        chunked = false;
        length = Long.MAX_VALUE; // to the end of the connection
        for (var line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            var name = line.substring(0, colon);
            if (name.equalsIgnoreCase("content-length")) {
                length = Long.parseLong(line.substring(colon + 1).strip());
            } else if (name.equalsIgnoreCase("transfer-encoding")) chunked = true;
        }
        return code;
    }

    private long body(Sink sink) throws IOException {
        if (!chunked) {
            take(length, sink);
            return length;
        }
        long all = 0;
        while (true) {
            long chunk = Long.parseLong(line(), 16);
            take(chunk, sink);
            line();
            if (chunk == 0) return all;
            all += chunk;
        }
    }

    private void take(long bytes, Sink sink) throws IOException {
        for (long left = bytes; left > 0; ) {
            if (from == until) fill();
            int part = (int) Math.min(left, until - from);
            sink.take(buffer, from, from + part);
            from += part;
            left -= part;
        }
    }

    private String line() throws IOException {
        var line = new StringBuilder(64);
        while (true) {
            if (from == until) fill();
            char next = (char) buffer[from++];
            if (next == '\n') return line.toString();
            if (next != '\r') line.append(next);
        }
    }

    private void fill() throws IOException {
        from = 0;
        until = in.read(buffer);
        if (until < 0) {
            until = 0;
            throw new EOFException("the server has hung up");
        }
    }

    @Override
    public void close() throws IOException {
        plain.close(); // at once, even while another thread reads
    }
}

package dev.ordinal.server;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.Status;
import dev.ordinal.api.access.User;
import dev.ordinal.server.auth.Certificates;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Blocker;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// An [Exchange] over Jetty.
final class JettyExchange implements Exchange {
    private static final int BODY_MAX = 3 * 1024 * 1024;

    private final Request request;
    private final Response response;
    private final @Nullable WatchSocket socket;
    private User user = User.ANONYMOUS;
    private @Nullable Fields query;
    private boolean bodyRead;

    /// @param socket that the request asks for
    JettyExchange(Request request, Response response, @Nullable WatchSocket socket) {
        this.request = request;
        this.response = response;
        this.socket = socket;
    }

    @Override
    public String method() {
        return request.getMethod();
    }

    @Override
    public String path() {
        return path(request);
    }

    /// As Go reads it: escapes are undone and that is all; dots are names like others.
    static String path(Request request) {
        var path = request.getHttpURI().getPath();
        if (path == null) return "/";
        return URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    @Override
    public List<String> query(String name) {
        var parsed = query;
        if (parsed == null) {
            parsed = Request.extractQueryParameters(request);
            query = parsed;
        }
        var values = parsed.getValues(name);
        return values == null ? List.of() : values;
    }

    @Override
    public String header(String name) {
        var values = request.getHeaders().getValuesList(name);
        return String.join(",", values);
    }

    @Override
    public List<String> headers(String name) {
        return request.getHeaders().getValuesList(name);
    }

    @Override
    public Set<String> headerNames() {
        return request.getHeaders().getFieldNamesCollection();
    }

    @Override
    public Optional<User> certified() {
        var session = request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE);
        if (!(session instanceof EndPoint.SslSessionData data)) return Optional.empty();
        X509Certificate @Nullable [] chain = data.peerCertificates();
        if (chain == null || chain.length == 0) return Optional.empty();
        return Certificates.user(chain[0]);
    }

    @Override
    public User user() {
        return user;
    }

    @Override
    public void as(User other) {
        user = other;
    }

    @Override
    public byte[] body() throws IOException {
        bodyRead = true;
        try (InputStream in = Content.Source.asInputStream(request)) {
            var bytes = in.readNBytes(BODY_MAX + 1);
            if (bytes.length <= BODY_MAX) return bytes;
            if (!isHttp2()) response.getHeaders().put(HttpHeader.CONNECTION, "close");
            throw new ApiException(
                    new Status(
                            413,
                            "RequestEntityTooLarge",
                            "Request entity too large: limit is " + BODY_MAX,
                            null));
        }
    }

    /// Letters beyond ASCII go as their UTF-8 bytes, which Jetty would not make of them.
    @Override
    public void answerHeader(String name, String value) {
        var bytes = new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        if (name.equals("Warning")) response.getHeaders().add(name, bytes);
        else response.getHeaders().put(name, bytes);
    }

    @Override
    public void answer(int status, @Nullable String contentType, byte[] body) throws IOException {
        if (!bodyRead) skipBody();
        response.setStatus(status);
        if (contentType != null) response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
        try (Blocker.Callback done = Blocker.callback()) {
            boolean empty = request.getMethod().equals("HEAD") || status == 304;
            response.write(true, empty ? ByteBuffer.allocate(0) : ByteBuffer.wrap(body), done);
            done.block();
        }
    }

    private boolean isHttp2() {
        return request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2;
    }

    /// A connection goes on to its next request only behind this one's body.
    private void skipBody() throws IOException {
        try {
            var _ = body();
        } catch (ApiException _) {
            // It is too long, and the connection will be closed.
        }
    }

    @Override
    public OutputStream stream(int status, String contentType) throws IOException {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
        if (socket != null && !contentType.equals("text/plain")) return socket.open();
        response.setStatus(status);
        return Content.Sink.asOutputStream(response);
    }

    @Override
    public void onGone(Runnable action) {
        if (socket != null) socket.onGone(action);
        request.addFailureListener(_ -> action.run());
        if (isHttp2() || socket != null) return;
        // An idle HTTP/1.1 connection tells of its end only to somebody who reads from it.
        response.getHeaders().put(HttpHeader.CONNECTION, "close");
        EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
        endPoint.tryFillInterested(
                new Callback() {
                    @Override
                    public void succeeded() {
                        action.run();
                    }

                    @Override
                    public void failed(Throwable cause) {
                        action.run();
                    }
                });
    }
}

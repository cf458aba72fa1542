package dev.ordinal.server;

import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.FrameHandler;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.server.ServerUpgradeRequest;
import org.eclipse.jetty.websocket.core.server.ServerUpgradeResponse;
import org.eclipse.jetty.websocket.core.server.WebSocketMappings;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// A watch over a WebSocket, as fabric8's client asks for it: each line that is written becomes one
/// text frame. What the client sends is not read.
///
/// @see "upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/watch.go, HandleWS"
final class WatchSocket {
    private static final Duration IDLE_MAX = Duration.ofHours(4);

    private final WebSocketMappings sockets;
    private final Request request;
    private final Response response;
    private final Callback callback;
    private final CompletableFuture<CoreSession> session = new CompletableFuture<>();
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private boolean upgraded;

    private WatchSocket(
            WebSocketMappings sockets, Request request, Response response, Callback callback) {
        this.sockets = sockets;
        this.request = request;
        this.response = response;
        this.callback = callback;
    }

    /// @param callback is seen to by the socket once it is open
    /// @return null when the request does not ask for one
    static @Nullable WatchSocket asked(
            WebSocketMappings sockets, Request request, Response response, Callback callback) {
        return sockets.getHandshaker().isWebSocketUpgradeRequest(request)
                ? new WatchSocket(sockets, request, response, callback)
                : null;
    }

    /// Whether it carries the answer, which is then nobody else's to end.
    boolean isOpen() {
        return upgraded;
    }

    /// Runs when the client has closed it or is gone.
    void onGone(Runnable action) {
        var _ = gone.thenRun(action);
    }

    /// Lines for the client. Closing them closes the socket.
    OutputStream open() throws IOException {
        if (!sockets.upgrade(this::accept, request, response, callback, null)) {
            throw new IOException("the request cannot become a WebSocket");
        }
        upgraded = true;
        return new Lines(await(session));
    }

    private FrameHandler accept(
            ServerUpgradeRequest asking, ServerUpgradeResponse answering, Callback ignored) {
        var offered = asking.getSubProtocols();
        if (offered.size() == 1) answering.setAcceptedSubProtocol(offered.getFirst());
        return new Frames();
    }

    private static <T> T await(CompletableFuture<T> done) throws IOException {
        try {
            return done.get();
        } catch (ExecutionException failed) {
            throw new IOException(failed.getCause());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the server stops");
        }
    }

    /// What is written, up to the end of a line.
    private static final class Lines extends OutputStream {
        private final CoreSession to;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        Lines(CoreSession to) {
            this.to = to;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            line.write(bytes, offset, length);
            if (length == 0 || bytes[offset + length - 1] != '\n') return;
            var frame = new Frame(OpCode.TEXT, ByteBuffer.wrap(line.toByteArray()));
            line.reset();
            var sent = new CompletableFuture<@Nullable Void>();
            to.sendFrame(frame, Callback.from(sent), false);
            await(sent);
        }

        @Override
        public void close() {
            to.close(CloseStatus.NORMAL, "", Callback.NOOP);
        }
    }

    /// What comes from the client: nothing but its pings and its end matters.
    private final class Frames implements FrameHandler {
        private @Nullable CoreSession opened;

        @Override
        public void onOpen(CoreSession now, Callback done) {
            now.setAutoFragment(false);
            now.setIdleTimeout(IDLE_MAX);
            opened = now;
            done.succeeded();
            session.complete(now);
            now.demand();
        }

        @Override
        public void onFrame(Frame frame, Callback done) {
            var from = opened;
            var payload = frame.getPayload();
            if (from != null && frame.getOpCode() == OpCode.PING) {
                var copy = ByteBuffer.allocate(payload == null ? 0 : payload.remaining());
                if (payload != null) copy.put(payload.duplicate());
                from.sendFrame(new Frame(OpCode.PONG, copy.flip()), Callback.NOOP, false);
            }
            done.succeeded();
            if (from != null) from.demand();
        }

        @Override
        public void onError(Throwable cause, Callback done) {
            session.completeExceptionally(cause);
            done.succeeded();
        }

        @Override
        public void onClosed(CloseStatus status, Callback done) {
            session.completeExceptionally(new IOException("the client is gone"));
            gone.complete(null);
            done.succeeded();
        }
    }
}

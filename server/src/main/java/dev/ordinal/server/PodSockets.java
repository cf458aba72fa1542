package dev.ordinal.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.PodContainers;
import dev.ordinal.api.PodStreams;
import dev.ordinal.api.PodStreams.ExecOptions;
import dev.ordinal.api.Stored;
import dev.ordinal.server.spdy.SpdyConnection;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.FrameHandler;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.server.ServerUpgradeRequest;
import org.eclipse.jetty.websocket.core.server.ServerUpgradeResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// Exec, attach and port-forward over WebSocket: the channel protocols v4 and v5 of `kubectl`, and
/// SPDY in messages.
///
/// @see "KEP-4006; upstream: staging/src/k8s.io/streaming"
final class PodSockets {
    private static final Logger LOG = LoggerFactory.getLogger(PodSockets.class);
    private static final GroupVersionResource PODS = GroupVersionResource.of("v1", "pods");
    private static final List<String> PROTOCOLS = List.of("v5.channel.k8s.io", "v4.channel.k8s.io");
    private static final String TUNNEL = "SPDY/3.1+portforward.k8s.io";
    private static final List<String> PORT_PROTOCOLS =
            List.of(TUNNEL, "v4.channel.k8s.io", "portforward.k8s.io");
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;
    private static final int RESIZE = 4;
    private static final int CLOSE = 255;

    private final Api api;
    private final Gate gate;
    private final PodStreams pods;

    PodSockets(Api api, Gate gate, PodStreams pods) {
        this.api = api;
        this.gate = gate;
        this.pods = pods;
    }

    /// @return null: not upgraded, the answer has been written
    @Nullable FrameHandler accept(
            ServerUpgradeRequest request, ServerUpgradeResponse response, Callback callback) {
        try {
            gate.admit(new JettyExchange(request, response, null));
            var target = Target.parse(request.getHttpURI().getDecodedPath()).orElseThrow();
            boolean forward = "portforward".equals(target.subresource());
            var offered = request.getSubProtocols();
            var known = forward ? PORT_PROTOCOLS : PROTOCOLS;
            var protocol = offered.stream().filter(known::contains).findFirst();
            if (protocol.isEmpty() && !(forward && offered.isEmpty())) {
                Response.writeError(request, response, callback, 403);
                return null;
            }
            if (forward) {
                var use = forward(request, target, protocol.orElse(""));
                protocol.ifPresent(response::setAcceptedSubProtocol);
                return new BinarySocket("port-forward", use);
            }
            var options = options(Request.extractQueryParameters(request));
            var pod = api.get(PODS, target.namespace(), target.requireName());
            var _ = PodContainers.named(pod, options.container());
            PodContainers.requireHost(pod);
            var session = open(pod, options, "exec".equals(target.subresource()));
            response.setAcceptedSubProtocol(protocol.get());
            return new Stream(session, options, protocol.get().startsWith("v5"));
        } catch (ApiException refused) {
            refuse(refused, response, callback);
            return null;
        }
    }

    /// What the node refuses is told as it tells it: as plain text.
    private static void refuse(ApiException refused, Response response, Callback callback) {
        boolean node = refused.code() == 500;
        response.setStatus(refused.code());
        response.getHeaders()
                .put(
                        HttpHeader.CONTENT_TYPE,
                        node ? "text/plain; charset=utf-8" : "application/json");
        var text = node ? refused.getMessage() : refused.status().tree().toString();
        response.write(
                true, ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8)), callback);
    }

    private BinarySocket.Use forward(Request request, Target target, String protocol) {
        var pod = api.get(PODS, target.namespace(), target.requireName());
        PodContainers.requireHost(pod);
        if (protocol.equals(TUNNEL)) {
            var ports = pods.ports(pod);
            return socket -> {
                var in = SpdyTunnel.input(socket);
                try (var forwards = new PortForwards(pod.uid(), ports)) {
                    new SpdyConnection(in, SpdyTunnel.output(socket), forwards).serve();
                }
            };
        }
        var values = Request.extractQueryParameters(request).getValuesOrEmpty("ports");
        var wanted = PortChannels.wanted(values);
        return new PortChannels(pod.uid(), pods.ports(pod), wanted);
    }

    private PodStreams.Session open(Stored pod, ExecOptions options, boolean exec) {
        if (!options.stdin() && !options.stdout() && !options.stderr()) {
            throw ApiException.badRequest("you must specify at least 1 of stdin, stdout, stderr");
        }
        return exec ? pods.exec(pod, options) : pods.attach(pod, options);
    }

    private static ExecOptions options(Fields query) {
        var commands = query.getValues("command");
        var container = query.getValue("container");
        return new ExecOptions(
                container == null ? "" : container,
                commands == null ? List.of() : commands,
                flag(query, "stdin"),
                flag(query, "stdout"),
                flag(query, "stderr"),
                flag(query, "tty"));
    }

    private static boolean flag(Fields query, String name) {
        var value = query.getValue(name);
        return value != null && !value.equals("0") && !value.equalsIgnoreCase("false");
    }

    /// One connection: frames in, frames out.
    private static final class Stream implements FrameHandler {
        private final PodStreams.Session session;
        private final ExecOptions options;
        private final boolean v5;
        private @Nullable CoreSession socket;
        private @Nullable Thread pump;

        Stream(PodStreams.Session session, ExecOptions options, boolean v5) {
            this.session = session;
            this.options = options;
            this.v5 = v5;
        }

        @Override
        public void onOpen(CoreSession opened, Callback callback) {
            opened.setAutoFragment(false);
            opened.setMaxFrameSize(4L << 20);
            opened.setIdleTimeout(java.time.Duration.ofHours(4));
            socket = opened;
            callback.succeeded();
            pump = Thread.ofVirtual().name("exec").start(() -> pump(opened));
            opened.demand();
        }

        private void pump(CoreSession to) {
            try (session) {
                send(
                        to,
                        options.stdout() ? STDOUT : options.stderr() ? STDERR : ERROR,
                        new byte[0],
                        0);
                var errors = session.stderr();
                var other =
                        errors == null || !options.stderr()
                                ? null
                                : Thread.ofVirtual().start(() -> copy(to, STDERR, errors));
                if (options.stdout()) copy(to, STDOUT, session.stdout());
                if (other != null) other.join();
                var status = outcome().toString().getBytes(StandardCharsets.UTF_8);
                send(to, ERROR, status, status.length);
                var done = new CompletableFuture<Void>();
                to.close(CloseStatus.NORMAL, "", Callback.from(done));
                await(done); // the client may have closed first
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } catch (IOException gone) {
                LOG.debug("the client of an exec is gone: {}", gone.getMessage());
            }
        }

        private ObjectNode outcome() throws InterruptedException {
            try {
                return status(session.await());
            } catch (ApiException failed) {
                return failed.status().tree();
            }
        }

        private static void copy(CoreSession to, int channel, InputStream from) {
            var buffer = new byte[32 * 1024];
            try {
                for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                    send(to, channel, buffer, n);
                }
            } catch (IOException | InterruptedException end) {
                LOG.debug("channel {} ended: {}", channel, end.getMessage());
            }
        }

        private static void send(CoreSession to, int channel, byte[] bytes, int length)
                throws IOException, InterruptedException {
            var message =
                    ByteBuffer.allocate(length + 1)
                            .put((byte) channel)
                            .put(bytes, 0, length)
                            .flip();
            var done = new CompletableFuture<Void>();
            to.sendFrame(new Frame(OpCode.BINARY, message), Callback.from(done), false);
            await(done);
        }

        private static void await(CompletableFuture<Void> done)
                throws IOException, InterruptedException {
            try {
                done.get();
            } catch (ExecutionException failed) {
                throw new IOException(failed.getCause());
            }
        }

        private static ObjectNode status(int code) {
            var status = JsonNodeFactory.instance.objectNode();
            status.putObject("metadata");
            if (code == 0) return status.put("status", "Success");
            status.put("status", "Failure");
            status.put(
                    "message", "command terminated with non-zero exit code: exit status " + code);
            status.put("reason", "NonZeroExitCode");
            status.putObject("details")
                    .putArray("causes")
                    .addObject()
                    .put("reason", "ExitCode")
                    .put("message", Integer.toString(code));
            return status;
        }

        @Override
        public void onFrame(Frame frame, Callback callback) {
            var opened = socket;
            try {
                switch (frame.getOpCode()) {
                    case OpCode.BINARY -> receive(frame.getPayload());
                    case OpCode.PING -> {
                        if (opened != null) {
                            var pong = new Frame(OpCode.PONG, copy(frame.getPayload()));
                            opened.sendFrame(pong, Callback.NOOP, false);
                        }
                    }
                    default -> {}
                }
                callback.succeeded();
            } catch (IOException ended) {
                // The process no longer reads: what is typed now is lost, as on a terminal.
                LOG.debug("stdin ended: {}", ended.getMessage());
                callback.succeeded();
            }
            if (opened != null) opened.demand();
        }

        private static ByteBuffer copy(@Nullable ByteBuffer payload) {
            if (payload == null) return ByteBuffer.allocate(0);
            return ByteBuffer.allocate(payload.remaining()).put(payload.duplicate()).flip();
        }

        private void receive(@Nullable ByteBuffer payload) throws IOException {
            if (payload == null || !payload.hasRemaining()) return;
            int channel = payload.get() & 0xff;
            var bytes = new byte[payload.remaining()];
            payload.get(bytes);
            var stdin = session.stdin();
            switch (channel) {
                case STDIN -> {
                    if (stdin == null) return;
                    stdin.write(bytes);
                    stdin.flush();
                }
                case RESIZE -> resize(bytes);
                case CLOSE -> {
                    if (v5 && bytes.length == 1 && bytes[0] == STDIN && stdin != null)
                        stdin.close();
                }
                default -> {}
            }
        }

        private void resize(byte[] bytes) {
            try {
                var size = new ObjectMapper().readTree(new String(bytes, StandardCharsets.UTF_8));
                session.resize(size.path("Width").asInt(), size.path("Height").asInt());
            } catch (JsonProcessingException malformed) {
                LOG.debug("a malformed terminal size: {}", malformed.getMessage());
            }
        }

        @Override
        public void onError(Throwable cause, Callback callback) {
            callback.succeeded();
        }

        @Override
        public void onClosed(CloseStatus status, Callback callback) {
            var thread = pump;
            if (thread != null) thread.interrupt();
            session.close();
            callback.succeeded();
        }
    }
}

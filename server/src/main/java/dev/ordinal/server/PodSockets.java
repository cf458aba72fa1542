package dev.ordinal.server;

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
import org.eclipse.jetty.websocket.core.FrameHandler;
import org.eclipse.jetty.websocket.core.server.ServerUpgradeRequest;
import org.eclipse.jetty.websocket.core.server.ServerUpgradeResponse;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Exec, attach and port-forward over WebSocket: the channel protocols v4 and v5 of `kubectl`, and
/// SPDY in messages.
///
/// @see "KEP-4006; upstream: staging/src/k8s.io/streaming"
final class PodSockets {
    private static final GroupVersionResource PODS = GroupVersionResource.of("v1", "pods");
    private static final List<String> PROTOCOLS = List.of("v5.channel.k8s.io", "v4.channel.k8s.io");
    private static final String TUNNEL = "SPDY/3.1+portforward.k8s.io";
    private static final List<String> PORT_PROTOCOLS =
            List.of(TUNNEL, "v4.channel.k8s.io", "portforward.k8s.io");

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
            var exchange = new JettyExchange(request, response, null);
            gate.admit(exchange);
            var target = Target.parse(exchange.path()).orElseThrow(ApiException::resourceNotFound);
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
            var options = options(exchange);
            var pod = api.get(PODS, target.namespace(), target.requireName());
            var _ = PodContainers.named(pod, options.container());
            PodContainers.requireHost(pod);
            boolean exec = "exec".equals(target.subresource());
            var session = open(pod, options, exec);
            response.setAcceptedSubProtocol(protocol.get());
            var use = new RemoteCommand(session, options, protocol.get().startsWith("v5"));
            return new BinarySocket(exec ? "exec" : "attach", use);
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

    static ExecOptions options(Exchange exchange) {
        return new ExecOptions(
                exchange.parameter("container"),
                exchange.query("command"),
                flag(exchange, "stdin"),
                flag(exchange, "stdout"),
                flag(exchange, "stderr"),
                flag(exchange, "tty"));
    }

    private static boolean flag(Exchange exchange, String name) {
        var values = exchange.query(name);
        if (values.isEmpty()) return false;
        return !values.getFirst().equals("0") && !values.getFirst().equalsIgnoreCase("false");
    }
}

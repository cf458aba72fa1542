package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.node.network.Sockets;
import dev.ordinal.node.runtime.ContainerException;
import dev.ordinal.node.runtime.ExecSpec;
import dev.ordinal.node.runtime.Runtime;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Probes and hooks of real containers, over the cluster's network and by commands inside.
///
/// @see "upstream: pkg/probe and pkg/kubelet/lifecycle"
public final class NodeProbes implements Probes, Hooks {
    private static final int OUTPUT_MAX = 10 * 1024;
    private static final Duration RETRY_FIRST = Duration.ofMillis(1);
    private static final Duration RETRY_LONGEST = Duration.ofMillis(20);
    private static final Duration HOOK_PATIENCE = Duration.ofHours(1);
    private static final int OK = 200;
    private static final int BAD = 400;

    private final Runtime runtime;
    private final Sockets sockets;

    /// @param sockets in the network where pods have their addresses
    public NodeProbes(Runtime runtime, Sockets sockets) {
        this.runtime = runtime;
        this.sockets = sockets;
    }

    @Override
    public Result run(Target target, JsonNode probe, Duration patience, boolean first)
            throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        if (probe.has("exec")) return exec(target, probe.path("exec"), patience);
        if (probe.has("httpGet")) return http(target, probe.path("httpGet"), deadline, first);
        if (probe.has("tcpSocket")) return tcp(target, probe.path("tcpSocket"), deadline, first);
        return Result.failure("grpc probes are not supported by this node");
    }

    @Override
    public Optional<String> run(Target target, JsonNode handler) {
        try {
            if (handler.has("sleep")) {
                TimeUnit.SECONDS.sleep(handler.at("/sleep/seconds").asLong());
                return Optional.empty();
            }
            if (handler.has("exec")) {
                var result = exec(target, handler.path("exec"), HOOK_PATIENCE);
                return result.success() ? Optional.empty() : Optional.of(result.message());
            }
            if (handler.has("httpGet")) {
                var get = new HttpGet(target, handler.path("httpGet"), "kube-lifecycle/1.36");
                var _ = get.send(sockets, System.nanoTime() + HOOK_PATIENCE.toNanos(), false);
                return Optional.empty();
            }
            return Optional.of("a tcpSocket hook cannot be run");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return Optional.of("the time is over");
        } catch (IOException failed) {
            return Optional.of(String.valueOf(failed.getMessage()));
        }
    }

    private Result exec(Target target, JsonNode exec, Duration patience)
            throws InterruptedException {
        List<String> command = new ArrayList<>();
        exec.path("command").forEach(word -> command.add(word.asText()));
        try (var session = runtime.exec(new ExecSpec(target.key(), command, false, false))) {
            var output = new ByteArrayOutputStream();
            var readers =
                    List.of(
                            Thread.ofVirtual().start(() -> collect(session.stdout(), output)),
                            Thread.ofVirtual().start(() -> collect(session.stderr(), output)));
            var waiter = new java.util.concurrent.FutureTask<>(session::await);
            Thread.ofVirtual().start(waiter);
            int code = waiter.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            for (var reader : readers) reader.join();
            return code == 0
                    ? Result.SUCCESS
                    : Result.failure(output.toString(StandardCharsets.UTF_8));
        } catch (java.util.concurrent.TimeoutException _) {
            return Result.failure(
                    "command timed out: \"%s\" timed out after %ds"
                            .formatted(String.join(" ", command), patience.toSeconds()));
        } catch (ContainerException | java.util.concurrent.ExecutionException broken) {
            return Result.failure(String.valueOf(broken.getMessage()));
        }
    }

    private static void collect(InputStream in, ByteArrayOutputStream out) {
        var buffer = new byte[1024];
        try (in) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                synchronized (out) {
                    out.write(buffer, 0, Math.min(n, OUTPUT_MAX - out.size()));
                }
            }
        } catch (IOException _) {
            // The session was closed: what was read counts.
        }
    }

    private Result tcp(Target target, JsonNode socket, long deadline, boolean first)
            throws InterruptedException {
        var host = socket.path("host").asText();
        try {
            int port = HttpGet.port(target.container(), socket.path("port"));
            var address = new InetSocketAddress(host.isEmpty() ? target.address() : host, port);
            connect(sockets, address, deadline, first).close();
            return Result.SUCCESS;
        } catch (IOException refused) {
            return Result.failure(String.valueOf(refused.getMessage()));
        }
    }

    private Result http(Target target, JsonNode request, long deadline, boolean first)
            throws InterruptedException {
        try {
            int code =
                    new HttpGet(target, request, "kube-probe/1.36").send(sockets, deadline, first);
            if (code >= OK && code < BAD) return Result.SUCCESS;
            return Result.failure("HTTP probe failed with statuscode: " + code);
        } catch (IOException failed) {
            return Result.failure(String.valueOf(failed.getMessage()));
        }
    }

    /// A connection to a pod. Nothing tells when a program begins to listen, so a refused one is
    /// tried again at short intervals while `first` is set and time is left.
    static SocketChannel connect(
            Sockets sockets, InetSocketAddress address, long deadline, boolean first)
            throws IOException, InterruptedException {
        var pause = RETRY_FIRST;
        while (true) {
            long left = deadline - System.nanoTime();
            var name =
                    address.getAddress() == null
                            ? address.getHostString()
                            : address.getAddress().getHostAddress();
            if (left <= 0)
                throw new IOException(
                        "dial tcp %s:%d: i/o timeout".formatted(name, address.getPort()));
            try {
                return sockets.connect(address, Duration.ofNanos(left));
            } catch (SocketTimeoutException _) {
                throw new IOException(
                        "dial tcp %s:%d: i/o timeout".formatted(name, address.getPort()));
            } catch (ConnectException refused) {
                if (!first || deadline - System.nanoTime() < pause.toNanos()) {
                    var why =
                            String.valueOf(refused.getMessage()).toLowerCase(java.util.Locale.ROOT);
                    throw new IOException(
                            "dial tcp %s:%d: connect: %s".formatted(name, address.getPort(), why),
                            refused);
                }
                Thread.sleep(pause);
                pause = pause.multipliedBy(2);
                if (pause.compareTo(RETRY_LONGEST) > 0) pause = RETRY_LONGEST;
            }
        }
    }
}

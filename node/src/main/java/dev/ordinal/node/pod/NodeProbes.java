package dev.ordinal.node.pod;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;

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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Probes and hooks of real containers, over the cluster's network and by commands inside.
///
/// @see "upstream: pkg/probe and pkg/kubelet/lifecycle"
public final class NodeProbes implements Probes, Hooks {
    private static final int OUTPUT_MAX = 10 * 1024;
    private static final Duration RETRY_FIRST = Duration.ofMillis(1);
    private static final Duration RETRY_LONGEST = Duration.ofMillis(20);
    private static final Duration HOOK_PATIENCE = Duration.ofHours(1);
    private static final int OK = 200;
    private static final int REDIRECT = 300;
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
            if (handler.has("exec")) return execHook(target, handler.path("exec"));
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
            var path = handler.at("/httpGet/path").asText();
            return Optional.of(failed("HTTP", path, target, String.valueOf(failed.getMessage())));
        }
    }

    private Optional<String> execHook(Target target, JsonNode exec) throws InterruptedException {
        var command = command(exec);
        var shown = "[%s]".formatted(String.join(" ", command));
        try {
            var said = exec(target, command, HOOK_PATIENCE);
            if (said.code == 0) return Optional.empty();
            var why =
                    "command '%s' exited with %d: %s, message: %s"
                            .formatted(
                                    String.join(" ", command),
                                    said.code,
                                    said.err,
                                    TextNode.valueOf(said.out + said.err));
            return Optional.of(failed("Exec", shown, target, why));
        } catch (ContainerException | ExecutionException | TimeoutException broken) {
            var why = "%s, message: \"\"".formatted(broken.getMessage());
            return Optional.of(failed("Exec", shown, target, why));
        }
    }

    private static String failed(String kind, String what, Target target, String why) {
        var metadata = target.pod().path("metadata");
        return "%s lifecycle hook (%s) for Container \"%s\" in Pod \"%s_%s(%s)\" failed - error: %s"
                .formatted(
                        kind,
                        what,
                        target.container().path("name").asText(),
                        metadata.path("name").asText(),
                        metadata.path("namespace").asText(),
                        metadata.path("uid").asText(),
                        why);
    }

    private static List<String> command(JsonNode exec) {
        List<String> command = new ArrayList<>();
        exec.path("command").forEach(word -> command.add(word.asText()));
        return command;
    }

    /// In a probe's command only variables are replaced that have their values in the spec.
    private Result exec(Target target, JsonNode exec, Duration patience)
            throws InterruptedException {
        Map<String, String> literal = new HashMap<>();
        for (var variable : target.container().path("env")) {
            if (variable.has("value")) {
                literal.put(variable.path("name").asText(), variable.path("value").asText());
            }
        }
        var command =
                command(exec).stream().map(word -> PodEnvironment.expand(word, literal)).toList();
        try {
            var said = exec(target, command, patience);
            return said.code == 0 ? Result.SUCCESS : Result.failure(said.out + said.err);
        } catch (TimeoutException _) {
            return Result.failure(
                    "command timed out: \"%s\" timed out after %ds"
                            .formatted(String.join(" ", command), patience.toSeconds()));
        } catch (ContainerException | ExecutionException broken) {
            return Result.unknown(String.valueOf(broken.getMessage()));
        }
    }

    /// What a command has said.
    private record Said(int code, String out, String err) {}

    private Said exec(Target target, List<String> command, Duration patience)
            throws InterruptedException, ExecutionException, TimeoutException {
        try (var session = runtime.exec(new ExecSpec(target.key(), command, false, false))) {
            var out = new ByteArrayOutputStream();
            var err = new ByteArrayOutputStream();
            var readers =
                    List.of(
                            Thread.ofVirtual().start(() -> collect(session.stdout(), out)),
                            Thread.ofVirtual().start(() -> collect(session.stderr(), err)));
            var waiter = new FutureTask<>(session::await);
            Thread.ofVirtual().start(waiter);
            int code = waiter.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            for (var reader : readers) reader.join();
            return new Said(code, out.toString(UTF_8), err.toString(UTF_8));
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
            var answer =
                    new HttpGet(target, request, "kube-probe/1.36")
                            .follow(sockets, deadline, first);
            if (answer.code() < OK || answer.code() >= BAD) {
                return Result.failure("HTTP probe failed with statuscode: " + answer.code());
            }
            return answer.code() < REDIRECT
                    ? Result.SUCCESS
                    : Result.warning("Probe terminated redirects, Response body: " + answer.body());
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

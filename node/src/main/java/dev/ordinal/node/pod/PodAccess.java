package dev.ordinal.node.pod;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.PodContainers;
import dev.ordinal.api.PodStreams;
import dev.ordinal.api.Status;
import dev.ordinal.api.Stored;
import dev.ordinal.node.runtime.ContainerException;
import dev.ordinal.node.runtime.ContainerKey;
import dev.ordinal.node.runtime.ExecSpec;
import dev.ordinal.node.runtime.Runtime;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Logs, commands inside the containers of this node's pods, and their ports.
public final class PodAccess implements PodStreams {
    private final PodAgent agent;
    private final Runtime runtime;
    private final Machine machine;
    private final InstantSource clock;

    public PodAccess(PodAgent agent, Runtime runtime, Machine machine, InstantSource clock) {
        this.agent = agent;
        this.runtime = runtime;
        this.machine = machine;
        this.clock = clock;
    }

    @Override
    public void logs(Stored pod, LogOptions options, OutputStream out)
            throws IOException, InterruptedException {
        var container = PodContainers.named(pod, options.container());
        if (!pod.tree().path("spec").has("nodeName")) return;
        var key =
                key(pod, container, options.previous())
                        .orElseThrow(() -> noLog(pod, container, options.previous()));
        try {
            runtime.logs(
                    key,
                    new dev.ordinal.node.runtime.LogOptions(
                            options.follow(),
                            options.timestamps(),
                            number(options.tailLines()),
                            since(options),
                            number(options.limitBytes())),
                    out);
        } catch (ContainerException missing) {
            throw ApiException.badRequest(String.valueOf(missing.getMessage()));
        }
        if (Thread.interrupted()) throw new InterruptedException();
    }

    private static OptionalLong number(@Nullable Long value) {
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    private Optional<Instant> since(LogOptions options) {
        var seconds = options.sinceSeconds();
        if (seconds != null) return Optional.of(clock.instant().minusSeconds(seconds));
        var time = options.sinceTime();
        if (time == null) return Optional.empty();
        try {
            return Optional.of(Instant.parse(time));
        } catch (DateTimeParseException _) {
            throw ApiException.badRequest("parsing time \"%s\": not RFC 3339".formatted(time));
        }
    }

    private Optional<ContainerKey> key(Stored pod, String container, boolean previous) {
        var worker = agent.worker(pod.uid());
        return worker == null ? Optional.empty() : worker.key(container, previous);
    }

    /// There is no log of it.
    private static ApiException noLog(Stored pod, String container, boolean previous) {
        if (previous) {
            return ApiException.badRequest(
                    "previous terminated container \"%s\" in pod \"%s\" not found"
                            .formatted(container, pod.name()));
        }
        var reason = "ContainerCreating";
        for (var list : List.of("initContainerStatuses", "containerStatuses")) {
            for (var status : pod.tree().path("status").path(list)) {
                if (!status.path("name").asText().equals(container)) continue;
                reason = status.at("/state/waiting/reason").asText(reason);
            }
        }
        var why =
                switch (reason) {
                    case "ErrImagePull" -> "image can't be pulled";
                    case "ImagePullBackOff" -> "trying and failing to pull image";
                    default -> reason;
                };
        return ApiException.badRequest(
                "container \"%s\" in pod \"%s\" is waiting to start: %s"
                        .formatted(container, pod.name(), why));
    }

    private Optional<ContainerKey> running(Stored pod, String container) {
        var worker = agent.worker(pod.uid());
        return worker == null ? Optional.empty() : worker.running(container);
    }

    @Override
    public Session exec(Stored pod, ExecOptions options) {
        var container = PodContainers.named(pod, options.container());
        if (options.command().isEmpty()) {
            throw ApiException.badRequest(
                    "you must specify at least one command for the container");
        }
        PodContainers.requireHost(pod);
        var key = running(pod, container).orElseThrow(() -> notFound(container));
        try {
            return new Running(
                    runtime.exec(
                            new ExecSpec(key, options.command(), options.tty(), options.stdin())),
                    options.stdin(),
                    options.tty());
        } catch (ContainerException refused) {
            if (refused.kind() == ContainerException.Kind.NOT_RUNNING) throw notFound(container);
            return new NeverStarted(
                    internal(
                            "Internal error occurred: error executing command in container: "
                                    + refused.getMessage()));
        }
    }

    private static ApiException notFound(String container) {
        return internal("container not found (\"%s\")".formatted(container));
    }

    private static ApiException internal(String message) {
        return new ApiException(new Status(500, "InternalError", message, Status.Details.empty()));
    }

    /// The client hears why over the connection it asked for.
    private record NeverStarted(ApiException why) implements Session {
        @Override
        public @Nullable OutputStream stdin() {
            return null;
        }

        @Override
        public InputStream stdout() {
            return InputStream.nullInputStream();
        }

        @Override
        public @Nullable InputStream stderr() {
            return null;
        }

        @Override
        public void resize(int columns, int rows) {}

        @Override
        public int await() {
            throw why;
        }

        @Override
        public void close() {}
    }

    /// Whether there is a terminal is up to the container, not to who asks.
    ///
    /// @see "upstream: Kubelet.GetAttach"
    @Override
    public Session attach(Stored pod, ExecOptions options) {
        var container = PodContainers.named(pod, options.container());
        PodContainers.requireHost(pod);
        var key = attachable(pod, container, options);
        boolean tty = hasTerminal(pod, container);
        try {
            return new Running(runtime.attach(key, options.stdin()), options.stdin(), tty);
        } catch (ContainerException refused) {
            if (refused.kind() == ContainerException.Kind.NOT_RUNNING) {
                throw notFound(pod, container);
            }
            return new NeverStarted(
                    internal(
                            "Internal error occurred: error attaching to container: "
                                    + refused.getMessage()));
        }
    }

    private ContainerKey attachable(Stored pod, String container, ExecOptions options) {
        var key = running(pod, container).orElseThrow(() -> notFound(pod, container));
        if (options.stderr() && !options.tty() && hasTerminal(pod, container)) {
            throw internal(
                    "rpc error: code = InvalidArgument desc = tty and stderr cannot both be true");
        }
        return key;
    }

    private static ApiException notFound(Stored pod, String container) {
        return internal(
                "container %s not found in pod %s_%s"
                        .formatted(container, pod.name(), pod.namespace()));
    }

    @Override
    public void check(Stored pod, ExecOptions options, boolean exec) {
        var container = PodContainers.named(pod, options.container());
        PodContainers.requireHost(pod);
        if (!exec) {
            var _ = attachable(pod, container, options);
        } else if (running(pod, container).isEmpty()) {
            throw notFound(container);
        }
    }

    private static boolean hasTerminal(Stored pod, String name) {
        for (var list : List.of("initContainers", "containers")) {
            for (var container : pod.tree().path("spec").path(list)) {
                if (container.path("name").asText().equals(name)) {
                    return container.path("tty").asBoolean();
                }
            }
        }
        return false;
    }

    @Override
    public Ports ports(Stored pod) {
        if (agent.worker(pod.uid()) == null) {
            var namespace = pod.tree().at("/metadata/namespace").asText();
            throw internal("pod not found (\"%s_%s\")".formatted(pod.name(), namespace));
        }
        return port -> machine.connect(pod.tree(), port);
    }

    /// A session of the runtime as the server wants it.
    private record Running(dev.ordinal.node.runtime.ExecSession session, boolean input, boolean tty)
            implements Session {
        @Override
        public @Nullable OutputStream stdin() {
            return input ? session.stdin() : null;
        }

        @Override
        public InputStream stdout() {
            return session.stdout();
        }

        @Override
        public @Nullable InputStream stderr() {
            return tty ? null : session.stderr();
        }

        @Override
        public void resize(int columns, int rows) {
            session.resize(columns, rows);
        }

        @Override
        public int await() throws InterruptedException {
            return session.await();
        }

        @Override
        public void close() {
            session.close();
        }
    }
}

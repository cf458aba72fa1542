package dev.ordinal.node.runtime;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/// Containers without processes: they run until they are signalled or a test ends them. For tests,
/// for
/// scale, and for systems that cannot run containers.
public final class SimulatedRuntime implements Runtime {
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;

    private final InstantSource clock;
    private final Map<String, Sandbox> sandboxes = new HashMap<>();
    private final Map<ContainerKey, Simulated> containers = new HashMap<>();
    private long started;

    public SimulatedRuntime(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public String name() {
        return "simulated";
    }

    @Override
    public synchronized Sandbox createSandbox(SandboxSpec spec) {
        if (sandboxes.containsKey(spec.podUid())) {
            throw new ContainerException(
                    ContainerException.Kind.MACHINE, "pod " + spec.podUid() + " has a sandbox");
        }
        var sandbox =
                new Sandbox(
                        spec.podUid(),
                        spec.namespace(),
                        spec.name(),
                        Path.of("/simulated").resolve(spec.podUid()),
                        clock.instant(),
                        spec.annotations());
        sandboxes.put(spec.podUid(), sandbox);
        return sandbox;
    }

    @Override
    public synchronized void removeSandbox(String podUid) {
        sandboxes.remove(podUid);
        containers
                .entrySet()
                .removeIf(
                        entry -> {
                            if (!entry.getKey().podUid().equals(podUid)) return false;
                            entry.getValue().end(128 + SIGKILL);
                            return true;
                        });
    }

    @Override
    public synchronized Container start(ContainerSpec spec) {
        if (!sandboxes.containsKey(spec.key().podUid())) {
            throw new ContainerException(
                    ContainerException.Kind.MACHINE,
                    "pod " + spec.key().podUid() + " has no sandbox");
        }
        var container =
                new Simulated(
                        spec.key(),
                        "%064x".formatted(++started),
                        clock.instant(),
                        spec.annotations());
        if (containers.putIfAbsent(spec.key(), container) != null) {
            throw new ContainerException(
                    ContainerException.Kind.MACHINE, spec.key() + " was started before");
        }
        return container;
    }

    @Override
    public synchronized List<Adopted> adopt() {
        return List.of();
    }

    @Override
    public ExecSession exec(ExecSpec spec) {
        throw new ContainerException(
                ContainerException.Kind.CANNOT_START,
                "exec: \"%s\": simulated containers have no programs"
                        .formatted(spec.command().getFirst()));
    }

    @Override
    public void logs(ContainerKey container, LogOptions options, OutputStream out)
            throws IOException {
        find(container);
        out.flush();
    }

    @Override
    public Usage usage(ContainerKey container) {
        find(container);
        return new Usage(0, 0);
    }

    @Override
    public synchronized void removeContainer(ContainerKey container) {
        containers.remove(container);
    }

    /// Ends a container as if its program had exited.
    ///
    /// @throws ContainerException of kind `NOT_RUNNING` when there is none
    public void end(ContainerKey container, int code) {
        find(container).end(code);
    }

    private synchronized Simulated find(ContainerKey key) {
        var found = containers.get(key);
        if (found != null) return found;
        throw new ContainerException(
                ContainerException.Kind.NOT_RUNNING, "there is no container " + key);
    }

    @Override
    public synchronized void close() {
        List.copyOf(sandboxes.keySet()).forEach(this::removeSandbox);
    }

    private final class Simulated implements Container {
        private final ContainerKey key;
        private final String id;
        private final Instant startedAt;
        private final Map<String, String> annotations;
        private final CompletableFuture<Exit> exit = new CompletableFuture<>();

        Simulated(ContainerKey key, String id, Instant startedAt, Map<String, String> annotations) {
            this.key = Objects.requireNonNull(key);
            this.id = id;
            this.startedAt = startedAt;
            this.annotations = annotations;
        }

        void end(int code) {
            exit.complete(new Exit(code, false, clock.instant()));
        }

        @Override
        public ContainerKey key() {
            return key;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public Instant startedAt() {
            return startedAt;
        }

        @Override
        public long pid() {
            return 0;
        }

        @Override
        public Map<String, String> annotations() {
            return annotations;
        }

        @Override
        public CompletableFuture<Exit> exit() {
            return exit;
        }

        @Override
        public void signal(int number) {
            if (number == SIGTERM) end(0);
            if (number == SIGKILL) end(128 + SIGKILL);
        }
    }
}

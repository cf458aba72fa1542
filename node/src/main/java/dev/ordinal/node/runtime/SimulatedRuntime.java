package dev.ordinal.node.runtime;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/// Containers without processes: they run until they are signalled, and print what a test says they
/// print. SIGTERM ends them with code 0, SIGKILL with 137. One that has an input prints each line
/// of it and ends with it. For tests, for scale, and for systems that cannot run containers.
public final class SimulatedRuntime implements Runtime {
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;

    private final InstantSource clock;
    private final Map<String, Sandbox> sandboxes = new HashMap<>();

    /// By pod: a pod that goes takes its own, however many others there are.
    private final Map<String, Map<ContainerKey, Simulated>> containers = new HashMap<>();
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
    public void removeSandbox(String podUid) {
        take(podUid).forEach(container -> container.end(128 + SIGKILL));
    }

    /// Whoever waits for an end hears of it after the lock is free.
    private synchronized List<Simulated> take(String podUid) {
        sandboxes.remove(podUid);
        var its = containers.remove(podUid);
        return its == null ? List.of() : List.copyOf(its.values());
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
                        spec.stdio(),
                        spec.annotations());
        if (of(spec.key()).putIfAbsent(spec.key(), container) != null) {
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
        find(spec.container()).checkRunning("exec");
        throw new ContainerException(
                ContainerException.Kind.CANNOT_START,
                "exec: \"%s\": executable file not found in $PATH"
                        .formatted(spec.command().getFirst()));
    }

    @Override
    public ExecSession attach(ContainerKey container, boolean stdin) {
        var found = find(container);
        found.checkRunning("attach");
        return new SimulatedAttach(found, found.log, stdin && found.takeInput());
    }

    @Override
    public void logs(ContainerKey container, LogOptions options, OutputStream out)
            throws IOException {
        find(container).log.copy(options, out);
    }

    /// Nothing is used where no processes are.
    @Override
    public Usage usage(ContainerKey container) {
        find(container);
        return new Usage(0, 0);
    }

    @Override
    public synchronized void removeContainer(ContainerKey key) {
        if (find(key).running()) {
            throw new ContainerException(
                    ContainerException.Kind.MACHINE, key + " is running: not removed");
        }
        of(key).remove(key);
    }

    /// Lets a container print a line.
    ///
    /// @param line without its end
    /// @throws ContainerException of kind `NOT_RUNNING` when there is none or it has ended
    public void print(ContainerKey container, String line) {
        var found = find(container);
        found.checkRunning("print");
        found.log.add(clock.instant(), line);
    }

    /// Ends a container as if its program had exited.
    ///
    /// @throws ContainerException of kind `NOT_RUNNING` when there is none
    public void end(ContainerKey container, int code) {
        find(container).end(code);
    }

    private synchronized Simulated find(ContainerKey key) {
        var found = containers.getOrDefault(key.podUid(), Map.of()).get(key);
        if (found != null) return found;
        throw new ContainerException(
                ContainerException.Kind.NOT_RUNNING, "there is no container " + key);
    }

    private Map<ContainerKey, Simulated> of(ContainerKey key) {
        return containers.computeIfAbsent(key.podUid(), _ -> new HashMap<>());
    }

    @Override
    public void close() {
        pods().forEach(this::removeSandbox);
    }

    private synchronized List<String> pods() {
        return List.copyOf(sandboxes.keySet());
    }

    final class Simulated implements Container {
        private final ContainerKey key;
        private final String id;
        private final Instant startedAt;
        private final Stdio stdio;
        private final Map<String, String> annotations;
        private final ByteArrayOutputStream typed =
                new ByteArrayOutputStream(); // guarded by this, as the next
        private boolean taken;
        private final SimulatedLog log = new SimulatedLog();
        private final CompletableFuture<Exit> exit = new CompletableFuture<>();

        Simulated(
                ContainerKey key,
                String id,
                Instant startedAt,
                Stdio stdio,
                Map<String, String> annotations) {
            this.key = Objects.requireNonNull(key);
            this.id = id;
            this.startedAt = startedAt;
            this.stdio = stdio;
            this.annotations = annotations;
        }

        /// @return whether the caller is a client of the input
        synchronized boolean takeInput() {
            if (!stdio.stdin() || taken) return false;
            taken = stdio.endsWithClient();
            return true;
        }

        synchronized void type(int value) {
            if (!running()) return;
            if (value != '\n') {
                typed.write(value);
                return;
            }
            log.add(clock.instant(), typed.toString(StandardCharsets.UTF_8));
            typed.reset();
        }

        /// @return whether that ended the container
        boolean clientHasGone() {
            if (stdio.endsWithClient()) end(0);
            return stdio.endsWithClient();
        }

        void checkRunning(String wanted) {
            if (running()) return;
            throw new ContainerException(
                    ContainerException.Kind.NOT_RUNNING,
                    "cannot %s in a stopped container".formatted(wanted));
        }

        void end(int code) {
            log.end();
            exit.complete(new Exit(code, false, true, clock.instant()));
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

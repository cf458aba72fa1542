package dev.ordinal.node.runtime;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// A container of this machine with the processes behind it.
final class LinuxContainer implements Container {
    private final ContainerKey key;
    private final Path bundle;
    private final Note saved;
    private final LogFile log;
    private final Keeper keeper;
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();

    /// What is kept on disk about a started attempt.
    ///
    /// @param supervisor number of the process that waits for the container's end
    /// @param supervisorTicks when it started
    /// @param pid of the container's first process
    record Note(
            String id,
            String bootId,
            long supervisor,
            long supervisorTicks,
            long pid,
            Instant startedAt,
            User user,
            Security security,
            Map<String, String> environment,
            String workingDirectory,
            Stdio stdio,
            Map<String, String> annotations) {}

    LinuxContainer(ContainerKey key, Path bundle, Note saved, LogFile log) {
        this.key = key;
        this.bundle = bundle;
        this.saved = saved;
        this.log = log;
        keeper = new Keeper(bundle, saved.stdio());
    }

    Note saved() {
        return saved;
    }

    Path bundle() {
        return bundle;
    }

    LogFile log() {
        return log;
    }

    Keeper keeper() {
        return keeper;
    }

    @Override
    public ContainerKey key() {
        return key;
    }

    @Override
    public String id() {
        return saved.id();
    }

    @Override
    public Instant startedAt() {
        return saved.startedAt();
    }

    @Override
    public long pid() {
        return saved.pid();
    }

    @Override
    public Map<String, String> annotations() {
        return saved.annotations();
    }

    @Override
    public CompletableFuture<Exit> exit() {
        return exit;
    }

    @Override
    public void signal(int number) {
        boolean there = Processes.startTicks(saved.supervisor()) == saved.supervisorTicks();
        if (running() && there) Libc.kill(saved.pid(), number);
    }
}

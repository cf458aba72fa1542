package dev.ordinal.cli;

import dev.ordinal.node.runtime.Processes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The process that runs a cluster, as a file in its folder names it.
final class Running {
    private static final String FILE = "ordinal.pid";

    private Running() {}

    /// Notes that this process runs the cluster.
    static void write(Path data) throws IOException {
        long pid = ProcessHandle.current().pid();
        Files.writeString(data.resolve(FILE), "%d %d\n".formatted(pid, Processes.startTicks(pid)));
    }

    static void remove(Path data) throws IOException {
        Files.deleteIfExists(data.resolve(FILE));
    }

    /// The process, if it still is the one that was noted.
    static Optional<ProcessHandle> find(Path data) throws IOException {
        var file = data.resolve(FILE);
        if (!Files.exists(file)) return Optional.empty();
        var words = Files.readString(file).strip().split(" ", -1);
        long pid = Long.parseLong(words[0]);
        if (Processes.startTicks(pid) != Long.parseLong(words[1])) return Optional.empty();
        return ProcessHandle.of(pid);
    }
}

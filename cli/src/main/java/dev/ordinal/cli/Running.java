package dev.ordinal.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/// The process that runs a cluster, as a file in its folder names it.
final class Running {
    private static final String FILE = "ordinal.pid";

    private Running() {}

    private static Instant started(ProcessHandle process) {
        return process.info().startInstant().orElse(Instant.EPOCH);
    }

    /// Notes that this process runs the cluster.
    static void write(Path data) throws IOException {
        var self = ProcessHandle.current();
        Files.writeString(data.resolve(FILE), "%d %s\n".formatted(self.pid(), started(self)));
    }

    static void remove(Path data) throws IOException {
        Files.deleteIfExists(data.resolve(FILE));
    }

    /// The process, if it still is the one that was noted.
    static Optional<ProcessHandle> find(Path data) throws IOException {
        var file = data.resolve(FILE);
        if (!Files.exists(file)) return Optional.empty();
        var words = Files.readString(file).strip().split(" ", -1);
        return ProcessHandle.of(Long.parseLong(words[0]))
                .filter(process -> started(process).toString().equals(words[1]));
    }
}

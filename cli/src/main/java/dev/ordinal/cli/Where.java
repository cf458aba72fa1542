package dev.ordinal.cli;

import picocli.CommandLine.Option;

import java.nio.file.Path;

/// Which cluster.
final class Where {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Folder of the cluster (default: ~/.ordinal).")
    private Path data = Path.of(System.getProperty("user.home"), ".ordinal");

    Path data() {
        return data.toAbsolutePath().normalize();
    }
}

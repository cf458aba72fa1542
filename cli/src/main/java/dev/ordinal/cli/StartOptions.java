package dev.ordinal.cli;

import dev.ordinal.cluster.Settings;

import picocli.CommandLine.Option;

import java.nio.file.Files;
import java.nio.file.Path;

/// What a cluster is started with.
final class StartOptions {
    @Option(
            names = "--port",
            paramLabel = "PORT",
            description =
                    "Port of the API on 127.0.0.1; 0 takes a free one (default: ${DEFAULT-VALUE}).")
    private int port = 6443;

    @Option(
            names = "--runtime",
            paramLabel = "linux|simulated|none",
            description =
                    "What runs containers; simulated ones only seem to run, none is a control plane"
                            + " without a node (default: ${DEFAULT-VALUE}).")
    private Settings.RuntimeChoice runtime = Settings.RuntimeChoice.LINUX;

    Settings settings(Path data) {
        var library = Home.folder().resolve("native").resolve("librocksdbjnijni-linux64.so");
        var settings = Settings.in(data).withPort(port).withRuntime(runtime);
        return Files.exists(library) ? settings.withRocksdbLibrary(library) : settings;
    }
}

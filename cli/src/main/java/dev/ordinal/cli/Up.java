package dev.ordinal.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/// `ordinal up`: a cluster in the foreground until Ctrl-C, or in the background until `down`.
@Command(
        name = "up",
        description =
                "Starts a cluster; Ctrl-C stops it with its pods. Its state stays for the next"
                        + " start.",
        mixinStandardHelpOptions = true)
final class Up implements Callable<Integer> {
    private static final String LAST_LINE = "export KUBECONFIG=";

    @Mixin private Where where = new Where();
    @Mixin private StartOptions options = new StartOptions();

    @Option(names = "--detach", description = "Goes on in the background; `ordinal down` stops it.")
    private boolean detach;

    @Override
    public Integer call() throws Exception {
        var data = where.data();
        if (detach) return inBackground(data);
        try (var session = Session.start(options.settings(data))) {
            System.out.printf(
                    "API ready on https://127.0.0.1:%d after %d ms%n",
                    session.cluster().port(), Session.age());
            System.out.println(LAST_LINE + session.cluster().kubeconfig());
            session.await();
        }
        return 0;
    }

    /// Runs the same command again without `--detach`, in a session of its own.
    private static int inBackground(Path data) throws IOException, InterruptedException {
        Files.createDirectories(data);
        List<String> command = new ArrayList<>(List.of("setsid"));
        for (var word : ownCommandLine()) {
            if (!word.equals("--detach")) command.add(word);
        }
        var log = data.resolve("ordinal.log");
        var process =
                new ProcessBuilder(command)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectError(log.toFile())
                        .start();
        try (var reader = process.inputReader()) {
            for (var line = reader.readLine(); line != null; line = reader.readLine()) {
                System.out.println(line);
                if (line.startsWith(LAST_LINE)) return 0;
            }
        }
        int code = process.waitFor();
        System.err.print(Files.readString(log));
        return code;
    }

    /// [ProcessHandle.Info] has none of more than a page (4 KiB), which long installation paths
    /// exceed.
    private static List<String> ownCommandLine() throws IOException {
        var line = Files.readString(Path.of("/proc/self/cmdline"));
        return List.of(line.substring(0, line.length() - 1).split("\0", -1)); // each ends with NUL
    }
}

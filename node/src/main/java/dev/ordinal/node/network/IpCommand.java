package dev.ordinal.node.network;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Runs iproute2. One process start for a whole batch.
final class IpCommand {
    private IpCommand() {}

    /// Stops at the first line that fails. Runs in the network namespace of the calling thread.
    ///
    /// @throws IOException a line failed, with what `ip` printed
    static void batch(List<String> lines) throws IOException {
        var answer = run(lines, List.of("ip", "-batch", "-"));
        if (answer.code() != 0) {
            throw new IOException("ip refused %s: %s".formatted(lines, answer.printed()));
        }
    }

    /// Carries out every line that can be.
    static void attempt(List<String> lines) throws IOException {
        run(lines, List.of("ip", "-force", "-batch", "-"));
    }

    private record Answer(int code, String printed) {}

    private static Answer run(List<String> lines, List<String> command) throws IOException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var input = process.outputWriter(StandardCharsets.UTF_8)) {
            for (var line : lines) input.write(line + "\n");
        }
        var printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Answer(exitCode(process), printed.replace("\n", " ").strip());
    }

    private static int exitCode(Process process) throws IOException {
        try {
            return process.waitFor();
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while ip ran", interrupted);
        }
    }
}

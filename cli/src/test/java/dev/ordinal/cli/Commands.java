package dev.ordinal.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Runs programs of the machine, for tests.
final class Commands {
    static final Path ROOT = Path.of(System.getProperty("user.dir")).getParent();
    private static final int PATIENCE_SECONDS = 120;

    /// @param text what it printed, errors too
    record Result(int code, String text) {
        /// @throws AssertionError it failed
        String ok() {
            if (code != 0) throw new AssertionError("code %d: %s".formatted(code, text));
            return text;
        }
    }

    private Commands() {}

    static Result run(Map<String, String> environment, List<String> command) {
        try {
            var builder =
                    new ProcessBuilder(command).redirectErrorStream(true).directory(ROOT.toFile());
            builder.environment().putAll(environment);
            var output = Files.createTempFile("command", ".out");
            try {
                var process =
                        builder.redirectOutput(output.toFile())
                                .redirectInput(Path.of("/dev/null").toFile())
                                .start();
                if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError(
                            "%s does not end: %s".formatted(command, Files.readString(output)));
                }
                return new Result(
                        process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
            } finally {
                Files.delete(output);
            }
        } catch (IOException broken) {
            throw new AssertionError(broken);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted");
        }
    }

    static Result ordinal(String... arguments) {
        List<String> command = new ArrayList<>(List.of("./ordinal"));
        command.addAll(List.of(arguments));
        return run(Map.of(), command);
    }

    static boolean kubectlIsThere() {
        return run(Map.of(), List.of("sh", "-c", "command -v kubectl")).code() == 0;
    }
}

package dev.ordinal.node.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Runs small programs of the host with a clean environment, and quotes for the shell.
public final class Shell {
    /// Where programs of the host are looked for.
    public static final String PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

    private Shell() {}

    /// A process of the host with nothing of the server's environment.
    static ProcessBuilder process(List<String> command) {
        var builder = new ProcessBuilder(command);
        var environment = builder.environment();
        environment.clear();
        environment.put("PATH", PATH);
        return builder;
    }

    /// Runs a program to its end and returns what it printed.
    ///
    /// @param input what it reads
    /// @throws ContainerException of kind `MACHINE` with what it printed when it fails
    public static String run(String input, String... command) {
        try {
            var process = process(List.of(command)).redirectErrorStream(true).start();
            try (var in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            }
            var output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            if (code == 0) return output;
            throw new ContainerException(
                    ContainerException.Kind.MACHINE,
                    "%s ended with code %d: %s".formatted(command[0], code, output.strip()));
        } catch (IOException broken) {
            throw new ContainerException(
                    ContainerException.Kind.MACHINE,
                    "cannot run %s: %s".formatted(command[0], broken.getMessage()),
                    broken);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ContainerException(
                    ContainerException.Kind.MACHINE, command[0] + " was interrupted", interrupted);
        }
    }

    /// One word for the shell, whatever it holds.
    static String quote(Object word) {
        return "'" + word.toString().replace("'", "'\\''") + "'";
    }

    /// One field of an fstab line.
    static String field(Object word) {
        var text = new StringBuilder();
        for (char c : word.toString().toCharArray()) {
            if (" \t\n\\#".indexOf(c) >= 0) text.append("\\%03o".formatted((int) c));
            else text.append(c);
        }
        return text.toString();
    }
}

package dev.ordinal.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A kubectl at work that is typed to.
final class Kubectl implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 30;

    private final Process process;
    private final BufferedReader output;

    Kubectl(LiveCluster cluster, String... arguments) throws IOException {
        this(cluster, command(arguments));
    }

    private Kubectl(LiveCluster cluster, List<String> command) throws IOException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment()
                .put("KUBECONFIG", cluster.data().resolve("pki/kubeconfig").toString());
        process = builder.start();
        output = process.inputReader();
    }

    private static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of("kubectl"));
        command.addAll(List.of(arguments));
        return command;
    }

    /// On a terminal with 33 lines of 91 columns.
    static Kubectl onTerminal(LiveCluster cluster, String arguments) throws IOException {
        var script = "stty cols 91 rows 33; exec kubectl " + arguments;
        return new Kubectl(cluster, List.of("script", "-qec", script, "/dev/null"));
    }

    void type(String text) throws IOException {
        var input = process.getOutputStream();
        input.write(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        input.flush();
    }

    void endInput() throws IOException {
        process.getOutputStream().close();
    }

    /// Reads until a line has a text in it.
    ///
    /// @return that line
    String until(String text) throws IOException {
        var all = new StringBuilder();
        String line;
        while ((line = output.readLine()) != null) {
            if (line.contains(text)) return line;
            all.append(line).append('\n');
        }
        throw new AssertionError("ended without \"%s\": %s".formatted(text, all));
    }

    /// All it prints until it ends by itself.
    String rest() {
        return String.join("\n", output.lines().toList());
    }

    int code() throws InterruptedException {
        if (process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) return process.exitValue();
        throw new AssertionError("does not end");
    }

    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() {
        kill();
    }
}

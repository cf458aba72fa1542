package dev.ordinal.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// A `kubectl port-forward` at work.
final class Forward implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("Forwarding from 127.0.0.1:(\\d+) .*");
    private static final int PATIENCE_MILLIS = 20_000;

    private final Process process;
    private final BufferedReader output;
    private final int port;

    /// @param environment of kubectl besides the cluster's
    /// @param what such as `pod/a` and `:80`
    Forward(LiveCluster cluster, Map<String, String> environment, String... what)
            throws IOException {
        List<String> command = new ArrayList<>(List.of("kubectl", "port-forward"));
        command.addAll(List.of(what));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment()
                .put("KUBECONFIG", cluster.data().resolve("pki/kubeconfig").toString());
        builder.environment().putAll(environment);
        process = builder.start();
        output = process.inputReader();
        var first = String.valueOf(output.readLine());
        var listening = LISTENING.matcher(first);
        if (!listening.matches()) {
            process.destroyForcibly();
            throw new AssertionError(first);
        }
        port = Integer.parseInt(listening.group(1));
    }

    /// The local port.
    int port() {
        return port;
    }

    Socket connect() throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    /// All it prints until it ends by itself.
    String rest() {
        return String.join("\n", output.lines().toList());
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

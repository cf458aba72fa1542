package dev.ordinal.cli;

import java.io.IOException;

/// Waits for what containers print.
final class Follow {
    private Follow() {}

    /// The first line a container prints, when it does.
    static String firstLine(LiveCluster cluster, String pod, String container) throws IOException {
        var builder =
                new ProcessBuilder("timeout", "30", "kubectl", "logs", "-f", pod, "-c", container);
        builder.environment()
                .put("KUBECONFIG", cluster.data().resolve("pki/kubeconfig").toString());
        var process = builder.redirectErrorStream(true).start();
        try (var output = process.inputReader()) {
            return String.valueOf(output.readLine());
        } finally {
            process.destroyForcibly();
        }
    }
}

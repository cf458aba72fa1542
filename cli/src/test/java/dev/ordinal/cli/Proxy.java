package dev.ordinal.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;

/// `kubectl proxy`, for clients that do not know the cluster's keys.
final class Proxy implements AutoCloseable {
    private static final String SERVES = "Starting to serve on ";

    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String address;

    Proxy(LiveCluster cluster) throws IOException {
        var builder = new ProcessBuilder("kubectl", "proxy", "--port=0").redirectErrorStream(true);
        builder.environment()
                .put("KUBECONFIG", cluster.data().resolve("pki/kubeconfig").toString());
        process = builder.start();
        var first = String.valueOf(process.inputReader().readLine());
        if (!first.startsWith(SERVES)) {
            process.destroyForcibly();
            throw new AssertionError(first);
        }
        address = first.substring(SERVES.length());
    }

    HttpClient client() {
        return client;
    }

    URI socket(String path) {
        return URI.create("ws://" + address + path);
    }

    @Override
    public void close() {
        client.shutdownNow();
        client.close();
        process.destroyForcibly();
        process.onExit().join();
    }
}

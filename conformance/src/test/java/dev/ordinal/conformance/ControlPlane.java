package dev.ordinal.conformance;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.cluster.Cluster;
import dev.ordinal.cluster.Settings;
import dev.ordinal.cluster.Settings.RuntimeChoice;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/// What client libraries are tried on: a cluster of ours without a node, or with
/// `-Dkubeconfig=FILE` any other.
final class ControlPlane implements AutoCloseable {
    private final Path folder;
    private final Path kubeconfig;
    private Cluster cluster;

    ControlPlane(Path folder) throws IOException, InterruptedException {
        this.folder = folder;
        var given = System.getProperty("kubeconfig");
        if (given == null) cluster = start(0);
        kubeconfig = given == null ? cluster.kubeconfig() : Path.of(given);
    }

    private Cluster start(int port) throws IOException, InterruptedException {
        return Cluster.start(Settings.in(folder).withRuntime(RuntimeChoice.NONE).withPort(port));
    }

    /// Whether it can be started again.
    boolean isOurs() {
        return cluster != null;
    }

    /// Stops it and starts it on the same data and port.
    void startAgain() throws IOException, InterruptedException {
        int port = cluster.port();
        cluster.close();
        cluster = start(port);
    }

    Path kubeconfig() {
        return kubeconfig;
    }

    /// Text of the kubeconfig, with the server at another port of this machine.
    String kubeconfigAt(int port) throws IOException {
        return Files.readString(kubeconfig)
                .replaceAll("(server: *\"?https://[^:\"\\s]+:)\\d+", "$1" + port);
    }

    int port() throws IOException {
        return Kubeconfig.read(kubeconfig).server().getPort();
    }

    /// Makes a namespace of which there was none.
    String namespace(String prefix) throws IOException, InterruptedException {
        var id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        var name = prefix + "-" + id;
        var body = JsonNodeFactory.instance.objectNode();
        body.putObject("metadata").put("name", name);
        try (var client = new Client(Kubeconfig.read(kubeconfig))) {
            client.send("POST", "/api/v1/namespaces", body, Client.JSON).orThrow();
        }
        return name;
    }

    /// Asks for a namespace's end, which nobody waits for.
    void forget(String namespace) throws IOException, InterruptedException {
        try (var client = new Client(Kubeconfig.read(kubeconfig))) {
            client.send("DELETE", "/api/v1/namespaces/" + namespace, null, Client.JSON);
        }
    }

    @Override
    public void close() throws IOException {
        if (cluster != null) cluster.close();
    }
}

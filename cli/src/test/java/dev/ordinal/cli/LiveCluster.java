package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A cluster of `ordinal up --detach`, driven by kubectl. Closing it checks that nothing is left.
final class LiveCluster implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;

    private final Traces before = Traces.now();
    private final Path data;
    private final int port;

    LiveCluster() throws IOException {
        data = Files.createTempDirectory("ordinal-it-");
        try (var probe = new ServerSocket(0)) {
            port = probe.getLocalPort();
        }
        up();
    }

    /// One with the image of [LightImage]. The test is skipped where kubectl or busybox is missing.
    static LiveCluster withLightImage(Path folder) throws IOException {
        assumeTrue(Commands.kubectlIsThere(), "no kubectl");
        assumeTrue(LightImage.canBeMade(), "no static busybox");
        var cluster = new LiveCluster();
        cluster.load(LightImage.make(folder));
        return cluster;
    }

    void up() {
        assertThat(
                        Commands.ordinal(
                                        "up",
                                        "--detach",
                                        "--data",
                                        data.toString(),
                                        "--port",
                                        Integer.toString(port))
                                .ok())
                .contains("API ready");
    }

    int port() {
        return port;
    }

    Path data() {
        return data;
    }

    void load(Path image) {
        Commands.ordinal("image", "load", "--data", data.toString(), image.toString()).ok();
    }

    void apply(String manifest) throws IOException {
        var file = Files.writeString(Files.createTempFile("manifest", ".yaml"), manifest);
        try {
            kubectl("apply", "-f", file.toString()).ok();
        } finally {
            Files.delete(file);
        }
    }

    void loadExample() {
        load(Home.image());
        kubectl(
                        "apply",
                        "-f",
                        "examples/visits/manifests/namespace.yaml",
                        "-f",
                        "examples/visits/manifests/service.yaml",
                        "-f",
                        "examples/visits/manifests/statefulset.yaml")
                .ok();
        rolledOut();
    }

    void rolledOut() {
        in("rollout", "status", "sts/app-python", "--timeout=60s").ok();
    }

    /// kubectl in the example's namespace.
    Commands.Result in(String... arguments) {
        List<String> all = new ArrayList<>(List.of("-n", "app-python"));
        all.addAll(List.of(arguments));
        return kubectl(all.toArray(String[]::new));
    }

    Commands.Result kubectl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("kubectl"));
        command.addAll(List.of(arguments));
        return Commands.run(
                Map.of("KUBECONFIG", data.resolve("pki/kubeconfig").toString()), command);
    }

    String exec(String pod, String script) {
        return in("exec", pod, "--", "sh", "-c", script).ok();
    }

    String url() {
        var address =
                in(
                                "get",
                                "svc",
                                "app-python",
                                "-o",
                                "jsonpath={.status.loadBalancer.ingress[0].ip}")
                        .ok();
        return "http://%s:8000".formatted(address);
    }

    /// A request on a connection of its own.
    static String get(String url) throws IOException {
        var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setRequestProperty("Connection", "close");
        connection.setConnectTimeout(PATIENCE_MILLIS);
        connection.setReadTimeout(PATIENCE_MILLIS);
        try (var in = connection.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            connection.disconnect();
        }
    }

    /// As `pod=container id`, to see which process a pod is.
    List<String> containers() {
        return in(
                        "get",
                        "po",
                        "-o",
                        "jsonpath={range"
                            + " .items[*]}{.metadata.name}={.status.containerStatuses[0].containerID}"
                            + " {.status.containerStatuses[0].restartCount}{\"\\n"
                            + "\"}{end}")
                .ok()
                .lines()
                .toList();
    }

    void kill() throws IOException {
        var process = Running.find(data).orElseThrow();
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() throws IOException {
        Commands.ordinal("down", "--delete", "--data", data.toString()).ok();
        assertThat(Traces.now().since(before)).isEmpty();
        assertThat(data).doesNotExist();
    }
}

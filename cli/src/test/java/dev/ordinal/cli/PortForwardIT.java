package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.testing.Rule;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Ports of real pods, by the real kubectl.
@Timeout(60)
class PortForwardIT {
    private static LiveCluster cluster;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        cluster = LiveCluster.withLightImage(folder);
        cluster.apply(
                """
                apiVersion: v1
                kind: Service
                metadata: {name: web}
                spec:
                  selector: {app: web}
                  ports: [{name: http, port: 80, targetPort: http}]
                ---
                apiVersion: apps/v1
                kind: StatefulSet
                metadata: {name: web}
                spec:
                  serviceName: web
                  selector: {matchLabels: {app: web}}
                  template:
                    metadata: {labels: {app: web}}
                    spec:
                      terminationGracePeriodSeconds: 0
                      containers:
                      - name: http
                        image: light:1
                        ports: [{containerPort: 8000, name: http}]
                        command:
                        - sh
                        - -c
                        - echo hello >/tmp/index.html; exec httpd -f -p 127.0.0.1:8000 -h /tmp
                      - name: echo
                        image: light:1
                        command: [nc, -ll, -p, '9000', -e, cat]
                      - name: once
                        image: light:1
                        command:
                        - sh
                        - -c
                        - nc -l -p 9001 -e sh -c 'echo x; cat >/dev/null'; echo gone; sleep 1000
                """);
        cluster.kubectl("rollout", "status", "sts/web", "--timeout=60s").ok();
    }

    @AfterAll
    static void stop() throws IOException {
        if (cluster != null) cluster.close();
    }

    private static void says(Forward forward) throws IOException {
        var url = "http://127.0.0.1:%d/".formatted(forward.port());
        assertThat(LiveCluster.get(url)).isEqualTo("hello\n");
    }

    @Rule({"api 14.8", "pods 11.7"})
    @ParameterizedTest
    @ValueSource(strings = {"pod/web-0 :8000", "sts/web :8000", "svc/web :80", "svc/web :http"})
    void whatListensOnThePodsLoopbackIsReached(String what) throws IOException {
        try (var forward = new Forward(cluster, Map.of(), what.split(" ", -1))) {
            says(forward);
            says(forward);
        }
    }

    @Rule("api 14.8")
    @Test
    void muchGoesBothWaysUntilEachEnds() throws Exception {
        var sent = new byte[8 << 20];
        new Random(1).nextBytes(sent);
        try (var forward = new Forward(cluster, Map.of(), "pod/web-0", ":9000");
                var socket = forward.connect()) {
            var sender =
                    Thread.startVirtualThread(
                            () -> {
                                try {
                                    socket.getOutputStream().write(sent);
                                    socket.shutdownOutput();
                                } catch (IOException gone) {
                                    throw new UncheckedIOException(gone);
                                }
                            });
            assertThat(socket.getInputStream().readAllBytes()).isEqualTo(sent);
            sender.join();
        }
    }

    @Rule("api 14.9")
    @Test
    void aClientWithoutSpdyHasTwoChannelsForEachPort() throws Exception {
        var messages = new LinkedBlockingQueue<String>();
        var path = "/api/v1/namespaces/default/pods/web-0/portforward?ports=9000&ports=81";
        try (var proxy = new Proxy(cluster)) {
            var socket =
                    proxy.client()
                            .newWebSocketBuilder()
                            .subprotocols("v4.channel.k8s.io")
                            .buildAsync(proxy.socket(path), new Messages(messages))
                            .get(10, TimeUnit.SECONDS);
            assertThat(socket.getSubprotocol()).isEqualTo("v4.channel.k8s.io");
            assertThat(List.of(next(messages), next(messages), next(messages), next(messages)))
                    .containsExactlyInAnyOrder("0 2823", "1 2823", "2 5100", "3 5100");
            assertThat(text(next(messages), "3 ")).contains("failed to connect to localhost:81");
            socket.sendBinary(ByteBuffer.wrap(new byte[] {0, 'h', 'i'}), true).join();
            assertThat(text(next(messages), "0 ")).isEqualTo("hi");
            socket.abort();
        }
    }

    private static String next(BlockingQueue<String> messages) throws InterruptedException {
        return String.valueOf(messages.poll(10, TimeUnit.SECONDS));
    }

    private static String text(String message, String channel) {
        assertThat(message).startsWith(channel);
        var bytes = HexFormat.of().parseHex(message.substring(channel.length()));
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /// Notes each message as its channel and its bytes in hexadecimal.
    private record Messages(BlockingQueue<String> all) implements WebSocket.Listener {
        @Override
        public @Nullable CompletionStage<?> onBinary(
                WebSocket socket, ByteBuffer data, boolean last) {
            int channel = data.get();
            var bytes = new byte[data.remaining()];
            data.get(bytes);
            all.add(channel + " " + HexFormat.of().formatHex(bytes));
            socket.request(1);
            return null;
        }
    }

    @Rule({"api 14.7", "pods 11.7"})
    @Test
    void whereNobodyListensIsSaidInUpstreamsWords() throws IOException {
        try (var forward = new Forward(cluster, Map.of(), "pod/web-0", ":81")) {
            try (var socket = forward.connect()) {
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
            assertThat(forward.rest())
                    .containsPattern(
                            "an error occurred forwarding \\d+ -> 81: error forwarding port 81 to"
                                + " pod [0-9a-f-]+, uid : failed to connect to localhost:81 inside"
                                + " namespace .*, IPv4: dial tcp4 127.0.0.1:81: connect: connection"
                                + " refused")
                    .endsWith("error: lost connection to pod");
        }
    }

    @Rule("api 14.7")
    @Test
    void aClientThatGoesTakesItsConnectionsWithIt() throws IOException {
        try (var forward = new Forward(cluster, Map.of(), "pod/web-0", ":9001");
                var socket = forward.connect()) {
            assertThat(socket.getInputStream().read()).isEqualTo('x');
            forward.kill();
        }
        assertThat(Follow.firstLine(cluster, "web-0", "once")).isEqualTo("gone");
    }

    @Test
    void aPodThatGoesTakesItsConnectionsWithIt() throws IOException {
        cluster.apply(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: echo}
                spec:
                  terminationGracePeriodSeconds: 0
                  containers: [{name: c, image: light:1, command: [nc, -ll, -p, '9000', -e, cat]}]
                """);
        cluster.kubectl("wait", "--for=condition=Ready", "pod/echo", "--timeout=30s").ok();
        try (var forward = new Forward(cluster, Map.of(), "pod/echo", ":9000");
                var socket = forward.connect()) {
            socket.getOutputStream().write('x');
            assertThat(socket.getInputStream().read()).isEqualTo('x');
            cluster.kubectl("delete", "pod", "echo").ok();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Rule("api 14.7")
    @Test
    void whatCannotBeForwardedIsRefused() {
        assertThat(cluster.kubectl("port-forward", "pod/none", ":80").text())
                .contains("pods \"none\" not found");
        var raw = "/api/v1/namespaces/default/pods/%s/portforward";
        assertThat(cluster.kubectl("get", "--raw", raw.formatted("none")).text())
                .contains("pods \"none\" not found");
        assertThat(cluster.kubectl("get", "--raw", raw.formatted("web-0")).text())
                .contains("Upgrade request required");
        assertThat(
                        cluster.kubectl(
                                        "create",
                                        "--as=eve",
                                        "--raw",
                                        raw.formatted("web-0"),
                                        "-f",
                                        "/dev/null")
                                .text())
                .contains("User \"eve\" cannot create resource \"pods/portforward\"");
    }
}

package dev.ordinal.conformance;

import com.fasterxml.jackson.databind.JsonNode;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// The one node: an object that says now and then that it is well, without a machine behind it.
public final class Node {
    static final String NAME = "corpus";

    private final Client client;

    public Node(Client client) {
        this.client = client;
    }

    /// Makes the node unless it is there, and says that it is ready.
    ///
    /// @throws IOException when it is refused
    public void sayReady() throws IOException, InterruptedException {
        var path = Resource.NODE.path("", NAME);
        if (client.send("GET", path, null, Client.JSON).code() == 404) {
            var node =
                    Play.yaml(
                            """
                            metadata: {name: corpus, labels: {kubernetes.io/hostname: corpus}}
                            """);
            client.send("POST", Resource.NODE.collection(""), node, Client.JSON).orThrow();
        }
        client.send("PATCH", path + "/status", status(), Client.MERGE).orThrow();
    }

    private static JsonNode status() {
        var now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        return Play.yaml(
                """
                status:
                  capacity: {cpu: "64", memory: 64Gi, pods: "1000"}
                  allocatable: {cpu: "64", memory: 64Gi, pods: "1000"}
                  conditions:
                  - {type: Ready, status: "True", reason: KubeletReady, message: ready,
                     lastHeartbeatTime: "%s", lastTransitionTime: "%s"}
                """
                        .formatted(now, now));
    }

    /// Waits until pods may go there: the node controller has seen it ready, and no taint is left.
    ///
    /// @throws IOException when that takes longer than `patience`
    public void awaitOpen(Duration patience) throws IOException, InterruptedException {
        var open = new CountDownLatch(1);
        try (var watches = new Watches(client)) {
            watches.start(
                    Resource.NODE.collection("")
                            + "?watch=true&fieldSelector=metadata.name%3D"
                            + NAME,
                    (_, node) -> {
                        if (node.path("spec").path("taints").isEmpty()) open.countDown();
                    });
            if (!open.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("node %s keeps its taints".formatted(NAME));
            }
        }
    }
}

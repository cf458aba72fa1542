package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// A server that is killed under load loses nothing, and its pods go on.
class KilledServerIT {
    private static final int KILLS = 20;
    private static final int WRITES = 20;

    @Test
    void nothingIsLost() throws Exception {
        assumeTrue(Commands.kubectlIsThere());
        try (var cluster = new LiveCluster()) {
            cluster.loadExample();
            var before = cluster.containers();
            var url = cluster.url() + "/";
            var stop = new AtomicBoolean();
            var acknowledged = new LinkedBlockingQueue<String>();
            List<String> known = new ArrayList<>();
            var visits = new AtomicInteger();
            var writer = Thread.ofVirtual().start(() -> write(cluster, stop, acknowledged));
            var visitor = Thread.ofVirtual().start(() -> visit(url, stop, visits));
            for (int i = 0; i < KILLS; i++) {
                for (int n = 0; n < WRITES; n++) known.add(acknowledged.take());
                cluster.kill();
                cluster.up();
                assertThat(cluster.containers()).as("after kill %d", i).isEqualTo(before);
            }
            stop.set(true);
            writer.join();
            visitor.join();
            var names = cluster.kubectl("get", "cm", "-n", "default", "-o", "name").ok();
            assertThat(names.lines()).containsAll(known).containsAll(acknowledged);
            int written = 0;
            for (int i = 0; i < 3; i++) {
                var file = cluster.exec("app-python-" + i, "cat /var/app-python/visits");
                assertThat(file.lines())
                        .allMatch(line -> line.matches("\\d\\d:\\d\\d:\\d\\d\\.\\d{6}"));
                written += (int) file.lines().count();
            }
            assertThat(written).isGreaterThanOrEqualTo(visits.get());
        }
    }

    private static void write(LiveCluster cluster, AtomicBoolean stop, Queue<String> acknowledged) {
        int number = 0;
        while (!stop.get()) {
            try (var client = Client.of(cluster.data())) {
                while (!stop.get()) {
                    var name = "note-" + number++;
                    var body =
                            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%s\"}}"
                                    .formatted(name);
                    client.send(
                            "POST",
                            "/api/v1/namespaces/default/configmaps",
                            "application/json",
                            "application/json",
                            body.getBytes(StandardCharsets.UTF_8));
                    acknowledged.add("configmap/" + name);
                }
            } catch (IOException _) {
                // The server was killed: what was not acknowledged may be there or not.
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    private static void visit(String url, AtomicBoolean stop, AtomicInteger visits) {
        while (!stop.get()) {
            try {
                LiveCluster.get(url);
                visits.incrementAndGet();
            } catch (IOException _) {
                // The server was killed: addresses pause until the next one.
            }
        }
    }
}

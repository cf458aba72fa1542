package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// A server that is killed under load loses nothing, and its pods go on.
class KilledServerIT {
    private static final int KILLS = 20;

    @Test
    void nothingIsLost() throws Exception {
        assumeTrue(Commands.kubectlIsThere());
        try (var cluster = new LiveCluster()) {
            cluster.loadExample();
            var before = cluster.containers();
            var url = cluster.url() + "/";
            var stop = new AtomicBoolean();
            Set<String> acknowledged = new ConcurrentSkipListSet<>();
            var visits = new AtomicInteger();
            var writer = Thread.ofVirtual().start(() -> write(cluster, stop, acknowledged));
            var visitor = Thread.ofVirtual().start(() -> visit(url, stop, visits));
            for (int i = 0; i < KILLS; i++) {
                int soFar = acknowledged.size();
                while (acknowledged.size() < soFar + 20) Thread.onSpinWait();
                cluster.kill();
                cluster.up();
                assertThat(cluster.containers()).as("after kill %d", i).isEqualTo(before);
            }
            stop.set(true);
            writer.join();
            visitor.join();
            var names = cluster.kubectl("get", "cm", "-n", "default", "-o", "name").ok();
            assertThat(names.lines()).containsAll(acknowledged);
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

    private static void write(LiveCluster cluster, AtomicBoolean stop, Set<String> acknowledged) {
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

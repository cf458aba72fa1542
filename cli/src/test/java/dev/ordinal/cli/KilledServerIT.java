package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ordinal.control.Lifetime;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/// A server that is killed under load loses nothing, and its pods go on. `-Dkills=20` kills it that
/// often.
class KilledServerIT {
    private static final int KILLS = Integer.getInteger("kills", 8);
    private static final int WRITES = 20;
    private static final int PATIENCE_MILLIS = 5_000;

    @Test
    void nothingIsLost() throws Exception {
        assumeTrue(Commands.kubectlIsThere());
        var acknowledged = new LinkedBlockingQueue<String>();
        List<String> known = new ArrayList<>();
        var visits = new AtomicInteger();
        try (var cluster = new LiveCluster()) {
            cluster.loadExample();
            var before = cluster.containers();
            var url = cluster.url() + "/";
            var starts = new Starts();
            try (var life = new Lifetime()) {
                life.run("writer", () -> write(cluster, starts, acknowledged));
                life.run("visitor", () -> visit(url, starts, visits));
                for (int i = 0; i < KILLS; i++) {
                    for (int n = 0; n < WRITES; n++) known.add(acknowledged.take());
                    cluster.kill();
                    cluster.up();
                    starts.another();
                    assertThat(cluster.containers()).as("after kill %d", i).isEqualTo(before);
                }
            }
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

    /// Counts the starts of the server, so that whoever lost it need not ask again and again.
    private static final class Starts {
        private int count;

        synchronized int count() {
            return count;
        }

        synchronized void another() {
            count++;
            notifyAll();
        }

        synchronized void awaitAfter(int seen) throws InterruptedException {
            if (count == seen) wait(PATIENCE_MILLIS);
        }
    }

    private static void write(LiveCluster cluster, Starts starts, Queue<String> acknowledged)
            throws InterruptedException {
        int number = 0;
        while (true) {
            int seen = starts.count();
            try (var client = Client.of(cluster.data())) {
                while (true) {
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
                starts.awaitAfter(seen);
            }
        }
    }

    private static void visit(String url, Starts starts, AtomicInteger visits)
            throws InterruptedException {
        while (true) {
            int seen = starts.count();
            try {
                LiveCluster.get(url);
                visits.incrementAndGet();
            } catch (IOException _) {
                // The server was killed: addresses pause until the next one.
                starts.awaitAfter(seen);
            }
        }
    }
}

package dev.ordinal.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WatchEvent;
import dev.ordinal.control.Types;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

class DeletedPodTest {
    @TempDir private Path data;

    /// docs/decisions/0004: who asks right after the deletion still finds the pod that was deleted.
    @Test
    void staysLongEnoughToBeSeen() throws Exception {
        var settings =
                Settings.in(data).withRuntime(Settings.RuntimeChoice.SIMULATED).asTemporary();
        try (var cluster = Cluster.start(settings)) {
            var api = cluster.api();
            var pod =
                    """
                    {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},
                     "spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"c","image":"i"}]}}
                    """;
            api.create(
                    Types.PODS,
                    "default",
                    new Api.Body.Text(pod.getBytes(StandardCharsets.UTF_8), "application/json"),
                    Api.WriteOptions.by("test"));
            try (var watch = api.watch(Types.PODS, "default", Api.WatchOptions.after(""))) {
                awaitEvent(
                        watch,
                        event -> !event.object().tree().at("/spec/nodeName").isMissingNode());
                long asked = System.nanoTime();
                api.delete(Types.PODS, "default", "web", Api.DeleteOptions.DEFAULT);
                awaitEvent(watch, event -> event.type() == WatchEvent.Type.DELETED);
                assertThat(Duration.ofNanos(System.nanoTime() - asked))
                        .isGreaterThan(Duration.ofMillis(240));
            }
        }
    }

    private static void awaitEvent(
            Api.Watching watch, java.util.function.Predicate<WatchEvent> wanted)
            throws InterruptedException {
        while (true) {
            var events = watch.next(Duration.ofSeconds(10));
            assertThat(events).as("nothing happens any more").isNotEmpty();
            if (events.stream().anyMatch(wanted)) return;
        }
    }
}

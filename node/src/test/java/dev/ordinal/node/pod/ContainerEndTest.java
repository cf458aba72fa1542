package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.control.EventRecorder;
import dev.ordinal.node.runtime.Container;
import dev.ordinal.node.runtime.ContainerKey;
import dev.ordinal.node.runtime.Exit;
import dev.ordinal.node.runtime.SimulatedRuntime;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// What happens to a container that is ended, and in which order.
class ContainerEndTest {
    private static final int SIGKILL = 9;

    private final TestApi cluster = new TestApi();
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final CountDownLatch never = new CountDownLatch(1);

    @AfterEach
    void close() {
        cluster.close();
    }

    /// A container that notes its signals and ends by one of them.
    private record Noting(
            BlockingQueue<String> told, CompletableFuture<Exit> exit, String stopSignal, int last)
            implements Container {
        @Override
        public ContainerKey key() {
            return new ContainerKey("u", "c", 0);
        }

        @Override
        public String id() {
            return "x";
        }

        @Override
        public long pid() {
            return 0;
        }

        @Override
        public Instant startedAt() {
            return Instant.EPOCH;
        }

        @Override
        public Map<String, String> annotations() {
            return Map.of(LinuxMachine.STOP_SIGNAL, stopSignal);
        }

        @Override
        public void signal(int number) {
            told.add("signal " + number);
            if (number == last) exit.complete(new Exit(0, false, true, Instant.EPOCH));
        }
    }

    private Noting container(String stopSignal, int last) {
        return new Noting(told, new CompletableFuture<>(), stopSignal, last);
    }

    /// A hook's name is its command; `hang` never returns by itself.
    private Optional<String> hook(Probes.Target target, JsonNode handler) {
        var name = handler.at("/exec/command/0").asText();
        told.add("hook " + name);
        if (!name.equals("hang")) return Optional.empty();
        try {
            never.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return Optional.of("interrupted");
    }

    private ContainerEnd end(Container container, String hook) throws IOException {
        var clock = cluster.clock();
        var parts =
                new PodAgent.Parts(
                        cluster.api,
                        new SimulatedRuntime(clock),
                        new SimulatedMachine(0),
                        Probes.ALWAYS_WELL,
                        this::hook,
                        new EventRecorder(cluster.api, "kubelet", "n1", clock),
                        "n1",
                        "10.0.0.1",
                        clock);
        var text = "{\"lifecycle\":{\"preStop\":{\"exec\":{\"command\":[\"%s\"]}}}}";
        var json = new ObjectMapper();
        var spec = json.readTree(hook.isEmpty() ? "{}" : text.formatted(hook));
        var target = new Probes.Target(json.readTree("{}"), spec, container.key(), "");
        return new ContainerEnd(parts, target, container, () -> told.add("hook failed"));
    }

    @Rule("pods 5.3")
    @Test
    void theHookComesBeforeTheSignal() throws Exception {
        end(container("", 15), "say").run(Duration.ofSeconds(30));
        assertThat(told).containsExactly("hook say", "signal 15");
    }

    @Rule("pods 5.6")
    @Test
    void theImageNamesItsSignal() throws Exception {
        for (var name : List.of("SIGQUIT", "QUIT", "3")) {
            told.clear();
            end(container(name, 3), "").run(Duration.ofSeconds(30));
            assertThat(told).as(name).containsExactly("signal 3");
        }
        told.clear();
        end(container("SIGNONE", 15), "").run(Duration.ofSeconds(30));
        assertThat(told).containsExactly("signal 15");
    }

    @Rule({"pods 5.3", "pods 5.4"})
    @Test
    void aHookIsAbandonedWithTheTimeAndTheContainerThenHasTwoSeconds() throws Exception {
        long begun = System.nanoTime();
        end(container("", SIGKILL), "hang").run(Duration.ofMillis(100));
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isBetween(Duration.ofMillis(2000), Duration.ofSeconds(10));
        assertThat(told).containsExactly("hook hang", "signal 15", "signal 9");
    }

    @Rule("pods 5.5")
    @Test
    void othersComeFirst() throws Exception {
        var first = container("", 15);
        var end = end(container("", 15), "say");
        var beginning = Thread.ofVirtual().start(() -> end.begin(List.of(first)));
        assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("hook say");
        assertThat(told).as("it is not signalled before the first has ended").isEmpty();
        first.signal(15);
        assertThat(beginning.join(Duration.ofSeconds(10))).isTrue();
        assertThat(told).containsExactly("signal 15", "signal 15");
    }
}

package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;
import dev.ordinal.node.runtime.Adopted;
import dev.ordinal.node.runtime.Exit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// Pods on a node with simulated containers.
class PodAgentTest {
    private static final GroupVersionResource EVENTS = GroupVersionResource.of("v1", "events");

    @TempDir Path folder;
    private TestNode node;

    private volatile boolean ready = true;
    private final BlockingQueue<String> probed = new LinkedBlockingQueue<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final CountDownLatch stop = new CountDownLatch(1);

    @BeforeEach
    void open() throws IOException {
        node = new TestNode(folder, this::probe, this::hook);
    }

    @AfterEach
    void close() throws IOException {
        stop.countDown();
        node.close();
    }

    /// Probes are named by their path.
    private Probes.Result probe(
            Probes.Target target, JsonNode probe, Duration patience, boolean first) {
        var path = probe.at("/httpGet/path").asText();
        probed.add(path);
        return path.equals("/ready") && !ready
                ? Probes.Result.failure("no")
                : Probes.Result.SUCCESS;
    }

    /// Holds a container's end up.
    private Optional<String> hook(Probes.Target target, JsonNode handler) {
        try {
            stopping.countDown();
            stop.await();
            return Optional.empty();
        } catch (InterruptedException _) {
            return Optional.of("interrupted");
        }
    }

    private static boolean runs(JsonNode pod) {
        return pod.at("/status/containerStatuses/0/state").has("running");
    }

    private Path file() {
        return folder.resolve(node.key(0).podUid()).resolve("volumes/v/a");
    }

    private void awaitRefresh() throws InterruptedException {
        assertThat(node.refreshed.poll(10, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void aVolumeFollowsItsObjectAndNoOther() throws Exception {
        for (var name : new String[] {"m", "other"}) {
            var map = "{'metadata':{'name':'%s'},'data':{'a':'1'}}".formatted(name);
            node.cluster.create(Types.CONFIG_MAPS, map);
        }
        node.createPod("'volumes':[{'name':'v','configMap':{'name':'m'}}],", "");
        node.awaitPod(PodAgentTest::runs);
        node.cluster.merge(Types.CONFIG_MAPS, "other", "{'data':{'a':'2'}}");
        node.cluster.merge(Types.CONFIG_MAPS, "m", "{'data':{'a':'2'}}");
        awaitRefresh();
        assertThat(file()).hasContent("2");
        assertThat(node.refreshed).isEmpty();
    }

    @Test
    void aVolumeFollowsThePodsLabels() throws Exception {
        node.createPod(
                "'volumes':[{'name':'v','downwardAPI':{'items':[{'path':'a','fieldRef':{'fieldPath':'metadata.labels'}}]}}],",
                "");
        node.awaitPod(PodAgentTest::runs);
        node.cluster.merge(Types.PODS, "p", "{'metadata':{'labels':{'tier':'two'}}}");
        awaitRefresh();
        assertThat(file()).hasContent("tier=\"two\"");
    }

    private static boolean isReady(JsonNode pod) {
        return condition(pod, "Ready").equals("True");
    }

    private static String condition(JsonNode pod, String type) {
        for (var condition : pod.at("/status/conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition.path("status").asText();
            }
        }
        return "";
    }

    private static String phase(JsonNode pod) {
        return pod.at("/status/phase").asText();
    }

    @Test
    void aPodThatIsActiveForTooLongHasFailed() throws Exception {
        node.createPod("'activeDeadlineSeconds':30,", "");
        node.awaitPod(PodAgentTest::runs);
        node.cluster.pass(Duration.ofSeconds(30));
        node.agent.nudge();
        var failed = node.awaitPod(pod -> phase(pod).equals("Failed"));
        assertThat(failed.at("/status/reason").asText()).isEqualTo("DeadlineExceeded");
        assertThat(failed.at("/status/message").asText())
                .isEqualTo("Pod was active on the node longer than the specified deadline");
        assertThat(failed.at("/status/containerStatuses/0/state").has("terminated")).isTrue();
        assertThat(isReady(failed)).isFalse();
        node.cluster.await(
                EVENTS,
                event ->
                        event.path("reason").asText().equals("DeadlineExceeded")
                                && event.path("type").asText().equals("Normal"));
    }

    private static final String PROBES =
            """
            ,'readinessProbe':{'httpGet':{'port':80,'path':'/ready'},'periodSeconds':1,'failureThreshold':1},
             'livenessProbe':{'httpGet':{'port':80,'path':'/alive'},'periodSeconds':1},
             'lifecycle':{'preStop':{'exec':{'command':['wait']}}}
            """;

    @Test
    void readinessIsAskedForUntilTheEndAndNothingElse() throws Exception {
        node.createPod("", PROBES);
        node.awaitPod(PodAgentTest::isReady);
        node.cluster.delete(Types.PODS, "p");
        assertThat(stopping.await(10, TimeUnit.SECONDS)).isTrue();
        probed.clear();
        ready = false;
        var unready = node.awaitPod(pod -> !isReady(pod));
        assertThat(unready.path("metadata").has("deletionTimestamp")).isTrue();
        assertThat(runs(unready)).isTrue();
        for (int i = 0; i < 3; i++) {
            assertThat(probed.poll(10, TimeUnit.SECONDS)).isEqualTo("/ready");
        }
        stop.countDown();
        assertThat(phase(node.awaitPod(pod -> !runs(pod)))).isEqualTo("Succeeded");
    }

    /// A pod that runs while its server ends.
    private void runAndLeave(String policy) throws Exception {
        node.createPod("'restartPolicy':'%s',".formatted(policy), "");
        node.awaitPod(PodAgentTest::runs);
        node.agent.close();
    }

    @RepeatedTest(50)
    void anEndingServerSaysNothingAboutItsPods() throws Exception {
        runAndLeave("Always");
        assertThat(runs(node.cluster.get(Types.PODS, "p"))).isTrue();
    }

    /// A later server takes it over.
    private JsonNode takeOver(Optional<Adopted> left, Predicate<JsonNode> wanted) throws Exception {
        return takeOver(node.cluster.api.get(Types.PODS, "default", "p"), left, wanted);
    }

    private JsonNode takeOver(Stored stored, Optional<Adopted> left, Predicate<JsonNode> wanted)
            throws Exception {
        var worker = new PodWorker(node.parts, stored, left);
        var thread =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        worker.run();
                                    } catch (InterruptedException _) {
                                        Thread.currentThread().interrupt();
                                    }
                                });
        try {
            return node.awaitPod(wanted);
        } finally {
            thread.interrupt();
            thread.join();
        }
    }

    /// What a machine that was restarted has of the pod: its container ended with that code.
    private Optional<Adopted> afterRestart(int code) throws Exception {
        var pod = node.cluster.get(Types.PODS, "p");
        var machine = node.parts.machine();
        var prepared = machine.prepare(pod);
        node.runtime.removeSandbox(node.key(0).podUid());
        var sandbox = node.runtime.createSandbox(prepared.sandbox());
        var spec = machine.container(pod, pod.at("/spec/containers/0"), 0, prepared);
        var container = node.runtime.start(spec);
        node.runtime.end(node.key(0), code);
        return Optional.of(new Adopted(sandbox, false, List.of(container)));
    }

    private boolean changedSandbox() {
        return node.cluster.api.list(EVENTS, "default", Api.ListOptions.ALL).items().stream()
                .anyMatch(event -> event.tree().path("reason").asText().equals("SandboxChanged"));
    }

    @Test
    void aPodThatIsNeverRestartedEndsWithItsMachine() throws Exception {
        runAndLeave("Never");
        var failed = takeOver(afterRestart(Exit.UNKNOWN), pod -> phase(pod).equals("Failed"));
        assertThat(failed.at("/status/containerStatuses/0/state/terminated/exitCode").asInt())
                .isEqualTo(137);
        assertThat(failed.at("/status/containerStatuses/0/restartCount").asInt()).isZero();
        assertThat(changedSandbox()).isFalse();
        node.runtime.usage(node.key(0)); // it is kept for its log
    }

    @Test
    void aPodThatHadSucceededIsNotStartedAgain() throws Exception {
        runAndLeave("OnFailure");
        takeOver(afterRestart(0), pod -> phase(pod).equals("Succeeded"));
        assertThat(changedSandbox()).isFalse();
    }

    @Test
    void aPodThatIsRestartedOnFailureGetsANewSandbox() throws Exception {
        runAndLeave("OnFailure");
        takeOver(afterRestart(Exit.UNKNOWN), pod -> restarts(pod) == 1);
        assertThat(changedSandbox()).isTrue();
    }

    @Test
    void aLostContainerOfAPodThatIsNeverRestartedHasEnded() throws Exception {
        runAndLeave("Never");
        node.runtime.removeSandbox(node.key(0).podUid());
        var failed = takeOver(Optional.empty(), pod -> phase(pod).equals("Failed"));
        var ended = failed.at("/status/containerStatuses/0/state/terminated");
        assertThat(ended.path("exitCode").asInt()).isEqualTo(137);
        assertThat(ended.path("reason").asText()).isEqualTo("ContainerStatusUnknown");
        assertThat(ended.path("message").asText())
                .isEqualTo("The container could not be located when the pod was terminated");
        assertThat(failed.at("/status/containerStatuses/0/restartCount").asInt()).isZero();
    }

    @Test
    void aLostContainerOfAnotherPodIsStartedAgainAtOnce() throws Exception {
        runAndLeave("Always");
        node.runtime.removeSandbox(node.key(0).podUid());
        var again = takeOver(Optional.empty(), pod -> restarts(pod) == 1 && runs(pod));
        var before = again.at("/status/containerStatuses/0/lastState/terminated");
        assertThat(before.path("reason").asText()).isEqualTo("ContainerStatusUnknown");
        assertThat(before.path("message").asText())
                .isEqualTo(
                        "The container could not be located when the pod was deleted.  The"
                                + " container used to be Running");
    }

    @Test
    void aStatusUndoesNothingThatOthersWrote() throws Exception {
        runAndLeave("Always");
        var stored = node.cluster.api.get(Types.PODS, "default", "p");
        node.runtime.removeSandbox(stored.uid());
        node.cluster.merge(Types.PODS, "p", "{'metadata':{'labels':{'tier':'two'}}}");
        var again = takeOver(stored, Optional.empty(), pod -> restarts(pod) == 1 && runs(pod));
        assertThat(again.at("/metadata/labels/tier").asText()).isEqualTo("two");
    }

    private static int restarts(JsonNode pod) {
        return pod.at("/status/containerStatuses/0/restartCount").asInt();
    }
}

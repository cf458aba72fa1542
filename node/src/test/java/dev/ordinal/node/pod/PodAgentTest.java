package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;
import dev.ordinal.node.pod.Machine.CannotStartException;
import dev.ordinal.node.runtime.Adopted;
import dev.ordinal.node.runtime.Exit;
import dev.ordinal.testing.Rule;

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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/// Pods on a node with simulated containers.
class PodAgentTest {
    private static final GroupVersionResource EVENTS = GroupVersionResource.of("v1", "events");

    @TempDir Path folder;
    private TestNode node;

    private volatile boolean ready = true;
    private final AtomicInteger deaths = new AtomicInteger();
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
        if (path.equals("/odd")) return Probes.Result.warning("that is odd");
        if (path.equals("/lost")) return Probes.Result.unknown("no such program");
        if (path.equals("/mortal") && deaths.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            return Probes.Result.failure("no");
        }
        return path.equals("/ready") && !ready
                ? Probes.Result.failure("no")
                : Probes.Result.SUCCESS;
    }

    /// Holds a container's end up, or fails.
    private Optional<String> hook(Probes.Target target, JsonNode handler) {
        if (handler.at("/exec/command/0").asText().equals("fail")) return Optional.of("it failed");
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

    @Rule("pods 7.6")
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

    @Rule("pods 7.6")
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

    @Rule({"pods 3.10", "pods 2.7", "pods 5.1"})
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

    @Rule({"pods 4.9", "pods 5.9"})
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

    @Rule("pods 3.4")
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

    @Rule("pods 3.4")
    @Test
    void aPodThatHadSucceededIsNotStartedAgain() throws Exception {
        runAndLeave("OnFailure");
        takeOver(afterRestart(0), pod -> phase(pod).equals("Succeeded"));
        assertThat(changedSandbox()).isFalse();
    }

    @Rule("pods 3.4")
    @Test
    void aPodThatIsRestartedOnFailureGetsANewSandbox() throws Exception {
        runAndLeave("OnFailure");
        takeOver(afterRestart(Exit.UNKNOWN), pod -> restarts(pod) == 1);
        assertThat(changedSandbox()).isTrue();
    }

    @Rule("pods 2.6")
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

    @Rule("pods 2.6")
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

    private static final String SIDECAR =
            "'initContainers':[{'name':'side','image':'i','restartPolicy':'Always'}],";

    private JsonNode awaitEvent(String reason, String message) throws Exception {
        return node.cluster.await(
                EVENTS,
                event ->
                        event.path("reason").asText().equals(reason)
                                && event.path("message").asText().equals(message));
    }

    /// Its newest attempt ends and the next one runs.
    private void restart(int attempt, int code) throws Exception {
        node.runtime.end(node.key(attempt), code);
        node.awaitPod(pod -> restarts(pod) == attempt + 1 && runs(pod));
    }

    @Rule({"pods 3.8", "pods 2.5"})
    @Test
    void theSecondRestartWaitsAndIsToldAsCrashLoop() throws Exception {
        node.createPod("", "");
        node.awaitPod(PodAgentTest::runs);
        restart(0, 0);
        node.runtime.end(node.key(1), 0);
        var waiting = node.awaitPod(pod -> !runs(pod));
        var which = "p_default(%s)".formatted(node.key(0).podUid());
        var state = waiting.at("/status/containerStatuses/0/state/waiting");
        assertThat(state.path("reason").asText()).isEqualTo("CrashLoopBackOff");
        assertThat(state.path("message").asText())
                .isEqualTo("back-off 10s restarting failed container=c pod=" + which);
        var event = awaitEvent("BackOff", "Back-off restarting failed container c in pod " + which);
        assertThat(event.path("type").asText()).isEqualTo("Warning");
        assertThat(event.at("/involvedObject/fieldPath").asText()).isEqualTo("spec.containers{c}");
        node.cluster.pass(Duration.ofSeconds(10));
        node.agent.nudge();
        node.awaitPod(pod -> restarts(pod) == 2 && runs(pod));
    }

    @Rule("pods 3.5")
    @Test
    void anotherImageReplacesTheContainerWhateverThePolicy() throws Exception {
        node.createPod("'restartPolicy':'Never',", "");
        node.awaitPod(PodAgentTest::runs);
        node.cluster.merge(
                Types.PODS, "p", "{'spec':{'containers':[{'name':'c','image':'other'}]}}");
        var again = node.awaitPod(pod -> restarts(pod) == 1 && runs(pod));
        assertThat(again.at("/status/containerStatuses/0/image").asText()).isEqualTo("other");
        assertThat(again.at("/status/containerStatuses/0/lastState").has("terminated")).isTrue();
        awaitEvent("Killing", "Container c definition changed, will be restarted");
    }

    @Rule({"pods 3.5", "pods 3.8"})
    @Test
    void anotherImageForgivesWhatFailedBefore() throws Exception {
        node.createPod("", "");
        node.awaitPod(PodAgentTest::runs);
        restart(0, 1);
        node.cluster.merge(
                Types.PODS, "p", "{'spec':{'containers':[{'name':'c','image':'other'}]}}");
        node.awaitPod(pod -> restarts(pod) == 2 && runs(pod));
    }

    @Rule({"pods 3.3", "pods 5.5"})
    @Test
    void aSidecarEndsWhenTheOthersAreOver() throws Exception {
        node.createPod("'restartPolicy':'Never'," + SIDECAR, "");
        node.awaitPod(PodAgentTest::runs);
        node.runtime.end(node.key(0), 0);
        var done = node.awaitPod(pod -> phase(pod).equals("Succeeded"));
        assertThat(done.at("/status/initContainerStatuses/0/state").has("terminated")).isTrue();
        awaitEvent("Killing", "Stopping container side");
    }

    @Rule({"pods 5.5", "pods 5.3"})
    @Test
    void aSidecarOutlivesTheOthers() throws Exception {
        var hook = ",'lifecycle':{'preStop':{'exec':{'command':['wait']}}}";
        node.createPod(SIDECAR, hook);
        node.awaitPod(PodAgentTest::runs);
        node.cluster.delete(Types.PODS, "p");
        assertThat(stopping.await(10, TimeUnit.SECONDS)).isTrue();
        awaitEvent("Killing", "Stopping container side");
        awaitEvent("Killing", "Stopping container c");
        var side = node.cluster.get(Types.PODS, "p").at("/status/initContainerStatuses/0/state");
        assertThat(side.has("running")).isTrue();
        stop.countDown();
        node.awaitPod(pod -> !pod.at("/status/initContainerStatuses/0/state").has("running"));
    }

    @Rule({"pods 5.8", "pods 2.5"})
    @Test
    void aFailedPostStartHookEndsItsContainer() throws Exception {
        node.createPod(
                "'restartPolicy':'Never',",
                ",'lifecycle':{'postStart':{'exec':{'command':['fail']}}}");
        node.awaitPod(pod -> phase(pod).equals("Succeeded"));
        assertThat(awaitEvent("FailedPostStartHook", "PostStartHook failed").path("type").asText())
                .isEqualTo("Warning");
        awaitEvent("Killing", "FailedPostStartHook");
    }

    @Rule("pods 2.5")
    @Test
    void aPostStartHookThatFailedIsToldWhileItsContainerWaits() throws Exception {
        long before = node.cluster.revision(Types.PODS);
        node.createPod("", ",'lifecycle':{'postStart':{'exec':{'command':['fail']}}}");
        var waiting =
                node.cluster.await(
                        Types.PODS,
                        before,
                        pod ->
                                pod.at("/status/containerStatuses/0/state").has("waiting")
                                        && pod.at("/status/containerStatuses/0")
                                                .has("containerID"));
        var state = waiting.at("/status/containerStatuses/0/state/waiting");
        assertThat(state.path("reason").asText()).isEqualTo("PostStartHookError");
        assertThat(state.path("message").asText()).isEqualTo("it failed");
    }

    @Rule({"pods 5.4", "pods 5.8"})
    @Test
    void aFailedPreStopHookIsToldAndTheEndGoesOn() throws Exception {
        node.createPod("", ",'lifecycle':{'preStop':{'exec':{'command':['fail']}}}");
        node.awaitPod(PodAgentTest::runs);
        node.cluster.delete(Types.PODS, "p");
        assertThat(phase(node.awaitPod(pod -> !runs(pod)))).isEqualTo("Succeeded");
        awaitEvent("FailedPreStopHook", "PreStopHook failed");
    }

    private static final String LIVENESS =
            ",'livenessProbe':{'httpGet':{'port':80,'path':'%s'},'periodSeconds':1,'failureThreshold':1}";

    @Rule({"pods 3.9", "pods 4.5", "pods 4.6", "pods 4.7"})
    @Test
    void whatItsProbeEndsStartsAgainUnlessTheOneBeforeJustEnded() throws Exception {
        node.createPod("", LIVENESS.formatted("/mortal"));
        node.awaitPod(PodAgentTest::runs);
        deaths.set(1);
        node.awaitPod(pod -> restarts(pod) == 1 && runs(pod));
        node.cluster.pass(Duration.ofSeconds(10));
        deaths.set(1);
        node.awaitPod(pod -> restarts(pod) == 2 && runs(pod));
        deaths.set(1);
        var told = node.awaitPod(pod -> restarts(pod) == 2 && !runs(pod));
        assertThat(told.at("/status/containerStatuses/0/state/waiting/reason").asText())
                .isEqualTo("CrashLoopBackOff");
        awaitEvent("Unhealthy", "Liveness probe failed: no");
        awaitEvent("Killing", "Container c failed liveness probe, will be restarted");
    }

    @Rule("pods 4.3")
    @Test
    void aProbeThatCannotRunChangesNothing() throws Exception {
        node.createPod("'restartPolicy':'Never',", LIVENESS.formatted("/lost"));
        node.awaitPod(PodAgentTest::runs);
        var event =
                awaitEvent(
                        "Unhealthy",
                        "Liveness probe errored and resulted in unknown state: no such program");
        assertThat(event.at("/involvedObject/fieldPath").asText()).isEqualTo("spec.containers{c}");
        probed.clear();
        assertThat(probed.poll(10, TimeUnit.SECONDS)).isEqualTo("/lost");
        assertThat(runs(node.cluster.get(Types.PODS, "p"))).isTrue();
        node.runtime.end(node.key(0), 0);
        node.awaitPod(pod -> phase(pod).equals("Succeeded"));
    }

    @Rule("pods 2.8")
    @Test
    void aPodThatIsNotTakenHasFailedAtOnce() throws Exception {
        node.createPod("'securityContext':{'sysctls':[{'name':'kernel.msgmax','value':'1'}]},", "");
        var failed = node.awaitPod(pod -> phase(pod).equals("Failed"));
        assertThat(failed.at("/status/reason").asText()).isEqualTo("SysctlForbidden");
        assertThat(failed.path("status").has("containerStatuses")).isFalse();
        awaitEvent("SysctlForbidden", "forbidden sysctl: \"kernel.msgmax\" not allowlisted");
    }

    private List<String> told() {
        return node.cluster.api.list(EVENTS, "default", Api.ListOptions.ALL).items().stream()
                .map(Stored::tree)
                .map(event -> event.path("reason").asText() + " " + event.path("message").asText())
                .toList();
    }

    @Rule("pods 10.3")
    @Test
    void aStartIsTold() throws Exception {
        node.createPod("", "");
        node.awaitPod(PodAgentTest::runs);
        awaitEvent("Started", "Container started");
        assertThat(told())
                .containsExactlyInAnyOrder(
                        "Pulled Container image \"i\" already present on machine and can be"
                                + " accessed by the pod",
                        "Created Container created",
                        "Started Container started");
    }

    private static String waitingReason(JsonNode pod) {
        return pod.at("/status/containerStatuses/0/state/waiting/reason").asText();
    }

    @Rule({"pods 10.4", "pods 10.5", "pods 2.5"})
    @Test
    void anImageThatIsMissingIsLookedForAgainAfterAPause() throws Exception {
        node.refusal = new CannotStartException("ErrImagePull", "it is not there");
        node.createPod("", "");
        var waiting = node.awaitPod(pod -> waitingReason(pod).equals("ImagePullBackOff"));
        var why = "failed to pull and unpack image \"i\": it is not there";
        assertThat(waiting.at("/status/containerStatuses/0/state/waiting/message").asText())
                .isEqualTo("Back-off pulling image \"i\": ErrImagePull: " + why);
        awaitEvent("Failed", "Error: ImagePullBackOff");
        assertThat(told())
                .containsExactlyInAnyOrder(
                        "Pulling Pulling image \"i\"",
                        "Failed Failed to pull image \"i\": " + why,
                        "Failed Error: ErrImagePull",
                        "BackOff Back-off pulling image \"i\"",
                        "Failed Error: ImagePullBackOff");
        node.cluster.pass(Duration.ofSeconds(10));
        node.agent.nudge();
        var again =
                node.cluster.await(
                        EVENTS,
                        event ->
                                event.path("message").asText().equals("Pulling image \"i\"")
                                        && event.path("count").asInt() == 2);
        assertThat(again.path("type").asText()).isEqualTo("Normal");
    }

    @Rule("pods 10.4")
    @Test
    void anImageThatMustNotBePulledIsWaitedFor() throws Exception {
        var why = "Container image \"i\" is not present with pull policy of Never";
        node.refusal = new CannotStartException("ErrImageNeverPull", why);
        node.createPod("", "");
        node.awaitPod(pod -> waitingReason(pod).equals("ErrImageNeverPull"));
        awaitEvent("ErrImageNeverPull", why);
        awaitEvent("Failed", "Error: ErrImageNeverPull");
    }

    @Rule({"pods 2.5", "pods 10.4"})
    @Test
    void anImpossibleNameOfAnImageIsTold() throws Exception {
        node.refusal = new CannotStartException("InvalidImageName", "what is wrong");
        node.createPod("", "");
        var waiting = node.awaitPod(pod -> waitingReason(pod).equals("InvalidImageName"));
        assertThat(waiting.at("/status/containerStatuses/0/state/waiting/message").asText())
                .isEqualTo("what is wrong");
        awaitEvent("InspectFailed", "what is wrong");
        awaitEvent("Failed", "Error: InvalidImageName");
    }

    @Rule({"pods 6.3", "pods 2.5"})
    @Test
    void aConfigurationThatIsMissingIsWaitedFor() throws Exception {
        node.refusal =
                new CannotStartException("CreateContainerConfigError", "secret \"s\" not found");
        node.createPod("", "");
        var waiting = node.awaitPod(pod -> waitingReason(pod).equals("CreateContainerConfigError"));
        assertThat(phase(waiting)).isEqualTo("Pending");
        awaitEvent("Failed", "Error: secret \"s\" not found");
        node.refusal = null;
        node.cluster.pass(Duration.ofMinutes(1));
        node.agent.nudge();
        node.awaitPod(PodAgentTest::runs);
    }

    @Rule({"pods 7.1", "pods 7.2", "pods 3.1"})
    @Test
    void nothingStartsBeforeTheVolumesAreThere() throws Exception {
        node.createPod("'volumes':[{'name':'v','configMap':{'name':'m'}}],", "");
        var event =
                awaitEvent(
                        "FailedMount",
                        "MountVolume.SetUp failed for volume \"v\" : configmap \"m\" not found");
        assertThat(event.path("type").asText()).isEqualTo("Warning");
        var waiting = node.awaitPod(pod -> waitingReason(pod).equals("ContainerCreating"));
        assertThat(phase(waiting)).isEqualTo("Pending");
        assertThat(condition(waiting, "PodReadyToStartContainers")).isEqualTo("False");
        node.cluster.create(Types.CONFIG_MAPS, "{'metadata':{'name':'m'},'data':{'a':'1'}}");
        node.awaitPod(PodAgentTest::runs);
    }

    @Rule({"pods 4.2", "pods 4.3", "pods 4.4"})
    @Test
    void nothingElseIsAskedUntilTheContainerHasStarted() throws Exception {
        deaths.set(1);
        node.createPod(
                "",
                ",'startupProbe':{'httpGet':{'port':80,'path':'/mortal'},'periodSeconds':1,'failureThreshold':5}"
                        + PROBES.replace(
                                "'periodSeconds':1,'failureThreshold':1", "'periodSeconds':60"));
        var starting = node.awaitPod(PodAgentTest::runs);
        assertThat(starting.at("/status/containerStatuses/0/started").asBoolean()).isFalse();
        node.awaitPod(PodAgentTest::isReady);
        assertThat(probed.poll()).isEqualTo("/mortal");
        assertThat(probed.poll()).isEqualTo("/mortal");
        assertThat(List.of(probed.poll(10, TimeUnit.SECONDS), probed.poll(10, TimeUnit.SECONDS)))
                .containsExactlyInAnyOrder("/ready", "/alive");
        assertThat(restarts(node.cluster.get(Types.PODS, "p"))).isZero();
        stop.countDown();
    }

    @Rule({"pods 4.5", "pods 4.7"})
    @Test
    void aContainerThatNeverStartsIsEnded() throws Exception {
        deaths.set(1);
        node.createPod(
                "'restartPolicy':'Never',",
                LIVENESS.formatted("/mortal").replace("liveness", "startup"));
        node.awaitPod(pod -> phase(pod).equals("Succeeded"));
        awaitEvent("Killing", "Container c failed startup probe");
    }

    @Rule("pods 5.1")
    @Test
    void aPodThatSomebodyCallsFailedIsEnded() throws Exception {
        node.createPod("", "");
        node.awaitPod(PodAgentTest::runs);
        node.cluster.mergeStatus("p", "{'status':{'phase':'Failed','reason':'Evicted'}}");
        var ended = node.awaitPod(pod -> !runs(pod));
        assertThat(phase(ended)).isEqualTo("Failed");
        assertThat(ended.at("/status/reason").asText()).isEqualTo("Evicted");
        assertThat(restarts(ended)).isZero();
    }

    @Rule("pods 4.8")
    @Test
    void aProbeMayGiveLessTimeThanThePod() throws Exception {
        node.createPod(
                "",
                LIVENESS.formatted("/mortal")
                                .replace(
                                        "'periodSeconds'",
                                        "'terminationGracePeriodSeconds':1,'periodSeconds'")
                        + ",'lifecycle':{'preStop':{'exec':{'command':['wait']}}}");
        node.awaitPod(PodAgentTest::runs);
        deaths.set(1);
        assertThat(stopping.await(10, TimeUnit.SECONDS)).isTrue();
        node.awaitPod(pod -> restarts(pod) == 1 && runs(pod));
        stop.countDown();
    }

    @Rule("pods 4.1")
    @Test
    void aProbeWaitsForItsDelayAndThenForItsPeriod() throws Exception {
        long begun = System.nanoTime();
        node.createPod(
                "",
                ",'readinessProbe':{'httpGet':{'port':80,'path':'/ready'},'initialDelaySeconds':1,'periodSeconds':1}");
        for (int seconds = 1; seconds <= 2; seconds++) {
            assertThat(probed.poll(10, TimeUnit.SECONDS)).isEqualTo("/ready");
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .isGreaterThanOrEqualTo(Duration.ofSeconds(seconds));
        }
    }

    @Rule({"pods 3.8", "pods 10.5"})
    @Test
    void anotherImageIsLookedForAtOnce() throws Exception {
        node.refusal = new CannotStartException("ErrImagePull", "it is not there");
        node.createPod("", "");
        node.awaitPod(pod -> waitingReason(pod).equals("ImagePullBackOff"));
        node.cluster.merge(
                Types.PODS, "p", "{'spec':{'containers':[{'name':'c','image':'other'}]}}");
        awaitEvent("Pulling", "Pulling image \"other\"");
    }

    @Rule("pods 4.6")
    @Test
    void anOddSuccessIsOneAndIsTold() throws Exception {
        node.createPod(
                "'restartPolicy':'Never',",
                LIVENESS.formatted("/odd").replace("liveness", "readiness"));
        node.awaitPod(PodAgentTest::isReady);
        var event = awaitEvent("ProbeWarning", "Readiness probe warning: that is odd");
        assertThat(event.path("type").asText()).isEqualTo("Warning");
        node.runtime.end(node.key(0), 0);
        node.awaitPod(pod -> phase(pod).equals("Succeeded"));
    }
}

package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.node.pod.ContainerState.Ended;
import dev.ordinal.node.pod.ContainerState.Waiting;
import dev.ordinal.node.pod.PodStatusTree.Verdict;
import dev.ordinal.node.runtime.Exit;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a pod's status says of what was observed.
class PodStatusTreeTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00.7Z");
    private static final String TWO =
            "'containers':[{'name':'b','image':'i'},{'name':'a','image':'i'}]";
    private static final String WITH_INIT =
            """
            'initContainers':[{'name':'one','image':'i'},
             {'name':'side','image':'i','restartPolicy':'Always'}],
            """
                    + TWO;

    private final Map<String, ContainerState> states = new HashMap<>();
    private String address = "10.244.0.2";
    private boolean stopped;
    private Optional<Verdict> verdict = Optional.empty();

    private static ObjectNode pod(String spec, String status) throws IOException {
        var text = "{'metadata':{'name':'p','generation':3},'spec':{%s},'status':{%s}}";
        var json = new ObjectMapper().readTree(text.formatted(spec, status).replace('\'', '"'));
        return (ObjectNode) json;
    }

    private ObjectNode status(String spec) throws IOException {
        return status(spec, "");
    }

    private ObjectNode status(String spec, String old) throws IOException {
        return PodStatusTree.of(
                pod(spec, old),
                new PodStatusTree.Seen(
                        states,
                        address,
                        "10.0.0.1",
                        "ordinal",
                        Map.of("i", new Machine.Image("i:latest", "sha256:1")),
                        stopped,
                        verdict,
                        NOW));
    }

    private String phase(String spec) throws IOException {
        return status(spec).path("phase").asText();
    }

    private void running(String name, boolean started, boolean ready) {
        put(name, null, Optional.empty(), Optional.empty(), started, ready);
    }

    private void running(String... names) {
        for (var name : names) running(name, true, true);
    }

    private static Exit exit(int code) {
        return new Exit(code, false, true, NOW);
    }

    private void ended(String name, int code) {
        put(name, exit(code), Optional.empty(), Optional.empty(), false, false);
    }

    private void put(
            String name,
            Exit exit,
            Optional<Ended> before,
            Optional<Waiting> waiting,
            boolean started,
            boolean ready) {
        var message = exit == null ? "" : "bye";
        states.put(
                name,
                new ContainerState(
                        name, 0, "x", NOW, exit, message, before, waiting, started, ready, null));
    }

    private void waits(String name, String reason, String message) {
        var waiting = Optional.of(new Waiting(reason, message));
        states.put(
                name,
                new ContainerState(
                        name,
                        -1,
                        "",
                        null,
                        null,
                        "",
                        Optional.empty(),
                        waiting,
                        false,
                        false,
                        null));
    }

    @Rule("pods 2.2")
    @Test
    void aContainerThatHasNeverRunKeepsAPodPending() throws Exception {
        assertThat(phase(TWO)).isEqualTo("Pending");
        running("a");
        waits("b", "ErrImagePull", "no");
        assertThat(phase(TWO)).isEqualTo("Pending");
        running("b");
        assertThat(phase(TWO)).isEqualTo("Running");
    }

    @Rule("pods 2.2")
    @Test
    void aPodWhoseContainersStartAgainIsRunning() throws Exception {
        running("a");
        put(
                "b",
                exit(1),
                Optional.empty(),
                Optional.of(new Waiting("CrashLoopBackOff", "")),
                false,
                false);
        assertThat(phase(TWO)).isEqualTo("Running");
        ended("a", 0);
        assertThat(phase(TWO)).isEqualTo("Running");
        assertThat(phase("'restartPolicy':'OnFailure'," + TWO)).isEqualTo("Running");
    }

    @Rule("pods 2.2")
    @Test
    void aPodIsOverWhenNoneStartsAgain() throws Exception {
        var never = "'restartPolicy':'Never'," + TWO;
        ended("a", 1);
        running("b");
        assertThat(phase(never)).isEqualTo("Running");
        ended("b", 0);
        assertThat(phase(never)).isEqualTo("Failed");
        ended("a", 0);
        assertThat(phase(never)).isEqualTo("Succeeded");
        assertThat(phase("'restartPolicy':'OnFailure'," + TWO)).isEqualTo("Succeeded");
    }

    @Rule({"pods 2.2", "pods 3.6"})
    @Test
    void aContainersOwnPolicyDecidesWhetherItIsOver() throws Exception {
        ended("a", 3);
        var spec = "'containers':[{'name':'a','image':'i','restartPolicy':'Never'}]";
        assertThat(phase(spec)).isEqualTo("Failed");
        assertThat(phase(spec.replace("Never", "OnFailure"))).isEqualTo("Running");
    }

    @Rule("pods 2.2")
    @Test
    void initContainersAndSidecarsComeFirst() throws Exception {
        running("one");
        assertThat(phase(WITH_INIT)).isEqualTo("Pending");
        ended("one", 1);
        assertThat(phase(WITH_INIT)).isEqualTo("Pending");
        assertThat(phase("'restartPolicy':'Never'," + WITH_INIT)).isEqualTo("Failed");
        ended("one", 0);
        running("side", false, false);
        assertThat(phase(WITH_INIT)).isEqualTo("Pending");
        running("side", "a", "b");
        assertThat(phase(WITH_INIT)).isEqualTo("Running");
        ended("side", 1);
        assertThat(phase(WITH_INIT)).as("the others run on").isEqualTo("Running");
    }

    @Rule("pods 2.2")
    @Test
    void anEndedPhaseStaysWithItsReason() throws Exception {
        running("a", "b");
        var status = status(TWO, "'phase':'Failed','reason':'Evicted','message':'why'");
        assertThat(status.path("phase").asText()).isEqualTo("Failed");
        assertThat(status.path("reason").asText()).isEqualTo("Evicted");
        assertThat(status.path("message").asText()).isEqualTo("why");
        status = status(TWO, "'phase':'Pending','reason':'Old'");
        assertThat(status.path("phase").asText()).isEqualTo("Running");
        assertThat(status.has("reason")).isFalse();
    }

    @Rule("pods 5.9")
    @Test
    void theCodesOfStoppedContainersDecideWhateverThePolicy() throws Exception {
        stopped = true;
        ended("a", 0);
        ended("b", 0);
        assertThat(phase(TWO)).isEqualTo("Succeeded");
        ended("b", 143);
        assertThat(phase(TWO)).isEqualTo("Failed");
    }

    @Rule({"pods 5.9", "pods 2.6"})
    @Test
    void aPodThatIsStoppedBeforeItHasRunHasFailed() throws Exception {
        stopped = true;
        ended("a", 0);
        var status = status(TWO);
        assertThat(status.path("phase").asText()).isEqualTo("Failed");
        var never = status.at("/containerStatuses/1/state/terminated");
        assertThat(never.path("exitCode").asInt()).isEqualTo(137);
        assertThat(never.path("reason").asText()).isEqualTo("ContainerStatusUnknown");
        assertThat(never.path("message").asText())
                .isEqualTo("The container could not be located when the pod was terminated");
    }

    private static String condition(JsonNode status, String type) {
        for (var condition : status.path("conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return "%s %s %s"
                        .formatted(
                                condition.path("status").asText(),
                                condition.path("reason").asText(),
                                condition.path("message").asText())
                        .strip();
            }
        }
        return "missing";
    }

    @Rule({"pods 2.3", "pods 2.3.1"})
    @Test
    void conditionsSayWhichContainersAreMissing() throws Exception {
        waits("one", "ErrImagePull", "no");
        var status = status(WITH_INIT);
        assertThat(condition(status, "PodScheduled")).isEqualTo("True");
        assertThat(condition(status, "PodReadyToStartContainers")).isEqualTo("True");
        assertThat(condition(status, "Initialized"))
                .isEqualTo(
                        "False ContainersNotInitialized containers with incomplete status: [one"
                                + " side]");
        var unready = "False ContainersNotReady containers with unready status: [side b a]";
        assertThat(condition(status, "ContainersReady")).isEqualTo(unready);
        assertThat(condition(status, "Ready")).isEqualTo(unready);
        address = "";
        assertThat(condition(status(WITH_INIT), "PodReadyToStartContainers")).isEqualTo("False");
        ended("one", 0);
        running("side", "a", "b");
        for (var type : List.of("Initialized", "ContainersReady", "Ready")) {
            assertThat(condition(status(WITH_INIT), type)).as(type).isEqualTo("True");
        }
    }

    @Rule("pods 2.3")
    @Test
    void aPodStaysInitializedOnceARegularContainerHasStarted() throws Exception {
        ended("one", 0);
        running("a", "b");
        running("side", false, false);
        assertThat(condition(status(WITH_INIT), "Initialized")).isEqualTo("True");
        assertThat(condition(status(WITH_INIT), "Ready"))
                .isEqualTo("False ContainersNotReady containers with unready status: [side]");
    }

    @Rule("pods 2.3")
    @Test
    void anEndedPodIsNotReadyBecauseItIsOver() throws Exception {
        var never = "'restartPolicy':'Never'," + TWO;
        ended("a", 0);
        ended("b", 0);
        assertThat(condition(status(never), "Initialized")).isEqualTo("True PodCompleted");
        assertThat(condition(status(never), "Ready")).isEqualTo("False PodCompleted");
        ended("b", 1);
        assertThat(condition(status(never), "Ready")).isEqualTo("False PodFailed");
    }

    @Rule("pods 2.3")
    @Test
    void aReadinessGateHoldsReadyBackAndNothingElse() throws Exception {
        running("a", "b");
        var gated = "'readinessGates':[{'conditionType':'x/y'}]," + TWO;
        assertThat(condition(status(gated), "Ready"))
                .isEqualTo(
                        "False ReadinessGatesNotReady corresponding condition of pod readiness gate"
                                + " \"x/y\" does not exist.");
        assertThat(condition(status(gated), "ContainersReady")).isEqualTo("True");
        var told = "'conditions':[{'type':'x/y','status':'%s'}]";
        assertThat(condition(status(gated, told.formatted("False")), "Ready"))
                .isEqualTo(
                        "False ReadinessGatesNotReady the status of pod readiness gate \"x/y\" is"
                                + " not \"True\", but False");
        assertThat(condition(status(gated, told.formatted("True")), "Ready")).isEqualTo("True");
    }

    @Rule("pods 2.3.1")
    @Test
    void conditionsOfOthersStayAndTimesChangeWithTheirStatusOnly() throws Exception {
        running("a", "b");
        var old =
                """
                'conditions':[
                 {'type':'Ready','status':'False','lastTransitionTime':'2025-01-01T00:00:00Z'},
                 {'type':'PodScheduled','status':'True','lastTransitionTime':'2025-01-01T00:00:00Z'},
                 {'type':'DisruptionTarget','status':'True','reason':'EvictionByEvictionAPI'}]
                """;
        List<String> told = new ArrayList<>();
        for (var condition : status(TWO, old).path("conditions")) {
            told.add(
                    condition.path("type").asText()
                            + " "
                            + condition.path("lastTransitionTime").asText());
        }
        assertThat(told)
                .containsExactly(
                        "DisruptionTarget ",
                        "PodReadyToStartContainers 2026-01-01T00:00:00Z",
                        "Initialized 2026-01-01T00:00:00Z",
                        "Ready 2026-01-01T00:00:00Z",
                        "ContainersReady 2026-01-01T00:00:00Z",
                        "PodScheduled 2025-01-01T00:00:00Z");
    }

    @Rule("pods 1.10")
    @Test
    void theGenerationThatWasLookedAtIsTold() throws Exception {
        var status = status(TWO);
        assertThat(status.path("observedGeneration").asInt()).isEqualTo(3);
        assertThat(status.at("/conditions/0/observedGeneration").asInt()).isEqualTo(3);
    }

    @Rule("pods 2.4")
    @Test
    void addressesAndTheStartAreKept() throws Exception {
        var first = status(TWO);
        assertThat(first.path("startTime").asText()).isEqualTo("2026-01-01T00:00:00Z");
        assertThat(first.path("hostIP").asText()).isEqualTo("10.0.0.1");
        assertThat(first.at("/hostIPs/0/ip").asText()).isEqualTo("10.0.0.1");
        assertThat(first.at("/podIPs/0/ip").asText()).isEqualTo("10.244.0.2");
        address = "";
        var later = status(TWO, "'podIP':'10.244.0.9','startTime':'2025-01-01T00:00:00Z'");
        assertThat(later.path("startTime").asText()).isEqualTo("2025-01-01T00:00:00Z");
        assertThat(later.path("podIP").asText()).isEqualTo("10.244.0.9");
        assertThat(status(TWO).has("podIP")).isFalse();
    }

    @Rule("pods 2.4")
    @Test
    void containersAreSortedByNameInitContainersAreNot() throws Exception {
        var status = status(WITH_INIT.replace("'side'", "'early'"));
        assertThat(status.path("containerStatuses").findValuesAsText("name"))
                .containsExactly("a", "b");
        assertThat(status.path("initContainerStatuses").findValuesAsText("name"))
                .containsExactly("one", "early");
    }

    @Rule("pods 2.4")
    @Test
    void aStartedContainerTellsWhatItHas() throws Exception {
        var spec =
                """
                'containers':[{'name':'a','image':'i','resources':{'requests':{'cpu':'1'},'limits':{'cpu':'2'}},
                 'volumeMounts':[{'name':'v','mountPath':'/v','readOnly':true,'subPath':'x'},{'name':'w','mountPath':'/w'}]}]
                """;
        var before = status(spec).at("/containerStatuses/0");
        assertThat(before.path("image").asText()).isEqualTo("i");
        assertThat(before.path("imageID").asText()).isEmpty();
        assertThat(before.has("containerID")).isFalse();
        running("a", true, false);
        var after = status(spec).at("/containerStatuses/0");
        assertThat(after.path("image").asText()).isEqualTo("i:latest");
        assertThat(after.path("imageID").asText()).isEqualTo("sha256:1");
        assertThat(after.path("containerID").asText()).isEqualTo("ordinal://x");
        assertThat(after.path("started").asBoolean()).isTrue();
        assertThat(after.path("ready").asBoolean()).isFalse();
        assertThat(after.path("allocatedResources").toString()).isEqualTo("{\"cpu\":\"1\"}");
        assertThat(after.at("/resources/limits").toString()).isEqualTo("{\"cpu\":\"2\"}");
        assertThat(after.path("volumeMounts").toString())
                .isEqualTo(
                        """
                        [{"name":"v","mountPath":"/v","readOnly":true,"recursiveReadOnly":"Disabled"},\
                        {"name":"w","mountPath":"/w"}]\
                        """);
    }

    @Rule("pods 2.4")
    @Test
    void anInitContainerIsReadyWhenItHasSucceeded() throws Exception {
        ended("one", 0);
        var done = status(WITH_INIT).at("/initContainerStatuses/0");
        assertThat(done.path("ready").asBoolean()).isTrue();
        assertThat(done.path("started").asBoolean()).isFalse();
        ended("one", 1);
        assertThat(status(WITH_INIT).at("/initContainerStatuses/0/ready").asBoolean()).isFalse();
    }

    @Rule("pods 2.5")
    @Test
    void whatIsNotStartedYetWaits() throws Exception {
        var reason = "/containerStatuses/0/state/waiting/reason";
        assertThat(status(TWO).at(reason).asText()).isEqualTo("ContainerCreating");
        assertThat(status(WITH_INIT).at(reason).asText()).isEqualTo("PodInitializing");
        waits("a", "CreateContainerConfigError", "secret \"s\" not found");
        var waiting = status(TWO).at("/containerStatuses/0/state/waiting");
        assertThat(waiting.path("reason").asText()).isEqualTo("CreateContainerConfigError");
        assertThat(waiting.path("message").asText()).isEqualTo("secret \"s\" not found");
    }

    @Rule("pods 2.5.1")
    @Test
    void whatWaitsForItsNextStartHasItsEndInLastState() throws Exception {
        ended("a", 1);
        var first = status(TWO).at("/containerStatuses/0");
        assertThat(first.at("/state/terminated/exitCode").asInt()).isEqualTo(1);
        put(
                "a",
                exit(1),
                Optional.empty(),
                Optional.of(new Waiting("CrashLoopBackOff", "why")),
                false,
                false);
        var later = status(TWO).at("/containerStatuses/0");
        assertThat(later.at("/state/waiting/reason").asText()).isEqualTo("CrashLoopBackOff");
        assertThat(later.at("/lastState/terminated/exitCode").asInt()).isEqualTo(1);
    }

    private String reason(Exit exit) throws IOException {
        put("a", exit, Optional.empty(), Optional.empty(), false, false);
        return status(TWO).at("/containerStatuses/0/state/terminated/reason").asText();
    }

    @Rule("pods 2.6")
    @Test
    void anEndHasAReason() throws Exception {
        assertThat(reason(exit(0))).isEqualTo("Completed");
        assertThat(reason(exit(1))).isEqualTo("Error");
        assertThat(reason(new Exit(137, true, true, NOW))).isEqualTo("OOMKilled");
        assertThat(reason(Exit.unseen(NOW))).isEqualTo("ContainerStatusUnknown");
    }

    @Rule("pods 5.10")
    @Test
    void messagesShareWhatThePodMayTell() throws Exception {
        var many = new StringBuilder("'containers':[");
        for (int i = 0; i < 4; i++) {
            many.append(i == 0 ? "" : ",").append("{'name':'c%d','image':'i'}".formatted(i));
        }
        var message = "x".repeat(4000);
        states.put(
                "c0",
                new ContainerState(
                        "c0",
                        0,
                        "x",
                        NOW,
                        exit(1),
                        message,
                        Optional.empty(),
                        Optional.empty(),
                        false,
                        false,
                        null));
        var told = "/containerStatuses/0/state/terminated/message";
        assertThat(status(many + "]").at(told).asText()).hasSize(3072);
        var two = "'containers':[{'name':'c0','image':'i'},{'name':'c1','image':'i'}]";
        assertThat(status(two).at(told).asText()).hasSize(4000);
    }

    @Rule("pods 2.7")
    @Test
    void aPodThatTheNodeEndsHasFailedWithItsReason() throws Exception {
        running("a", "b");
        verdict = Optional.of(Verdict.DEADLINE);
        var status = status(TWO);
        assertThat(status.path("phase").asText()).isEqualTo("Failed");
        assertThat(status.path("reason").asText()).isEqualTo("DeadlineExceeded");
    }

    @Rule("pods 2.8")
    @Test
    void aRejectedPodSaysWhyAndNothingOfContainers() throws Exception {
        var pod = pod("'os':{'name':'windows'}," + TWO, "'phase':'Pending','qosClass':'Burstable'");
        var status = PodStatusTree.rejected(pod, PodRejection.of(pod).orElseThrow(), NOW);
        assertThat(status.toString())
                .isEqualTo(
                        """
                        {"phase":"Failed","reason":"PodOSNotSupported","message":"Pod was rejected: Failed to admit pod as \
                        the OS field doesn't match node OS","qosClass":"Burstable","startTime":"2026-01-01T00:00:00Z"}\
                        """);
    }

    @Rule({"pods 2.8", "pods 8.9"})
    @Test
    void onlyHarmlessKernelSettingsAreAdmitted() throws Exception {
        var spec = "'securityContext':{'sysctls':[{'name':'%s','value':'1'}]}," + TWO;
        assertThat(PodRejection.of(pod(spec.formatted("net.ipv4.tcp_syncookies"), ""))).isEmpty();
        assertThat(PodRejection.of(pod(spec.formatted("kernel.msgmax"), "")))
                .contains(
                        new Verdict(
                                "SysctlForbidden",
                                "forbidden sysctl: \"kernel.msgmax\" not allowlisted"));
        var onHost = "'hostNetwork':true," + spec;
        assertThat(PodRejection.of(pod(onHost.formatted("kernel.shm_rmid_forced"), ""))).isEmpty();
        for (var name : List.of("net.ipv4.tcp_rmem", "net/ipv4/tcp_rmem")) {
            assertThat(PodRejection.of(pod(onHost.formatted(name), "")))
                    .contains(
                            new Verdict(
                                    "SysctlForbidden",
                                    "forbidden sysctl: \"net.ipv4.tcp_rmem\" not allowed with host"
                                            + " net enabled"));
        }
    }
}

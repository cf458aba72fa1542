package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.node.runtime.Exit;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

class PodPlanTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private final Map<String, ContainerState> states = new HashMap<>();

    private static JsonNode pod(String policy) throws Exception {
        return new ObjectMapper()
                .readTree(
                        """
                        {"spec":{"restartPolicy":"%s","initContainers":[{"name":"first"},{"name":"side","restartPolicy":"Always"}],
                        "containers":[{"name":"a"},{"name":"b"}]}}
                        """
                                .formatted(policy));
    }

    private void running(String name, boolean started) {
        states.put(
                name,
                new ContainerState(
                        name,
                        0,
                        "x",
                        NOW,
                        null,
                        "",
                        Optional.empty(),
                        Optional.empty(),
                        started,
                        started,
                        null));
    }

    private void ended(String name, int code, Instant backoff) {
        states.put(
                name,
                new ContainerState(
                        name,
                        0,
                        "x",
                        NOW,
                        new Exit(code, false, true, NOW),
                        "",
                        Optional.empty(),
                        Optional.empty(),
                        false,
                        false,
                        backoff));
    }

    @Rule({"pods 3.2", "pods 3.3"})
    @Test
    void initContainersComeOneAfterTheOther() throws Exception {
        assertThat(PodPlan.of(pod("Always"), states, NOW).start()).containsExactly("first");
        running("first", true);
        assertThat(PodPlan.of(pod("Always"), states, NOW).start()).isEmpty();
        ended("first", 0, null);
        assertThat(PodPlan.of(pod("Always"), states, NOW).start()).containsExactly("side");
        running("side", false);
        assertThat(PodPlan.of(pod("Always"), states, NOW).start())
                .as("a sidecar must have started")
                .isEmpty();
        running("side", true);
        assertThat(PodPlan.of(pod("Always"), states, NOW).start()).containsExactly("a", "b");
    }

    @Rule("pods 3.2")
    @Test
    void aFailedInitContainerEndsAPodThatIsNeverRestarted() throws Exception {
        ended("first", 1, null);
        assertThat(PodPlan.of(pod("Never"), states, NOW).finished()).isTrue();
        assertThat(PodPlan.of(pod("OnFailure"), states, NOW).start()).containsExactly("first");
    }

    @Rule("pods 3.6")
    @Test
    void policiesDecideWhatIsOver() throws Exception {
        ended("first", 0, null);
        running("side", true);
        ended("a", 0, null);
        ended("b", 3, null);
        assertThat(PodPlan.of(pod("Always"), states, NOW).start()).containsExactly("a", "b");
        assertThat(PodPlan.of(pod("OnFailure"), states, NOW).start()).containsExactly("b");
        assertThat(PodPlan.of(pod("Never"), states, NOW))
                .isEqualTo(new PodPlan(java.util.List.of(), true, Optional.empty()));
    }

    @Rule("pods 3.8")
    @Test
    void aBackOffIsWaitedFor() throws Exception {
        ended("first", 0, null);
        running("side", true);
        running("a", true);
        ended("b", 1, NOW.plusSeconds(10));
        var plan = PodPlan.of(pod("Always"), states, NOW);
        assertThat(plan.start()).isEmpty();
        assertThat(plan.again()).contains(NOW.plusSeconds(10));
        assertThat(PodPlan.of(pod("Always"), states, NOW.plusSeconds(11)).start())
                .containsExactly("b");
    }

    @Rule({"pods 3.8", "pods 10.5"})
    @Test
    void backOffDoublesToFiveMinutes() {
        var delay = PodPlan.backoff(Duration.ZERO, Duration.ZERO, true);
        assertThat(delay).isZero();
        for (int seconds : new int[] {10, 20, 40, 80, 160, 300, 300}) {
            delay = PodPlan.backoff(delay, Duration.ofSeconds(1), false);
            assertThat(delay).hasSeconds(seconds);
        }
        assertThat(PodPlan.backoff(delay, Duration.ofMinutes(11), false)).isZero();
    }

    @Rule("pods 3.10")
    @Test
    void theDeadlineCountsFromTheStart() throws Exception {
        var pod =
                "{\"spec\":{%s},\"status\":{%s}}"
                        .formatted(
                                "\"activeDeadlineSeconds\":30",
                                "\"startTime\":\"2026-01-01T00:00:00Z\"");
        var json = new ObjectMapper();
        assertThat(PodPlan.deadline(json.readTree(pod))).contains(NOW.plusSeconds(30));
        assertThat(PodPlan.deadline(json.readTree(pod.replace("startTime", "other")))).isEmpty();
        assertThat(PodPlan.deadline(json.readTree(pod.replace("active", "other")))).isEmpty();
    }

    @Rule("pods 3.2")
    @Test
    void anInitContainerThatRanOutOfMemoryHasFailed() throws Exception {
        ended("first", 0, null);
        var oom = new Exit(0, true, true, NOW);
        states.put(
                "first",
                new ContainerState(
                        "first",
                        0,
                        "x",
                        NOW,
                        oom,
                        "",
                        Optional.empty(),
                        Optional.empty(),
                        false,
                        false,
                        null));
        assertThat(PodPlan.of(pod("Always"), states, NOW).start()).containsExactly("first");
    }

    @Rule("pods 3.3")
    @Test
    void onceARegularContainerRunsOnlySidecarsOfTheInitContainersStartAgain() throws Exception {
        ended("first", 1, null);
        ended("side", 1, null);
        running("a", true);
        ended("b", 1, null);
        assertThat(PodPlan.of(pod("Always"), states, NOW).start()).containsExactly("side", "b");
        assertThat(PodPlan.of(pod("Never"), states, NOW).start()).containsExactly("side");
    }

    @Rule("pods 3.3")
    @Test
    void noSidecarStartsWhenTheOthersAreOver() throws Exception {
        ended("first", 0, null);
        ended("side", 1, null);
        ended("a", 0, null);
        ended("b", 0, null);
        assertThat(PodPlan.of(pod("OnFailure"), states, NOW))
                .isEqualTo(new PodPlan(java.util.List.of(), true, Optional.empty()));
    }

    private static boolean again(String policy, String container, int code) throws Exception {
        var spec = new ObjectMapper().readTree("{%s}".formatted(container.replace('\'', '"')));
        return RestartPolicy.again(pod(policy), spec, code);
    }

    @Rule("pods 3.6")
    @Test
    void aContainersRulesCountBeforeItsPolicyAndThatBeforeThePods() throws Exception {
        assertThat(again("Never", "'restartPolicy':'OnFailure'", 1)).isTrue();
        assertThat(again("Always", "'restartPolicy':'Never'", 1)).isFalse();
        assertThat(again("Always", "'restartPolicy':'OnFailure'", 0)).isFalse();
        var rules =
                "'restartPolicy':'Never','restartPolicyRules':[{'action':'Restart','exitCodes':{'operator':'%s','values':[4,5]}}]";
        assertThat(again("Never", rules.formatted("In"), 5)).isTrue();
        assertThat(again("Never", rules.formatted("In"), 6)).isFalse();
        assertThat(again("Never", rules.formatted("NotIn"), 5)).isFalse();
        assertThat(again("Never", rules.formatted("NotIn"), 6)).isTrue();
    }
}

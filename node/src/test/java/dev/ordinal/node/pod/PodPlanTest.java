package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.node.runtime.Exit;

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

    @Test
    void aFailedInitContainerEndsAPodThatIsNeverRestarted() throws Exception {
        ended("first", 1, null);
        assertThat(PodPlan.of(pod("Never"), states, NOW).finished()).isTrue();
        assertThat(PodPlan.of(pod("OnFailure"), states, NOW).start()).containsExactly("first");
    }

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
}

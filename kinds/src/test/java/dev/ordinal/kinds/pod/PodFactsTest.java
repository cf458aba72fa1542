package dev.ordinal.kinds.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.control.Typed;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import io.fabric8.kubernetes.api.model.Pod;

import org.junit.jupiter.api.Test;

import java.time.Instant;

class PodFactsTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private static Pod pod(String status) {
        return Typed.read(
                TestCluster.json("{'metadata':{'name':'p'}%s}".formatted(status)), Pod.class);
    }

    private static Pod ready(String status, String since) {
        return pod(
                ",'status':{'phase':'Running','conditions':[{'type':'Other','status':'True'},"
                        + "{'type':'Ready','status':'%s'%s}]}".formatted(status, since));
    }

    @Rule("statefulset 6")
    @Test
    void aPodWithoutStatusIsNothingYet() {
        for (var empty : new String[] {"", ",'status':{}"}) {
            assertThat(PodFacts.phase(pod(empty))).isEmpty();
            assertThat(PodFacts.created(pod(empty))).isFalse();
            assertThat(PodFacts.ready(pod(empty))).isFalse();
            assertThat(PodFacts.condition(pod(empty), "Ready")).isEmpty();
        }
        assertThat(PodFacts.created(pod(",'status':{'phase':'Pending'}"))).isTrue();
        var noConditions = pod(",'status':{'phase':'Running'}");
        noConditions.getStatus().setConditions(null);
        assertThat(PodFacts.ready(noConditions)).isFalse();
    }

    @Rule("statefulset 6")
    @Test
    void onlyReadyTrueIsReady() {
        assertThat(PodFacts.ready(ready("True", ""))).isTrue();
        assertThat(PodFacts.ready(ready("False", ""))).isFalse();
        assertThat(
                        PodFacts.ready(
                                pod(",'status':{'conditions':[{'type':'Other','status':'True'}]}")))
                .isFalse();
    }

    @Rule("statefulset 6")
    @Test
    void availabilityNeedsAKnownTimeOnlyWithMinReadySeconds() {
        var since = ",'lastTransitionTime':'2026-01-01T12:00:00Z'";

        assertThat(PodFacts.available(ready("True", ""), 0, NOON)).isTrue();
        assertThat(PodFacts.available(ready("True", ""), 5, NOON)).isFalse();
        assertThat(PodFacts.available(ready("True", ",'lastTransitionTime':''"), 5, NOON))
                .isFalse();
        assertThat(PodFacts.available(ready("False", since), 0, NOON)).isFalse();
        assertThat(PodFacts.available(ready("True", since), 5, NOON.plusSeconds(4))).isFalse();
        assertThat(PodFacts.available(ready("True", since), 5, NOON.plusSeconds(5))).isTrue();
    }
}

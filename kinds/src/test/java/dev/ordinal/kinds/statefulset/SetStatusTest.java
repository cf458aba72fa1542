package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.control.Types;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The status as it is written, beyond the counters.
class SetStatusTest {
    private final Web web = new Web();

    @AfterEach
    void close() {
        web.close();
    }

    private String version() {
        return web.set().at("/metadata/resourceVersion").asText();
    }

    @Rule({"statefulset 1.5", "statefulset 9"})
    @Test
    void countersOfZeroAreLeftOutExceptTwo() throws Exception {
        web.create(0);

        var revision = web.updateRevision();
        assertThat(web.set().path("status").toString())
                .isEqualTo(
                        dev.ordinal.kinds.TestCluster.json(
                                        """
                                        {'availableReplicas':0,'collisionCount':0,'currentRevision':'%s',
                                         'observedGeneration':1,'replicas':0,'updateRevision':'%s'}
                                        """
                                                .formatted(revision, revision))
                                .toString());
    }

    @Rule({"statefulset 9", "statefulset 14 22"})
    @Test
    void conditionsOfOthersVanishAtTheNextWrite() throws Exception {
        web.create(1);
        web.cluster.patch(
                Types.STATEFUL_SETS,
                "default",
                "web",
                "status",
                "{'status':{'conditions':[{'type':'Mine','status':'True'}]}}");
        assertThat(web.settle().set().at("/status/conditions")).hasSize(1);

        web.ready(0);
        assertThat(web.set().path("status").has("conditions")).isFalse();
    }

    @Rule("statefulset 9.2")
    @Test
    void isWrittenOnlyWhenItDiffers() throws Exception {
        web.running(1);
        var version = version();

        web.later(1000);
        web.cluster.patch(
                Types.PODS, "default", "web-0", null, "{'metadata':{'annotations':{'a':'b'}}}");
        assertThat(web.settle().counters()).isEqualTo("1/1/1/1/1");
        assertThat(version()).isEqualTo(version);
    }

    @Rule("statefulset 9.2")
    @Test
    void anotherGenerationIsObservedEvenIfNothingElseDiffers() throws Exception {
        web.running(1).patch("{'spec':{'revisionHistoryLimit':3}}");

        assertThat(web.set().at("/metadata/generation").asInt()).isEqualTo(2);
        assertThat(web.set().at("/status/observedGeneration").asInt()).isEqualTo(2);
    }

    @Rule({"statefulset 7", "statefulset 9.3"})
    @Test
    void isWrittenAfterAFailureAndCountsWhatWasNotDeleted() throws Exception {
        web.running(2).refuse("delete pods", "no").image("i:2");

        assertThat(web.counters()).isEqualTo("2/2/2/2/0");
        assertThat(web.events())
                .last()
                .isEqualTo(
                        "Warning FailedDelete: Delete Pod web-1 in StatefulSet web failed error:"
                                + " no");
        assertThat(web.set().at("/status/observedGeneration").asInt()).isEqualTo(2);
    }

    @Rule("statefulset 9.3")
    @Test
    void aCountBelowZeroIsRefusedAndTriedAgain() throws Exception {
        web.running(1, Web.PARALLEL);
        web.cluster.patch(
                Types.PODS,
                "default",
                "web-0",
                null,
                "{'metadata':{'labels':{'controller-revision-hash':'unknown'}}}");
        web.cluster.look();
        assertThat(web.pods()).containsExactly("(web-0)");
        assertThat(web.counters()).as("the -1 was not stored").isEqualTo("1/1/1/1/1");

        web.later(1);
        assertThat(web.counters()).isEqualTo("1/1/1/0/0");
    }

    @Rule({"statefulset 7.8", "statefulset 14 1"})
    @Test
    void availabilityIsNoticedWhenItsTimeHasCome() throws Exception {
        web.create(2, "'minReadySeconds':10").ready(0);
        assertThat(web.counters()).isEqualTo("1/1/0/1/1");

        web.later(9);
        assertThat(web.pods()).containsExactly("web-0");
        web.later(1);
        assertThat(web.pods()).containsExactly("web-0", "web-1");
        assertThat(web.counters()).isEqualTo("2/1/1/2/2");
    }
}

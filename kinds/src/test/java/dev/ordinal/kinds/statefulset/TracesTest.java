package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.control.Types;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Whole stories, with the status after every sync: replicas/ready/available/current/updated.
class TracesTest {
    private final Web web = new Web();

    @AfterEach
    void close() {
        web.close();
    }

    @Rule({"statefulset 16 A", "statefulset 9", "statefulset 14 1"})
    @Test
    void create() throws Exception {
        web.cluster.create(Types.STATEFUL_SETS, "default", Web.json(2, Web.CLAIMS));
        // One look: the set is seen, not yet the pod that it makes.
        web.cluster.look();
        assertThat(web.counters()).isEqualTo("0/0/0/0/0");
        assertThat(web.pods()).containsExactly("web-0");
        assertThat(web.cluster.names(Types.CLAIMS, "default")).containsExactly("data-web-0");
        assertThat(web.revisions()).hasSize(1);
        assertThat(web.currentRevision()).isEqualTo(web.revisions().getFirst());
        assertThat(web.updateRevision()).isEqualTo(web.currentRevision());
        assertThat(web.number(web.currentRevision())).isEqualTo(1);
        assertThat(web.set().at("/status/observedGeneration").asInt()).isEqualTo(1);
        assertThat(web.set().at("/status/collisionCount").asInt(-1)).isZero();

        web.settle();
        assertThat(web.counters()).isEqualTo("1/0/0/1/1");

        web.cluster.ready("web-0");
        web.cluster.look();
        assertThat(web.counters()).isEqualTo("1/1/1/1/1");
        assertThat(web.pods()).containsExactly("web-0", "web-1");
        web.settle();
        assertThat(web.counters()).isEqualTo("2/1/1/2/2");

        web.ready(1);
        assertThat(web.counters()).isEqualTo("2/2/2/2/2");
    }

    @Rule({"statefulset 16 B", "statefulset 14 6", "statefulset 9.1"})
    @Test
    void newImage() throws Exception {
        web.running(2);
        var r1 = web.currentRevision();

        web.cluster.patch(
                Types.STATEFUL_SETS,
                "default",
                "web",
                null,
                "{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'i:2'}]}}}}");
        web.cluster.look();
        assertThat(web.counters()).isEqualTo("2/2/2/1/0");
        assertThat(web.pods()).containsExactly("web-0", "(web-1)");
        var r2 = web.updateRevision();
        assertThat(web.number(r2)).isEqualTo(2);
        assertThat(web.currentRevision()).isEqualTo(r1);

        web.settle();
        assertThat(web.counters()).isEqualTo("2/2/2/1/0");

        web.cluster.stopped("web-1");
        web.cluster.look();
        assertThat(web.counters()).isEqualTo("1/1/1/1/0");
        web.settle();
        assertThat(web.counters()).isEqualTo("2/1/1/1/1");
        assertThat(web.image(1)).isEqualTo("i:2");

        web.cluster.ready("web-1");
        web.cluster.look();
        assertThat(web.counters()).isEqualTo("2/2/2/0/1");
        assertThat(web.pods()).containsExactly("(web-0)", "web-1");

        web.cluster.stopped("web-0");
        web.cluster.look();
        assertThat(web.counters()).isEqualTo("1/1/1/0/1");
        web.settle();
        assertThat(web.image(0)).isEqualTo("i:2");

        web.ready(0);
        assertThat(web.counters()).isEqualTo("2/2/2/2/2");
        assertThat(web.currentRevision()).isEqualTo(r2);
    }

    @Rule({"statefulset 16 C", "statefulset 7.10", "statefulset 14 12"})
    @Test
    void badImageThenRevert() throws Exception {
        web.running(2);
        var r1 = web.currentRevision();
        web.image("i:bad").gone(1);
        assertThat(web.counters()).isEqualTo("2/1/1/1/1");

        web.image("i:1");
        assertThat(web.counters()).isEqualTo("2/1/1/1/1");
        assertThat(web.updateRevision()).isEqualTo(r1);
        assertThat(web.number(r1)).isEqualTo(3);
        assertThat(web.pods()).as("stuck").containsExactly("web-0", "web-1");
        assertThat(web.image(1)).isEqualTo("i:bad");

        web.delete(1);
        assertThat(web.image(1)).isEqualTo("i:1");
        web.ready(1);
        assertThat(web.counters()).isEqualTo("2/2/2/2/2");
    }

    @Rule({"statefulset 7.10", "statefulset 14 12"})
    @Test
    void badImageThenRevertInParallel() throws Exception {
        web.running(2, Web.PARALLEL).image("i:bad").gone(1);
        assertThat(web.image(1)).isEqualTo("i:bad");

        web.image("i:1").ready(1);
        assertThat(web.image(1)).isEqualTo("i:1");
        assertThat(web.counters()).isEqualTo("2/2/2/2/2");
    }

    @Rule({"statefulset 16 D", "statefulset 14 11"})
    @Test
    void onDelete() throws Exception {
        web.running(2, "'updateStrategy':{'type':'OnDelete'}");
        var r1 = web.currentRevision();

        web.image("i:2");
        assertThat(web.counters()).isEqualTo("2/2/2/2/0");
        assertThat(web.pods()).containsExactly("web-0", "web-1");

        web.delete(0).gone(0).ready(0);
        assertThat(web.counters()).isEqualTo("2/2/2/1/1");
        assertThat(web.image(0)).isEqualTo("i:2");

        web.delete(1).gone(1).ready(1);
        assertThat(web.counters()).isEqualTo("2/2/2/0/2");
        assertThat(web.currentRevision()).isEqualTo(r1);
    }

    @Rule({"statefulset 16 E", "statefulset 7.14", "statefulset 14 13"})
    @Test
    void startIsRaised() throws Exception {
        web.running(2).patch("{'spec':{'ordinals':{'start':3}}}");
        assertThat(web.pods()).containsExactly("web-0", "web-1", "web-3");

        web.ready(3);
        assertThat(web.pods()).containsExactly("web-0", "web-1", "web-3", "web-4");
        assertThat(web.counters()).startsWith("4/3/");

        web.ready(4);
        assertThat(web.pods()).containsExactly("web-0", "(web-1)", "web-3", "web-4");
        assertThat(web.counters()).startsWith("4/4/");
        web.gone(1);
        assertThat(web.pods()).containsExactly("(web-0)", "web-3", "web-4");
        web.gone(0);
        assertThat(web.counters()).isEqualTo("2/2/2/2/2");
        assertThat(web.pod(3).at("/metadata/labels/apps.kubernetes.io~1pod-index").asText())
                .isEqualTo("3");
    }

    @Rule({"statefulset 16 F", "statefulset 14 3", "statefulset 14 4"})
    @Test
    void scaleDownWithUnreadyPods() throws Exception {
        web.running(3).phase(2, "Running").scale(1);
        assertThat(web.pods()).containsExactly("web-0", "web-1", "(web-2)");
        web.gone(2);
        assertThat(web.pods()).containsExactly("web-0", "(web-1)");
    }

    @Rule("statefulset 16 F")
    @Test
    void scaleDownStopsWhenTwoAreUnready() throws Exception {
        web.running(3).phase(1, "Running").phase(2, "Running").scale(1);
        assertThat(web.pods()).containsExactly("web-0", "web-1", "web-2");

        web.ready(2);
        assertThat(web.pods())
                .as("web-1 alone is unready")
                .containsExactly("web-0", "web-1", "(web-2)");
        web.gone(2);
        assertThat(web.pods()).containsExactly("web-0", "(web-1)");
    }
}

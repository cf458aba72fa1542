package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.api.Api;
import dev.ordinal.control.Types;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Which pods and revisions a set takes and lets go.
class OwnershipTest {
    private static final String OTHER_OWNER =
            ",'ownerReferences':[{'apiVersion':'v1','kind':'ConfigMap','name':'k','uid':'u',"
                    + "'controller':true}]";

    private final Web web = new Web();

    @AfterEach
    void close() {
        web.close();
    }

    private void createPod(String name, String label, String more) {
        web.cluster.create(
                Types.PODS,
                "default",
                """
                {'metadata':{'name':'%s','labels':{'app':'%s',
                   'statefulset.kubernetes.io/pod-name':'%s'}%s},
                 'spec':{'containers':[{'name':'c','image':'i:0'}]}}
                """
                        .formatted(name, label, name, more));
    }

    private Web label(int ordinal, String app) throws InterruptedException {
        web.cluster.patch(
                Types.PODS,
                "default",
                "web-" + ordinal,
                null,
                "{'metadata':{'labels':{'app':'%s'}}}".formatted(app));
        return web.settle();
    }

    @Rule({"statefulset 5.1", "statefulset 5.3"})
    @Test
    void anOrphanThatMatchesIsAdoptedAndCountsAtOnce() throws Exception {
        createPod("web-0", "web", "");
        web.cluster.create(Types.STATEFUL_SETS, "default", Web.json(1));
        web.cluster.look();

        assertThat(web.owners(Types.PODS, "web-0")).containsExactly("StatefulSet/web");
        assertThat(web.counters()).isEqualTo("1/0/0/0/0");
        assertThat(web.settle().image(0)).isEqualTo("i:0");
    }

    @Rule("statefulset 5.3")
    @Test
    void anOrphanOfAnotherNameOrLabelIsNotAdopted() throws Exception {
        createPod("web-x", "web", "");
        createPod("other-0", "web", "");
        createPod("web-1", "other", "");
        web.create(0);

        for (var pod : web.all(Types.PODS)) {
            assertThat(web.owners(Types.PODS, pod.name())).as(pod.name()).isEmpty();
        }
    }

    @Rule("statefulset 5.3")
    @Test
    void anOrphanThatIsBeingDeletedIsNotAdopted() throws Exception {
        createPod("web-0", "web", ",'finalizers':['example.org/hold']");
        web.cluster.api.delete(Types.PODS, "default", "web-0", Api.DeleteOptions.DEFAULT);
        web.create(1);

        assertThat(web.owners(Types.PODS, "web-0")).isEmpty();
        assertThat(web.counters()).isEqualTo("0/0/0/0/0");
    }

    @Rule("statefulset 5.3")
    @Test
    void theSetIsAskedForAgainBeforeAnAdoption() throws Exception {
        web.create(0);
        createPod("web-0", "web", "");
        web.cluster.pump();
        var uid = web.set().at("/metadata/uid").asText();
        web.cluster.api.delete(Types.STATEFUL_SETS, "default", "web", Api.DeleteOptions.uid(uid));
        web.cluster.create(Types.STATEFUL_SETS, "default", Web.json(1));
        web.cluster.step();
        assertThat(web.owners(Types.PODS, "web-0")).as("the cache knows the old set").isEmpty();

        web.later(10);
        assertThat(web.owners(Types.PODS, "web-0")).containsExactly("StatefulSet/web");
        assertThat(web.pod(0).at("/metadata/ownerReferences/0/uid").asText())
                .isEqualTo(web.set().at("/metadata/uid").asText());
    }

    @Rule({"statefulset 5.2", "statefulset 14 14"})
    @Test
    void aPodThatNoLongerMatchesIsReleasedAndItsNameIsTaken() throws Exception {
        web.running(2);
        var uid = web.pod(1).at("/metadata/uid").asText();

        label(1, "debug");
        assertThat(web.owners(Types.PODS, "web-1")).isEmpty();
        assertThat(web.pod(1).at("/metadata/labels/app").asText()).isEqualTo("debug");
        assertThat(web.counters()).isEqualTo("1/1/1/1/1");
        assertThat(web.events())
                .as("AlreadyExists is no event")
                .noneMatch(e -> e.contains("Failed"));

        label(1, "web");
        assertThat(web.owners(Types.PODS, "web-1")).containsExactly("StatefulSet/web");
        assertThat(web.pod(1).at("/metadata/uid").asText()).isEqualTo(uid);
        assertThat(web.later(10).counters()).isEqualTo("2/2/2/2/2");
    }

    @Rule("statefulset 5.2")
    @Test
    void aSetThatIsBeingDeletedReleasesNothing() throws Exception {
        web.running(1);
        web.cluster.api.delete(
                Types.STATEFUL_SETS,
                "default",
                "web",
                new Api.DeleteOptions(null, "Foreground", null, null, null, false));

        label(0, "debug");

        assertThat(web.owners(Types.PODS, "web-0")).containsExactly("StatefulSet/web");
        assertThat(web.counters()).as("but it does not count").isEqualTo("0/0/0/0/0");
    }

    @Rule({"statefulset 5.4", "statefulset 11.1"})
    @Test
    void aPodOfSomebodyElseIsLeftAloneAndInTheWay() throws Exception {
        createPod("web-0", "web", OTHER_OWNER);
        web.create(1);

        assertThat(web.owners(Types.PODS, "web-0")).containsExactly("ConfigMap/k");
        assertThat(web.counters()).isEqualTo("0/0/0/0/0");
        assertThat(web.events()).isEmpty();

        web.cluster.stopped("web-0");
        web.later(10);
        assertThat(web.owners(Types.PODS, "web-0")).containsExactly("StatefulSet/web");
    }

    @Rule({"statefulset 5.5", "statefulset 12.4", "statefulset 14 20"})
    @Test
    void aNewSetAdoptsPodsAndRevisionsOfAnOrphaningOneWithoutRestarts() throws Exception {
        web.running(2);
        var revision = web.currentRevision();
        var uids = web.all(Types.PODS).stream().map(dev.ordinal.api.Stored::uid).toList();
        web.cluster.collectGarbage();
        web.cluster.api.delete(
                Types.STATEFUL_SETS,
                "default",
                "web",
                new Api.DeleteOptions(null, "Orphan", null, null, null, false));
        web.later(10);
        assertThat(web.all(Types.STATEFUL_SETS)).isEmpty();
        assertThat(web.owners(Types.PODS, "web-0")).isEmpty();
        assertThat(web.owners(Types.CONTROLLER_REVISIONS, revision)).isEmpty();

        web.create(2);
        assertThat(web.owners(Types.CONTROLLER_REVISIONS, revision))
                .containsExactly("StatefulSet/web");
        assertThat(web.owners(Types.PODS, "web-1")).containsExactly("StatefulSet/web");
        assertThat(web.all(Types.PODS).stream().map(dev.ordinal.api.Stored::uid)).isEqualTo(uids);
        assertThat(web.currentRevision()).isEqualTo(revision);
        assertThat(web.counters()).isEqualTo("2/2/2/2/2");
        assertThat(web.revisions()).containsExactly(revision);
    }

    @Rule("statefulset 5.6")
    @Test
    void changesOfOwnPodsAndNewOrphansAreReasonsToLook() throws Exception {
        web.running(1);
        web.phase(0, "Running");
        assertThat(web.counters()).isEqualTo("1/0/0/1/1");

        createPod("web-7", "web", "");
        web.settle();
        assertThat(web.all(Types.PODS)).as("adopted, unwanted, but web-0 is unready").hasSize(2);
        assertThat(web.counters()).isEqualTo("2/0/0/1/1");
    }

    @Rule("statefulset 5.6")
    @Test
    void aFailedLookIsRepeatedWithLongerAndLongerPauses() throws Exception {
        web.refuse("create pods", "no").create(1);
        web.allow();
        assertThat(web.pods()).isEmpty();

        web.cluster.now = web.cluster.now.plusMillis(10);
        assertThat(web.settle().pods()).containsExactly("web-0");
    }
}

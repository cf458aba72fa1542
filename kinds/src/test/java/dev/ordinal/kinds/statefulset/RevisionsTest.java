package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// ControllerRevisions of a live set.
class RevisionsTest {
    private static final String DATA =
            "{\"spec\":{\"template\":{\"$patch\":\"replace\",\"metadata\":{\"labels\":{\"app\":\"web\"}},"
                + "\"spec\":{\"containers\":[{\"image\":\"i:1\",\"imagePullPolicy\":\"IfNotPresent\","
                + "\"name\":\"c\",\"resources\":{},\"terminationMessagePath\":"
                + "\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\"}],"
                + "\"dnsPolicy\":\"ClusterFirst\",\"restartPolicy\":\"Always\","
                + "\"schedulerName\":\"default-scheduler\",\"securityContext\":{},"
                + "\"terminationGracePeriodSeconds\":10}}}}";

    private final Web web = new Web();

    @AfterEach
    void close() {
        web.close();
    }

    private String data(String revision) {
        return web.get(Types.CONTROLLER_REVISIONS, revision).path("data").toString();
    }

    private void create(ObjectNode revision) {
        web.cluster.api.create(
                Types.CONTROLLER_REVISIONS,
                "default",
                new Api.Body.Tree(revision),
                Api.WriteOptions.by("test"));
    }

    private static ObjectNode revision(String name, String data, int number) {
        var revision =
                TestCluster.json(
                        "{'metadata':{'name':'%s','labels':{'app':'web'}},'revision':%d}"
                                .formatted(name, number));
        revision.set("data", TestCluster.json(data));
        return revision;
    }

    @Rule({"statefulset R1", "statefulset R2", "statefulset R3"})
    @Test
    void theDataIsStoredByteForByteAndNamesTheRevision() throws Exception {
        web.create(1);

        var name = web.updateRevision();
        assertThat(data(name)).isEqualTo(DATA);
        assertThat(name).isEqualTo("web-" + History.hash(DATA, 0));
        assertThat(web.get(Types.CONTROLLER_REVISIONS, name).at("/metadata/labels"))
                .isEqualTo(
                        TestCluster.json(
                                "{'app':'web','controller.kubernetes.io/hash':'%s'}"
                                        .formatted(History.hash(DATA, 0))));
        assertThat(web.owners(Types.CONTROLLER_REVISIONS, name)).containsExactly("StatefulSet/web");
    }

    @Rule({"statefulset R6", "statefulset 14 10"})
    @Test
    void aRollbackReturnsTheOldObjectUnderANewNumber() throws Exception {
        web.running(1);
        var first = web.updateRevision();
        var uid = web.get(Types.CONTROLLER_REVISIONS, first).at("/metadata/uid").asText();
        web.image("i:2");
        var second = web.updateRevision();

        web.image("i:1");

        assertThat(web.updateRevision()).isEqualTo(first);
        assertThat(web.number(first)).isEqualTo(3);
        assertThat(web.number(second)).isEqualTo(2);
        assertThat(web.get(Types.CONTROLLER_REVISIONS, first).at("/metadata/uid").asText())
                .isEqualTo(uid);
    }

    @Rule("statefulset R6")
    @Test
    void aRevisionOfAnOlderFormIsStillTheNewest() throws Exception {
        create(
                revision(
                        "web-older",
                        DATA.replace("\"metadata\":{", "\"metadata\":{\"creationTimestamp\":null,")
                                .replace("\"dnsPolicy\":\"ClusterFirst\",", ""),
                        4));
        web.create(1);

        assertThat(web.updateRevision()).isEqualTo("web-older");
        assertThat(web.revisions()).containsExactly("web-older");
    }

    @Rule("statefulset R7")
    @Test
    void aTakenNameOfOtherDataCountsACollision() throws Exception {
        var taken = "web-" + History.hash(DATA, 0);
        create(
                revision(taken, "{'spec':{'template':{'$patch':'replace'}}}", 1)
                        .<ObjectNode>deepCopy());
        web.cluster.patch(
                Types.CONTROLLER_REVISIONS,
                "default",
                taken,
                null,
                "{'metadata':{'labels':{'app':'other'}}}");
        web.create(1);

        assertThat(web.updateRevision()).isEqualTo("web-" + History.hash(DATA, 1));
        assertThat(web.set().at("/status/collisionCount").asInt()).isEqualTo(1);
        assertThat(
                        web.get(Types.CONTROLLER_REVISIONS, web.updateRevision())
                                .at("/metadata/labels/controller.kubernetes.io~1hash")
                                .asText())
                .as("the label keeps its first value")
                .isEqualTo(History.hash(DATA, 0));

        web.image("i:2");
        assertThat(web.set().at("/status/collisionCount").asInt()).isEqualTo(1);
        assertThat(web.updateRevision())
                .isEqualTo("web-" + History.hash(DATA.replace("i:1", "i:2"), 1));
    }

    @Rule("statefulset R7")
    @Test
    void aTakenNameOfTheSameDataIsUsed() throws Exception {
        var taken = "web-" + History.hash(DATA, 0);
        create(revision(taken, DATA, 1));
        web.cluster.patch(
                Types.CONTROLLER_REVISIONS,
                "default",
                taken,
                null,
                "{'metadata':{'labels':{'app':'other'}}}");
        web.create(1);

        assertThat(web.updateRevision()).isEqualTo(taken);
        assertThat(web.set().at("/status/collisionCount").asInt()).isZero();
    }

    @Rule({"statefulset R8", "statefulset R9"})
    @Test
    void theCurrentRevisionIsTheNamedOneWhileItIsThere() throws Exception {
        web.running(2);
        var first = web.currentRevision();
        web.image("i:2");
        assertThat(web.currentRevision()).isEqualTo(first);

        web.cluster.api.delete(
                Types.CONTROLLER_REVISIONS, "default", first, Api.DeleteOptions.DEFAULT);
        web.gone(1);
        assertThat(web.currentRevision()).isEqualTo(web.updateRevision());
    }

    @Rule({"statefulset R9", "statefulset 14 17"})
    @Test
    void theHistoryIsTruncatedToItsLimit() throws Exception {
        assertThat(afterFiveUpdates(0)).containsExactly(6);
        assertThat(afterFiveUpdates(1)).containsExactly(5, 6);
        assertThat(afterFiveUpdates(-1)).containsExactly(1, 2, 3, 4, 5, 6);
    }

    private static java.util.List<Integer> afterFiveUpdates(int limit) throws Exception {
        try (var web = new Web()) {
            web.create(0, "'revisionHistoryLimit':" + limit);
            for (int i = 2; i <= 6; i++) web.image("i:" + i);
            return web.revisions().stream().map(web::number).toList();
        }
    }

    @Rule("statefulset R9")
    @Test
    void revisionsOfPodsAreKeptBeyondTheLimit() throws Exception {
        web.running(2, "'revisionHistoryLimit':0", "'updateStrategy':{'type':'OnDelete'}");

        web.image("i:2").image("i:3");

        assertThat(web.revisions().stream().map(web::number)).containsExactly(1, 3);
    }

    @Rule("statefulset R9")
    @Test
    void theOldRevisionOutlivesTheLookThatCompletesTheUpdate() throws Exception {
        web.running(1, "'revisionHistoryLimit':0").image("i:2").gone(0);
        web.cluster.ready("web-0");
        web.cluster.look();
        assertThat(web.currentRevision()).isEqualTo(web.updateRevision());
        assertThat(web.revisions()).hasSize(2);

        assertThat(web.settle().revisions()).hasSize(1);
    }

    @Rule("statefulset R9")
    @Test
    void theHistoryIsTruncatedEvenWhenTheLookFails() throws Exception {
        web.create(0, "'revisionHistoryLimit':0").refuse("create pods", "no");
        web.image("i:2").scale(1);

        assertThat(web.pods()).isEmpty();
        assertThat(web.revisions()).hasSize(1);
    }

    @Rule("statefulset R11")
    @Test
    void anOldPodIsMadeOfTheOldTemplateAndTheNewRest() throws Exception {
        web.running(1, "'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{'partition':1}}");
        web.image("i:2");

        web.delete(0).gone(0);

        assertThat(web.image(0)).isEqualTo("i:1");
        assertThat(web.pod(0).at("/metadata/labels/controller-revision-hash").asText())
                .isEqualTo(web.currentRevision());
    }

    @Rule("statefulset R10")
    @Test
    void theApiKeepsARevisionsData() throws Exception {
        web.create(1);
        var name = web.updateRevision();

        assertThatThrownBy(
                        () ->
                                web.cluster.patch(
                                        Types.CONTROLLER_REVISIONS,
                                        "default",
                                        name,
                                        null,
                                        "{'data':{'x':1}}"))
                .hasMessageContaining("data: Invalid value: ")
                .hasMessageContaining(": field is immutable");
        web.cluster.patch(Types.CONTROLLER_REVISIONS, "default", name, null, "{'revision':9}");
        assertThat(web.number(name)).isEqualTo(9);
        assertThatThrownBy(() -> create(revision("x", "{}", -1)))
                .hasMessage(
                        "ControllerRevision.apps \"x\" is invalid: revision: Invalid value: -1:"
                                + " must be greater than or equal to 0");
        var without = revision("x", "{}", 1);
        without.remove("data");
        assertThatThrownBy(() -> create(without))
                .hasMessage(
                        "ControllerRevision.apps \"x\" is invalid: data: Required value: data is"
                                + " mandatory");
        assertThatThrownBy(() -> create(revision("X_y", "{}", 1)))
                .hasMessageContaining(
                        "metadata.name: Invalid value: \"X_y\": a lowercase RFC 1123");
    }
}

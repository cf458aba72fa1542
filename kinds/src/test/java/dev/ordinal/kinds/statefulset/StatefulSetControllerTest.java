package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.FeatureGates;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

class StatefulSetControllerTest {
    private final TestCluster cluster = new TestCluster(1);

    @BeforeEach
    void startController() {
        cluster.run(
                (api, informers) ->
                        new StatefulSetController(
                                api, informers, () -> cluster.now, FeatureGates.DEFAULT));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void create(int replicas, String more) throws Exception {
        cluster.create(
                Types.STATEFUL_SETS,
                "default",
                """
                {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"web"},
                 "spec":{"replicas":%d,"serviceName":"web","selector":{"matchLabels":{"app":"web"}}%s,
                   "template":{"metadata":{"labels":{"app":"web"}},
                     "spec":{"terminationGracePeriodSeconds":10,"containers":[{"name":"c","image":"i:1","volumeMounts":[{"name":"data","mountPath":"/d"}]}]}},
                   "volumeClaimTemplates":[{"metadata":{"name":"data"},
                     "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Mi"}}}}]}}
                """
                        .formatted(replicas, more));
        cluster.settle();
    }

    private List<String> pods() {
        return cluster.names(Types.PODS, "default");
    }

    private JsonNode status() {
        return cluster.api.get(Types.STATEFUL_SETS, "default", "web").tree().path("status");
    }

    private String counters() {
        var status = status();
        var texts = new ArrayList<String>();
        for (var counter :
                List.of(
                        "replicas",
                        "readyReplicas",
                        "availableReplicas",
                        "currentReplicas",
                        "updatedReplicas")) {
            texts.add(status.path(counter).asText("0"));
        }
        return String.join("/", texts);
    }

    private String image(String pod) {
        return cluster.api
                .get(Types.PODS, "default", pod)
                .tree()
                .at("/spec/containers/0/image")
                .asText();
    }

    @Test
    void startsPodsOneAfterTheOther() throws Exception {
        create(2, "");
        assertThat(pods()).containsExactly("web-0");
        assertThat(counters()).isEqualTo("1/0/0/1/1");

        cluster.ready("web-0");
        cluster.settle();
        assertThat(pods()).containsExactly("web-0", "web-1");
        assertThat(counters()).isEqualTo("2/1/1/2/2");

        cluster.ready("web-1");
        cluster.settle();
        assertThat(counters()).isEqualTo("2/2/2/2/2");
        assertThat(cluster.names(Types.CLAIMS, "default"))
                .containsExactly("data-web-0", "data-web-1");
    }

    @Test
    void startsAllAtOnceWhenParallel() throws Exception {
        create(3, ",\"podManagementPolicy\":\"Parallel\"");

        assertThat(pods()).containsExactly("web-0", "web-1", "web-2");
    }

    @Test
    void updatesFromTheHighestOrdinalDown() throws Exception {
        create(2, ",\"podManagementPolicy\":\"Parallel\"");
        cluster.ready("web-0");
        cluster.ready("web-1");
        cluster.settle();
        setImage("i:2");
        assertThat(terminating()).containsExactly("web-1");

        cluster.stopped("web-1");
        cluster.settle();
        assertThat(pods()).containsExactly("web-0", "web-1");
        assertThat(image("web-1")).isEqualTo("i:2");
        assertThat(image("web-0")).isEqualTo("i:1");

        cluster.ready("web-1");
        cluster.settle();
        assertThat(terminating()).containsExactly("web-0");
        cluster.stopped("web-0");
        cluster.settle();
        cluster.ready("web-0");
        cluster.settle();

        assertThat(image("web-0")).isEqualTo("i:2");
        assertThat(counters()).isEqualTo("2/2/2/2/2");
        assertThat(status().path("currentRevision")).isEqualTo(status().path("updateRevision"));
    }

    @Test
    void aRollbackReturnsToTheOldRevision() throws Exception {
        create(1, "");
        cluster.ready("web-0");
        cluster.settle();
        var first = status().path("updateRevision").asText();
        setImage("i:2");
        assertThat(status().path("updateRevision").asText()).isNotEqualTo(first);

        setImage("i:1");

        assertThat(status().path("updateRevision").asText()).isEqualTo(first);
        assertThat(
                        cluster.api
                                .get(Types.CONTROLLER_REVISIONS, "default", first)
                                .tree()
                                .path("revision")
                                .asInt())
                .isEqualTo(3);
    }

    @Test
    void scalesDownFromTheTopAndKeepsClaims() throws Exception {
        create(2, ",\"podManagementPolicy\":\"Parallel\"");
        cluster.ready("web-0");
        cluster.ready("web-1");
        cluster.settle();

        cluster.patch(Types.STATEFUL_SETS, "default", "web", "scale", "{'spec':{'replicas':1}}");
        cluster.settle();
        assertThat(terminating()).containsExactly("web-1");
        cluster.stopped("web-1");
        cluster.settle();

        assertThat(pods()).containsExactly("web-0");
        assertThat(cluster.names(Types.CLAIMS, "default")).hasSize(2);
        assertThat(counters()).isEqualTo("1/1/1/1/1");
    }

    @Test
    void planningAgainChangesNothing() throws Exception {
        create(2, "");
        cluster.ready("web-0");
        cluster.settle();
        var before = cluster.api.list(Types.PODS, null, Api.ListOptions.ALL).revision();

        cluster.settle();

        assertThat(cluster.api.list(Types.PODS, null, Api.ListOptions.ALL).revision())
                .isEqualTo(before);
    }

    @Test
    void forbidsOtherChanges() throws Exception {
        create(1, "");

        assertThatThrownBy(
                        () ->
                                cluster.patch(
                                        Types.STATEFUL_SETS,
                                        "default",
                                        "web",
                                        null,
                                        "{'spec':{'serviceName':'other'}}"))
                .hasMessage(
                        "StatefulSet.apps \"web\" is invalid: spec: Forbidden: updates to"
                            + " statefulset spec for fields other than 'replicas', 'ordinals',"
                            + " 'template', 'updateStrategy', 'revisionHistoryLimit',"
                            + " 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are"
                            + " forbidden");
    }

    private void setImage(String image) throws Exception {
        cluster.patch(
                Types.STATEFUL_SETS,
                "default",
                "web",
                null,
                "{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'%s'}]}}}}"
                        .formatted(image));
        cluster.settle();
    }

    private List<String> terminating() {
        return pods().stream()
                .filter(
                        name ->
                                cluster.api
                                        .get(Types.PODS, "default", name)
                                        .tree()
                                        .path("metadata")
                                        .has("deletionTimestamp"))
                .toList();
    }
}

package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.FeatureGates;
import dev.ordinal.control.Typed;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;

/// What a set may ask for beyond upstream.
class ExtensionsTest {
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

    private void create(int replicas, String annotations) throws Exception {
        cluster.create(
                Types.STATEFUL_SETS,
                "default",
                """
                {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"web","annotations":{%s}},
                 "spec":{"replicas":%d,"selector":{"matchLabels":{"app":"web"}},
                   "template":{"metadata":{"labels":{"app":"web"}},
                     "spec":{"containers":[{"name":"c","image":"i:1"}]}},
                   "volumeClaimTemplates":[{"metadata":{"name":"data"},
                     "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Mi"}}}}]}}
                """
                        .formatted(annotations, replicas));
        cluster.settle();
        for (int i = 0; i < replicas; i++) {
            cluster.ready("web-" + i);
            cluster.settle();
        }
    }

    private void image(String image) throws Exception {
        cluster.patch(
                Types.STATEFUL_SETS,
                "default",
                "web",
                null,
                "{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'%s'}]}}}}"
                        .formatted(image));
        cluster.settle();
    }

    /// The highest pod has gone and its successor of the new image does not start.
    private void badUpdate(String highest) throws Exception {
        image("i:bad");
        cluster.stopped(highest);
        cluster.settle();
    }

    private JsonNode pod(String name) {
        return cluster.api.get(Types.PODS, "default", name).tree();
    }

    private boolean terminating(String pod) {
        return pod(pod).path("metadata").has("deletionTimestamp");
    }

    private JsonNode status() {
        return cluster.api.get(Types.STATEFUL_SETS, "default", "web").tree().path("status");
    }

    private String revision(String image) {
        for (var item :
                cluster.api
                        .list(Types.CONTROLLER_REVISIONS, "default", Api.ListOptions.ALL)
                        .items()) {
            var used = item.tree().at("/data/spec/template/spec/containers/0/image").asText();
            if (used.equals(image)) return item.name();
        }
        throw new AssertionError("no revision has image " + image);
    }

    private String explanation() {
        return Explanation.of(
                        Typed.read(
                                cluster.api.get(Types.STATEFUL_SETS, "default", "web").tree(),
                                StatefulSet.class),
                        all(Types.PODS, Pod.class),
                        all(Types.CLAIMS, PersistentVolumeClaim.class),
                        all(Types.EVENTS, Event.class),
                        cluster.now)
                .text(cluster.now);
    }

    private <T> List<T> all(dev.ordinal.api.GroupVersionResource type, Class<T> java) {
        return cluster.api.list(type, "default", Api.ListOptions.ALL).items().stream()
                .map(item -> Typed.read(item.tree(), java))
                .toList();
    }

    private String condition(String type) {
        for (var condition : status().path("conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition.path("status").asText() + " " + condition.path("reason").asText();
            }
        }
        return "none";
    }

    private List<String> events(String reason) {
        return all(Types.EVENTS, Event.class).stream()
                .filter(event -> event.getReason().equals(reason))
                .map(Event::getMessage)
                .toList();
    }

    private void later(long seconds) throws Exception {
        cluster.now = cluster.now.plus(Duration.ofSeconds(seconds));
        cluster.settle();
    }

    @Test
    void aBrokenPodOfAnUnwantedRevisionBlocksTheSetAsUpstream() throws Exception {
        create(2, "");
        badUpdate("web-1");
        image("i:1");
        later(3600);
        assertThat(terminating("web-1")).isFalse();
        assertThat(explanation())
                .isEqualTo(
                        "pod web-1 (revision %s) is not Ready: not scheduled yet for 3600 s; revision %s is wanted, so it has to be deleted by hand, or by ordinal.dev/rollout-recovery: DeleteUnready"
                                .formatted(revision("i:bad"), revision("i:1")));
    }

    @Test
    void recoveryDeletesTheBrokenPodAndSaysWhy() throws Exception {
        create(2, "'ordinal.dev/rollout-recovery':'DeleteUnready'");
        badUpdate("web-1");
        assertThat(terminating("web-1")).as("of the wanted revision").isFalse();
        image("i:1");
        assertThat(pod("web-1").at("/spec/containers/0/image").asText()).isEqualTo("i:1");
        assertThat(events("RolloutRecovery"))
                .containsExactly(
                        "Deleted Pod web-1: it was not Ready and of revision %s, %s is wanted"
                                .formatted(revision("i:bad"), revision("i:1")));
        assertThat(cluster.names(Types.CLAIMS, "default"))
                .containsExactly("data-web-0", "data-web-1");
    }

    @Test
    void recoveryLeavesPodsThatAreReadyOrBelowThePartitionOrOnDelete() throws Exception {
        create(3, "'ordinal.dev/rollout-recovery':'DeleteUnready'");
        cluster.patch(
                Types.STATEFUL_SETS,
                "default",
                "web",
                null,
                "{'spec':{'updateStrategy':{'rollingUpdate':{'partition':2}}}}");
        cluster.patch(
                Types.PODS,
                "default",
                "web-0",
                "status",
                "{'status':{'conditions':[{'type':'Ready','status':'False'}]}}");
        image("i:2");
        later(60);
        assertThat(terminating("web-0")).as("below the partition").isFalse();
        cluster.patch(
                Types.STATEFUL_SETS,
                "default",
                "web",
                null,
                "{'spec':{'updateStrategy':{'$patch':'replace','type':'OnDelete'}}}");
        later(60);
        assertThat(terminating("web-0")).as("OnDelete").isFalse();
        assertThat(events("RolloutRecovery")).isEmpty();
    }

    @Test
    void anExplanationNamesTheProbeTheTimeAndWhatComesNext() throws Exception {
        create(2, "");
        badUpdate("web-1");
        var uid = pod("web-1").at("/metadata/uid").asText();
        cluster.ready("web-1");
        cluster.patch(
                Types.PODS,
                "default",
                "web-1",
                "status",
                "{'status':{'conditions':[{'type':'PodScheduled','status':'True'},{'type':'Ready','status':'False','lastTransitionTime':'%s'}]}}"
                        .formatted(cluster.now));
        cluster.create(
                Types.EVENTS,
                "default",
                """
                {"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","namespace":"default","name":"web-1","uid":"%s"},
                 "reason":"Unhealthy","type":"Warning","message":"Readiness probe failed: HTTP probe failed with statuscode: 503",
                 "lastTimestamp":"%s"}
                """
                        .formatted(uid, cluster.now));
        later(42);
        assertThat(explanation())
                .isEqualTo(
                        "pod web-1 (revision %s) is not Ready: readiness probe HTTP 503 for 42 s; web-0 is updated after it"
                                .formatted(revision("i:bad")));
    }

    @Test
    void aSettledSetWaitsForNothing() throws Exception {
        create(2, "");
        assertThat(explanation())
                .isEqualTo(
                        "nothing: 2 of 2 pods are available, all of revision " + revision("i:1"));
    }

    @Test
    void conditionsFollowARolloutAndItsDeadline() throws Exception {
        create(
                2,
                "'ordinal.dev/rollout-conditions':'true','ordinal.dev/progress-deadline-seconds':'30'");
        assertThat(condition("Available")).isEqualTo("True MinimumReplicasAvailable");
        assertThat(condition("Progressing")).isEqualTo("True RolloutComplete");

        later(100);
        badUpdate("web-1");
        assertThat(condition("Available")).isEqualTo("False MinimumReplicasUnavailable");
        assertThat(condition("Progressing")).isEqualTo("True RolloutProgressing");
        assertThat(events("Waiting")).last().asString().contains("web-1").contains("not Ready");
        later(29);
        assertThat(condition("Progressing")).isEqualTo("True RolloutProgressing");
        later(2);
        assertThat(condition("Progressing")).isEqualTo("False ProgressDeadlineExceeded");

        cluster.ready("web-1");
        cluster.settle();
        assertThat(condition("Progressing")).isEqualTo("True RolloutProgressing");
        cluster.stopped("web-0");
        cluster.settle();
        cluster.ready("web-0");
        cluster.settle();
        assertThat(condition("Progressing")).isEqualTo("True RolloutComplete");
        assertThat(condition("Available")).isEqualTo("True MinimumReplicasAvailable");
    }

    @Test
    void aPodThatFailsLaterDoesNotReopenARollout() throws Exception {
        create(2, "'ordinal.dev/rollout-conditions':'true'");
        cluster.patch(
                Types.PODS,
                "default",
                "web-1",
                "status",
                "{'status':{'conditions':[{'type':'Ready','status':'False'}]}}");
        later(3600);
        assertThat(condition("Progressing")).isEqualTo("True RolloutComplete");
        assertThat(condition("Available")).isEqualTo("False MinimumReplicasUnavailable");
    }

    @Test
    void withoutTheAnnotationThereAreNoConditions() throws Exception {
        create(1, "'ordinal.dev/rollout-conditions':'true'");
        cluster.patch(
                Types.STATEFUL_SETS,
                "default",
                "web",
                null,
                "{'metadata':{'annotations':{'ordinal.dev/rollout-conditions':null}}}");
        cluster.settle();
        assertThat(condition("Available")).isEqualTo("none");
        assertThat(condition("Progressing")).isEqualTo("none");
    }

    @Test
    void aValueNobodyUnderstandsIsRefused() {
        assertThatThrownBy(() -> create(1, "'ordinal.dev/rollout-recovery':'Delete'"))
                .isInstanceOf(ApiException.class)
                .hasMessage(
                        "StatefulSet.apps \"web\" is invalid:"
                                + " metadata.annotations[ordinal.dev/rollout-recovery]: Unsupported"
                                + " value: \"Delete\": supported values: \"DeleteUnready\"");
        assertThatThrownBy(() -> create(1, "'ordinal.dev/progress-deadline-seconds':'1m'"))
                .hasMessageContaining("must be a whole number of seconds above 0");
    }
}

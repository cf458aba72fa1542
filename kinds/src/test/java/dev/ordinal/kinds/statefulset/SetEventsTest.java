package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.control.Types;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What a set tells of itself.
class SetEventsTest {
    private final Web web = new Web();

    @AfterEach
    void close() {
        web.close();
    }

    @Rule("statefulset 11")
    @Test
    void tellsWhatItMadeAndDeleted() throws Exception {
        web.running(1, Web.CLAIMS).scale(0);

        assertThat(web.events())
                .containsExactly(
                        "Normal SuccessfulCreate: Create Claim data-web-0 Pod web-0 in StatefulSet"
                                + " web success",
                        "Normal SuccessfulCreate: Create Pod web-0 in StatefulSet web successful",
                        "Normal SuccessfulDelete: Delete Pod web-0 in StatefulSet web successful");
        var event = web.all(Types.EVENTS).getFirst().tree();
        assertThat(event.at("/source/component").asText()).isEqualTo("statefulset-controller");
        assertThat(event.at("/involvedObject/uid")).isEqualTo(web.set().at("/metadata/uid"));
        assertThat(event.at("/involvedObject/apiVersion").asText()).isEqualTo("apps/v1");
    }

    @Rule({"statefulset 11", "statefulset 2.4", "statefulset 7.5g"})
    @Test
    void tellsWhatItPutRight() throws Exception {
        web.running(1);

        web.cluster.patch(
                Types.PODS,
                "default",
                "web-0",
                null,
                "{'metadata':{'labels':{'statefulset.kubernetes.io/pod-name':'x',"
                        + "'apps.kubernetes.io/pod-index':'9'}}}");
        web.settle();

        assertThat(web.pod(0).at("/metadata/labels/statefulset.kubernetes.io~1pod-name").asText())
                .isEqualTo("web-0");
        assertThat(web.pod(0).at("/metadata/labels/apps.kubernetes.io~1pod-index").asText())
                .isEqualTo("0");
        assertThat(web.events())
                .last()
                .isEqualTo(
                        "Normal SuccessfulUpdate: Update Pod web-0 in StatefulSet web successful");
    }

    @Rule("statefulset 2.4")
    @Test
    void aMissingIndexAloneIsNotPutRight() throws Exception {
        web.running(1);

        web.cluster.patch(
                Types.PODS,
                "default",
                "web-0",
                null,
                "{'metadata':{'labels':{'apps.kubernetes.io/pod-index':null}}}");
        web.settle();

        assertThat(web.pod(0).path("metadata").path("labels").has("apps.kubernetes.io/pod-index"))
                .isFalse();
    }

    @Rule("statefulset 11")
    @Test
    void tellsWhatWasRefused() throws Exception {
        web.refuse("create pods", "pods \"web-0\" is forbidden: exceeded quota").create(1);

        assertThat(web.events())
                .containsExactly(
                        "Warning FailedCreate: Create Pod web-0 in StatefulSet web failed error:"
                                + " pods \"web-0\" is forbidden: exceeded quota");
        assertThat(web.counters()).isEqualTo("0/0/0/0/0");
    }

    @Rule({"statefulset 11.1", "statefulset 7.5a", "statefulset 14 16"})
    @Test
    void aFailedPodIsDeletedAndMadeAgainWithTheSameNameAndClaims() throws Exception {
        web.running(1, Web.CLAIMS);
        var uid = web.pod(0).at("/metadata/uid").asText();
        int before = web.events().size();

        web.phase(0, "Failed");

        assertThat(web.pod(0).at("/metadata/uid").asText()).isNotEqualTo(uid);
        assertThat(web.cluster.names(Types.CLAIMS, "default")).containsExactly("data-web-0");
        assertThat(web.events().subList(before, web.events().size()))
                .containsExactly(
                        "Normal SuccessfulDelete: Delete Pod web-0 in StatefulSet web successful");
        assertThat(web.all(Types.EVENTS))
                .as("the second creation counts up the first")
                .anyMatch(
                        e ->
                                e.tree().path("message").asText().contains("Create Pod web-0")
                                        && e.tree().path("count").asInt() == 2);
    }

    @Rule({"statefulset 11.1", "statefulset 7.9"})
    @Test
    void aPodThatIsGoneAlreadyCountsAsDeleted() throws Exception {
        web.running(1);
        web.cluster.patch(Types.STATEFUL_SETS, "default", "web", null, "{'spec':{'replicas':0}}");
        web.cluster.pump();
        web.cluster.stopped("web-0");
        web.cluster.step();

        assertThat(web.events())
                .last()
                .isEqualTo(
                        "Normal SuccessfulDelete: Delete Pod web-0 in StatefulSet web successful");
    }

    @Rule({"statefulset 1.11", "statefulset 14 21"})
    @Test
    void aSetWithTooLongANameCannotMakePods() throws Exception {
        var name = "a".repeat(58);
        web.cluster.create(
                Types.STATEFUL_SETS,
                "default",
                Web.json(1).replace("'name':'web'}", "'name':'" + name + "'}"));
        web.settle();

        assertThat(web.all(Types.PODS)).isEmpty();
        assertThat(web.events())
                .hasSize(1)
                .allMatch(e -> e.startsWith("Warning FailedCreate: Create Pod " + name + "-0"))
                .allMatch(e -> e.contains("metadata.labels: Invalid value"))
                .allMatch(e -> e.contains("must be no more than 63"));
        assertThat(web.get(Types.STATEFUL_SETS, name).at("/status/replicas").asInt(-1)).isZero();
    }

    @Rule({"statefulset 7.9", "statefulset 12.5"})
    @Test
    void podsAreDeletedWithTheirOwnGracePeriod() throws Exception {
        web.running(1).scale(0);

        assertThat(web.pod(0).at("/metadata/deletionGracePeriodSeconds").asInt()).isEqualTo(10);
    }
}

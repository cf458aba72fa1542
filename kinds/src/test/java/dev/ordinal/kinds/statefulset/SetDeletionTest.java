package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.api.Api;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.persistentvolumeclaim.ProtectionController;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;

/// How a set goes, and what goes with it.
class SetDeletionTest {
    private final Web web = new Web();

    @BeforeEach
    void start() {
        web.cluster.collectGarbage();
        web.cluster.run(ProtectionController::new);
    }

    @AfterEach
    void close() {
        web.close();
    }

    private void deleteSet(String policy) throws InterruptedException {
        web.cluster.api.delete(
                Types.STATEFUL_SETS,
                "default",
                "web",
                new Api.DeleteOptions(null, policy, null, null, null, false));
        web.later(10);
    }

    private List<String> claims() {
        return web.cluster.names(Types.CLAIMS, "default");
    }

    @Rule({"statefulset 12.1", "statefulset 12.2", "statefulset 1.3"})
    @Test
    void byDefaultTheSetGoesAtOnceAndAllPodsStopTogether() throws Exception {
        web.running(3, Web.CLAIMS);

        deleteSet("");

        assertThat(web.all(Types.STATEFUL_SETS)).isEmpty();
        assertThat(web.all(Types.CONTROLLER_REVISIONS)).isEmpty();
        assertThat(web.pods()).containsExactly("(web-0)", "(web-1)", "(web-2)");
        assertThat(web.pod(0).at("/metadata/deletionGracePeriodSeconds").asInt()).isEqualTo(10);
        for (int i = 0; i < 3; i++) web.gone(i);
        assertThat(web.pods()).isEmpty();
        assertThat(claims()).hasSize(3);
    }

    @Rule({"statefulset 12.3", "statefulset 7.4"})
    @Test
    void inTheForegroundTheSetStaysAndCountsUntilItsPodsAreGone() throws Exception {
        web.running(2);

        deleteSet("Foreground");
        assertThat(web.pods()).containsExactly("(web-0)", "(web-1)");
        assertThat(web.set().at("/metadata/generation").asInt()).isEqualTo(2);
        assertThat(web.set().at("/status/observedGeneration").asInt()).isEqualTo(2);

        web.gone(1);
        assertThat(web.counters()).startsWith("1/1/1/");
        assertThat(web.pods()).as("not made again").containsExactly("(web-0)");

        web.gone(0);
        assertThat(web.later(10).all(Types.STATEFUL_SETS)).isEmpty();
    }

    @Rule({"statefulset 12.4", "statefulset 12.1"})
    @Test
    void orphansStay() throws Exception {
        web.running(2);

        deleteSet("Orphan");

        assertThat(web.all(Types.STATEFUL_SETS)).isEmpty();
        assertThat(web.pods()).containsExactly("web-0", "web-1");
        assertThat(web.owners(Types.PODS, "web-0")).isEmpty();
        assertThat(web.all(Types.CONTROLLER_REVISIONS)).hasSize(1);
    }

    @Rule("statefulset 12.1")
    @Test
    void aFinalizerDecidesWhenTheRequestDoesNot() throws Exception {
        web.running(1).patch("{'metadata':{'finalizers':['orphan']}}");

        deleteSet("");

        assertThat(web.all(Types.STATEFUL_SETS)).isEmpty();
        assertThat(web.pods()).containsExactly("web-0");
    }

    @Rule("statefulset 12.1")
    @Test
    void theTwoWaysToAskCannotBeMixed() throws Exception {
        web.create(0);

        assertThatThrownBy(
                        () ->
                                web.cluster.api.delete(
                                        Types.STATEFUL_SETS,
                                        "default",
                                        "web",
                                        new Api.DeleteOptions(
                                                null, "Background", true, null, null, false)))
                .hasMessageContaining("orphanDependents and deletionPropagation cannot be both set")
                .matches(e -> ((dev.ordinal.api.ApiException) e).code() == 422);
    }

    @Rule({"statefulset 12.5", "statefulset 14 9"})
    @Test
    void aDeletedPodComesBackWithNameAndClaimsAfterItIsGone() throws Exception {
        web.running(2, Web.CLAIMS);
        var uid = web.get(Types.CLAIMS, "data-web-1").at("/metadata/uid").asText();

        web.delete(1);
        assertThat(web.pods()).containsExactly("web-0", "(web-1)");
        web.gone(1);
        assertThat(web.pods()).containsExactly("web-0", "web-1");
        assertThat(web.pod(1).at("/spec/volumes/0/persistentVolumeClaim/claimName").asText())
                .isEqualTo("data-web-1");
        assertThat(web.get(Types.CLAIMS, "data-web-1").at("/metadata/uid").asText()).isEqualTo(uid);
    }

    @Rule("statefulset 12.5")
    @Test
    void unscheduledAndEndedPodsGoAtOnce() throws Exception {
        web.create(1);
        var uid = web.pod(0).at("/metadata/uid").asText();
        web.delete(0);
        assertThat(web.pod(0).at("/metadata/uid").asText()).isNotEqualTo(uid);
        assertThat(web.pods()).containsExactly("web-0");
    }

    @Rule("statefulset 12.6")
    @Test
    void aFinalizerOfAPodDelaysItsSuccessor() throws Exception {
        web.running(1);
        web.cluster.patch(
                Types.PODS,
                "default",
                "web-0",
                null,
                "{'metadata':{'finalizers':['example.org/hold']}}");
        web.delete(0).gone(0);
        assertThat(web.pods()).containsExactly("(web-0)");

        web.cluster.patch(Types.PODS, "default", "web-0", null, "{'metadata':{'finalizers':null}}");
        assertThat(web.settle().pods()).containsExactly("web-0");
    }

    @Rule("statefulset 12.8")
    @Test
    void inATerminatingNamespaceCreationsAreRefused() throws Exception {
        web.cluster.create(Types.NAMESPACES, null, "{'metadata':{'name':'shop'}}");
        web.cluster.api.delete(Types.NAMESPACES, null, "shop", Api.DeleteOptions.DEFAULT);

        assertThatThrownBy(
                        () ->
                                web.cluster.create(
                                        Types.CONFIG_MAPS, "shop", "{'metadata':{'name':'m'}}"))
                .hasMessageContaining("because it is being terminated")
                .matches(
                        e -> {
                            var status = ((dev.ordinal.api.ApiException) e).status();
                            return status.code() == 403
                                    && status.details()
                                            .causes()
                                            .getFirst()
                                            .reason()
                                            .equals("NamespaceTerminating");
                        });
    }

    /// All four policies: which claims are left of web-0 and web-1.
    @Rule({"statefulset 4", "statefulset 4.1", "statefulset 14 15", "statefulset 12.7"})
    @ParameterizedTest
    @CsvSource({
        // whenDeleted, whenScaled, after scaling to 1, after deleting the set of 2
        "Retain, Retain, data-web-0+data-web-1, data-web-0+data-web-1",
        "Delete, Retain, data-web-0+data-web-1, ''",
        "Retain, Delete, data-web-0, data-web-0+data-web-1",
        "Delete, Delete, data-web-0, ''"
    })
    void theRetentionMatrix(
            String whenDeleted, String whenScaled, String afterScaling, String afterDeleting)
            throws Exception {
        var policy = Web.retention(whenDeleted, whenScaled);
        assertThat(leftAfterScaling(policy)).isEqualTo(afterScaling);
        assertThat(leftAfterDeleting(policy, policy)).isEqualTo(afterDeleting);
        assertThat(leftAfterDeleting(Web.retention("Retain", "Retain"), policy))
                .as("changed before the set is deleted")
                .isEqualTo(afterDeleting);
        assertThat(leftAfterDeleting(Web.retention("Delete", "Delete"), policy))
                .isEqualTo(afterDeleting);
    }

    private static String leftAfterScaling(String policy) throws Exception {
        var test = new SetDeletionTest();
        test.start();
        try (var web = test.web) {
            web.running(2, Web.CLAIMS, policy).scale(1);
            assertThat(test.claims()).as("while the pod is there").hasSize(2);
            web.gone(1).later(10);
            return String.join("+", test.claims());
        }
    }

    private static String leftAfterDeleting(String before, String policy) throws Exception {
        var test = new SetDeletionTest();
        test.start();
        try (var web = test.web) {
            web.running(2, Web.CLAIMS, before).patch("{'spec':{" + policy + "}}");
            test.deleteSet("Background");
            assertThat(test.claims()).as("while the pods are there").hasSize(2);
            web.gone(0).gone(1).later(10);
            return String.join("+", test.claims());
        }
    }

    @Rule({"statefulset 4.8", "statefulset 14 15"})
    @Test
    void scalingDownAndUpAgainGivesAFreshClaim() throws Exception {
        web.running(2, Web.CLAIMS, Web.retention("Retain", "Delete"));
        var uid = web.get(Types.CLAIMS, "data-web-1").at("/metadata/uid").asText();

        web.scale(1).scale(2).gone(1).later(10);
        web.patch("{'metadata':{'annotations':{'look':'again'}}}").later(10);

        assertThat(web.pods()).containsExactly("web-0", "web-1");
        assertThat(web.get(Types.CLAIMS, "data-web-1").at("/metadata/uid").asText())
                .isNotEqualTo(uid);
    }

    @Rule("statefulset 4.8")
    @Test
    void aPodThatIsOnlyReplacedKeepsItsClaim() throws Exception {
        web.running(1, Web.CLAIMS, Web.retention("Delete", "Delete"));
        var uid = web.get(Types.CLAIMS, "data-web-0").at("/metadata/uid").asText();

        web.delete(0).gone(0).later(10);

        assertThat(web.pods()).containsExactly("web-0");
        assertThat(web.get(Types.CLAIMS, "data-web-0").at("/metadata/uid").asText()).isEqualTo(uid);
    }
}

package dev.ordinal.kinds.statefulset;

import static dev.ordinal.kinds.statefulset.Given.set;
import static dev.ordinal.kinds.statefulset.Given.setWithClaims;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;

/// What a pass waits for, and what a set does that asks for recovery.
class PlanWaitingTest {
    private static final String PARALLEL = "'podManagementPolicy':'Parallel'";
    private static final String TWO =
            "'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{'maxUnavailable':2}}";

    /// E.g. `READY web-0`, or `nothing`.
    private static String waiting(Given set) {
        return set.plan().waitingFor().map(w -> w.need() + " " + w.pod()).orElse("nothing");
    }

    @Rule({"statefulset 7.5", "statefulset 4.6"})
    @Test
    void anOrderedPassWaitsForThePodItStopsAt() {
        var scaled = "'persistentVolumeClaimRetentionPolicy':{'whenScaled':'Delete'}";

        assertThat(waiting(setWithClaims(1, scaled).claim(0, "old-pod")))
                .isEqualTo("CLAIM_GONE web-0");
        assertThat(waiting(set(2).pods("0 failed", "1 running"))).isEqualTo("REPLACED web-0");
        assertThat(waiting(set(1).pods("0 ready terminating"))).isEqualTo("GONE web-0");
        assertThat(waiting(set(1).pods("0 running"))).isEqualTo("READY web-0");
        assertThat(waiting(set(1, "'minReadySeconds':9").pods("0 ready-for-1s")))
                .isEqualTo("AVAILABLE web-0");
        assertThat(waiting(set(1).pods("0 ready r2"))).isEqualTo("nothing");
        assertThat(waiting(set(1))).as("there is something to do").isEqualTo("nothing");
    }

    @Rule("statefulset 7.5")
    @Test
    void aParallelPassTellsTheFirstPodItWaitsFor() {
        assertThat(waiting(set(3, PARALLEL).pods("0 ready r2", "1 failed r2", "2 failed r2")))
                .isEqualTo("REPLACED web-1");
    }

    @Rule("statefulset 7.6")
    @Test
    void aScaleDownWaitsForTheHighestOrForTheFirstUnavailablePod() {
        assertThat(waiting(set(0).pods("0 ready", "1 ready terminating"))).isEqualTo("GONE web-1");
        assertThat(waiting(set(0).pods("0 running", "1 running"))).isEqualTo("AVAILABLE web-0");
        assertThat(waiting(set(0).pods("0 running terminating", "1 running")))
                .isEqualTo("AVAILABLE web-0");
    }

    @Rule("statefulset 7.6")
    @Test
    void aScaleDownOfNothingButTerminatingPodsGoesOnToTheUpdate() {
        assertThat(set(1, PARALLEL).pods("0 ready", "1 ready terminating").actions())
                .containsExactly("update web-0");
        assertThat(set(1).pods("0 ready", "1 ready terminating").actions()).isEmpty();
    }

    @Rule("statefulset 7.6")
    @Test
    void aScaleDownThatWaitsHoldsBackTheUpdate() {
        assertThat(set(1).pods("0 ready", "1 running", "2 running").actions()).isEmpty();
    }

    @Rule("statefulset 7.6")
    @Test
    void aReadyPodThatDoesNotRunIsNotHealthy() {
        assertThat(set(0).pods("0 running", "1 unknown").actions()).isEmpty();
        assertThat(set(0).pods("0 unknown").actions()).as("and nobody is unavailable").isEmpty();
        assertThat(waiting(set(0).pods("0 unknown"))).isEqualTo("AVAILABLE web-0");
    }

    @Rule({"statefulset 7.6", "statefulset 4.4"})
    @Test
    void aConflictOfACondemnedPodIsToldOnlyWhenSomethingIsWritten() {
        var policy = "'persistentVolumeClaimRetentionPolicy':{'whenScaled':'Delete'}";

        assertThat(setWithClaims(0, policy).pods("0 ready").claim(0, "other").actions())
                .containsExactly("delete web-0");
    }

    @Rule("statefulset 7.7")
    @Test
    void anUpdateWaitsForThePodItHasReplaced() {
        assertThat(waiting(set(2, PARALLEL).pods("0 ready", "1 running r2")))
                .isEqualTo("AVAILABLE web-1");
        assertThat(waiting(set(2, PARALLEL).pods("0 ready", "1 ready terminating")))
                .isEqualTo("GONE web-1");
    }

    @Rule("statefulset 7.7 gate")
    @Test
    void anUpdateOfSeveralWaitsForTheFirstUnavailablePod() {
        var set = set(4, PARALLEL, TWO).countingUnavailable();
        assertThat(waiting(set.pods("0 ready", "1 running", "2 ready", "3 ready terminating")))
                .isEqualTo("AVAILABLE web-1");
        set = set(2, PARALLEL, TWO).countingUnavailable();
        assertThat(waiting(set.pods("0 ready terminating", "1 running"))).isEqualTo("GONE web-0");
        set = set(4, PARALLEL, TWO).countingUnavailable();
        assertThat(waiting(set.pods("0 ready", "1 ready", "2 running", "3 ready")))
                .as("one may still go")
                .isEqualTo("nothing");
    }

    @Rule("statefulset 7.7")
    @Test
    void aPodMadeInThisPassOfTheCurrentRevisionGoesAtOnce() {
        var noBlock = "'updateStrategy':{'type':'RollingUpdate'}";
        var start = "'ordinals':{'start':3}";

        var set = set(2, PARALLEL, noBlock, start).storedCurrentReplicas(1).pods("4 ready r2");

        assertThat(set.actions()).containsExactly("create web-3 r1", "update web-3");
        assertThat(set.status()).isEqualTo("1/1/1/-1/1 r1");
    }

    @Rule("statefulset 7.7")
    @Test
    void ofSeveralPodsMadeOfTheCurrentRevisionOneGoes() {
        var noBlock = "'updateStrategy':{'type':'RollingUpdate'}";

        var set = set(2, PARALLEL, noBlock, "'ordinals':{'start':3}").storedCurrentReplicas(2);

        assertThat(set.actions())
                .containsExactly("create web-3 r1", "create web-4 r1", "update web-4");
    }

    @Rule("statefulset 7.7 gate")
    @Test
    void anUnavailableUpdatedPodDoesNotStopAnUpdateOfSeveral() {
        var set = set(3, PARALLEL, TWO).countingUnavailable();

        assertThat(set.pods("0 ready", "1 ready", "2 running r2").actions())
                .containsExactly("update web-1");
    }

    @Rule("statefulset 7.7 gate")
    @Test
    void podsMadeInThisPassUseTheAllowanceUp() {
        assertThat(set(2, PARALLEL).countingUnavailable().actions())
                .containsExactly("create web-0 r2", "create web-1 r2");
    }

    @Rule("statefulset 7.3")
    @Test
    void aBlockCountsEvenWithOnDelete() {
        var odd = "'updateStrategy':{'type':'OnDelete','rollingUpdate':{'partition':1}}";

        assertThat(set(2, PARALLEL, odd).actions())
                .containsExactly("create web-0 r1", "create web-1 r2");
    }

    @Rule("statefulset 9.1")
    @Test
    void aSurplusPodHoldsBackTheCompletion() {
        assertThat(set(2).pods("0 ready r2", "1 ready r2", "2 running").status())
                .isEqualTo("3/2/2/1/2 r1");
    }

    @Rule("statefulset 7.8")
    @Test
    void podsThatAreAvailableAlreadyAreNoReasonToLookAgain() {
        var set = set(2, "'minReadySeconds':10");

        assertThat(set.pods("0 ready-for-20s r2", "1 ready-for-4s r2").plan().again())
                .contains(java.time.Duration.ofSeconds(6));
    }

    @Test
    void recoveryDeletesTheHighestUnreadyPodOfAnotherRevision() {
        assertThat(recovering(set(3).pods("0 running", "1 running", "2 ready")))
                .containsExactly("recover web-1 r2");
        assertThat(recovering(set(2).pods("0 running", "1 running terminating")))
                .containsExactly("recover web-0 r2");
        assertThat(recovering(set(2).pods("0 running r2", "1 ready"))).isEmpty();
        assertThat(recovering(set(2).pods("0 failed", "1 running")))
                .containsExactly("delete web-0");
        assertThat(recovering(set(2).pods("0 ready r2"))).containsExactly("create web-1 r2");
    }

    @Test
    void recoveryIsOptInAndNotForOnDeleteOrDeletedSets() {
        assertThat(set(2).pods("0 running", "1 ready").actions()).isEmpty();
        var onDelete = "'updateStrategy':{'type':'OnDelete'}";
        assertThat(recovering(set(1, onDelete).pods("0 running"))).isEmpty();
        assertThat(recovering(set(1).pods("0 running").deleting())).isEmpty();
    }

    private static java.util.List<String> recovering(Given set) {
        set.set()
                .getMetadata()
                .setAnnotations(
                        java.util.Map.of(Extensions.ROLLOUT_RECOVERY, Extensions.DELETE_UNREADY));
        return set.actions();
    }

    @Rule({"statefulset 7.5g", "statefulset 2.5"})
    @Test
    void inParallelAPendingPodIsRepairedToo() {
        assertThat(set(1, PARALLEL).pods("0 pending r2 misnamed").actions())
                .containsExactly("repair web-0");
        var deleted = "'persistentVolumeClaimRetentionPolicy':{'whenDeleted':'Delete'}";
        assertThat(setWithClaims(1, PARALLEL, deleted).pods("0 pending r2").claim(0).actions())
                .as("its claims alone are no reason")
                .containsExactly("own data-web-0 [set-uid]");
    }

    @Rule("statefulset 7.6")
    @Test
    void theOwnersOfCondemnedPodsAreWrittenInBatchesThatDouble() {
        var set =
                setWithClaims(
                        0,
                        PARALLEL,
                        "'persistentVolumeClaimRetentionPolicy':{'whenScaled':'Delete'}");
        for (int i = 0; i < 4; i++) set.pods(i + " ready").claim(i);

        assertThat(set.plan().actions().stream().map(Plan.Action::batch))
                .containsExactly(0, 1, 1, 2, 3, 4, 4, 5);
        assertThat(set(1).pods("0 ready r2", "1 ready").actions()).hasSize(1);
    }

    @Rule("statefulset 1.4")
    @Test
    void whatASpecLeavesOutHasItsDefault() {
        var set = set(1, "'ordinals':{}");
        set.set().getSpec().setReplicas(null);
        set.set().setStatus(new io.fabric8.kubernetes.api.model.apps.StatefulSetStatus());

        assertThat(set.observation().replicas()).isEqualTo(1);
        assertThat(set.observation().start()).isZero();
        assertThat(set.observation().storedCurrentReplicas()).isZero();
        assertThat(set(1, TWO).observation().maxUnavailable()).isEqualTo(1);
        assertThat(set(1, TWO).countingUnavailable().observation().maxUnavailable()).isEqualTo(2);
    }

    @Rule("statefulset 9")
    @Test
    void aPodWithoutPhaseIsNotCreatedYet() {
        var set = set(1, PARALLEL).pods("0 ready r2");
        set.observation().pods().getFirst().getStatus().setPhase(null);

        assertThat(set.status()).isEqualTo("0/0/0/0/0 r1");
    }

    @Rule("statefulset 9")
    @Test
    void whileTheSetIsDeletedPodsWithoutOrdinalCountToo() {
        assertThat(set(1).pods("web-99999999999 ready").deleting().status())
                .isEqualTo("1/1/1/1/0 r1");
    }
}

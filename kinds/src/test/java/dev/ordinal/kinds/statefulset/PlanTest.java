package dev.ordinal.kinds.statefulset;

import static dev.ordinal.kinds.statefulset.Given.set;
import static dev.ordinal.kinds.statefulset.Given.setWithClaims;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.kinds.statefulset.Plan.Action;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/// The steps of one pass, from pods to actions.
class PlanTest {
    private static final String PARALLEL = "'podManagementPolicy':'Parallel'";
    private static final String ON_DELETE = "'updateStrategy':{'type':'OnDelete'}";
    private static final String NO_BLOCK = "'updateStrategy':{'type':'RollingUpdate'}";

    private static String partition(int ordinals) {
        return "'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{'partition':%d}}"
                .formatted(ordinals);
    }

    private static String maxUnavailable(String most) {
        return "'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{'maxUnavailable':%s}}"
                .formatted(most);
    }

    // --- 7.1, 7.14: which pods are wanted

    @Rule({"statefulset 2.2", "statefulset 7.1"})
    @Test
    void ordinalsCountFromStart() {
        assertThat(set(2, PARALLEL, "'ordinals':{'start':5}").pods("5 ready r2").actions())
                .containsExactly("create web-6 r2");
    }

    @Rule("statefulset 7.1")
    @Test
    void podsBelowAndAboveTheRangeGoTogetherHighestFirst() {
        var set = set(1, PARALLEL, "'ordinals':{'start':2}");

        assertThat(set.pods("0 ready", "1 ready", "2 ready r2", "3 ready", "10 ready").actions())
                .containsExactly("delete web-10", "delete web-3", "delete web-1", "delete web-0");
    }

    @Rule("statefulset 7.1")
    @Test
    void aPodWhoseOrdinalIsNoIntIsIgnored() {
        assertThat(set(0).pods("99999999999 ready").actions()).isEmpty();
        assertThat(set(0).pods("99999999999 ready").status()).isEqualTo("0/0/0/0/0 r2");
    }

    @Rule({"statefulset 7.14", "statefulset 16 E"})
    @Test
    void aMovedRangeIsFilledBeforeTheOldPodsGo() {
        var moved = "'ordinals':{'start':3}";

        assertThat(set(2, moved).pods("0 ready r2", "1 ready r2").actions())
                .containsExactly("create web-3 r2");
        assertThat(set(2, moved).pods("0 ready", "1 ready", "3 pending r2").actions()).isEmpty();
        assertThat(set(2, moved).pods("0 ready", "1 ready", "3 ready r2", "4 ready r2").actions())
                .containsExactly("delete web-1");
    }

    @Rule("statefulset 7.12")
    @Test
    void withoutReplicasAllGoAndTheUpdateIsComplete() {
        assertThat(set(0, PARALLEL).pods("0 ready", "1 ready").actions())
                .containsExactly("delete web-1", "delete web-0");
        assertThat(set(0).status()).isEqualTo("0/0/0/0/0 r2");
    }

    // --- 7.3: the revision of a new pod

    @Rule("statefulset 7.3")
    @Test
    void belowThePartitionANewPodIsOfTheCurrentRevision() {
        var set = set(3, PARALLEL, "'ordinals':{'start':4}", partition(2));

        assertThat(set.actions())
                .containsExactly("create web-4 r1", "create web-5 r1", "create web-6 r2");
    }

    @Rule("statefulset 7.3")
    @Test
    void withoutBlockTheStoredCurrentReplicasDecide() {
        assertThat(set(3, PARALLEL, NO_BLOCK).storedCurrentReplicas(2).actions())
                .containsExactly("create web-0 r1", "create web-1 r1", "create web-2 r2");
        assertThat(set(1, NO_BLOCK).actions()).containsExactly("create web-0 r2");
    }

    @Rule({"statefulset 7.3", "statefulset 14 11"})
    @Test
    void onDeleteMakesPodsOfTheUpdateRevision() {
        assertThat(set(1, ON_DELETE).storedCurrentReplicas(1).actions())
                .containsExactly("create web-0 r2");
    }

    @Rule({"statefulset 7.11", "statefulset 14 9"})
    @Test
    void aPodDeletedByHandReturnsAtTheRevisionOfItsPlace() {
        assertThat(set(3, partition(2)).pods("1 ready", "2 ready r2").actions())
                .containsExactly("create web-0 r1");
        assertThat(set(3, partition(2)).pods("0 ready", "1 ready").actions())
                .containsExactly("create web-2 r2");
    }

    // --- 7.4

    @Rule("statefulset 7.4")
    @Test
    void aSetThatIsBeingDeletedOnlyCounts() {
        var set = set(3).pods("0 ready", "5 failed").deleting();

        assertThat(set.actions()).isEmpty();
        assertThat(set.status()).isEqualTo("2/1/1/2/0 r1");
    }

    // --- 7.5: one replica after the other, or all

    @Rule({"statefulset 7.5", "statefulset 14 1"})
    @Test
    void anOrderedSetStartsOnePodAtATime() {
        assertThat(set(3).actions()).containsExactly("create web-0 r2");
        assertThat(set(3).pods("0 ready r2").actions()).containsExactly("create web-1 r2");
    }

    @Rule({"statefulset 7.5", "statefulset 14 5"})
    @Test
    void aParallelSetStartsInBatchesThatDouble() {
        var batches = set(1200, PARALLEL).plan().actions().stream().map(Action::batch).toList();

        assertThat(IntStream.range(0, 12).mapToObj(b -> size(batches, b)))
                .containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 64L, 128L, 256L, 500L, 189L, 0L);
    }

    private static long size(List<Integer> batches, int batch) {
        return batches.stream().filter(b -> b == batch).count();
    }

    @Rule("statefulset 7.5")
    @Test
    void eachStepOfAnOrderedPassStandsForItself() {
        var set =
                setWithClaims(2, "'persistentVolumeClaimRetentionPolicy':{'whenDeleted':'Delete'}");

        var actions =
                set.pods("0 ready r2 misnamed", "1 ready r2 misnamed").claim(0).claim(1).plan();

        assertThat(actions.actions().stream().map(Action::batch)).containsExactly(0, 1, 2, 3);
    }

    @Rule({"statefulset 7.5a", "statefulset 14 16", "statefulset 12.6"})
    @Test
    void anEndedPodIsDeletedAndReplacedLater() {
        assertThat(set(2).pods("0 failed", "1 ready").actions()).containsExactly("delete web-0");
        assertThat(set(2).pods("0 succeeded", "1 ready").actions()).containsExactly("delete web-0");
        assertThat(set(2).pods("0 failed terminating", "1 ready").actions()).isEmpty();
        assertThat(set(2, PARALLEL).pods("0 failed r2", "1 failed r2").actions())
                .containsExactly("delete web-0", "delete web-1");
    }

    @Rule({"statefulset 7.5b", "statefulset 4.6"})
    @Test
    void aStaleClaimHoldsItsPodBackSilently() {
        var scaled = "'persistentVolumeClaimRetentionPolicy':{'whenScaled':'Delete'}";

        assertThat(setWithClaims(2, scaled).claim(0, "old-pod").actions()).isEmpty();
        assertThat(setWithClaims(2, scaled, PARALLEL).claim(0, "old-pod").actions())
                .containsExactly("create web-1 r2");
        assertThat(setWithClaims(1).claim(0, "old-pod").actions())
                .containsExactly("create web-0 r2");
        assertThat(setWithClaims(1, scaled).claim(0, "set").actions())
                .containsExactly("create web-0 r2");
    }

    @Rule({"statefulset 7.5c", "statefulset 3.2"})
    @Test
    void aPendingPodHasItsMissingClaimsMade() {
        assertThat(setWithClaims(1).pods("0 pending r2").actions())
                .containsExactly("claims of web-0");
        assertThat(setWithClaims(1).pods("0 pending r2").claim(0).actions()).isEmpty();
        assertThat(setWithClaims(1).pods("0 pending r2").deletedClaim(0).actions())
                .containsExactly("claims of web-0");
        assertThat(setWithClaims(1).pods("0 ready r2").actions()).isEmpty();
    }

    @Rule({"statefulset 7.5d", "statefulset 12.6"})
    @Test
    void aTerminatingPodStopsAnOrderedPassOnly() {
        assertThat(set(2).pods("0 ready r2 terminating").actions()).isEmpty();
        assertThat(set(2, PARALLEL).pods("0 ready r2 terminating").actions())
                .containsExactly("create web-1 r2");
    }

    @Rule({"statefulset 7.5e", "statefulset 14 2"})
    @Test
    void anUnreadyPodStopsAnOrderedPassOnly() {
        for (var state : List.of("pending", "running", "unknown")) {
            assertThat(set(2).pods("0 r2 " + state).actions()).as(state).isEmpty();
            assertThat(set(2, PARALLEL).pods("0 r2 " + state).actions())
                    .as(state)
                    .containsExactly("create web-1 r2");
        }
    }

    @Rule({"statefulset 7.5f", "statefulset 6"})
    @Test
    void aPodThatIsReadyForTooShortStopsAnOrderedPassOnly() {
        var slow = "'minReadySeconds':10";

        assertThat(set(2, slow).pods("0 ready-for-9s r2").actions()).isEmpty();
        assertThat(set(2, slow).pods("0 ready-for-10s r2").actions())
                .containsExactly("create web-1 r2");
        assertThat(set(2, slow, PARALLEL).pods("0 ready-for-9s r2").actions())
                .containsExactly("create web-1 r2");
    }

    @Rule("statefulset 7.5g")
    @Test
    void whatIsWrongWithAHealthyPodIsPutRight() {
        var deleted = "'persistentVolumeClaimRetentionPolicy':{'whenDeleted':'Delete'}";

        assertThat(set(1).pods("0 ready r2 misnamed").actions()).containsExactly("repair web-0");
        assertThat(setWithClaims(1).pods("0 ready r2 unmounted").actions())
                .containsExactly("repair web-0");
        assertThat(setWithClaims(1, deleted).pods("0 ready r2").claim(0).actions())
                .containsExactly("own data-web-0 [set-uid]", "repair web-0");
        assertThat(set(1).pods("0 running r2 misnamed").actions()).isEmpty();
        assertThat(set(1, PARALLEL).pods("0 running r2 misnamed").actions())
                .containsExactly("repair web-0");
    }

    @Rule({"statefulset 7.5g", "statefulset 4.4"})
    @Test
    void aConflictIsToldEachTimeAPodIsPendingAndOnceLater() {
        var deleted = "'persistentVolumeClaimRetentionPolicy':{'whenDeleted':'Delete'}";

        assertThat(setWithClaims(1, deleted).pods("0 pending r2").claim(0, "other").actions())
                .containsExactly("warn of data-web-0");
        assertThat(setWithClaims(1, deleted).pods("0 ready r2").claim(0, "other").actions())
                .isEmpty();
        assertThat(setWithClaims(1, deleted).pods("0 ready r2").claim(0, "set", "other").actions())
                .containsExactly(
                        "warn of data-web-0", "own data-web-0 [other-uid]", "repair web-0");
    }

    // --- 7.6: pods nobody wants

    @Rule({"statefulset 7.6", "statefulset 14 3"})
    @Test
    void anOrderedSetShrinksFromTheTopOneByOne() {
        assertThat(set(1).pods("0 ready r2", "1 ready", "2 ready").actions())
                .containsExactly("delete web-2");
        assertThat(set(1).pods("0 ready r2", "1 ready", "2 ready terminating").actions()).isEmpty();
        assertThat(set(1).pods("0 ready r2", "1 ready").actions()).containsExactly("delete web-1");
    }

    @Rule({"statefulset 7.6", "statefulset 14 4"})
    @Test
    void anUnhealthyReplicaHaltsAnOrderedScaleDown() {
        assertThat(set(1).pods("0 running r2", "1 ready", "2 ready").actions()).isEmpty();
    }

    @Rule({"statefulset 7.6", "statefulset 16 F"})
    @Test
    void anUnavailableHighestPodGoesOnlyWhenNoLowerOneIsUnavailable() {
        assertThat(set(1).pods("0 ready r2", "1 ready", "2 running").actions())
                .containsExactly("delete web-2");
        assertThat(set(1).pods("0 ready r2", "1 running", "2 running").actions()).isEmpty();
        assertThat(set(1).pods("0 ready r2", "1 running", "2 ready").actions())
                .containsExactly("delete web-2");
    }

    @Rule("statefulset 7.6")
    @Test
    void aCondemnedPodThatIsReadyForTooShortWaitsAsWell() {
        var slow = "'minReadySeconds':10";

        assertThat(set(0, slow).pods("0 ready-for-5s", "1 ready-for-5s").actions()).isEmpty();
        assertThat(set(0, slow).pods("0 ready-for-15s", "1 ready-for-5s").actions())
                .containsExactly("delete web-1");
    }

    @Rule({"statefulset 7.6", "statefulset 14 5"})
    @Test
    void aParallelSetShrinksAtOnceInBatches() {
        var set =
                set(0, PARALLEL).pods("0 running", "1 failed", "2 ready terminating", "3 pending");

        assertThat(set.actions()).containsExactly("delete web-3", "delete web-1", "delete web-0");
        assertThat(set.plan().actions().stream().map(Action::batch)).containsExactly(0, 1, 2);
    }

    @Rule("statefulset 7.6")
    @Test
    void theClaimsOfAllCondemnedPodsGetTheirOwnersFirst() {
        var set =
                setWithClaims(0, "'persistentVolumeClaimRetentionPolicy':{'whenScaled':'Delete'}");

        assertThat(set.pods("0 ready", "1 ready").claim(0).claim(1).actions())
                .containsExactly(
                        "own data-web-1 [web-1-uid]", "own data-web-0 [web-0-uid]", "delete web-1");
    }

    @Rule("statefulset 7.6")
    @Test
    void growingComesBeforeShrinkingAndBothBeforeUpdating() {
        assertThat(set(2, "'ordinals':{'start':1}").pods("0 ready", "1 ready").actions())
                .containsExactly("create web-2 r2");
        assertThat(set(1).pods("0 ready", "1 ready").actions()).containsExactly("delete web-1");
    }

    // --- 7.7: updates

    @Rule({"statefulset 7.7", "statefulset 14 6"})
    @Test
    void updatesOnePodAtATimeFromTheTop() {
        for (var policy : List.of(PARALLEL, "'podManagementPolicy':'OrderedReady'")) {
            assertThat(set(3, policy).pods("0 ready", "1 ready", "2 ready").actions())
                    .containsExactly("update web-2");
            assertThat(set(3, policy).pods("0 ready", "1 ready", "2 ready terminating").actions())
                    .isEmpty();
            assertThat(set(3, policy).pods("0 ready", "1 ready", "2 running r2").actions())
                    .isEmpty();
            assertThat(set(3, policy).pods("0 ready", "1 ready", "2 ready r2").actions())
                    .containsExactly("update web-1");
        }
    }

    @Rule("statefulset 7.7")
    @Test
    void anOldPodIsReplacedEvenWhenUnhealthyButAfterAllHigherOnes() {
        assertThat(set(2, PARALLEL).pods("0 running", "1 ready r2").actions())
                .containsExactly("update web-0");
        assertThat(set(2, PARALLEL).pods("0 running", "1 running r2").actions()).isEmpty();
        assertThat(set(2, PARALLEL).pods("0 ready").actions())
                .as("web-1 was made in this pass and is not available yet")
                .containsExactly("create web-1 r2");
    }

    @Rule({"statefulset 7.7", "statefulset 14 7"})
    @Test
    void thePartitionIsNotUpdated() {
        assertThat(set(3, partition(2)).pods("0 ready", "1 ready", "2 ready").actions())
                .containsExactly("update web-2");
        assertThat(set(3, partition(2)).pods("0 ready", "1 ready", "2 ready r2").actions())
                .isEmpty();
    }

    @Rule({"statefulset 7.7", "statefulset 14 8"})
    @Test
    void aPartitionOfAllReplicasUpdatesNone() {
        assertThat(set(2, partition(2)).pods("0 ready", "1 ready").actions()).isEmpty();
        assertThat(set(2, partition(9)).pods("0 ready", "1 ready").actions()).isEmpty();
    }

    @Rule({"statefulset 7.7", "statefulset 14 13"})
    @Test
    void thePartitionCountsFromStart() {
        var set = set(2, "'ordinals':{'start':5}", partition(1));

        assertThat(set.pods("5 ready", "6 ready").actions()).containsExactly("update web-6");
    }

    @Rule("statefulset 7.11")
    @Test
    void aRaisedPartitionDoesNotRollBack() {
        assertThat(set(2, partition(2)).pods("0 ready", "1 ready r2").actions()).isEmpty();
    }

    @Rule({"statefulset 7.7", "statefulset 14 11", "statefulset 16 D"})
    @Test
    void onDeleteReplacesNothing() {
        assertThat(set(2, ON_DELETE).pods("0 ready", "1 ready").actions()).isEmpty();
    }

    @Rule("statefulset 7.7")
    @Test
    void withoutTheGateMaxUnavailableIsOne() {
        assertThat(set(3, maxUnavailable("2")).pods("0 ready", "1 ready", "2 ready").actions())
                .containsExactly("update web-2");
    }

    @Rule("statefulset 7.7 gate")
    @Test
    void withTheGateSeveralPodsGoAtOnceEachForItself() {
        var set = set(4, maxUnavailable("2")).countingUnavailable();

        set.pods("0 ready", "1 ready", "2 ready", "3 ready");

        assertThat(set.actions()).containsExactly("update web-3", "update web-2");
        assertThat(set.plan().actions().stream().map(Action::batch)).containsExactly(0, 1);
        assertThat(set.status()).isEqualTo("4/4/4/2/0 r1");
    }

    @Rule("statefulset 7.7 gate")
    @Test
    void withTheGateEveryUnavailablePodCounts() {
        var two = maxUnavailable("2");

        assertThat(
                        set(4, two, PARALLEL)
                                .countingUnavailable()
                                .pods("0 running", "1 ready", "2 ready", "3 ready")
                                .actions())
                .containsExactly("update web-3");
        assertThat(
                        set(4, two, PARALLEL)
                                .countingUnavailable()
                                .pods("0 running", "1 ready", "2 ready", "3 ready terminating")
                                .actions())
                .isEmpty();
        assertThat(
                        set(4, two, PARALLEL)
                                .countingUnavailable()
                                .pods("0 ready", "1 ready", "2 ready")
                                .actions())
                .as("a pod made in this pass is unavailable")
                .containsExactly("create web-3 r2", "update web-2");
    }

    @Rule("statefulset 7.7 gate")
    @Test
    void aPercentageIsRoundedDownButIsAtLeastOne() {
        assertThat(updates(maxUnavailable("'50%'"), 5)).isEqualTo(2);
        assertThat(updates(maxUnavailable("'10%'"), 5)).isEqualTo(1);
        assertThat(updates(maxUnavailable("'100%'"), 5)).isEqualTo(5);
        assertThat(updates(maxUnavailable("3"), 5)).isEqualTo(3);
        assertThat(updates(maxUnavailable("0"), 5)).isEqualTo(1);
        assertThat(updates(partition(3), 5)).isEqualTo(1);
        assertThat(updates(NO_BLOCK, 5)).isEqualTo(1);
    }

    private static int updates(String strategy, int replicas) {
        var set = set(replicas, strategy).countingUnavailable();
        for (int i = 0; i < replicas; i++) set.pods(i + " ready");
        return set.actions().size();
    }

    @Rule("statefulset 7.7 gate")
    @Test
    void withTheGateThePartitionHolds() {
        var strategy =
                "'updateStrategy':{'type':'RollingUpdate',"
                        + "'rollingUpdate':{'partition':2,'maxUnavailable':3}}";

        assertThat(
                        set(4, strategy)
                                .countingUnavailable()
                                .pods("0 ready", "1 ready", "2 ready", "3 ready")
                                .actions())
                .containsExactly("update web-3", "update web-2");
    }

    @Rule({"statefulset 7.10", "statefulset 14 12"})
    @Test
    void anOrderedRolloutIsStuckOnABrokenPodAndARevertDoesNotHelp() {
        assertThat(set(2).pods("0 ready", "1 running r2").actions()).isEmpty();
        assertThat(set(2).revisions("r1", "r1").pods("0 ready", "1 running r2").actions())
                .isEmpty();
        assertThat(set(2, PARALLEL).revisions("r1", "r1").pods("0 ready", "1 running r2").actions())
                .as("a parallel set heals itself")
                .containsExactly("update web-1");
    }

    // --- 7.8: when to look again

    @Rule("statefulset 7.8")
    @Test
    void looksAgainWhenTheFirstReadyPodBecomesAvailable() {
        var slow = "'minReadySeconds':10";

        assertThat(set(2, slow).pods("0 ready-for-4s r2", "1 ready-for-7s r2").plan().again())
                .contains(Duration.ofSeconds(3));
        assertThat(set(1, slow).pods("0 ready-for-10s r2").plan().again()).isEmpty();
        assertThat(set(1, slow).pods("0 running r2").plan().again()).isEmpty();
        assertThat(set(1).pods("0 ready-for-4s r2").plan().again()).isEmpty();
    }

    @Rule("statefulset 7.8")
    @Test
    void looksAgainAfterMinReadySecondsWhenNobodyKnowsSinceWhen() {
        var set = set(1, "'minReadySeconds':10").pods("0 ready r2");
        set.observation()
                .pods()
                .getFirst()
                .getStatus()
                .getConditions()
                .getFirst()
                .setLastTransitionTime(null);

        assertThat(set.plan().again()).contains(Duration.ofSeconds(10));
        assertThat(set.status()).isEqualTo("1/1/0/1/1 r2");
    }

    // --- 6, 9: what is counted

    @Rule({"statefulset 6", "statefulset 9"})
    @Test
    void countsCreatedReadyAvailableCurrentAndUpdatedPods() {
        var set = set(5, PARALLEL, "'minReadySeconds':10");

        set.pods("0 ready", "1 ready-for-5s", "2 running r2", "3 unknown r0", "4 pending r2");

        assertThat(set.status()).isEqualTo("5/2/1/2/2 r1");
    }

    @Rule("statefulset 9")
    @Test
    void condemnedPodsCountAndTerminatingOnesAreOfNoRevision() {
        assertThat(set(1).pods("0 ready r2 terminating", "1 ready", "2 failed").status())
                .isEqualTo("3/2/2/2/0 r1");
    }

    @Rule("statefulset 9")
    @Test
    void aPodThatIsMadeNowDoesNotCountYet() {
        assertThat(set(2).pods("0 ready r2").status()).isEqualTo("1/1/1/0/1 r1");
    }

    @Rule("statefulset 9")
    @Test
    void oneRevisionCountsBothAsCurrentAndAsUpdated() {
        assertThat(set(3).revisions("r1", "r1").pods("0 ready", "1 pending").status())
                .isEqualTo("2/1/1/2/2 r1");
    }

    @Rule("statefulset 7.2")
    @Test
    void ofTwoPodsWithOneOrdinalTheLastCounts() {
        assertThat(set(2, PARALLEL).pods("web-00 ready r2", "0 ready r2", "1 pending r2").status())
                .isEqualTo("2/1/1/0/2 r1");
    }

    @Rule("statefulset 9.1")
    @Test
    void anUpdateIsCompleteWhenAllAreUpdatedAndReady() {
        assertThat(set(2).pods("0 ready r2", "1 ready r2").status()).isEqualTo("2/2/2/2/2 r2");
        assertThat(set(2).pods("0 ready r2", "1 running r2").status()).isEqualTo("2/1/1/0/2 r1");
        assertThat(set(2).pods("0 ready r2", "1 ready r2", "2 ready r2").status())
                .isEqualTo("3/3/3/0/3 r1");
        assertThat(set(2).pods("0 ready r2", "1 ready").status()).isEqualTo("2/2/2/0/1 r1");
        assertThat(set(2, partition(1)).pods("0 ready", "1 ready r2").status())
                .isEqualTo("2/2/2/1/1 r1");
    }

    @Rule({"statefulset 9.1", "statefulset 16 D"})
    @Test
    void onDeleteNeverCompletes() {
        assertThat(set(2, ON_DELETE).pods("0 ready r2", "1 ready r2").status())
                .isEqualTo("2/2/2/0/2 r1");
    }

    @Rule("statefulset 9.3")
    @Test
    void anUpdateCountsItsVictimOutWhateverItsRevision() {
        assertThat(set(1, PARALLEL).pods("0 ready").status()).isEqualTo("1/1/1/0/0 r1");
        assertThat(set(1, PARALLEL).pods("0 ready r0").status()).isEqualTo("1/1/1/-1/0 r1");
    }

    @Rule("statefulset 9.3")
    @Test
    void aPodThatCouldNotBeDeletedStillCounts() {
        var status = set(1).pods("0 ready").plan().status();

        assertThat(status.current()).isZero();
        assertThat(status.keeping(1).current()).isEqualTo(1);
        assertThat(status.keeping(1).replicas()).isEqualTo(1);
    }
}

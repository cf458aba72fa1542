package dev.ordinal.kinds.statefulset;

import static dev.ordinal.kinds.pod.PodFacts.available;
import static dev.ordinal.kinds.pod.PodFacts.created;
import static dev.ordinal.kinds.pod.PodFacts.ended;
import static dev.ordinal.kinds.pod.PodFacts.pending;
import static dev.ordinal.kinds.pod.PodFacts.runningAndReady;
import static dev.ordinal.kinds.pod.PodFacts.terminating;

import dev.ordinal.kinds.pod.PodFacts;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// The next steps for one StatefulSet, the status to write, and what it waits for.
///
/// @param actions in the order to carry them out
/// @param waitingFor what holds the set back; empty when nothing does
/// @param again when to look again even if nothing changes
/// @see "Kubernetes documentation, StatefulSets: Deployment and Scaling Guarantees; KEP-2599"
record Plan(
        List<Action> actions,
        Status status,
        Optional<Waiting> waitingFor,
        Optional<Duration> again) {

    /// One write. Those of one `batch` stand or fall for themselves; after a failed batch the rest
    /// is left for the next look.
    sealed interface Action {
        int batch();

        /// Makes the missing claims of an ordinal, then its pod.
        record CreatePod(int ordinal, String revision, int batch) implements Action {}

        /// Makes the missing claims of a pod that waits for them, and puts the owners of all its
        /// claims right.
        record CreateClaims(Pod pod, int batch) implements Action {}

        /// @param update its successor will have the update revision; currentReplicas counts it
        ///     out as soon as it is asked for
        record DeletePod(Pod pod, boolean update, int batch) implements Action {}

        /// Deletes a pod that blocks a rollout, because the set asks for it.
        ///
        /// @param wanted the revision its successor will have
        record RecoverPod(Pod pod, String wanted, int batch) implements Action {}

        /// Puts labels and volumes right; also follows a change of the owners of its claims.
        record RepairPod(Pod pod, int batch) implements Action {}

        record OwnClaim(String claim, Pod pod, List<OwnerReference> owners, int batch)
                implements Action {}

        record WarnOfConflict(String claim, int batch) implements Action {}
    }

    /// What a set waits for: one of its pods has to get somewhere first.
    record Waiting(Need need, String pod) {}

    /// Where that pod has to get to.
    enum Need {
        /// Its stale claim has to be deleted before it can be made.
        CLAIM_GONE,
        /// It has ended: it has to go, and its successor has to come.
        REPLACED,
        /// It is terminating.
        GONE,
        /// It has to be Running and Ready.
        READY,
        /// It has to be Ready for minReadySeconds.
        AVAILABLE
    }

    /// The counters as upstream writes them.
    record Status(
            int replicas,
            int ready,
            int available,
            int current,
            int updated,
            String currentRevision,
            String updateRevision) {
        /// The same when some pods of the old revision could not be deleted.
        Status keeping(int undeleted) {
            return new Status(
                    replicas,
                    ready,
                    available,
                    current + undeleted,
                    updated,
                    currentRevision,
                    updateRevision);
        }
    }

    /// Pure: the same observation always gives the same plan.
    static Plan of(Observation seen) {
        return new Planner(seen).plan();
    }

    /// Walks through the stages of one pass, in upstream's order.
    private static final class Planner {
        private final Observation seen;
        private final @Nullable Pod[] slots;
        private final List<Pod> condemned = new ArrayList<>();
        private final List<Action> actions = new ArrayList<>();
        private final int minReadySeconds;
        private int updateDeletions;
        private Optional<Waiting> waitingFor = Optional.empty();

        Planner(Observation seen) {
            this.seen = seen;
            minReadySeconds = seen.minReadySeconds();
            slots = new Pod[seen.replicas()];
            for (var pod : seen.pods()) {
                int ordinal = Identity.ordinal(pod);
                if (ordinal < 0) continue;
                int index = ordinal - seen.start();
                if (index >= 0 && index < slots.length) slots[index] = pod;
                else condemned.add(pod);
            }
            condemned.sort(Comparator.comparingInt((Pod p) -> Identity.ordinal(p)).reversed());
        }

        Plan plan() {
            if (!seen.deleting()) {
                if (fill() && drain()) update();
                if (seen.recovers()) recover();
            }
            var status = status();
            return new Plan(List.copyOf(actions), status, waitingFor, again(status));
        }

        /// Stage one: every wanted ordinal has its pod, lowest first.
        ///
        /// @return whether the pass goes on
        private boolean fill() {
            for (int index = 0; index < slots.length; index++) {
                boolean goOn = fillSlot(index, slowStart(index));
                if (!goOn && seen.ordered()) return false;
            }
            return true;
        }

        /// The batch of one of many parallel steps: they hold 1, 2, 4, ... at most 500 steps.
        private static int slowStart(int index) {
            int batch = 0;
            int size = 1;
            for (int end = 1; index >= end; end += size) {
                size = Math.min(2 * size, 500);
                batch++;
            }
            return batch;
        }

        /// An ordered pass ends at its first failure, a parallel one after the batch.
        private int step(int batch) {
            return seen.ordered() ? actions.size() : batch;
        }

        private boolean fillSlot(int index, int batch) {
            int ordinal = seen.start() + index;
            var pod = slots[index];
            if (pod == null) {
                var name = Identity.podName(seen.set(), ordinal);
                if (hasStaleClaim(name, ordinal)) {
                    return waitFor(Need.CLAIM_GONE, name);
                }
                actions.add(new Action.CreatePod(ordinal, revisionFor(index), step(batch)));
                return false;
            }
            if (ended(pod)) {
                if (!terminating(pod)) actions.add(new Action.DeletePod(pod, false, step(batch)));
                return waitFor(Need.REPLACED, name(pod));
            }
            if (pending(pod)) {
                if (claimsMissing(pod)) actions.add(new Action.CreateClaims(pod, step(batch)));
                else fixOwners(pod, false, batch);
            }
            if (seen.ordered()) {
                if (terminating(pod)) return waitFor(Need.GONE, name(pod));
                if (!runningAndReady(pod)) return waitFor(Need.READY, name(pod));
                if (!available(pod, minReadySeconds, seen.now())) {
                    return waitFor(Need.AVAILABLE, name(pod));
                }
            }
            boolean right =
                    Identity.matches(seen.set(), pod) && Identity.storageMatches(seen.set(), pod);
            if (!pending(pod) && !ownersMatch(pod, false)) {
                fixOwners(pod, false, batch);
                right = false;
            }
            if (!right) actions.add(new Action.RepairPod(pod, step(batch)));
            return true;
        }

        /// Stage two: pods nobody wants go, highest first.
        private boolean drain() {
            int firstBatch = nextBatch();
            for (int i = 0; i < condemned.size(); i++) {
                if (ownersMatch(condemned.get(i), true)) continue;
                fixOwners(condemned.get(i), true, firstBatch + slowStart(i));
            }
            var firstUnavailable = firstUnavailable();
            int firstDeletion = nextBatch();
            for (int i = 0; i < condemned.size(); i++) {
                var pod = condemned.get(i);
                if (terminating(pod)) {
                    if (!seen.ordered()) continue;
                    return waitFor(Need.GONE, name(pod));
                }
                boolean healthy =
                        runningAndReady(pod) && available(pod, minReadySeconds, seen.now());
                boolean first =
                        firstUnavailable != null && name(pod).equals(name(firstUnavailable));
                if (seen.ordered() && !healthy && !first) {
                    var culprit = firstUnavailable == null ? pod : firstUnavailable;
                    return waitFor(Need.AVAILABLE, name(culprit));
                }
                actions.add(new Action.DeletePod(pod, false, firstDeletion + slowStart(i)));
                if (seen.ordered()) return false;
            }
            return true;
        }

        /// Stage three: pods of another revision go, highest first, so that stage one makes new
        /// ones. As upstream, even one that this very pass has made of the current revision.
        private void update() {
            if (seen.onDelete()) return;
            int lowest = seen.partition().orElse(0);
            int allowed = seen.countsUnavailable() ? allowance() : 1;
            for (int index = slots.length - 1; index >= lowest && allowed > 0; index--) {
                var pod = slots[index];
                if (pod == null) {
                    if (!revisionFor(index).equals(seen.updateRevision())) {
                        actions.add(
                                new Action.DeletePod(
                                        Identity.unborn(seen.set(), seen.start() + index),
                                        true,
                                        nextBatch()));
                        updateDeletions++;
                        allowed--;
                    } else if (!seen.countsUnavailable()) return;
                    continue;
                }
                boolean old = !Identity.revision(pod).equals(seen.updateRevision());
                if (old && !terminating(pod)) {
                    actions.add(new Action.DeletePod(pod, true, nextBatch()));
                    updateDeletions++;
                    allowed--;
                } else if (!seen.countsUnavailable() && unavailable(pod)) {
                    waitFor(terminating(pod) ? Need.GONE : Need.AVAILABLE, name(pod));
                    return;
                }
            }
        }

        /// Beyond upstream, for sets that ask for it: a pod that is not Ready and not of the
        /// revision its ordinal should have is deleted instead of waited for, the highest first.
        /// It was down already, so nothing that served is lost.
        private void recover() {
            if (seen.onDelete()) return;
            if (actions.stream().anyMatch(Action.DeletePod.class::isInstance)) return;
            for (int index = slots.length - 1; index >= 0; index--) {
                var pod = slots[index];
                if (pod == null || terminating(pod) || runningAndReady(pod)) continue;
                var wanted = revisionFor(index);
                if (Identity.revision(pod).equals(wanted)) continue;
                actions.add(new Action.RecoverPod(pod, wanted, nextBatch()));
                return;
            }
        }

        private int allowance() {
            int unavailable = 0;
            for (var pod : slots) if (pod == null || unavailable(pod)) unavailable++;
            int allowed = seen.maxUnavailable() - unavailable;
            var first = firstUnavailable();
            if (allowed <= 0 && first != null) {
                waitFor(terminating(first) ? Need.GONE : Need.AVAILABLE, name(first));
            }
            return allowed;
        }

        private String revisionFor(int index) {
            if (seen.onDelete() && seen.partition().isEmpty()) return seen.updateRevision();
            int current = seen.partition().orElseGet(seen::storedCurrentReplicas);
            return index < current ? seen.currentRevision() : seen.updateRevision();
        }

        private boolean hasStaleClaim(String podName, int ordinal) {
            return Identity.claimNames(seen.set(), ordinal).values().stream()
                    .map(seen.claims()::get)
                    .anyMatch(
                            claim -> claim != null && Retention.stale(seen.set(), podName, claim));
        }

        private boolean claimsMissing(Pod pod) {
            return Identity.claimNames(seen.set(), Identity.ordinal(pod)).values().stream()
                    .map(seen.claims()::get)
                    .anyMatch(
                            claim ->
                                    claim == null
                                            || claim.getMetadata().getDeletionTimestamp() != null);
        }

        private boolean ownersMatch(Pod pod, boolean outOfRange) {
            return claims(pod).stream()
                    .map(claim -> Retention.owners(seen.set(), pod, claim, outOfRange).step())
                    .allMatch(Retention.Step.Nothing.class::isInstance);
        }

        private void fixOwners(Pod pod, boolean outOfRange, int batch) {
            for (var claim : claims(pod)) {
                var name = claim.getMetadata().getName();
                var outcome = Retention.owners(seen.set(), pod, claim, outOfRange);
                if (outcome.conflicting()) {
                    actions.add(new Action.WarnOfConflict(name, step(batch)));
                }
                if (outcome.step() instanceof Retention.Step.Rewrite(var owners)) {
                    actions.add(new Action.OwnClaim(name, pod, owners, step(batch)));
                }
            }
        }

        /// Those of the pod's claims that exist.
        private List<PersistentVolumeClaim> claims(Pod pod) {
            return Identity.claimNames(seen.set(), Identity.ordinal(pod)).values().stream()
                    .flatMap(name -> Stream.ofNullable(seen.claims().get(name)))
                    .toList();
        }

        /// The unavailable pod with the lowest ordinal among the wanted, else among the condemned.
        private @Nullable Pod firstUnavailable() {
            for (var pod : slots) if (pod != null && unavailable(pod)) return pod;
            for (var pod : condemned.reversed()) if (unavailable(pod)) return pod;
            return null;
        }

        private boolean unavailable(Pod pod) {
            return terminating(pod) || !available(pod, minReadySeconds, seen.now());
        }

        private Status status() {
            int replicas = 0;
            int ready = 0;
            int available = 0;
            int current = 0;
            int updated = 0;
            for (var pod : counted()) {
                if (!created(pod)) continue;
                replicas++;
                if (runningAndReady(pod)) {
                    ready++;
                    if (available(pod, minReadySeconds, seen.now())) available++;
                }
                if (terminating(pod)) continue;
                var revision = Identity.revision(pod);
                if (revision.equals(seen.currentRevision())) current++;
                if (revision.equals(seen.updateRevision())) updated++;
            }
            current -= updateDeletions;
            var currentRevision = seen.currentRevision();
            boolean rolling = !seen.onDelete();
            int wanted = seen.replicas();
            if (rolling && updated == wanted && ready == wanted && replicas == wanted) {
                current = updated;
                currentRevision = seen.updateRevision();
            }
            return new Status(
                    replicas,
                    ready,
                    available,
                    current,
                    updated,
                    currentRevision,
                    seen.updateRevision());
        }

        /// While the set is being deleted all its pods count, even those without an ordinal.
        private List<Pod> counted() {
            if (seen.deleting()) return seen.pods();
            return Stream.concat(Arrays.stream(slots).filter(Objects::nonNull), condemned.stream())
                    .toList();
        }

        /// The earliest moment at which a ready pod becomes available.
        private Optional<Duration> again(Status status) {
            if (minReadySeconds == 0 || status.ready() == status.available()) {
                return Optional.empty();
            }
            return seen.pods().stream()
                    .flatMap(pod -> PodFacts.availableAt(pod, minReadySeconds).stream())
                    .filter(at -> at.isAfter(seen.now()))
                    .min(Comparator.naturalOrder())
                    .map(at -> Duration.between(seen.now(), at))
                    .or(() -> Optional.of(Duration.ofSeconds(minReadySeconds)));
        }

        private int nextBatch() {
            return actions.isEmpty() ? 0 : actions.getLast().batch() + 1;
        }

        /// @return false: the pass stops here
        private boolean waitFor(Need need, String pod) {
            if (waitingFor.isEmpty()) waitingFor = Optional.of(new Waiting(need, pod));
            return false;
        }

        private static String name(Pod pod) {
            return pod.getMetadata().getName();
        }
    }
}

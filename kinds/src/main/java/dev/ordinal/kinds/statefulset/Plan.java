package dev.ordinal.kinds.statefulset;

import static dev.ordinal.kinds.pod.PodFacts.available;
import static dev.ordinal.kinds.pod.PodFacts.created;
import static dev.ordinal.kinds.pod.PodFacts.ended;
import static dev.ordinal.kinds.pod.PodFacts.pending;
import static dev.ordinal.kinds.pod.PodFacts.runningAndReady;
import static dev.ordinal.kinds.pod.PodFacts.terminating;

import dev.ordinal.kinds.pod.PodFacts;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// The next steps for one StatefulSet, the status to write, and what it waits for.
///
/// @param actions in the order to carry them out
/// @param waitingFor empty when settled or when there is something to do
/// @param again when to look again even if nothing changes
/// @see "Kubernetes documentation, StatefulSets: Deployment and Scaling Guarantees; KEP-2599"
record Plan(
        List<Action> actions,
        Status status,
        Optional<String> waitingFor,
        Optional<Duration> again) {

    /// One write. Those of one `batch` stand or fall for themselves; after a failed batch the rest
    /// is
    /// left for the next look.
    sealed interface Action {
        int batch();

        /// Makes the missing claims of an ordinal, then its pod.
        record CreatePod(int ordinal, String revision, int batch) implements Action {}

        /// Makes the missing claims of a pod that waits for them.
        record CreateClaims(Pod pod, int batch) implements Action {}

        record DeletePod(Pod pod, int batch) implements Action {}

        /// Puts labels and volumes right.
        record RepairPod(Pod pod, int batch) implements Action {}

        record OwnClaim(String claim, Pod pod, List<OwnerReference> owners, int batch)
                implements Action {}

        record WarnOfConflict(String claim, int batch) implements Action {}
    }

    /// The counters as upstream writes them.
    record Status(
            int replicas,
            int ready,
            int available,
            int current,
            int updated,
            String currentRevision,
            String updateRevision) {}

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
        private Optional<String> waitingFor = Optional.empty();

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
            if (!seen.deleting() && fill() && drain()) update();
            return new Plan(List.copyOf(actions), status(), waitingFor, again());
        }

        /// Stage one: every wanted ordinal has its pod, lowest first.
        ///
        /// @return whether the pass goes on
        private boolean fill() {
            int batch = 0;
            int batchEnd = 1;
            for (int index = 0; index < slots.length; index++) {
                if (!seen.ordered() && index >= batchEnd) {
                    batch++;
                    batchEnd += Math.min(1 << Math.min(batch, 9), 500);
                }
                boolean goOn = fillSlot(index, seen.ordered() ? index : batch);
                if (!goOn && seen.ordered()) return false;
            }
            return true;
        }

        private boolean fillSlot(int index, int batch) {
            int ordinal = seen.start() + index;
            var pod = slots[index];
            if (pod == null) {
                var name = Identity.podName(seen.set(), ordinal);
                if (hasStaleClaim(name, ordinal)) {
                    return waitFor("the old claim of pod %s to be deleted".formatted(name));
                }
                actions.add(new Action.CreatePod(ordinal, revisionFor(index), batch));
                return false;
            }
            if (ended(pod)) {
                if (!terminating(pod)) actions.add(new Action.DeletePod(pod, batch));
                return waitFor("failed pod %s to be replaced".formatted(name(pod)));
            }
            if (pending(pod)) {
                if (claimsMissing(pod)) actions.add(new Action.CreateClaims(pod, batch));
                fixOwners(pod, false, batch);
            }
            if (seen.ordered()) {
                if (terminating(pod)) return waitFor("pod %s to terminate".formatted(name(pod)));
                if (!runningAndReady(pod)) {
                    return waitFor("pod %s to be Running and Ready".formatted(name(pod)));
                }
                if (!available(pod, minReadySeconds, seen.now())) {
                    return waitFor("pod %s to be available".formatted(name(pod)));
                }
            }
            if (!Identity.matches(seen.set(), pod) || !Identity.storageMatches(seen.set(), pod)) {
                actions.add(new Action.RepairPod(pod, batch));
            }
            if (!pending(pod)) fixOwners(pod, false, batch);
            return true;
        }

        /// Stage two: pods nobody wants go, highest first.
        private boolean drain() {
            int batch = nextBatch();
            condemned.forEach(pod -> fixOwners(pod, true, batch));
            var firstUnavailable = firstUnavailable();
            int step = batch + 1;
            for (var pod : condemned) {
                if (terminating(pod)) {
                    if (!seen.ordered()) continue;
                    return waitFor("pod %s to terminate".formatted(name(pod)));
                }
                boolean healthy =
                        runningAndReady(pod) && available(pod, minReadySeconds, seen.now());
                boolean first =
                        firstUnavailable != null && name(pod).equals(name(firstUnavailable));
                if (seen.ordered() && !healthy && !first) {
                    return waitFor(
                            "pod %s to be available before pod %s is removed"
                                    .formatted(
                                            firstUnavailable == null ? "?" : name(firstUnavailable),
                                            name(pod)));
                }
                actions.add(new Action.DeletePod(pod, step));
                if (seen.ordered()) return false;
            }
            return true;
        }

        /// Stage three: pods of another revision go, highest first, so that stage one makes new
        /// ones.
        private void update() {
            if (seen.onDelete()) return;
            int lowest = seen.partition().orElse(0);
            int allowed = seen.countsUnavailable() ? allowance() : 1;
            int batch = nextBatch();
            for (int index = slots.length - 1; index >= lowest && allowed > 0; index--) {
                var pod = slots[index];
                if (pod == null) {
                    if (seen.countsUnavailable()) continue;
                    return;
                }
                boolean old = !Identity.revision(pod).equals(seen.updateRevision());
                if (old && !terminating(pod)) {
                    actions.add(new Action.DeletePod(pod, batch));
                    updateDeletions++;
                    allowed--;
                } else if (!seen.countsUnavailable() && unavailable(pod)) {
                    waitFor("pod %s to be available".formatted(name(pod)));
                    return;
                }
            }
        }

        private int allowance() {
            int unavailable = 0;
            for (var pod : slots) if (pod == null || unavailable(pod)) unavailable++;
            int allowed = seen.maxUnavailable() - unavailable;
            if (allowed <= 0) waitFor("%d unavailable pods".formatted(unavailable));
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

        private void fixOwners(Pod pod, boolean outOfRange, int batch) {
            for (var name : Identity.claimNames(seen.set(), Identity.ordinal(pod)).values()) {
                var claim = seen.claims().get(name);
                if (claim == null) continue;
                var outcome = Retention.owners(seen.set(), pod, claim, outOfRange);
                if (outcome.conflicting()) actions.add(new Action.WarnOfConflict(name, batch));
                if (outcome.step() instanceof Retention.Step.Rewrite(var owners)) {
                    actions.add(new Action.OwnClaim(name, pod, owners, batch));
                }
            }
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
            for (var pod : seen.pods()) {
                if (Identity.ordinal(pod) < 0 || !created(pod)) continue;
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

        private Optional<Duration> again() {
            if (minReadySeconds == 0) return Optional.empty();
            return seen.pods().stream()
                    .filter(PodFacts::runningAndReady)
                    .flatMap(pod -> PodFacts.availableAt(pod, minReadySeconds).stream())
                    .filter(at -> at.isAfter(seen.now()))
                    .min(Comparator.naturalOrder())
                    .map(at -> Duration.between(seen.now(), at));
        }

        private int nextBatch() {
            return actions.isEmpty() ? 0 : actions.getLast().batch() + 1;
        }

        /// @return false: the pass stops here
        private boolean waitFor(String what) {
            if (waitingFor.isEmpty()) waitingFor = Optional.of(what);
            return false;
        }

        private static String name(Pod pod) {
            return pod.getMetadata().getName();
        }
    }
}

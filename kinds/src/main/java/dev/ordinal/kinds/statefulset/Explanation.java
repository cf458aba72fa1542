package dev.ordinal.kinds.statefulset;

import dev.ordinal.kinds.pod.PodFacts;
import dev.ordinal.kinds.pod.PodTrouble;
import dev.ordinal.kinds.statefulset.Plan.Action;
import dev.ordinal.kinds.statefulset.Plan.Waiting;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// One sentence about what a set waits for, from the plan that acts. Pure.
///
/// @param what the thing that holds the set back, or that nothing does
/// @param since when that began, if anybody knows
/// @param next what comes after it, or empty
public record Explanation(String what, Optional<Instant> since, String next) {
    /// Looks at a set as its controller would.
    ///
    /// @param pods of the set's namespace; others than its own are left out
    /// @param claims of its namespace
    /// @param events of its namespace; they tell why a pod is not Ready
    public static Explanation of(
            StatefulSet set,
            Collection<Pod> pods,
            Collection<PersistentVolumeClaim> claims,
            Collection<Event> events,
            Instant now) {
        var status = set.getStatus();
        var observed = status == null ? null : status.getObservedGeneration();
        if (observed == null
                || status.getUpdateRevision() == null
                || observed < set.getMetadata().getGeneration()) {
            return new Explanation(
                    "the controller has not seen this spec yet", Optional.empty(), "");
        }
        Map<String, PersistentVolumeClaim> byName = new HashMap<>();
        claims.forEach(claim -> byName.put(claim.getMetadata().getName(), claim));
        var block = set.getSpec().getUpdateStrategy().getRollingUpdate();
        var seen =
                new Observation(
                        set,
                        pods.stream().filter(pod -> owns(set, pod)).toList(),
                        byName,
                        Objects.requireNonNullElse(
                                status.getCurrentRevision(), status.getUpdateRevision()),
                        status.getUpdateRevision(),
                        0,
                        block != null && block.getMaxUnavailable() != null,
                        now);
        return of(seen, Plan.of(seen), events);
    }

    static Explanation of(Observation seen, Plan plan, Collection<Event> events) {
        for (var action : plan.actions()) {
            if (action instanceof Action.RecoverPod(var pod, var wanted, _)) {
                return new Explanation(
                        "%s is deleted, since it is not Ready and revision %s is wanted"
                                .formatted(title(pod), wanted),
                        Optional.empty(),
                        "");
            }
        }
        var waiting = plan.waitingFor();
        if (waiting.isPresent()) return waiting(seen, waiting.get(), events);
        for (var action : plan.actions()) {
            if (action instanceof Action.CreatePod(var ordinal, var revision, _)) {
                return creating(seen, Identity.podName(seen.set(), ordinal), revision, events);
            }
            if (action instanceof Action.DeletePod(var pod, _, _)) {
                return new Explanation(title(pod) + " is being deleted", Optional.empty(), "");
            }
        }
        return new Explanation(settled(seen, plan.status()), Optional.empty(), "");
    }

    private static boolean owns(StatefulSet set, Pod pod) {
        return Identity.member(set, pod)
                && Retention.references(pod).stream()
                        .anyMatch(owner -> owner.getUid().equals(set.getMetadata().getUid()));
    }

    private static Explanation creating(
            Observation seen, String pod, String revision, Collection<Event> events) {
        var refusal =
                events.stream()
                        .filter(event -> "FailedCreate".equals(event.getReason()))
                        .filter(event -> about(event, seen.set().getMetadata().getUid()))
                        .filter(event -> event.getMessage().contains(" Pod " + pod + " "))
                        .max(Comparator.comparing(Explanation::time))
                        .map(event -> ": " + event.getMessage())
                        .orElse("");
        var what = "pod %s (revision %s) is being created%s".formatted(pod, revision, refusal);
        return new Explanation(what, Optional.empty(), "");
    }

    private static Explanation waiting(
            Observation seen, Waiting waiting, Collection<Event> events) {
        var name = waiting.pod();
        var pod = pod(seen, name);
        if (pod == null) {
            var claims = Identity.claimNames(seen.set(), Identity.ordinal(name)).values();
            return new Explanation(
                    "pod %s is created when its old claim %s is gone"
                            .formatted(name, String.join(", ", claims)),
                    Optional.empty(),
                    "");
        }
        var next = after(seen, name) + trap(seen, pod);
        return switch (waiting.need()) {
            case GONE, CLAIM_GONE -> terminating(pod, next);
            case REPLACED ->
                    new Explanation(
                            "%s has phase %s and is replaced"
                                    .formatted(title(pod), PodFacts.phase(pod)),
                            Optional.empty(),
                            next);
            case READY, AVAILABLE -> {
                if (PodFacts.runningAndReady(pod)) yield tooYoung(seen, pod, next);
                var of =
                        events.stream()
                                .filter(event -> about(event, pod.getMetadata().getUid()))
                                .toList();
                yield new Explanation(
                        "%s is not Ready: %s".formatted(title(pod), PodTrouble.of(pod, of)),
                        PodTrouble.since(pod),
                        next);
            }
        };
    }

    private static Explanation terminating(Pod pod, String next) {
        var metadata = pod.getMetadata();
        var finalizers = metadata.getFinalizers();
        var what = title(pod) + " is terminating";
        if (finalizers != null && !finalizers.isEmpty()) {
            what += ", held by the finalizer " + String.join(", ", finalizers);
        }
        // deletionTimestamp is when the grace period ends.
        var grace = metadata.getDeletionGracePeriodSeconds();
        var asked =
                Optional.ofNullable(metadata.getDeletionTimestamp())
                        .map(Instant::parse)
                        .map(end -> end.minusSeconds(grace == null ? 0 : grace));
        return new Explanation(what, asked, next);
    }

    private static Explanation tooYoung(Observation seen, Pod pod, String next) {
        var ready = PodFacts.condition(pod, "Ready").orElseThrow().getLastTransitionTime();
        return new Explanation(
                "%s is not available before it has been Ready for %d s (minReadySeconds); it is"
                        .formatted(title(pod), seen.minReadySeconds()),
                ready == null || ready.isEmpty()
                        ? Optional.empty()
                        : Optional.of(Instant.parse(ready)),
                next);
    }

    /// What the set does once this pod has got there.
    private static String after(Observation seen, String name) {
        int end = seen.start() + seen.replicas();
        for (int ordinal = seen.start(); ordinal < end; ordinal++) {
            var other = Identity.podName(seen.set(), ordinal);
            if (!other.equals(name) && pod(seen, other) == null) {
                return "; %s is created after it".formatted(other);
            }
        }
        var others =
                seen.pods().stream()
                        .filter(pod -> !pod.getMetadata().getName().equals(name))
                        .filter(pod -> !PodFacts.terminating(pod))
                        .sorted(Comparator.comparingInt((Pod p) -> Identity.ordinal(p)).reversed())
                        .toList();
        for (var pod : others) {
            int ordinal = Identity.ordinal(pod);
            if (ordinal >= end || ordinal < seen.start()) {
                return "; %s is removed after it".formatted(pod.getMetadata().getName());
            }
        }
        if (seen.onDelete()) return "";
        for (var pod : others) {
            boolean protectedByPartition =
                    Identity.ordinal(pod) < seen.start() + seen.partition().orElse(0);
            if (!protectedByPartition && !Identity.revision(pod).equals(seen.updateRevision())) {
                return "; %s is updated after it".formatted(pod.getMetadata().getName());
            }
        }
        return "";
    }

    /// The trap of an ordered set: a broken pod of a revision nobody wants any more is waited for.
    private static String trap(Observation seen, Pod pod) {
        boolean old =
                !Identity.revision(pod).equals(seen.updateRevision())
                        && !Identity.revision(pod).equals(seen.currentRevision());
        if (!old || PodFacts.terminating(pod) || seen.recovers()) return "";
        return "; revision %s is wanted, so it has to be deleted by hand, or by %s: %s"
                .formatted(
                        seen.updateRevision(),
                        Extensions.ROLLOUT_RECOVERY,
                        Extensions.DELETE_UNREADY);
    }

    private static String settled(Observation seen, Plan.Status status) {
        var text =
                "nothing: %d of %d pods are available"
                        .formatted(status.available(), seen.replicas());
        int old = status.replicas() - status.updated();
        if (old <= 0) return text + ", all of revision " + seen.updateRevision();
        return text
                + (seen.onDelete()
                                ? ", %d of an older revision than %s until they are deleted"
                                        + " (OnDelete)"
                                : ", %d of an older revision than %s (partition)")
                        .formatted(old, seen.updateRevision());
    }

    private static String title(Pod pod) {
        return "pod %s (revision %s)"
                .formatted(pod.getMetadata().getName(), Identity.revision(pod));
    }

    private static @Nullable Pod pod(Observation seen, String name) {
        for (var pod : seen.pods()) if (pod.getMetadata().getName().equals(name)) return pod;
        return null;
    }

    private static boolean about(Event event, String uid) {
        return uid.equals(event.getInvolvedObject().getUid());
    }

    private static String time(Event event) {
        return Objects.requireNonNullElse(event.getLastTimestamp(), "");
    }

    /// The sentence without a duration: the same as long as the reason is.
    public String text() {
        return what + next;
    }

    /// The sentence as a person reads it.
    public String text(Instant now) {
        var duration =
                since.map(begun -> " for %d s".formatted(Duration.between(begun, now).toSeconds()))
                        .orElse("");
        return what + duration + next;
    }
}

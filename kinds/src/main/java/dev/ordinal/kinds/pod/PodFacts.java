package dev.ordinal.kinds.pod;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// What controllers ask of a pod, worded as upstream's `podutil`.
public final class PodFacts {
    private PodFacts() {}

    public static String phase(Pod pod) {
        var status = pod.getStatus();
        return status == null || status.getPhase() == null ? "" : status.getPhase();
    }

    /// It has been stored and given a phase.
    public static boolean created(Pod pod) {
        return !phase(pod).isEmpty();
    }

    public static boolean pending(Pod pod) {
        return phase(pod).equals("Pending");
    }

    /// Failed or Succeeded: its containers will not run again.
    public static boolean ended(Pod pod) {
        return phase(pod).equals("Failed") || phase(pod).equals("Succeeded");
    }

    public static boolean terminating(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() != null;
    }

    public static boolean ready(Pod pod) {
        return condition(pod, "Ready").filter(c -> c.getStatus().equals("True")).isPresent();
    }

    public static boolean runningAndReady(Pod pod) {
        return phase(pod).equals("Running") && ready(pod);
    }

    /// Ready for at least `minReadySeconds`.
    public static boolean available(Pod pod, int minReadySeconds, Instant now) {
        return availableAt(pod, minReadySeconds).filter(at -> !at.isAfter(now)).isPresent();
    }

    /// When a ready pod becomes available; empty when it is not ready or nobody knows since when.
    public static Optional<Instant> availableAt(Pod pod, int minReadySeconds) {
        var ready = condition(pod, "Ready").filter(c -> c.getStatus().equals("True"));
        if (ready.isEmpty()) return Optional.empty();
        if (minReadySeconds == 0) return Optional.of(Instant.EPOCH);
        var since = ready.get().getLastTransitionTime();
        return since == null || since.isEmpty()
                ? Optional.empty()
                : Optional.of(Instant.parse(since).plus(Duration.ofSeconds(minReadySeconds)));
    }

    public static Optional<PodCondition> condition(Pod pod, String type) {
        var status = pod.getStatus();
        if (status == null || status.getConditions() == null) return Optional.empty();
        for (var condition : status.getConditions()) {
            if (condition.getType().equals(type)) return Optional.of(condition);
        }
        return Optional.empty();
    }
}

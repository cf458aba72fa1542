package dev.ordinal.kinds.statefulset;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatus;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One set as last observed: all a plan may look at.
///
/// @param pods those the set owns
/// @param claims of the namespace, by name
/// @param currentRevision name of the revision in use so far
/// @param updateRevision name of the revision wanted now
record Observation(
        StatefulSet set,
        List<Pod> pods,
        Map<String, PersistentVolumeClaim> claims,
        String currentRevision,
        String updateRevision,
        int collisionCount,
        boolean countsUnavailable,
        Instant now) {
    int replicas() {
        var replicas = set.getSpec().getReplicas();
        return replicas == null ? 1 : replicas;
    }

    int start() {
        var ordinals = set.getSpec().getOrdinals();
        return ordinals == null || ordinals.getStart() == null ? 0 : ordinals.getStart();
    }

    boolean ordered() {
        return !"Parallel".equals(set.getSpec().getPodManagementPolicy());
    }

    boolean onDelete() {
        return "OnDelete".equals(set.getSpec().getUpdateStrategy().getType());
    }

    /// Empty when there is no rollingUpdate block.
    Optional<Integer> partition() {
        var block = set.getSpec().getUpdateStrategy().getRollingUpdate();
        if (block == null) return Optional.empty();
        return Optional.of(block.getPartition() == null ? 0 : block.getPartition());
    }

    /// How many pods may be unavailable while updating; 1 unless the feature is on.
    int maxUnavailable() {
        var block = set.getSpec().getUpdateStrategy().getRollingUpdate();
        if (!countsUnavailable || block == null || block.getMaxUnavailable() == null) return 1;
        var most = block.getMaxUnavailable();
        if (most.getIntVal() != null) return Math.max(1, most.getIntVal());
        int percent = Integer.parseInt(most.getStrVal().replace("%", ""));
        return Math.max(1, (int) ((long) percent * replicas() / 100));
    }

    int minReadySeconds() {
        var seconds = set.getSpec().getMinReadySeconds();
        return seconds == null ? 0 : seconds;
    }

    /// Whether the set asks for pods that block a rollout to be deleted.
    boolean recovers() {
        return Extensions.recovers(set);
    }

    boolean deleting() {
        return set.getMetadata().getDeletionTimestamp() != null;
    }

    /// currentReplicas as stored.
    int storedCurrentReplicas() {
        StatefulSetStatus status = set.getStatus();
        return status == null || status.getCurrentReplicas() == null
                ? 0
                : status.getCurrentReplicas();
    }
}

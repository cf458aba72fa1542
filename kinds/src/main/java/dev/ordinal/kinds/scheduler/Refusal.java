package dev.ordinal.kinds.scheduler;

import java.util.List;

/// Why a node will not do for a pod.
///
/// @param reasons in upstream's words
/// @param cause what would have to change
/// @param otherPods whether it is for the pods that are on the node, so that it would do without
// them
record Refusal(List<String> reasons, Cause cause, boolean otherPods) {
    /// What a pod that no node will take waits for.
    enum Cause {
        /// Other labels, taints or resources of a node, or another node.
        NODE,
        /// A pod that leaves.
        ROOM,
        /// A pod that comes, leaves, or gets other labels.
        COMPANY,
        /// A volume.
        VOLUME
    }

    /// Whatever is on the node.
    static Refusal lasting(Cause cause, String reason) {
        return new Refusal(List.of(reason), cause, false);
    }

    /// As long as the pods are there that are there.
    static Refusal forPods(Cause cause, String reason) {
        return new Refusal(List.of(reason), cause, true);
    }
}

/// Runs the pods of this node: one worker a pod observes, plans and acts.
///
/// Start at `PodAgent`; `PodPlan` and `PodStatusTree` are the pure parts.
@NullMarked
package dev.ordinal.node.pod;

import org.jspecify.annotations.NullMarked;

/// Gives each pod a node.
///
/// `Filters` asks of one node what may speak against one pod, in upstream's order; `Placements`
/// knows which pods are where and puts the next one there at once, before anybody else looks;
/// `Verdict` is what comes of it, in upstream's words. `Scheduler` is the controller around them:
// it
/// looks again at the pods that wait when what they wait for has changed.
///
/// There is mostly one node, so preferences, which rank nodes, are not weighed.
@NullMarked
package dev.ordinal.kinds.scheduler;

import org.jspecify.annotations.NullMarked;

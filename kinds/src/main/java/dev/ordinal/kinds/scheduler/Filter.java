package dev.ordinal.kinds.scheduler;

import java.util.Optional;

/// One thing that may speak against a node, for a pod and the state of all nodes that it was made
/// for.
interface Filter {
    Optional<Refusal> refuse(NodeLoad node);
}

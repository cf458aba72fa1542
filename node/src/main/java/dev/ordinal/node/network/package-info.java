/// A cluster's own network on this machine: one named network namespace with a bridge, one more
/// namespace for each pod, and sockets that the server opens inside.
///
/// Needs root, and iproute2's `ip`. Start reading at [ClusterNetwork].
@NullMarked
package dev.ordinal.node.network;

import org.jspecify.annotations.NullMarked;

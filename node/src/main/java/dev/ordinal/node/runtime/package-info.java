/// Runs the containers of pods: [Runtime] is the one interface, [SimulatedRuntime] has no
/// processes,
/// [LinuxRuntime] uses the kernel's namespaces through util-linux.
///
/// All calls block and suit virtual threads. A pod is created as a sandbox first, then its
/// containers
/// start in it. Start reading at [Runtime].
@NullMarked
package dev.ordinal.node.runtime;

import org.jspecify.annotations.NullMarked;

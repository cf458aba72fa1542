/// Carries connections from Service addresses, node ports and load-balancer addresses to pods, in
/// user space.
///
/// Start reading at [ServiceProxy]; [ServicePlan] decides what is listened on, [Balancer] which pod
/// a connection goes to.
@NullMarked
package dev.ordinal.node.proxy;

import org.jspecify.annotations.NullMarked;

package dev.ordinal.node.proxy;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/// The endpoints of one Service port.
///
/// @param usable new connections go to these: the ready ones, else those that still serve while
///     they
///     terminate
/// @param serving flows may go on to these
/// @param affinity how long a client stays with its endpoint; zero: it does not
/// @see "KEP-1669 for the fall-back to terminating endpoints"
record Target(List<InetSocketAddress> usable, Set<InetSocketAddress> serving, Duration affinity) {
    static final Target NONE = new Target(List.of(), Set.of(), Duration.ZERO);

    Target {
        usable = List.copyOf(usable);
        serving = Set.copyOf(serving);
    }
}

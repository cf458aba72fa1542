package dev.ordinal.node.proxy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which endpoint of a Service port the next connection goes to: one after the other, or the one
/// the
/// client had before. Remembers at most `CLIENTS_MAX` clients, the latest ones.
final class Balancer {
    private static final int CLIENTS_MAX = 16_384;

    private final InstantSource clock;
    private final Map<InetAddress, Sticky> clients =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<InetAddress, Sticky> eldest) {
                    return size() > CLIENTS_MAX;
                }
            };
    private Target target = Target.NONE;
    private int turn;

    private record Sticky(InetSocketAddress endpoint, Instant last) {}

    Balancer(InstantSource clock) {
        this.clock = clock;
    }

    synchronized void update(Target latest) {
        target = latest;
        if (latest.affinity().isZero()) clients.clear();
        else clients.values().removeIf(sticky -> !latest.usable().contains(sticky.endpoint()));
    }

    /// The endpoints to try for a new connection, best first.
    synchronized List<InetSocketAddress> order(InetAddress client) {
        var usable = target.usable();
        if (usable.isEmpty()) return List.of();
        int first = Math.floorMod(turn++, usable.size());
        List<InetSocketAddress> order = new ArrayList<>(usable.subList(first, usable.size()));
        order.addAll(usable.subList(0, first));
        var sticky = clients.get(client);
        if (sticky != null
                && sticky.last().plus(target.affinity()).isAfter(clock.instant())
                && order.remove(sticky.endpoint())) {
            order.addFirst(sticky.endpoint());
        }
        return order;
    }

    /// A connection was made.
    synchronized void connected(InetAddress client, InetSocketAddress endpoint) {
        if (target.affinity().isZero() || !target.usable().contains(endpoint)) return;
        clients.put(client, new Sticky(endpoint, clock.instant()));
    }

    synchronized boolean open() {
        return !target.usable().isEmpty();
    }

    /// Where flows may go on.
    synchronized Set<InetSocketAddress> serving() {
        return target.serving();
    }
}

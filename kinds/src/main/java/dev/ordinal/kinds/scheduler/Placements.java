package dev.ordinal.kinds.scheduler;

import dev.ordinal.control.Change;
import dev.ordinal.kinds.pod.PodFacts;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;

/// Which pods are on which node, one decision at a time: a pod counts from the moment it was given
/// a node, before its binding is written and before the caches show it.
final class Placements {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, NodeLoad> loads = new HashMap<>();

    void see(Change<Node> change) {
        var name = change.latest().getMetadata().getName();
        locked(
                () -> {
                    load(name).set(change.after());
                    if (change.gone() && load(name).pods().isEmpty()) loads.remove(name);
                });
    }

    /// Takes in what a cache says of a pod.
    void seePod(Change<Pod> change) {
        locked(
                () -> {
                    var pod = change.latest();
                    if (change.gone() || PodFacts.ended(pod)) {
                        loads.values().forEach(load -> load.remove(pod));
                    } else if (placed(pod)) {
                        load(pod.getSpec().getNodeName()).add(pod);
                    }
                });
    }

    static boolean placed(Pod pod) {
        var node = pod.getSpec().getNodeName();
        return node != null && !node.isEmpty();
    }

    /// Gives a pod the node with the fewest pods among those that will do.
    ///
    /// @param filters of the pod, given every node
    Verdict place(Pod pod, Function<List<NodeLoad>, List<Filter>> filters) {
        lock.lock();
        try {
            if (loads.values().stream().anyMatch(load -> load.has(pod))) {
                return new Verdict.Placed();
            }
            var nodes = loads.values().stream().filter(NodeLoad::exists).toList();
            List<NodeLoad> suitable = new ArrayList<>();
            List<Refusal> refusals = new ArrayList<>();
            var asked = filters.apply(nodes);
            for (var node : nodes) {
                var refusal = refusal(asked, node);
                if (refusal == null) suitable.add(node);
                else refusals.add(refusal);
            }
            var chosen =
                    suitable.stream()
                            .min(
                                    Comparator.<NodeLoad>comparingInt(n -> n.pods().size())
                                            .thenComparing(NodeLoad::name));
            if (chosen.isEmpty()) return Verdict.refused(pod, refusals);
            chosen.get().add(pod);
            return new Verdict.Fits(chosen.get().node());
        } finally {
            lock.unlock();
        }
    }

    private static @Nullable Refusal refusal(List<Filter> filters, NodeLoad node) {
        for (var filter : filters) {
            var refusal = filter.refuse(node);
            if (refusal.isPresent()) return refusal.get();
        }
        return null;
    }

    /// It was given a node, but the binding was refused: what the cache says holds again.
    ///
    /// @param cached reads the cache
    void takeBack(Pod pod, Supplier<@Nullable Pod> cached) {
        locked(
                () -> {
                    loads.values().forEach(load -> load.remove(pod));
                    var known = cached.get();
                    if (known != null && placed(known) && !PodFacts.ended(known)) {
                        load(known.getSpec().getNodeName()).add(known);
                    }
                });
    }

    private NodeLoad load(String node) {
        return loads.computeIfAbsent(node, _ -> new NodeLoad());
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }
}

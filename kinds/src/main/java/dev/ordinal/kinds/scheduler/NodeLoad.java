package dev.ordinal.kinds.scheduler;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;

import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/// One node with the pods that have been given to it and have not ended. Guarded by its owner.
final class NodeLoad {
    private final Map<String, Pod> pods = new HashMap<>();
    private final Map<String, Pod> choosy = new HashMap<>();
    private final Map<String, Long> requested = new HashMap<>();
    private @Nullable Node node;
    private Map<String, Long> allocatable = Map.of();

    /// @param now null: there is no such node, or not any more
    void set(@Nullable Node now) {
        node = now;
        var status = now == null ? null : now.getStatus();
        allocatable = status == null ? Map.of() : Requests.amounts(status.getAllocatable());
    }

    boolean exists() {
        return node != null;
    }

    Node node() {
        if (node == null) throw new IllegalStateException("no such node");
        return node;
    }

    String name() {
        return node().getMetadata().getName();
    }

    Map<String, String> labels() {
        return node().getMetadata().getLabels();
    }

    Collection<Pod> pods() {
        return pods.values();
    }

    boolean has(Pod pod) {
        return pods.containsKey(pod.getMetadata().getUid());
    }

    /// Those of its pods that keep others off.
    Collection<Pod> choosy() {
        return choosy.values();
    }

    /// The same node without some of its pods.
    NodeLoad without(Collection<Pod> gone) {
        var rest = new NodeLoad();
        rest.set(node);
        for (var pod : pods.values()) if (!gone.contains(pod)) rest.add(pod);
        return rest;
    }

    void add(Pod pod) {
        remove(pod);
        var uid = pod.getMetadata().getUid();
        pods.put(uid, pod);
        if (!Company.unwanted(pod).isEmpty()) choosy.put(uid, pod);
        Requests.of(pod)
                .forEach((resource, amount) -> requested.merge(resource, amount, Long::sum));
    }

    void remove(Pod pod) {
        var uid = pod.getMetadata().getUid();
        var before = pods.remove(uid);
        if (before == null) return;
        choosy.remove(uid);
        Requests.of(before)
                .forEach((resource, amount) -> requested.merge(resource, -amount, Long::sum));
    }

    long allocatable(String resource) {
        return allocatable.getOrDefault(resource, 0L);
    }

    long requested(String resource) {
        return requested.getOrDefault(resource, 0L);
    }
}

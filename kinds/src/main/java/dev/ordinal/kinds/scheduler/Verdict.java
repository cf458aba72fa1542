package dev.ordinal.kinds.scheduler;

import dev.ordinal.kinds.scheduler.Refusal.Cause;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;

import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What came of looking for a node.
sealed interface Verdict {
    record Fits(Node node) implements Verdict {}

    /// It was given a node before, which the cache does not show yet.
    record Placed() implements Verdict {}

    /// @param message in the scheduler's words
    /// @param causes what to wait for, besides the pod itself and its claims
    record Waits(String message, Set<Cause> causes) implements Verdict {}

    /// No node was asked, for the pod's claims are not ready for one.
    static Waits unready(int nodes, String why) {
        return new Waits("0/%d nodes are available: %s.".formatted(nodes, why), Set.of());
    }

    /// @param refusals by every node
    static Waits refused(Pod pod, Collection<Refusal> refusals) {
        int nodes = refusals.size();
        if (nodes == 0) {
            return new Waits("no nodes available to schedule pods", EnumSet.of(Cause.NODE));
        }
        var causes = EnumSet.noneOf(Cause.class);
        for (var refusal : refusals) causes.add(refusal.cause());
        var message =
                "0/%d nodes are available: %s no new claims to deallocate, preemption: %s"
                        .formatted(
                                nodes,
                                histogram(refusals.stream().map(Refusal::reasons).toList()),
                                preemption(pod, refusals));
        return new Waits(message, causes);
    }

    private static String preemption(Pod pod, Collection<Refusal> refusals) {
        if ("Never".equals(pod.getSpec().getPreemptionPolicy())) {
            return "not eligible due to preemptionPolicy=Never.";
        }
        var reasons =
                refusals.stream()
                        .map(
                                refusal ->
                                        refusal.otherPods()
                                                ? "No preemption victims found for incoming pod"
                                                : "Preemption is not helpful for scheduling")
                        .map(List::of)
                        .toList();
        return "0/%d nodes are available: %s".formatted(refusals.size(), histogram(reasons));
    }

    private static String histogram(List<List<String>> reasons) {
        Map<String, Integer> counts = new TreeMap<>();
        for (var list : reasons) for (var reason : list) counts.merge(reason, 1, Integer::sum);
        return counts.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .sorted()
                .collect(Collectors.joining(", ", "", "."));
    }
}

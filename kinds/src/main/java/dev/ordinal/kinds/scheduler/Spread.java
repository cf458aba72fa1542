package dev.ordinal.kinds.scheduler;

import dev.ordinal.control.Selectors;
import dev.ordinal.kinds.node.NodeTerms;
import dev.ordinal.kinds.node.Taints;
import dev.ordinal.kinds.pod.PodFacts;
import dev.ordinal.kinds.scheduler.Refusal.Cause;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The constraints of a pod on how the pods like it spread over the nodes.
///
/// @see "KEP-895; upstream: pkg/scheduler/framework/plugins/podtopologyspread"
final class Spread implements Filter {
    private static final String UNEVEN = "node(s) didn't match pod topology spread constraints";

    /// @param counts how many pods are in each domain
    /// @param itself 1 when the pod is one of those it counts, or else 0
    private record Constraint(
            TopologySpreadConstraint given, Map<String, Integer> counts, int itself) {
        int least() {
            var domainsMin = given.getMinDomains();
            if (domainsMin != null && counts.size() < domainsMin) return 0;
            return counts.values().stream().mapToInt(Integer::intValue).min().orElse(0);
        }
    }

    private final List<Constraint> constraints = new ArrayList<>();

    private Spread() {}

    static Spread of(Pod pod, List<NodeLoad> all) {
        var spread = new Spread();
        var binding =
                pod.getSpec().getTopologySpreadConstraints().stream()
                        .filter(c -> "DoNotSchedule".equals(c.getWhenUnsatisfiable()))
                        .toList();
        var eligible =
                all.stream()
                        .filter(
                                n ->
                                        binding.stream()
                                                .allMatch(
                                                        c ->
                                                                n.labels()
                                                                        .containsKey(
                                                                                c
                                                                                        .getTopologyKey())))
                        .toList();
        for (var constraint : binding) {
            Map<String, Integer> counts = new HashMap<>();
            for (var node : eligible) {
                if (!included(constraint, pod, node)) continue;
                var domain = node.labels().get(constraint.getTopologyKey());
                counts.merge(domain, count(constraint, pod, node), Integer::sum);
            }
            boolean itself =
                    Selectors.matches(constraint.getLabelSelector(), pod.getMetadata().getLabels());
            spread.constraints.add(new Constraint(constraint, counts, itself ? 1 : 0));
        }
        return spread;
    }

    private static boolean included(TopologySpreadConstraint constraint, Pod pod, NodeLoad node) {
        boolean suits =
                "Ignore".equals(constraint.getNodeAffinityPolicy())
                        || NodeTerms.suits(pod, node.node());
        boolean tolerated =
                !"Honor".equals(constraint.getNodeTaintsPolicy())
                        || Taints.keepingOff(node.node())
                                .allMatch(t -> Taints.tolerates(pod.getSpec().getTolerations(), t));
        return suits && tolerated;
    }

    private static int count(TopologySpreadConstraint constraint, Pod pod, NodeLoad node) {
        var namespace = pod.getMetadata().getNamespace();
        return (int)
                node.pods().stream()
                        .filter(other -> other.getMetadata().getNamespace().equals(namespace))
                        .filter(other -> !PodFacts.terminating(other))
                        .filter(
                                other ->
                                        Selectors.matches(
                                                constraint.getLabelSelector(),
                                                other.getMetadata().getLabels()))
                        .count();
    }

    @Override
    public Optional<Refusal> refuse(NodeLoad node) {
        for (var constraint : constraints) {
            var domain = node.labels().get(constraint.given.getTopologyKey());
            if (domain == null) {
                return Optional.of(
                        Refusal.lasting(Cause.NODE, UNEVEN + " (missing required label)"));
            }
            int there = constraint.counts.getOrDefault(domain, 0);
            if (there + constraint.itself - constraint.least() > constraint.given.getMaxSkew()) {
                return Optional.of(Refusal.forPods(Cause.COMPANY, UNEVEN));
            }
        }
        return Optional.empty();
    }
}

package dev.ordinal.kinds.node;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAffinity;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.Pod;

import org.jspecify.annotations.Nullable;

import java.util.Optional;
import java.util.OptionalLong;

/// What pods and volumes ask of a node.
///
/// @see "Kubernetes documentation: Assigning Pods to Nodes; upstream: component-helpers,
// nodeaffinity"
public final class NodeTerms {
    private NodeTerms() {}

    /// Whether the node has the labels of the pod's selector and meets its required affinity.
    public static boolean suits(Pod pod, Node node) {
        var selector = pod.getSpec().getNodeSelector();
        if (!node.getMetadata().getLabels().entrySet().containsAll(selector.entrySet())) {
            return false;
        }
        return Optional.ofNullable(pod.getSpec().getAffinity())
                .map(Affinity::getNodeAffinity)
                .map(NodeAffinity::getRequiredDuringSchedulingIgnoredDuringExecution)
                .map(required -> meets(required, node))
                .orElse(true);
    }

    /// One term is enough; a term without conditions is none.
    public static boolean meets(NodeSelector required, Node node) {
        return required.getNodeSelectorTerms().stream().anyMatch(term -> meets(term, node));
    }

    private static boolean meets(NodeSelectorTerm term, Node node) {
        if (term.getMatchExpressions().isEmpty() && term.getMatchFields().isEmpty()) return false;
        var labels = node.getMetadata().getLabels();
        return term.getMatchExpressions().stream()
                        .allMatch(wanted -> holds(wanted, labels.get(wanted.getKey())))
                && term.getMatchFields().stream()
                        .allMatch(
                                wanted ->
                                        wanted.getKey().equals("metadata.name")
                                                && holds(wanted, node.getMetadata().getName()));
    }

    private static boolean holds(NodeSelectorRequirement wanted, @Nullable String value) {
        var values = wanted.getValues();
        return switch (wanted.getOperator()) {
            case "In" -> value != null && values.contains(value);
            case "NotIn" -> value == null || !values.contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            case "Gt" -> compared(value, values.getFirst()) > 0;
            case "Lt" -> compared(value, values.getFirst()) < 0;
            default -> false;
        };
    }

    /// 0 as well when one of them is no number.
    private static int compared(@Nullable String value, String bound) {
        var left = number(value);
        var right = number(bound);
        return left.isPresent() && right.isPresent()
                ? Long.compare(left.getAsLong(), right.getAsLong())
                : 0;
    }

    private static OptionalLong number(@Nullable String text) {
        if (text == null) return OptionalLong.empty();
        try {
            return OptionalLong.of(Long.parseLong(text));
        } catch (NumberFormatException _) {
            return OptionalLong.empty();
        }
    }
}

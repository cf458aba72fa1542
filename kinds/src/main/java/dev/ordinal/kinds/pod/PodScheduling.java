package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/// What a new pod says about its scheduling beyond what its author wrote.
///
/// @see "upstream: pkg/registry/core/pod/strategy.go"
final class PodScheduling {
    private PodScheduling() {}

    static void prepare(ObjectNode pod) {
        var spec = pod.path("spec");
        var labels = pod.path("metadata").path("labels");
        for (var kind : new String[] {"podAffinity", "podAntiAffinity"}) {
            var affinity = spec.path("affinity").path(kind);
            for (var term : affinity.path("requiredDuringSchedulingIgnoredDuringExecution")) {
                mergeKeys(term, labels);
            }
            for (var term : affinity.path("preferredDuringSchedulingIgnoredDuringExecution")) {
                mergeKeys(term.path("podAffinityTerm"), labels);
            }
        }
        for (var constraint : spec.path("topologySpreadConstraints")) {
            mergeKeys(constraint, labels);
        }
        if (!spec.path("schedulingGates").isEmpty())
            addGatedCondition(pod, pod.path("metadata").path("creationTimestamp"));
    }

    /// The values that the pod's own labels have for some keys become part of the selector. Without
    /// one nothing is selected anyway.
    private static void mergeKeys(JsonNode term, JsonNode labels) {
        if (!(term.path("labelSelector") instanceof ObjectNode selector)) return;
        for (var key : term.path("matchLabelKeys")) merge(selector, key, "In", labels);
        for (var key : term.path("mismatchLabelKeys")) merge(selector, key, "NotIn", labels);
    }

    private static void merge(ObjectNode selector, JsonNode key, String operator, JsonNode labels) {
        var value = labels.get(key.asText());
        if (value == null) return;
        selector.withArrayProperty("matchExpressions")
                .addObject()
                .put("key", key.asText())
                .put("operator", operator)
                .putArray("values")
                .add(value);
    }

    private static void addGatedCondition(ObjectNode pod, JsonNode since) {
        var conditions = pod.withObjectProperty("status").withArrayProperty("conditions");
        for (var condition : conditions) {
            if (condition.path("type").asText().equals("PodScheduled")) return;
        }
        conditions.add(
                JsonNodeFactory.instance
                        .objectNode()
                        .put("type", "PodScheduled")
                        .put("status", "False")
                        .put("lastTransitionTime", since.asText())
                        .put("reason", "SchedulingGated")
                        .put("message", "Scheduling is blocked due to non-empty scheduling gates"));
    }
}

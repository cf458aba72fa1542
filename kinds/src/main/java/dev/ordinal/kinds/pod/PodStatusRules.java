package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Problems;

import org.jspecify.annotations.Nullable;

/// What a new status of a pod keeps of the old one, and what it must not undo.
///
/// @see "upstream: pkg/registry/core/pod/strategy.go and ValidatePodStatusUpdate"
final class PodStatusRules {
    private PodStatusRules() {}

    /// Fills in what was left out.
    static void prepare(ObjectNode status, JsonNode old) {
        if (status.path("qosClass").asText().isEmpty() && old.has("qosClass")) {
            status.set("qosClass", old.path("qosClass"));
        }
        keepGeneration(status, old);
        for (var condition : status.path("conditions")) {
            if (!(condition instanceof ObjectNode object)) continue;
            for (var before : old.path("conditions")) {
                if (before.path("type").equals(condition.path("type"))) {
                    keepGeneration(object, before);
                }
            }
        }
        var address = status.path("podIP").asText();
        var first = status.at("/podIPs/0/ip").asText();
        if (address.isEmpty() && !first.isEmpty()) status.put("podIP", first);
        if (!address.isEmpty() && !address.equals(first)) {
            status.putArray("podIPs").addObject().put("ip", address);
        }
    }

    private static void keepGeneration(ObjectNode status, JsonNode old) {
        if (status.path("observedGeneration").asLong() == 0 && old.has("observedGeneration")) {
            status.set("observedGeneration", old.path("observedGeneration"));
        }
    }

    static void check(JsonNode pod, @Nullable JsonNode old, Problems problems) {
        if (old == null) return;
        var at = problems.at("status");
        var before = old.path("status");
        var now = pod.path("status");
        if (before.has("qosClass") && !now.path("qosClass").equals(before.path("qosClass"))) {
            at.at("qosClass").invalid(now.path("qosClass").asText(), "field is immutable");
        }
        var statuses = before.path("containerStatuses");
        for (int i = 0; i < statuses.size(); i++) {
            var ended = statuses.get(i);
            if (!ended.path("state").has("terminated") || mayStart(pod, ended)) continue;
            for (var newer : now.path("containerStatuses")) {
                if (!newer.path("name").equals(ended.path("name"))) continue;
                if (newer.path("state").has("terminated")) continue;
                at.at("containerStatuses")
                        .at(i)
                        .at("state")
                        .forbidden("may not be transitioned to non-terminated state");
            }
        }
    }

    private static boolean mayStart(JsonNode pod, JsonNode ended) {
        var policy = pod.at("/spec/restartPolicy").asText();
        for (var container : pod.at("/spec/containers")) {
            if (!container.path("name").equals(ended.path("name"))) continue;
            if (!container.path("restartPolicyRules").isEmpty()) return true;
            policy = container.path("restartPolicy").asText(policy);
        }
        boolean failed = ended.at("/state/terminated/exitCode").asInt() != 0;
        return policy.equals("Always") || (policy.equals("OnFailure") && failed);
    }
}

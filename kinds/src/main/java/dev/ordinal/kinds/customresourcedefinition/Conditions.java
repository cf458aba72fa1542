package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.jspecify.annotations.Nullable;

import java.time.Instant;

/// The conditions of a definition.
final class Conditions {
    static final String ESTABLISHED = "Established";
    static final String NAMES_ACCEPTED = "NamesAccepted";
    static final String TERMINATING = "Terminating";

    private Conditions() {}

    /// One condition without its time.
    record Condition(String type, boolean status, String reason, String message) {}

    static boolean isTrue(JsonNode crd, String type) {
        var condition = find(crd, type);
        return condition != null && condition.path("status").asText().equals("True");
    }

    static @Nullable JsonNode find(JsonNode crd, String type) {
        for (var condition : crd.at("/status/conditions")) {
            if (condition.path("type").asText().equals(type)) return condition;
        }
        return null;
    }

    /// The time changes with the status only.
    static void set(ObjectNode crd, Condition wanted, Instant now) {
        var status = wanted.status ? "True" : "False";
        ObjectNode target;
        if (find(crd, wanted.type) instanceof ObjectNode known) target = known;
        else {
            var held = crd.withObjectProperty("status");
            ArrayNode list =
                    held.path("conditions") instanceof ArrayNode conditions
                            ? conditions
                            : held.putArray("conditions");
            target = list.addObject();
        }
        if (!target.path("status").asText().equals(status)) {
            target.put("lastTransitionTime", now.toString());
        }
        target.put("type", wanted.type).put("status", status);
        target.put("reason", wanted.reason).put("message", wanted.message);
    }
}

package dev.ordinal.kinds.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.api.Labels;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// What an event must be. Events that carry an `eventTime` are held to more than the older ones,
/// and requests to `events.k8s.io` to more again. All rules read the stored form, `v1`.
///
/// @see "upstream: pkg/apis/core/validation/events.go"
final class EventRules {
    private static final int TEXT_MAX = 128;
    private static final int NOTE_MAX = 1024;

    private EventRules() {}

    /// The rules of requests to `v1`.
    static void check(JsonNode event, Problems problems) {
        check(event, "reportingComponent", problems);
    }

    /// The rules of requests to `events.k8s.io/v1`.
    ///
    /// @param old null for a create
    static void checkNew(JsonNode event, @Nullable JsonNode old, Problems problems) {
        check(event, "reportingController", problems);
        if (old == null) checkCreated(event, problems);
        else checkChanged(event, old, problems);
    }

    /// @param controller how the request's version calls the field `reportingComponent`
    private static void check(JsonNode event, String controller, Problems problems) {
        var involved = event.at("/involvedObject/namespace").asText();
        var namespace = event.at("/metadata/namespace").asText();
        boolean timed = event.path("eventTime").isTextual();
        boolean matches =
                involved.isEmpty()
                        ? namespace.equals("default") || (timed && namespace.equals("kube-system"))
                        : timed || involved.equals(namespace);
        if (!matches) {
            problems.at("involvedObject")
                    .at("namespace")
                    .invalid(involved, "does not match event.namespace");
        }
        if (!timed) return;
        var component = event.path("reportingComponent").asText();
        if (component.isEmpty()) problems.at(controller).required("");
        for (var problem : Labels.keyProblems(component)) {
            problems.at(controller).invalid(component, problem);
        }
        text(event, "reportingInstance", problems);
        text(event, "action", problems);
        text(event, "reason", problems);
        shorter(event, "message", NOTE_MAX, problems);
    }

    private static void text(JsonNode event, String field, Problems problems) {
        if (event.path(field).asText().isEmpty()) problems.at(field).required("");
        shorter(event, field, TEXT_MAX, problems);
    }

    private static void shorter(JsonNode event, String field, int most, Problems problems) {
        if (event.path(field).asText().getBytes(StandardCharsets.UTF_8).length > most) {
            problems.at(field).invalid("", "can have at most %d characters".formatted(most));
        }
    }

    private static void checkCreated(JsonNode event, Problems problems) {
        series(event, problems);
        if (!event.path("eventTime").isTextual()) problems.at("eventTime").required("");
        var type = event.path("type").asText();
        if (!List.of("Normal", "Warning").contains(type)) {
            problems.at("type").invalid("", "has invalid value: " + type);
        }
        unset(event.path("firstTimestamp").isTextual(), "firstTimestamp", problems);
        unset(event.path("lastTimestamp").isTextual(), "lastTimestamp", problems);
        unset(event.path("count").asInt() != 0, "count", problems);
        unset(!event.path("source").isEmpty(), "source", problems);
    }

    private static void unset(boolean isSet, String field, Problems problems) {
        if (isSet) problems.at(field).invalid("", "needs to be unset");
    }

    private static void series(JsonNode event, Problems problems) {
        var series = event.path("series");
        if (!series.isObject()) return;
        if (series.path("count").asInt() < 2) {
            problems.at("series").at("count").invalid("", "should be at least 2");
        }
        if (!series.path("lastObservedTime").isTextual()) {
            problems.at("series").at("lastObservedTime").required("");
        }
    }

    private static void checkChanged(JsonNode event, JsonNode old, Problems problems) {
        if (!Trees.same(event.path("series"), old.path("series"))) series(event, problems);
        for (var field :
                List.of(
                        "involvedObject",
                        "reason",
                        "message",
                        "source",
                        "firstTimestamp",
                        "lastTimestamp",
                        "count",
                        "reason",
                        "type",
                        "eventTime",
                        "action",
                        "related",
                        "reportingComponent",
                        "reportingInstance")) {
            var name = field.equals("reportingComponent") ? "reportingController" : field;
            if (Trees.same(event.path(field), old.path(field))) continue;
            problems.at(name).invalid(shown(field, event.path(field)), "field is immutable");
        }
    }

    /// Absent values and references as upstream's internal types print them.
    private static @Nullable Object shown(String field, JsonNode value) {
        return switch (field) {
            case "count" -> value.asInt();
            case "source" -> goNames(value, List.of("component", "host"));
            case "involvedObject", "related" ->
                    value.isMissingNode()
                            ? null
                            : goNames(
                                    value,
                                    List.of(
                                            "kind",
                                            "namespace",
                                            "name",
                                            "uid",
                                            "apiVersion",
                                            "resourceVersion",
                                            "fieldPath"));
            case "eventTime", "firstTimestamp", "lastTimestamp" -> value.isTextual() ? value : null;
            default -> value.asText();
        };
    }

    private static JsonNode goNames(JsonNode value, List<String> fields) {
        var shown = JsonNodeFactory.instance.objectNode();
        for (var field : fields) {
            var name =
                    switch (field) {
                        case "uid" -> "UID";
                        case "apiVersion" -> "APIVersion";
                        default -> Character.toUpperCase(field.charAt(0)) + field.substring(1);
                    };
            shown.put(name, value.path(field).asText());
        }
        return shown;
    }
}

package dev.ordinal.kinds.priorityclass;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Column;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Problems;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Checks;
import dev.ordinal.kinds.Columns;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

/// Everything the API server knows about `scheduling.k8s.io/v1` PriorityClasses.
public final class PriorityClasses {
    /// The classes that every cluster has, with their values.
    public static final Map<String, Integer> SYSTEM =
            Map.of("system-node-critical", 2_000_001_000, "system-cluster-critical", 2_000_000_000);

    private static final int USERS_MAX = 1_000_000_000;

    public static final Kind KIND =
            Kind.of(
                            "scheduling.k8s.io/v1",
                            "priorityclasses",
                            Schema.load("scheduling.k8s.io/v1", "PriorityClass"))
                    .clusterScoped()
                    .shortNames("pc")
                    .field("preemptionPolicy", f -> f.byDefault("PreemptLowerPriority"))
                    .preparing(
                            (object, old, _) -> {
                                if (old == null) {
                                    object.withObjectProperty("metadata").put("generation", 1);
                                }
                            })
                    .rules(PriorityClasses::check)
                    .column(Columns.name())
                    .column(
                            new Column(
                                    "Value",
                                    "integer",
                                    "",
                                    "The priority of its pods.",
                                    0,
                                    (c, _) -> c.path("value").asInt()))
                    .column(
                            new Column(
                                    "Global-Default",
                                    "boolean",
                                    "",
                                    "Whether pods that name no class get this one.",
                                    0,
                                    (c, _) -> c.path("globalDefault").asBoolean()))
                    .column(Columns.age())
                    .column(
                            Columns.text(
                                    "PreemptionPolicy",
                                    "Whether its pods may push others out.",
                                    Columns.at("/preemptionPolicy")))
                    .build();

    private PriorityClasses() {}

    private static void check(JsonNode priorityClass, @Nullable JsonNode old, Problems problems) {
        if (old == null) checkNew(priorityClass, problems);
        Checks.oneOf(
                priorityClass.path("preemptionPolicy"),
                List.of("PreemptLowerPriority", "Never"),
                problems.at("preemptionPolicy"));
        if (old == null) return;
        if (priorityClass.path("value").asInt() != old.path("value").asInt()) {
            problems.at("value").forbidden("may not be changed in an update.");
        }
        Checks.immutable(
                priorityClass.path("preemptionPolicy"),
                old.path("preemptionPolicy"),
                problems.at("preemptionPolicy"));
    }

    private static void checkNew(JsonNode priorityClass, Problems problems) {
        var name = priorityClass.path("metadata").path("name").asText();
        int value = priorityClass.path("value").asInt();
        if (!name.startsWith("system-")) {
            if (value > USERS_MAX) {
                problems.at("value")
                        .forbidden(
                                "maximum allowed value of a user defined priority is " + USERS_MAX);
            }
            return;
        }
        var known = SYSTEM.get(name);
        var why = known == null ? "%s is not a known system priority class".formatted(name) : "";
        if (known != null && value != known) {
            why = "value of %s PriorityClass must be %d".formatted(name, known);
        } else if (known != null && priorityClass.path("globalDefault").asBoolean()) {
            why = "globalDefault of %s PriorityClass must be false".formatted(name);
        }
        if (!why.isEmpty()) {
            problems.at("metadata")
                    .at("name")
                    .forbidden(
                            "priority class names with 'system-' prefix are reserved for system"
                                    + " use only. error: "
                                    + why);
        }
    }
}

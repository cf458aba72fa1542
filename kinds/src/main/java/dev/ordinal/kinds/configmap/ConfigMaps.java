package dev.ordinal.kinds.configmap;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Columns;
import dev.ordinal.kinds.DataKeys;

import org.jspecify.annotations.Nullable;

/// Everything the API server knows about `v1` ConfigMaps.
public final class ConfigMaps {
    public static final Kind KIND =
            Kind.of("v1", "configmaps", Schema.load("v1", "ConfigMap"))
                    .shortNames("cm")
                    .rules(ConfigMaps::check)
                    .column(Columns.name())
                    .column(
                            Columns.count(
                                    "Data",
                                    "How many keys it holds.",
                                    map ->
                                            (long) map.path("data").size()
                                                    + map.path("binaryData").size()))
                    .column(Columns.age())
                    .build();

    private ConfigMaps() {}

    private static void check(JsonNode map, @Nullable JsonNode old, Problems problems) {
        DataKeys.check(map, "data", problems);
        for (var entry : map.path("data").properties()) {
            if (map.path("binaryData").has(entry.getKey())) {
                problems.at("data")
                        .key(entry.getKey())
                        .invalid(entry.getKey(), "duplicate of key present in binaryData");
            }
        }
        DataKeys.check(map, "binaryData", problems);
        var bytes =
                DataKeys.textBytes(map.path("data"))
                        + DataKeys.decodedBytes(map.path("binaryData"));
        DataKeys.checkSize(bytes, problems);
        if (old == null || !old.path("immutable").asBoolean()) return;
        if (!map.path("immutable").asBoolean()) {
            problems.at("immutable").forbidden("field is immutable when `immutable` is set");
        }
        for (var field : java.util.List.of("data", "binaryData")) {
            if (!Trees.same(map.path(field), old.path(field))) {
                problems.at(field).forbidden("field is immutable when `immutable` is set");
            }
        }
    }
}

package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.api.Problems;

import java.util.HashMap;
import java.util.Map;

/// Lists of type set hold nothing twice, those of type map no keys twice.
///
/// @see "upstream: apiextensions-apiserver/pkg/apiserver/schema/listtype"
final class ListTypes {
    private ListTypes() {}

    static void check(JsonNode schema, JsonNode value, Problems at) {
        for (var field : value.properties()) {
            var below = Structure.below(schema, field.getKey());
            boolean known = schema.path("properties").has(field.getKey());
            any(below, field.getValue(), known ? at.at(field.getKey()) : at.key(field.getKey()));
        }
    }

    private static void any(JsonNode schema, JsonNode value, Problems at) {
        if (value.isObject()) check(schema, value, at);
        if (!value.isArray()) return;
        switch (schema.path(Structure.LIST_TYPE).asText()) {
            case "set" -> set(value, at);
            case "map" -> map(schema, value, at);
            default -> {}
        }
        for (int i = 0; i < value.size(); i++) any(Structure.items(schema), value.get(i), at.at(i));
    }

    /// Tells of each value once, where it comes the second time.
    private static void set(JsonNode list, Problems at) {
        Map<JsonNode, Integer> seen = new HashMap<>();
        for (int i = 0; i < list.size(); i++) {
            if (seen.merge(list.get(i), 1, Integer::sum) == 2) at.at(i).duplicate(list.get(i));
        }
    }

    private static void map(JsonNode schema, JsonNode list, Problems at) {
        var keys = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < list.size(); i++) {
            var item = list.get(i);
            if (!item.isObject() && !item.isNull()) {
                at.at(i).invalid(item, "must be an object for an array of list-type map");
                return;
            }
            var key = keys.addObject();
            for (var name : schema.path(Structure.LIST_KEYS)) {
                var held = item.get(name.asText());
                if (held != null) key.set(name.asText(), held);
            }
        }
        set(keys, at);
    }
}

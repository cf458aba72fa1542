package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// What a structural schema does to values: pruning, defaulting, order of keys.
///
/// @see "upstream: apiextensions-apiserver/pkg/apiserver/schema, pruning and defaulting"
final class Structure {
    static final String EMBEDDED = "x-kubernetes-embedded-resource";
    static final String INT_OR_STRING = "x-kubernetes-int-or-string";
    static final String LIST_KEYS = "x-kubernetes-list-map-keys";
    static final String LIST_TYPE = "x-kubernetes-list-type";
    static final String MAP_TYPE = "x-kubernetes-map-type";
    static final String PRESERVE = "x-kubernetes-preserve-unknown-fields";
    static final String VALIDATIONS = "x-kubernetes-validations";

    /// The fields of every object, which no schema describes.
    static final Set<String> OBJECT_FIELDS = Set.of("apiVersion", "kind", "metadata");

    private static final ObjectNode EMPTY = JsonNodeFactory.instance.objectNode();

    private Structure() {}

    /// The schema of a value below a key; an empty one where nothing is said.
    static JsonNode below(JsonNode schema, String key) {
        var property = schema.path("properties").get(key);
        return property != null ? property : object(schema.path("additionalProperties"));
    }

    static JsonNode items(JsonNode schema) {
        return object(schema.path("items"));
    }

    private static JsonNode object(JsonNode schema) {
        return schema.isObject() ? schema : EMPTY;
    }

    /// Drops what the schema does not know.
    ///
    /// @param resource the value is a whole object with apiVersion, kind and metadata
    /// @param dropped hears the path of each field that goes
    static void prune(
            JsonNode schema,
            JsonNode value,
            boolean resource,
            String path,
            Consumer<String> dropped) {
        if (value instanceof ArrayNode array) {
            if (preserves(schema) && !schema.has("items")) return;
            var items = items(schema);
            for (int i = 0; i < array.size(); i++) {
                prune(items, array.get(i), isResource(items), path + "[" + i + "]", dropped);
            }
        }
        if (!(value instanceof ObjectNode object)) return;
        for (var name : names(object)) {
            if (resource && OBJECT_FIELDS.contains(name)) continue;
            var at = path.isEmpty() ? name : path + "." + name;
            boolean known =
                    schema.path("properties").has(name) || schema.has("additionalProperties");
            if (known) {
                var below = below(schema, name);
                prune(below, object.path(name), isResource(below), at, dropped);
            } else if (!preserves(schema)) {
                object.remove(name);
                dropped.accept(at);
            }
        }
    }

    /// Shows whole objects within a value, with their paths.
    static void resources(
            JsonNode schema, JsonNode value, String path, BiConsumer<ObjectNode, String> visitor) {
        if (value instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                resources(items(schema), array.get(i), path + "[" + i + "]", visitor);
            }
        }
        if (!(value instanceof ObjectNode object)) return;
        if (isResource(schema)) visitor.accept(object, path);
        for (var name : names(object)) {
            var at = path.isEmpty() ? name : path + "." + name;
            resources(below(schema, name), object.path(name), at, visitor);
        }
    }

    static boolean isResource(JsonNode schema) {
        return schema.path(EMBEDDED).asBoolean();
    }

    private static boolean preserves(JsonNode schema) {
        return schema.path(PRESERVE).asBoolean();
    }

    private static List<String> names(ObjectNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /// Takes away nulls that may not be and have no default to give way to.
    static void dropNulls(JsonNode schema, JsonNode value) {
        if (value instanceof ArrayNode array) array.forEach(item -> dropNulls(items(schema), item));
        if (!(value instanceof ObjectNode object)) return;
        for (var name : names(object)) {
            var below = below(schema, name);
            var held = object.path(name);
            boolean described =
                    schema.path("properties").has(name)
                            || schema.path("additionalProperties").isObject();
            if (held.isNull() && described && !nullable(below) && !below.has("default")) {
                object.remove(name);
            } else dropNulls(below, held);
        }
    }

    private static boolean nullable(JsonNode schema) {
        return schema.path("nullable").asBoolean();
    }

    /// Fills in the defaults of fields whose parents are there.
    static void fillDefaults(JsonNode schema, JsonNode value) {
        if (value instanceof ArrayNode array) {
            var items = items(schema);
            for (int i = 0; i < array.size(); i++) {
                if (givesWay(array.get(i), items)) array.set(i, items.path("default").deepCopy());
                fillDefaults(items, array.get(i));
            }
        }
        if (!(value instanceof ObjectNode object)) return;
        for (var property : schema.path("properties").properties()) {
            var held = object.get(property.getKey());
            var initial = property.getValue().get("default");
            if (initial != null && (held == null || givesWay(held, property.getValue()))) {
                object.set(property.getKey(), initial.deepCopy());
            }
        }
        for (var name : names(object)) {
            var below = below(schema, name);
            if (givesWay(object.path(name), below)) {
                object.set(name, below.path("default").deepCopy());
            }
            fillDefaults(below, object.path(name));
        }
    }

    private static boolean givesWay(JsonNode value, JsonNode schema) {
        return value.isNull() && schema.has("default") && !nullable(schema);
    }

    /// The same tree with the keys of every object in order.
    static JsonNode sorted(JsonNode value) {
        if (value instanceof ArrayNode array) {
            var copy = JsonNodeFactory.instance.arrayNode();
            array.forEach(item -> copy.add(sorted(item)));
            return copy;
        }
        if (!(value instanceof ObjectNode object)) return value;
        var copy = JsonNodeFactory.instance.objectNode();
        names(object).stream().sorted().forEach(name -> copy.set(name, sorted(object.path(name))));
        return copy;
    }
}

package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.api.schema.Schema;
import dev.ordinal.api.schema.Schema.Field;
import dev.ordinal.api.schema.Schema.Merge;
import dev.ordinal.api.schema.Schema.Type;
import dev.ordinal.api.schema.Schema.Zero;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A structural schema in the language in which built-in kinds are described: what apply and
/// OpenAPI know of any kind, they know of a custom resource.
final class SchemaFields {
    /// Any built-in kind: the fields every object has are taken from it.
    private static final Field ANY_OBJECT = Schema.load("v1", "ConfigMap").root();

    private SchemaFields() {}

    /// @param definition the name in OpenAPI: `com.example.v1.Widget`
    static Schema of(String apiVersion, String kind, String definition, JsonNode schema) {
        Map<String, Field> properties = new LinkedHashMap<>();
        for (var name : List.of("apiVersion", "kind", "metadata")) {
            properties.put(name, known(name));
        }
        for (var property : schema.path("properties").properties()) {
            properties.putIfAbsent(property.getKey(), field(property.getValue()));
        }
        var root = field(Type.OBJECT, definition, properties, Optional.empty(), schema);
        return new Schema(apiVersion, kind, root);
    }

    /// A schema that knows the metadata alone.
    static Schema metadata() {
        var root =
                field(
                        Type.OBJECT,
                        "",
                        Map.of("metadata", known("metadata")),
                        Optional.empty(),
                        JsonNodeFactory.instance.objectNode());
        return new Schema("", "", root);
    }

    private static Field known(String name) {
        var field = ANY_OBJECT.properties().get(name);
        if (field == null) throw new IllegalStateException("objects have no " + name);
        return field;
    }

    private static Field field(JsonNode schema) {
        Map<String, Field> none = Map.of();
        if (schema.path(Structure.INT_OR_STRING).asBoolean()) {
            return field(Type.INT_OR_STRING, "", none, Optional.empty(), schema);
        }
        return switch (schema.path("type").asText()) {
            case "string" -> field(Type.STRING, "", none, Optional.empty(), schema);
            case "integer" -> field(Type.INTEGER, "", none, Optional.empty(), schema);
            case "number" -> field(Type.NUMBER, "", none, Optional.empty(), schema);
            case "boolean" -> field(Type.BOOLEAN, "", none, Optional.empty(), schema);
            case "array" -> {
                var items = field(Structure.items(schema));
                yield field(Type.LIST, "", none, Optional.of(items), schema);
            }
            case "object" -> object(schema);
            default -> field(Type.ANY, "", none, Optional.empty(), schema);
        };
    }

    private static Field object(JsonNode schema) {
        var values = schema.path("additionalProperties");
        if (values.isObject()) {
            return field(Type.MAP, "", Map.of(), Optional.of(field(values)), schema);
        }
        if (schema.path("properties").isEmpty()) {
            return field(Type.ANY, "", Map.of(), Optional.empty(), schema);
        }
        Map<String, Field> properties = new LinkedHashMap<>();
        for (var property : schema.path("properties").properties()) {
            properties.put(property.getKey(), field(property.getValue()));
        }
        return field(Type.OBJECT, "", properties, Optional.empty(), schema);
    }

    private static Field field(
            Type type,
            String definition,
            Map<String, Field> properties,
            Optional<Field> items,
            JsonNode schema) {
        List<String> keys = new ArrayList<>();
        schema.path(Structure.LIST_KEYS).forEach(key -> keys.add(key.asText()));
        return new Field(
                type,
                definition,
                type == Type.INTEGER ? schema.path("format").asText("int64") : "",
                schema.path("description").asText(""),
                properties,
                items,
                Optional.ofNullable(schema.get("default")),
                Zero.KEEP,
                merge(type, schema),
                "",
                "",
                keys);
    }

    private static Merge merge(Type type, JsonNode schema) {
        if (type != Type.LIST) {
            boolean atomic = schema.path(Structure.MAP_TYPE).asText().equals("atomic");
            return atomic ? Merge.ATOMIC : Merge.GRANULAR;
        }
        return switch (schema.path(Structure.LIST_TYPE).asText()) {
            case "set" -> Merge.SET;
            case "map" -> Merge.MAP;
            default -> Merge.ATOMIC;
        };
    }
}

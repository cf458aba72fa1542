package dev.ordinal.kinds.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableMap;

import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The types that one structural schema declares. A value that no type describes, for it is
/// preserved without a schema, has none, and neither has what is made of such values.
///
/// @see "upstream: apiserver/pkg/cel/common/schemas.go"
public final class SchemaTypes {
    private final Map<String, StructType> structs = new LinkedHashMap<>();
    private final Optional<Declared> self;

    private SchemaTypes(JsonNode schema, boolean resource) {
        self = declare(schema, resource, "@self");
    }

    /// @param resource the values are whole objects: their kind, apiVersion and name are known
    public static SchemaTypes of(JsonNode schema, boolean resource) {
        return new SchemaTypes(schema, resource);
    }

    /// Empty: expressions cannot see such values.
    public Optional<Declared> self() {
        return self;
    }

    private Optional<Declared> declare(JsonNode schema, boolean resource, String name) {
        if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
            return Optional.of(new Declared.Scalar(SimpleType.DYN, Declared.Scalars::any));
        }
        return switch (schema.path("type").asText()) {
            case "array" -> list(schema, name);
            case "object" -> object(schema, resource, name);
            case "string" -> Optional.of(text(schema.path("format").asText()));
            case "boolean" ->
                    Optional.of(new Declared.Scalar(SimpleType.BOOL, Declared.Scalars::any));
            case "number" ->
                    Optional.of(new Declared.Scalar(SimpleType.DOUBLE, Declared.Scalars::fraction));
            case "integer" ->
                    Optional.of(new Declared.Scalar(SimpleType.INT, Declared.Scalars::whole));
            default -> Optional.empty();
        };
    }

    private static Declared text(String format) {
        return switch (format) {
            case "byte" -> new Declared.Scalar(SimpleType.BYTES, Declared.Scalars::bytes);
            case "duration" -> new Declared.Scalar(SimpleType.DURATION, Times::duration);
            case "date" -> new Declared.Scalar(SimpleType.TIMESTAMP, Times::date);
            case "date-time" -> new Declared.Scalar(SimpleType.TIMESTAMP, Times::time);
            default -> new Declared.Scalar(SimpleType.STRING, Declared.Scalars::any);
        };
    }

    private Optional<Declared> list(JsonNode schema, String name) {
        var items = schema.path("items");
        List<String> keys = new ArrayList<>();
        schema.path("x-kubernetes-list-map-keys").forEach(key -> keys.add(key.asText()));
        var listType = schema.path("x-kubernetes-list-type").asText("atomic");
        return declare(items, isResource(items), name + ".@idx")
                .map(declared -> new Declared.Items(declared, listType, keys));
    }

    private static boolean isResource(JsonNode schema) {
        return schema.path("x-kubernetes-embedded-resource").asBoolean();
    }

    private Optional<Declared> object(JsonNode schema, boolean resource, String name) {
        var others = schema.path("additionalProperties");
        if (others.isObject()) {
            return declare(others, isResource(others), name + ".@elem").map(Declared.Entries::new);
        }
        var properties =
                resource ? withMetadata(schema.path("properties")) : schema.path("properties");
        Map<String, Declared.Property> fields = new LinkedHashMap<>();
        for (var property : properties.properties()) {
            var escaped = FieldNames.escape(property.getKey());
            if (escaped.isEmpty()) continue;
            var below = property.getValue();
            declare(below, isResource(below), name + "." + escaped.get())
                    .ifPresent(
                            declared ->
                                    fields.put(
                                            escaped.get(),
                                            new Declared.Property(property.getKey(), declared)));
        }
        var types = ImmutableMap.<String, CelType>builder();
        fields.forEach((field, property) -> types.put(field, property.declared().type()));
        var type = struct(name, types.build());
        structs.put(name, type);
        return Optional.of(new Declared.Struct(type, fields));
    }

    private static StructType struct(String name, ImmutableMap<String, CelType> fields) {
        return StructType.create(
                name, fields.keySet(), field -> Optional.ofNullable(fields.get(field)));
    }

    private static JsonNode withMetadata(JsonNode properties) {
        ObjectNode all = JsonNodeFactory.instance.objectNode();
        properties.properties().forEach(p -> all.set(p.getKey(), p.getValue()));
        ObjectNode text = JsonNodeFactory.instance.objectNode().put("type", "string");
        all.set("apiVersion", text);
        all.set("kind", text);
        var metadata = all.putObject("metadata").put("type", "object");
        metadata.putObject("properties").set("name", text);
        metadata.withObjectProperty("properties").set("generateName", text);
        return all;
    }

    CelTypeProvider provider() {
        return provider(ImmutableMap.copyOf(structs));
    }

    private static CelTypeProvider provider(ImmutableMap<String, CelType> structs) {
        return new CelTypeProvider() {
            @Override
            public ImmutableCollection<CelType> types() {
                return structs.values();
            }

            @Override
            public Optional<CelType> findType(String name) {
                return Optional.ofNullable(structs.get(name));
            }
        };
    }
}

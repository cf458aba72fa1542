package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.apply.Shape;
import dev.ordinal.api.apply.Shape.Scalar;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.api.schema.Schema.Merge;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/// Which parts of a custom resource have owners of their own.
///
/// @see "upstream: kube-openapi/pkg/schemaconv/openapi.go"
final class AppliedShapes {
    private static final Shape TEXT = Shape.scalar(Scalar.STRING);

    private final Shape metadata;

    private AppliedShapes(Schema metadata) {
        var field = metadata.root().properties().get("metadata");
        this.metadata = Shape.of(Objects.requireNonNull(field));
    }

    /// @param schema of whole objects
    /// @param metadata knows metadata alone
    static Shape of(JsonNode schema, Schema metadata) {
        return new AppliedShapes(metadata).object(schema, true, false);
    }

    /// @param preserving something around it keeps fields that are not described
    private Shape of(JsonNode schema, boolean preserving) {
        boolean preserves = preserving || schema.path(Structure.PRESERVE).asBoolean();
        return switch (schema.path("type").asText()) {
            case "object" -> object(schema, Structure.isResource(schema), preserves);
            case "array" -> list(schema, preserves);
            case "integer", "number" -> Shape.scalar(Scalar.NUMBER);
            case "boolean" -> Shape.scalar(Scalar.BOOLEAN);
            case "string" -> {
                var format = schema.path("format").asText();
                yield format.isEmpty() || format.equals("byte") ? TEXT : Shape.scalar(Scalar.ANY);
            }
            default -> object(schema, false, preserves).orAnything(list(schema, preserves));
        };
    }

    private Shape object(JsonNode schema, boolean resource, boolean preserving) {
        boolean preserves = preserving || schema.path(Structure.PRESERVE).asBoolean();
        var properties = schema.path("properties");
        return Shape.map(
                schema.path(Structure.MAP_TYPE).asText().equals("atomic"),
                name -> {
                    if (resource && name.equals("metadata")) return metadata;
                    if (resource && Structure.OBJECT_FIELDS.contains(name)) return TEXT;
                    var property = properties.get(name);
                    return property == null ? null : of(property, preserves);
                },
                others(schema, resource, preserves),
                name -> properties.path(name).get("default"));
    }

    private @Nullable Supplier<Shape> others(JsonNode schema, boolean resource, boolean preserves) {
        var values = schema.path("additionalProperties");
        if (values.isObject()) return () -> of(values, preserves);
        boolean described = resource || !schema.path("properties").isEmpty();
        boolean open = values.asBoolean() || (values.isMissingNode() && (preserves || !described));
        return open ? () -> Shape.DEDUCED : null;
    }

    private Shape list(JsonNode schema, boolean preserves) {
        List<String> keys = new ArrayList<>();
        schema.path(Structure.LIST_KEYS).forEach(key -> keys.add(key.asText()));
        var merge =
                switch (schema.path(Structure.LIST_TYPE).asText()) {
                    case "set" -> Merge.SET;
                    case "map" -> Merge.MAP;
                    default -> Merge.ATOMIC;
                };
        var items = schema.get("items");
        return Shape.list(merge, keys, () -> items == null ? Shape.WHOLE : of(items, preserves));
    }
}

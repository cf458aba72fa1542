package dev.ordinal.api.schema;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// The fields of one kind: what pruning, strict decoding, defaulting, strategic merge, OpenAPI and
/// `explain` all follow from. Immutable; [#with] makes a changed copy.
///
/// @param kind `StatefulSet`
/// @param root the object's own fields, apiVersion, kind and metadata included
public record Schema(String apiVersion, String kind, Field root) {
    /// What a field's value looks like.
    public enum Type {
        OBJECT,
        MAP,
        LIST,
        STRING,
        INTEGER,
        NUMBER,
        BOOLEAN,
        INT_OR_STRING,
        QUANTITY,
        TIME,
        MICRO_TIME,
        BYTES,
        ANY
    }

    /// How server-side apply and strategic merge treat a list or map.
    public enum Merge {
        ATOMIC,
        SET,
        MAP,
        GRANULAR
    }

    /// One field, or the elements of a list or map.
    ///
    /// @param definition OpenAPI name of an object type, e.g. `io.k8s.api.core.v1.Container`, or
    ///     empty
    /// @param format `int32`, `int64`, `byte`, ... or empty
    /// @param properties of an OBJECT, in wire order
    /// @param items of a LIST's elements or a MAP's values
    /// @param defaultValue filled in when absent
    /// @param enumValues allowed values, or empty
    /// @param patchStrategy strategic merge: ``, `merge`, `replace`, `retainKeys`,
    ///     `merge,retainKeys`
    /// @param patchMergeKey strategic merge, or empty
    /// @param listMapKeys server-side apply keys of a MAP list
    public record Field(
            Type type,
            String definition,
            String format,
            String description,
            Map<String, Field> properties,
            Optional<Field> items,
            Optional<JsonNode> defaultValue,
            boolean required,
            List<String> enumValues,
            Merge merge,
            String patchStrategy,
            String patchMergeKey,
            List<String> listMapKeys) {}

    /// @param path dots for fields, `[]` for elements: `spec.ports[].protocol`
    /// @throws IllegalArgumentException no such field
    public Schema with(String path, UnaryOperator<Field> change) {
        return new Schema(apiVersion, kind, SchemaPaths.change(root, path, change));
    }
}

package dev.ordinal.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;

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
    /// The schema derived at build time.
    ///
    /// @throws IllegalArgumentException there is none of this name
    public static Schema load(String apiVersion, String kind) {
        return new Schema(apiVersion, kind, SchemaResource.kind(apiVersion + "/" + kind));
    }

    /// Whether there is a schema of this name.
    public static boolean isKnown(String apiVersion, String kind) {
        return SchemaResource.has(apiVersion + "/" + kind);
    }

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
        /// An object of its definition, or anything else: the `items` of a JSON schema.
        OBJECT_OR_OTHER,
        ANY
    }

    /// How server-side apply treats a list or map.
    public enum Merge {
        ATOMIC,
        SET,
        MAP,
        GRANULAR
    }

    /// What the output shows of a zero value: nothing, the zero, or what was given.
    public enum Zero {
        DROP,
        EMIT,
        KEEP
    }

    /// One field, or the elements of a list or map.
    ///
    /// @param definition OpenAPI name of an object type, e.g. `io.k8s.api.core.v1.Container`, or
    ///     empty
    /// @param format `int32`, `int64`, or empty
    /// @param properties of an OBJECT
    /// @param items of a LIST's elements or a MAP's values
    /// @param defaultValue filled in when absent
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
            Zero zero,
            Merge merge,
            String patchStrategy,
            String patchMergeKey,
            List<String> listMapKeys) {

        public Field byDefault(int value) {
            return withDefault(IntNode.valueOf(value));
        }

        public Field byDefault(String value) {
            return withDefault(TextNode.valueOf(value));
        }

        public Field byDefault(boolean value) {
            return withDefault(BooleanNode.valueOf(value));
        }

        private Field withDefault(JsonNode value) {
            return new Field(
                    type,
                    definition,
                    format,
                    description,
                    properties,
                    items,
                    Optional.of(value),
                    zero,
                    merge,
                    patchStrategy,
                    patchMergeKey,
                    listMapKeys);
        }

        public Field describedAs(String text) {
            return new Field(
                    type,
                    definition,
                    format,
                    text,
                    properties,
                    items,
                    defaultValue,
                    zero,
                    merge,
                    patchStrategy,
                    patchMergeKey,
                    listMapKeys);
        }

        Field with(Map<String, Field> newProperties, Optional<Field> newItems) {
            return new Field(
                    type,
                    definition,
                    format,
                    description,
                    newProperties,
                    newItems,
                    defaultValue,
                    zero,
                    merge,
                    patchStrategy,
                    patchMergeKey,
                    listMapKeys);
        }
    }

    /// @param path dots for fields, `[]` for elements: `spec.ports[].protocol`
    /// @throws IllegalArgumentException no such field
    public Schema with(String path, UnaryOperator<Field> change) {
        return new Schema(apiVersion, kind, SchemaPaths.change(root, path, change));
    }
}

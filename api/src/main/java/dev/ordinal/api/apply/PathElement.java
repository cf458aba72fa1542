package dev.ordinal.api.apply;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Json;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/// One step of the way to a field. Fields come before keys, keys before values, values before
/// places.
sealed interface PathElement extends Comparable<PathElement> {
    /// A field of an object, or a key of a map.
    record Field(String name) implements PathElement {
        @Override
        public String toString() {
            return "." + name;
        }
    }

    /// The element of a list whose fields have these values.
    ///
    /// @param fields in the order of their names
    record Key(List<Named> fields) implements PathElement {
        @Override
        public String toString() {
            return fields.stream()
                    .map(field -> field.name + "=" + shown(field.value))
                    .collect(Collectors.joining(",", "[", "]"));
        }
    }

    record Named(String name, JsonNode value) {}

    /// An element of a set.
    record Value(JsonNode value) implements PathElement {
        @Override
        public String toString() {
            return "[=" + shown(value) + "]";
        }
    }

    /// A place in a list, counted from 0.
    record Index(int index) implements PathElement {
        @Override
        public String toString() {
            return "[" + index + "]";
        }
    }

    static Key key(List<Named> fields) {
        return new Key(fields.stream().sorted(Comparator.comparing(Named::name)).toList());
    }

    @Override
    default int compareTo(PathElement other) {
        return switch (this) {
            case Field(var name) when other instanceof Field(var theirs) -> name.compareTo(theirs);
            case Key(var fields) when other instanceof Key(var theirs) -> compare(fields, theirs);
            case Value(var value) when other instanceof Value(var theirs) ->
                    Values.compare(value, theirs);
            case Index(int index) when other instanceof Index(int theirs) ->
                    Integer.compare(index, theirs);
            default -> Integer.compare(rank(this), rank(other));
        };
    }

    private static int rank(PathElement element) {
        return switch (element) {
            case Field _ -> 0;
            case Key _ -> 1;
            case Value _ -> 2;
            case Index _ -> 3;
        };
    }

    private static int compare(List<Named> left, List<Named> right) {
        for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
            int names = left.get(i).name.compareTo(right.get(i).name);
            if (names != 0) return names;
            int values = Values.compare(left.get(i).value, right.get(i).value);
            if (values != 0) return values;
        }
        return Integer.compare(left.size(), right.size());
    }

    private static String shown(JsonNode value) {
        return value.isTextual() ? quoted(value.textValue()) : value.asText();
    }

    /// As a key of FieldsV1: `f:spec`, `k:{"name":"x"}`.
    default String text() {
        return switch (this) {
            case Field(var name) -> "f:" + name;
            case Key(var fields) ->
                    fields.stream()
                            .map(field -> quoted(field.name) + ":" + json(field.value))
                            .collect(Collectors.joining(",", "k:{", "}"));
            case Value(var value) -> "v:" + json(value);
            case Index(int index) -> "i:" + index;
        };
    }

    private static String json(JsonNode value) {
        return asGo(value.toString());
    }

    /// JSON as Go writes it, which escapes what HTML would read.
    static String asGo(String json) {
        return json.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026");
    }

    static String quoted(String text) {
        var quoted = new StringBuilder(text.length() + 2).append('"');
        JsonStringEncoder.getInstance().quoteAsString(text, quoted);
        return quoted.append('"').toString();
    }

    /// Reads a key of FieldsV1.
    ///
    /// @throws FieldSet.MalformedException it is none
    static PathElement parse(String text) throws FieldSet.MalformedException {
        if (text.length() < 2 || text.charAt(1) != ':') {
            throw new FieldSet.MalformedException("missing colon: " + text);
        }
        var rest = text.substring(2);
        try {
            return switch (text.charAt(0)) {
                case 'f' -> new Field(rest);
                case 'v' -> new Value(Json.MAPPER.readTree(rest));
                case 'i' -> new Index(Integer.parseInt(rest));
                case 'k' -> {
                    List<Named> fields = new ArrayList<>();
                    for (var field : Json.MAPPER.readTree(rest).properties()) {
                        fields.add(new Named(field.getKey(), field.getValue()));
                    }
                    yield key(fields);
                }
                default -> throw new FieldSet.MalformedException("unknown path element type");
            };
        } catch (JsonProcessingException | NumberFormatException damaged) {
            throw new FieldSet.MalformedException(String.valueOf(damaged.getMessage()));
        }
    }

    /// JSON values as upstream compares them.
    final class Values {

        private Values() {}

        /// A total order, also of values of different types.
        static int compare(JsonNode left, JsonNode right) {
            int types = Integer.compare(rank(left), rank(right));
            if (types != 0) return types;
            if (left.isTextual()) return left.textValue().compareTo(right.textValue());
            if (left.isIntegralNumber() && right.isIntegralNumber() && left.canConvertToLong()) {
                return Long.compare(left.longValue(), right.longValue());
            }
            if (left.isNumber()) return left.decimalValue().compareTo(right.decimalValue());
            if (left.isBoolean()) return Boolean.compare(left.asBoolean(), right.asBoolean());
            return left.toString().compareTo(right.toString());
        }

        private static int rank(JsonNode value) {
            return switch (value.getNodeType()) {
                case NUMBER -> 0;
                case STRING, BINARY -> 1;
                case BOOLEAN -> 2;
                case ARRAY -> 3;
                case OBJECT, POJO -> 4;
                case NULL, MISSING -> 5;
            };
        }
    }
}

package dev.ordinal.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;

import dev.ordinal.api.schema.Schema.Field;
import dev.ordinal.api.schema.Schema.Merge;
import dev.ordinal.api.schema.Schema.Type;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// What a value may be, and which of its parts have owners of their own. A value of several
/// possible types has several of the three.
public final class Shape {
    /// What a scalar may be.
    public enum Scalar {
        NUMBER,
        STRING,
        BOOLEAN,
        ANY
    }

    private final @Nullable Scalar scalar;
    private final @Nullable Lists list;
    private final @Nullable Maps map;

    /// Anything, owned as a whole.
    public static final Shape WHOLE = whole();

    /// Anything, of which nothing is said: objects have owners by field.
    public static final Shape DEDUCED = deduced();

    /// Of a field that is not declared: no value fits.
    static final Shape UNKNOWN = new Shape(null, null, null);

    private Shape(@Nullable Scalar scalar, @Nullable Lists list, @Nullable Maps map) {
        this.scalar = scalar;
        this.list = list;
        this.map = map;
    }

    private static Shape whole() {
        return new Shape(
                Scalar.ANY,
                new Lists(Merge.ATOMIC, List.of(), () -> WHOLE),
                new Maps(true, _ -> null, () -> WHOLE, _ -> null));
    }

    private static Shape deduced() {
        return new Shape(
                Scalar.ANY,
                new Lists(Merge.ATOMIC, List.of(), () -> WHOLE),
                new Maps(false, _ -> null, () -> DEDUCED, _ -> null));
    }

    public static Shape scalar(Scalar scalar) {
        return new Shape(scalar, null, null);
    }

    /// @param keys of a MAP: the fields that tell the elements apart
    public static Shape list(Merge merge, List<String> keys, Supplier<Shape> items) {
        return new Shape(null, new Lists(merge, keys, items), null);
    }

    /// @param fields the shape of a declared field, or null; asked once for each name
    /// @param others of all fields that are not declared; null: there are none
    /// @param defaults of declared fields
    public static Shape map(
            boolean atomic,
            Function<String, @Nullable Shape> fields,
            @Nullable Supplier<Shape> others,
            Function<String, @Nullable JsonNode> defaults) {
        return new Shape(null, null, new Maps(atomic, fields, others, defaults));
    }

    /// Takes lists, and scalars, as well: a schema without a type.
    public Shape orAnything(Shape items) {
        return new Shape(Scalar.ANY, items.list, map);
    }

    /// Of a field of a built-in kind.
    public static Shape of(Field field) {
        return switch (field.type()) {
            case OBJECT, OBJECT_OR_OTHER -> ofObject(field);
            case MAP ->
                    map(
                            field.merge() == Merge.ATOMIC,
                            _ -> null,
                            () -> of(field.items().orElseThrow()),
                            _ -> null);
            case LIST ->
                    list(field.merge(), field.listMapKeys(), () -> of(field.items().orElseThrow()));
            case STRING, BYTES -> scalar(Scalar.STRING);
            case INTEGER, NUMBER -> scalar(Scalar.NUMBER);
            case BOOLEAN -> scalar(Scalar.BOOLEAN);
            case INT_OR_STRING, QUANTITY, TIME, MICRO_TIME -> scalar(Scalar.ANY);
            case ANY -> WHOLE;
        };
    }

    private static Shape ofObject(Field field) {
        if (field.properties().isEmpty()) {
            boolean atomic = field.merge() == Merge.ATOMIC;
            return map(atomic, _ -> null, () -> DEDUCED, _ -> null);
        }
        return map(
                field.merge() == Merge.ATOMIC,
                name -> {
                    var property = field.properties().get(name);
                    return property == null ? null : of(property);
                },
                null,
                name -> keyDefault(field.properties().get(name), name));
    }

    /// What upstream's OpenAPI says of keys: those without a default of their own are zero.
    private static @Nullable JsonNode keyDefault(@Nullable Field field, String name) {
        if (field == null) return null;
        if (name.equals("protocol")) return TextNode.valueOf("TCP");
        return field.type() == Type.INTEGER ? IntNode.valueOf(0) : TextNode.valueOf("");
    }

    @Nullable Scalar scalar() {
        return scalar;
    }

    @Nullable Lists list() {
        return list;
    }

    @Nullable Maps map() {
        return map;
    }

    /// What remains of it for this value.
    Shape narrowed(@Nullable JsonNode value) {
        if (value == null || isSingle()) return this;
        if (value.isArray()) return list == null ? this : new Shape(null, list, null);
        if (value.isObject()) return map == null ? this : new Shape(null, null, map);
        if (value.isNull() || scalar == null) return this;
        return scalar(scalar);
    }

    private boolean isSingle() {
        return map == null ? scalar == null || list == null : scalar == null && list == null;
    }

    boolean isLike(Shape other) {
        return scalar == other.scalar && list == other.list && map == other.map;
    }

    /// A list or map that has one owner.
    boolean isAtomic() {
        if (map != null) return map.atomic;
        return scalar == null && list != null && list.merge == Merge.ATOMIC;
    }

    Shape child(PathElement element) {
        return switch (element) {
            case PathElement.Field(var name) when map != null -> map.child(name);
            case PathElement _ when list != null -> list.items();
            default -> DEDUCED;
        };
    }

    /// How a list is.
    static final class Lists {
        private final Merge merge;
        private final List<String> keys;
        private final Supplier<Shape> given;
        private volatile @Nullable Shape items;

        Lists(Merge merge, List<String> keys, Supplier<Shape> items) {
            this.merge = merge;
            this.keys = keys;
            given = items;
        }

        boolean isAtomic() {
            return merge == Merge.ATOMIC;
        }

        Shape items() {
            var known = items;
            if (known == null) {
                known = given.get();
                items = known;
            }
            return known;
        }

        /// What tells an element from the others of its list.
        PathElement element(JsonNode item) throws MisfitException {
            if (merge == Merge.SET) {
                if (item.isObject()) {
                    throw new MisfitException(
                            "associative list without keys has an element that's a map type");
                }
                if (item.isArray()) {
                    throw new MisfitException(
                            "not supported: associative list with lists as elements");
                }
                if (item.isNull()) {
                    throw new MisfitException(
                            "associative list without keys has an element that's an explicit"
                                    + " null");
                }
                return new PathElement.Value(item);
            }
            if (item.isNull()) {
                throw new MisfitException("associative list with keys may not have a null element");
            }
            if (!item.isObject()) {
                throw new MisfitException(
                        "associative list with keys may not have non-map elements");
            }
            return key(item);
        }

        private PathElement key(JsonNode item) throws MisfitException {
            List<PathElement.Named> fields = new ArrayList<>(keys.size());
            var map = items().map;
            for (var name : keys) {
                var value = item.get(name);
                if (value == null && map != null) value = map.defaults.apply(name);
                if (value != null) fields.add(new PathElement.Named(name, value));
            }
            if (fields.isEmpty()) {
                throw new MisfitException(
                        "associative list with keys has an element that omits all key fields [%s] (and doesn't have default values for any key fields)"
                                .formatted(
                                        keys.stream()
                                                .map(PathElement::quoted)
                                                .collect(Collectors.joining(" "))));
            }
            return PathElement.key(fields);
        }
    }

    /// How a map or object is.
    static final class Maps {
        private final boolean atomic;
        private final Function<String, @Nullable Shape> fields;
        private final Map<String, Shape> known = new ConcurrentHashMap<>();
        private final @Nullable Supplier<Shape> others;
        private volatile @Nullable Shape other;
        private final Function<String, @Nullable JsonNode> defaults;

        Maps(
                boolean atomic,
                Function<String, @Nullable Shape> fields,
                @Nullable Supplier<Shape> others,
                Function<String, @Nullable JsonNode> defaults) {
            this.atomic = atomic;
            this.fields = fields;
            this.others = others;
            this.defaults = defaults;
        }

        boolean isAtomic() {
            return atomic;
        }

        boolean declares(String name) {
            return field(name) != null;
        }

        private @Nullable Shape field(String name) {
            var shape = known.get(name);
            if (shape == null) {
                shape = fields.apply(name);
                if (shape != null) known.put(name, shape);
            }
            return shape;
        }

        boolean allows(String name) {
            return others != null || declares(name);
        }

        /// Of a field; [#UNKNOWN] when it may not be.
        Shape child(String name) {
            var shape = field(name);
            if (shape != null) return shape;
            if (others == null) return UNKNOWN;
            var rest = other;
            if (rest == null) {
                rest = others.get();
                other = rest;
            }
            return rest;
        }
    }

    /// A value that does not fit its shape; the message may name where.
    static final class MisfitException extends Exception {
        private static final long serialVersionUID = 1;

        MisfitException(String message) {
            super(message);
        }
    }
}

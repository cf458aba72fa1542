package dev.ordinal.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Quantity;
import dev.ordinal.api.schema.Schema.Field;
import dev.ordinal.api.schema.Schema.Zero;

import org.jspecify.annotations.Nullable;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Gives a tree the shape of its schema: unknown fields go, values get their canonical spelling,
/// zero
/// values are shown or not as Kubernetes does, fields come in schema order. The result of equal
/// objects is equal to the byte.
public final class Decoder {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final DateTimeFormatter MICROS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final List<String> FIRST = List.of("kind", "apiVersion", "metadata");

    private final Consumer<String> unknown;

    private Decoder(Consumer<String> unknown) {
        this.unknown = unknown;
    }

    /// A value that cannot be of its field's type; the message is what Go's decoder says.
    public static final class TypeException extends Exception {
        private static final long serialVersionUID = 1;

        TypeException(String message) {
            super(message);
        }
    }

    /// @param unknown hears the path of each field that the schema does not know
    public static ObjectNode decode(Schema schema, ObjectNode tree, Consumer<String> unknown)
            throws TypeException {
        return new Decoder(unknown).object(schema.root(), tree, "", "");
    }

    /// For trees of our own making, where a type error is a bug.
    public static ObjectNode normalize(Schema schema, ObjectNode tree) {
        try {
            return decode(schema, tree, _ -> {});
        } catch (TypeException bug) {
            throw new IllegalArgumentException(schema.kind() + ": " + bug.getMessage(), bug);
        }
    }

    /// @param path as users write it: `spec.containers[0].image`
    /// @param goPath as Go's decoder writes it: without indices
    private ObjectNode object(Field field, ObjectNode given, String path, String goPath)
            throws TypeException {
        Map<String, JsonNode> read = new HashMap<>();
        for (var name : (Iterable<String>) given::fieldNames) {
            var property = field.properties().get(name);
            if (property == null) unknown.accept(join(path, name));
            else read(field, name, property, given.path(name), path, goPath, read);
        }
        var shaped = NODES.objectNode();
        if (path.isEmpty()) {
            for (var name : FIRST) put(field, name, read.get(name), shaped);
        }
        for (var name : field.properties().keySet()) {
            if (!path.isEmpty() || !FIRST.contains(name)) {
                put(field, name, read.get(name), shaped);
            }
        }
        return shaped;
    }

    /// In the order given, so that complaints come in that order.
    private void read(
            Field parent,
            String name,
            Field field,
            JsonNode value,
            String path,
            String goPath,
            Map<String, JsonNode> to)
            throws TypeException {
        if (value.isNull()) return;
        var place = new Place(simpleName(parent.definition()), join(goPath, name), field);
        var result = value(field, value, join(path, name), place);
        if (result != null) to.put(name, result);
    }

    private void put(Field parent, String name, @Nullable JsonNode result, ObjectNode shaped)
            throws TypeException {
        var field = parent.properties().get(name);
        if (field == null) return;
        if (result == null) {
            if (field.zero() == Zero.EMIT) shaped.set(name, zero(field));
        } else if (field.zero() != Zero.DROP || !isZero(result)) shaped.set(name, result);
    }

    private JsonNode zero(Field field) throws TypeException {
        return switch (field.type()) {
            case OBJECT -> object(field, NODES.objectNode(), "x", "x");
            case STRING, QUANTITY -> NODES.textNode(field.type() == Schema.Type.STRING ? "" : "0");
            case INTEGER, INT_OR_STRING, NUMBER -> NODES.numberNode(0);
            case BOOLEAN -> NODES.booleanNode(false);
            default -> NODES.nullNode();
        };
    }

    private static boolean isZero(JsonNode value) {
        return value.isNull()
                || (value.isTextual() && value.textValue().isEmpty())
                || (value.isNumber() && value.decimalValue().signum() == 0)
                || (value.isBoolean() && !value.booleanValue())
                || (value.isContainerNode() && value.isEmpty());
    }

    /// @return null when the value is as good as absent
    private @Nullable JsonNode value(Field field, JsonNode value, String path, Place place)
            throws TypeException {
        return switch (field.type()) {
            case OBJECT -> {
                if (!(value instanceof ObjectNode object)) throw place.mismatch(value);
                yield object(field, object, path, place.goPath);
            }
            case OBJECT_OR_OTHER ->
                    value instanceof ObjectNode object
                            ? object(field, object, path, place.goPath)
                            : value;
            case LIST -> list(field, value, path, place);
            case MAP -> map(field, value, path, place);
            case STRING -> {
                if (!value.isTextual()) throw place.mismatch(value);
                yield value;
            }
            case BOOLEAN -> {
                if (!value.isBoolean()) throw place.mismatch(value);
                yield value;
            }
            case INTEGER -> integer(field, value, place);
            case NUMBER -> {
                if (!value.isNumber()) throw place.mismatch(value);
                yield value;
            }
            case INT_OR_STRING -> {
                if (value.isTextual()) yield value;
                if (!value.isIntegralNumber() || !value.canConvertToInt()) {
                    throw place.mismatch(value);
                }
                yield value;
            }
            case QUANTITY -> quantity(value, place);
            case TIME -> time(value, false, place);
            case MICRO_TIME -> time(value, true, place);
            case BYTES -> bytes(value, place);
            case ANY -> value;
        };
    }

    private ArrayNode list(Field field, JsonNode value, String path, Place place)
            throws TypeException {
        if (!value.isArray()) throw place.mismatch(value);
        var items = field.items().orElseThrow();
        var element = new Place(place.struct, place.goPath, items);
        var shaped = NODES.arrayNode();
        for (int i = 0; i < value.size(); i++) {
            var item = value.get(i);
            if (item.isNull() && items.type() == Schema.Type.OBJECT) item = NODES.objectNode();
            if (item.isNull() && items.type() == Schema.Type.STRING) item = NODES.textNode("");
            var result = value(items, item, path + "[" + i + "]", element);
            if (result != null) shaped.add(result);
        }
        return shaped;
    }

    /// Maps come out sorted, as Go writes them.
    private ObjectNode map(Field field, JsonNode value, String path, Place place)
            throws TypeException {
        if (!(value instanceof ObjectNode given)) throw place.mismatch(value);
        var items = field.items().orElseThrow();
        var shaped = NODES.objectNode();
        for (var name : given.properties().stream().map(Map.Entry::getKey).sorted().toList()) {
            var item = given.path(name);
            if (item.isNull() && items.type() == Schema.Type.STRING) item = NODES.textNode("");
            var element = new Place(place.struct, place.goPath, items);
            var result = item.isNull() ? null : value(items, item, join(path, name), element);
            if (result != null) shaped.set(name, result);
        }
        return shaped;
    }

    private static JsonNode integer(Field field, JsonNode value, Place place) throws TypeException {
        if (!value.isNumber()) throw place.mismatch(value);
        boolean fits =
                field.format().equals("int32")
                        ? value.isIntegralNumber() && value.canConvertToInt()
                        : value.isIntegralNumber() && value.canConvertToLong();
        if (!fits) throw place.mismatch("number " + value.asText());
        return value;
    }

    private static JsonNode quantity(JsonNode value, Place place) throws TypeException {
        if (!value.isTextual() && !value.isNumber()) throw place.mismatch(value);
        var parsed = Quantity.parse(value.asText());
        if (parsed.isEmpty()) throw new TypeException(Quantity.MALFORMED);
        return NODES.textNode(parsed.get().canonical());
    }

    private static JsonNode time(JsonNode value, boolean micros, Place place) throws TypeException {
        if (!value.isTextual()) throw place.mismatch(value);
        try {
            Instant instant = OffsetDateTime.parse(value.textValue()).toInstant();
            return NODES.textNode(
                    micros
                            ? MICROS.format(instant)
                            : instant.truncatedTo(ChronoUnit.SECONDS).toString());
        } catch (DateTimeException _) {
            var layout = micros ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00";
            throw new TypeException(
                    "parsing time \"%s\" as \"%s\": cannot parse \"%s\" as \"2006\""
                            .formatted(value.textValue(), layout, value.textValue()));
        }
    }

    private static JsonNode bytes(JsonNode value, Place place) throws TypeException {
        if (!value.isTextual()) throw place.mismatch(value);
        var text = value.textValue();
        try {
            return NODES.textNode(
                    Base64.getEncoder()
                            .encodeToString(Base64.getMimeDecoder().decode(checked(text))));
        } catch (IllegalArgumentException _) {
            throw new TypeException("illegal base64 data at input byte " + firstIllegal(text));
        }
    }

    private static String checked(String text) {
        if (firstIllegal(text) < text.length() || text.replaceAll("[\r\n]", "").length() % 4 != 0) {
            throw new IllegalArgumentException();
        }
        return text;
    }

    private static int firstIllegal(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean legal =
                    (c >= 'A' && c <= 'Z')
                            || (c >= 'a' && c <= 'z')
                            || (c >= '0' && c <= '9')
                            || "+/=\r\n".indexOf(c) >= 0;
            if (!legal) return i;
        }
        return text.length();
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    static String simpleName(String definition) {
        return definition.substring(definition.lastIndexOf('.') + 1);
    }

    /// Where a value stands, in the words of Go's decoder.
    private record Place(String struct, String goPath, Field field) {
        TypeException mismatch(JsonNode found) {
            return mismatch(
                    switch (found.getNodeType()) {
                        case OBJECT, POJO -> "object";
                        case ARRAY -> "array";
                        case STRING, BINARY -> "string";
                        case BOOLEAN -> "bool";
                        default -> "number";
                    });
        }

        TypeException mismatch(String found) {
            return new TypeException(
                    "json: cannot unmarshal %s into Go struct field %s.%s of type %s"
                            .formatted(found, struct, goPath, goType(field)));
        }

        private static String goType(Field field) {
            return switch (field.type()) {
                case OBJECT -> "v1." + simpleName(field.definition());
                case LIST -> "[]" + goType(field.items().orElseThrow());
                case MAP -> "map[string]" + goType(field.items().orElseThrow());
                case STRING, BYTES -> "string";
                case INTEGER -> field.format();
                case NUMBER -> "float64";
                case BOOLEAN -> "bool";
                case INT_OR_STRING -> "intstr.IntOrString";
                case QUANTITY -> "resource.Quantity";
                case TIME -> "v1.Time";
                case MICRO_TIME -> "v1.MicroTime";
                case ANY, OBJECT_OR_OTHER -> "runtime.RawExtension";
            };
        }
    }
}

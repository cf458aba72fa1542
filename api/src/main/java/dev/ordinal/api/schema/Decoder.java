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
import java.util.regex.Pattern;

/// Gives a tree the shape of its schema: unknown fields go, values get their canonical spelling,
/// zero
/// values are shown or not as Kubernetes does, fields come in schema order. The result of equal
/// objects is equal to the byte.
public final class Decoder {
    private static final Pattern MICRO_TAIL = Pattern.compile("\\.\\d{6}([Zz+-].*)");
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
        return new Decoder(unknown).object(schema.root(), tree, null);
    }

    /// For trees of our own making, where a type error is a bug.
    public static ObjectNode normalize(Schema schema, ObjectNode tree) {
        try {
            return decode(schema, tree, _ -> {});
        } catch (TypeException bug) {
            throw new IllegalArgumentException(schema.kind() + ": " + bug.getMessage(), bug);
        }
    }

    /// @param at null for the whole
    private ObjectNode object(Field field, ObjectNode given, @Nullable Place at)
            throws TypeException {
        Map<String, JsonNode> read = new HashMap<>();
        for (var entry : given.properties()) {
            var name = entry.getKey();
            var property = field.properties().get(name);
            if (property == null) unknown.accept(join(at == null ? "" : at.path(), name));
            else read(new Place(at, field, name, Step.FIELD, property), entry.getValue(), read);
        }
        var shaped = NODES.objectNode();
        if (at == null) {
            for (var name : FIRST) {
                var property = field.properties().get(name);
                if (property != null) put(property, name, read.get(name), shaped);
            }
        }
        for (var property : field.properties().entrySet()) {
            var name = property.getKey();
            if (at != null || !FIRST.contains(name)) {
                put(property.getValue(), name, read.get(name), shaped);
            }
        }
        return shaped;
    }

    /// In the order given, so that complaints come in that order.
    private void read(Place place, JsonNode value, Map<String, JsonNode> to) throws TypeException {
        if (value.isNull()) return;
        var result = value(place, value);
        if (result != null) to.put(place.name, result);
    }

    private void put(Field field, String name, @Nullable JsonNode result, ObjectNode shaped)
            throws TypeException {
        if (result == null) {
            if (field.zero() == Zero.EMIT) shaped.set(name, zero(field));
        } else if (field.zero() != Zero.DROP || !isZero(result)) shaped.set(name, result);
    }

    private JsonNode zero(Field field) throws TypeException {
        return switch (field.type()) {
            case OBJECT -> object(field, NODES.objectNode(), Place.inside(field));
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
    private @Nullable JsonNode value(Place place, JsonNode value) throws TypeException {
        var field = place.field;
        return switch (field.type()) {
            case OBJECT -> {
                if (!(value instanceof ObjectNode object)) throw place.mismatch(value);
                yield object(field, object, place);
            }
            case OBJECT_OR_OTHER ->
                    value instanceof ObjectNode object ? object(field, object, place) : value;
            case LIST -> list(place, value);
            case MAP -> map(place, value);
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

    private ArrayNode list(Place place, JsonNode value) throws TypeException {
        if (!value.isArray()) throw place.mismatch(value);
        var items = place.field.items().orElseThrow();
        var shaped = NODES.arrayNode();
        for (int i = 0; i < value.size(); i++) {
            var item = value.get(i);
            if (item.isNull() && items.type() == Schema.Type.OBJECT) item = NODES.objectNode();
            if (item.isNull() && items.type() == Schema.Type.STRING) item = NODES.textNode("");
            var element = new Place(place, items, Integer.toString(i), Step.ELEMENT, items);
            var result = value(element, item);
            if (result != null) shaped.add(result);
        }
        return shaped;
    }

    /// Maps come out sorted, as Go writes them.
    private ObjectNode map(Place place, JsonNode value) throws TypeException {
        if (!(value instanceof ObjectNode given)) throw place.mismatch(value);
        var items = place.field.items().orElseThrow();
        var shaped = NODES.objectNode();
        for (var name : given.properties().stream().map(Map.Entry::getKey).sorted().toList()) {
            var item = given.path(name);
            if (item.isNull() && items.type() == Schema.Type.STRING) item = NODES.textNode("");
            if (item.isNull()) continue;
            var result = value(new Place(place, items, name, Step.KEY, items), item);
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
        if (!micros && isCanonicalTime(value.textValue())) return value;
        try {
            Instant instant = OffsetDateTime.parse(value.textValue()).toInstant();
            if (micros) checkMicros(value.textValue());
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

    /// Six digits behind the point, no more and no fewer.
    private static void checkMicros(String text) throws TypeException {
        var tail = text.substring(text.indexOf('T') + 9);
        if (MICRO_TAIL.matcher(tail).matches()) return;
        throw new TypeException(
                "parsing time \"%s\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"%s\" as"
                                .formatted(text, tail)
                        + " \".000000\"");
    }

    /// Whether a time is spelled as it is stored, and surely a time: saves most of the parsing.
    private static boolean isCanonicalTime(String text) {
        var shape = "0000-00-00T00:00:00Z";
        if (text.length() != shape.length()) return false;
        for (int i = 0; i < shape.length(); i++) {
            char c = text.charAt(i);
            boolean fits = shape.charAt(i) == '0' ? c >= '0' && c <= '9' : c == shape.charAt(i);
            if (!fits) return false;
        }
        return within(text, 5, 1, 12)
                && within(text, 8, 1, 28)
                && within(text, 11, 0, 23)
                && within(text, 14, 0, 59)
                && within(text, 17, 0, 59);
    }

    private static boolean within(String text, int at, int least, int most) {
        int number = Integer.parseInt(text, at, at + 2, 10);
        return number >= least && number <= most;
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

    private enum Step {
        FIELD,
        ELEMENT,
        KEY
    }

    /// Where a value stands; put into words only when something is wrong with it.
    ///
    /// @param owner what the field belongs to
    /// @param name of the field, the key of the map, or the index in the list
    private record Place(@Nullable Place parent, Field owner, String name, Step step, Field field) {
        /// Somewhere in the whole where nothing can be wrong.
        static Place inside(Field field) {
            return new Place(null, field, "", Step.FIELD, field);
        }

        /// As users write it: `spec.containers[0].image`.
        String path() {
            var before = parent == null ? "" : parent.path();
            return step == Step.ELEMENT ? before + "[" + name + "]" : join(before, name);
        }

        /// As Go's decoder writes it: up to the last field, without indices and keys.
        String goPath() {
            var before = parent == null ? "" : parent.goPath();
            return step == Step.FIELD ? join(before, name) : before;
        }

        /// The Go type that the last field on the way belongs to.
        String struct() {
            return step == Step.FIELD || parent == null
                    ? simpleName(owner.definition())
                    : parent.struct();
        }

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
                            .formatted(found, struct(), goPath(), goType(field)));
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

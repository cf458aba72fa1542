package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;

import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/// Compares values with a schema, in upstream's words. What an update leaves as it was is not
/// complained about.
///
/// @see "upstream: kube-openapi/pkg/validation/validate; KEP-4008 for unchanged values"
final class Values {
    private final Map<String, Pattern> patterns = new ConcurrentHashMap<>();

    /// @param old the same value before an update; null: there was none, or nobody can tell which
    /// @param place where the whole value stands: the root, or `status`
    void check(JsonNode schema, JsonNode value, @Nullable JsonNode old, Problems place) {
        new Check(place).value(schema, value, old, "");
    }

    private final class Check {
        private final Problems place;

        Check(Problems place) {
            this.place = place;
        }

        private Problems at(String path) {
            if (path.isEmpty()) return place;
            return place.at(path.startsWith(".") ? path.substring(1) : path);
        }

        private void wrong(String path, Object value, String what) {
            at(path).invalid(value, path + " in body " + what);
        }

        /// Complaints about a value as a whole stand at no place.
        private void whole(String path, String what) {
            nowhere().invalid("", "\"" + path + "\" must " + what);
        }

        private Problems nowhere() {
            return place.path().isEmpty() ? place.at("<nil>") : place;
        }

        void value(JsonNode schema, JsonNode value, @Nullable JsonNode old, String path) {
            if (old != null && Trees.same(value, old)) return;
            if (!hasType(schema, value)) {
                var found = typeOf(value);
                at(path).add(
                                "FieldValueTypeInvalid",
                                "Invalid value: \"%s\": %s in body must be of type %s: \"%s\""
                                        .formatted(found, path, types(schema), found));
            }
            if (value.isNull()) return;
            junctors(schema, value, old, path);
            if (value.isTextual()) text(schema, value.textValue(), path);
            if (value.isNumber()) number(schema, value, path);
            if (value.isArray()) list(schema, value, old, path);
            enumeration(schema, value, path);
            if (value instanceof ObjectNode object) object(schema, object, old, path);
        }

        private void enumeration(JsonNode schema, JsonNode value, String path) {
            var allowed = schema.path("enum");
            if (allowed.isEmpty()) return;
            List<String> texts = new ArrayList<>();
            for (var one : allowed) {
                if (Trees.same(one, value)) return;
                texts.add(one.isTextual() ? one.textValue() : one.toString());
            }
            at(path).notSupported(value, texts);
        }

        /// Of the rules for a text the first that is broken is told, and whether it is of its
        /// format.
        private void text(JsonNode schema, String value, String path) {
            int length = value.codePointCount(0, value.length());
            var pattern = schema.path("pattern").asText("");
            if (schema.has("maxLength") && length > schema.path("maxLength").asLong()) {
                long most = schema.path("maxLength").asLong();
                at(path).tooLong("may not be more than %d bytes".formatted(most));
            } else if (schema.has("minLength") && length < schema.path("minLength").asLong()) {
                long least = schema.path("minLength").asLong();
                wrong(path, value, "should be at least %d chars long".formatted(least));
            } else if (!pattern.isEmpty()
                    && !patterns.computeIfAbsent(pattern, Pattern::compile).matcher(value).find()) {
                wrong(path, value, "should match '" + pattern + "'");
            }
            var format = schema.path("format").asText("");
            if (!Formats.matches(format, value)) {
                at(path).add(
                                "FieldValueTypeInvalid",
                                "Invalid value: \"%s\": %s in body must be of type %s: \"%s\""
                                        .formatted(value, path, format, value));
            }
        }

        private void number(JsonNode schema, JsonNode value, String path) {
            var number = value.decimalValue();
            if (schema.path("type").asText().equals("integer") && !isWhole(value)) {
                var format = schema.path("format").asText("");
                nowhere()
                        .invalid(
                                "",
                                "Checked value must be of type integer %s in %s"
                                        .formatted(
                                                format.isEmpty()
                                                        ? "(default format)"
                                                        : "with format " + format,
                                                path));
            }
            var factor = schema.path("multipleOf").decimalValue();
            if (factor.signum() > 0 && number.remainder(factor).signum() != 0) {
                wrong(path, value, "should be a multiple of " + plain(factor));
            }
            if (schema.has("minimum")) {
                var least = schema.path("minimum").decimalValue();
                boolean more = schema.path("exclusiveMinimum").asBoolean();
                if (number.compareTo(least) < (more ? 1 : 0)) {
                    var what =
                            more
                                    ? "should be greater than "
                                    : "should be greater than or equal to ";
                    wrong(path, value, what + plain(least));
                }
            }
            if (schema.has("maximum")) {
                var most = schema.path("maximum").decimalValue();
                boolean less = schema.path("exclusiveMaximum").asBoolean();
                if (number.compareTo(most) > (less ? -1 : 0)) {
                    var what = less ? "should be less than " : "should be less than or equal to ";
                    wrong(path, value, what + plain(most));
                }
            }
        }

        private void list(JsonNode schema, JsonNode value, @Nullable JsonNode old, String path) {
            var items = Structure.items(schema);
            for (int i = 0; i < value.size(); i++) {
                var item = value.get(i);
                value(items, item, counterpart(schema, item, old), path + "[" + i + "]");
            }
            if (schema.has("minItems") && value.size() < schema.path("minItems").asLong()) {
                long least = schema.path("minItems").asLong();
                wrong(path, value.size(), "should have at least %d items".formatted(least));
            }
            if (schema.has("maxItems") && value.size() > schema.path("maxItems").asLong()) {
                at(path).tooMany(value.size(), schema.path("maxItems").asInt());
            }
        }

        private void object(
                JsonNode schema, ObjectNode value, @Nullable JsonNode old, String path) {
            if (schema.has("minProperties")
                    && value.size() < schema.path("minProperties").asLong()) {
                long least = schema.path("minProperties").asLong();
                wrong(path, value.size(), "should have at least %d properties".formatted(least));
            }
            if (schema.has("maxProperties")
                    && value.size() > schema.path("maxProperties").asLong()) {
                at(path).tooMany(value.size(), schema.path("maxProperties").asInt());
            }
            var others = schema.path("additionalProperties");
            for (var field : value.properties()) {
                var name = field.getKey();
                var at = path.isEmpty() ? name : path + "." + name;
                var before = old == null ? null : old.get(name);
                var known = schema.path("properties").get(name);
                if (known != null) value(known, field.getValue(), before, at);
                else if (others.isObject()) value(others, field.getValue(), before, at);
                else if (others.isBoolean() && !others.asBoolean()) {
                    at(path).invalid(name, at + " in body is a forbidden property");
                }
            }
            for (var name : schema.path("required")) {
                if (!value.has(name.asText())) at(path + "." + name.asText()).required("");
            }
        }

        private void junctors(
                JsonNode schema, JsonNode value, @Nullable JsonNode old, String path) {
            var any = schema.path("anyOf");
            if (!any.isEmpty() && fitting(any, value, old, path) == 0) {
                whole(path, "validate at least one schema (anyOf)");
                value(any.get(0), value, old, path);
            }
            var one = schema.path("oneOf");
            int fitting = one.isEmpty() ? 1 : fitting(one, value, old, path);
            if (fitting != 1) {
                var found =
                        fitting == 0
                                ? "Found none valid"
                                : "Found %d valid alternatives".formatted(fitting);
                whole(path, "validate one and only one schema (oneOf). " + found);
                if (fitting == 0) value(one.get(0), value, old, path);
            }
            var all = schema.path("allOf");
            int valid = fitting(all, value, old, path);
            if (valid < all.size()) {
                all.forEach(each -> value(each, value, old, path));
                var none = valid == 0 ? ". None validated" : "";
                whole(path, "validate all the schemas (allOf)" + none);
            }
            var not = schema.get("not");
            if (not != null && fits(not, value, old, path)) {
                whole(path, "not validate the schema (not)");
            }
        }

        private int fitting(JsonNode schemas, JsonNode value, @Nullable JsonNode old, String path) {
            int fitting = 0;
            for (var schema : schemas) if (fits(schema, value, old, path)) fitting++;
            return fitting;
        }

        private boolean fits(JsonNode schema, JsonNode value, @Nullable JsonNode old, String path) {
            var problems = new Problems();
            new Check(problems).value(schema, value, old, path);
            return problems.isEmpty();
        }
    }

    /// The element of the old list that has the same keys; only lists of type map have such.
    static @Nullable JsonNode counterpart(JsonNode schema, JsonNode item, @Nullable JsonNode old) {
        if (old == null || !schema.path(Structure.LIST_TYPE).asText().equals("map")) return null;
        for (var candidate : old) {
            boolean same = true;
            for (var key : schema.path(Structure.LIST_KEYS)) {
                same &= Trees.same(candidate.path(key.asText()), item.path(key.asText()));
            }
            if (same) return candidate;
        }
        return null;
    }

    private static boolean hasType(JsonNode schema, JsonNode value) {
        if (value.isNull() && schema.path("nullable").asBoolean()) return true;
        if (schema.path(Structure.INT_OR_STRING).asBoolean()) {
            return value.isTextual() || isWhole(value);
        }
        return switch (schema.path("type").asText()) {
            case "" -> true;
            case "integer" -> isWhole(value);
            case "number" -> value.isNumber();
            case String type -> type.equals(typeOf(value));
        };
    }

    private static boolean isWhole(JsonNode value) {
        return value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0;
    }

    private static String types(JsonNode schema) {
        return schema.path(Structure.INT_OR_STRING).asBoolean()
                ? "integer,string"
                : schema.path("type").asText();
    }

    static String typeOf(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT, POJO -> "object";
            case ARRAY -> "array";
            case STRING, BINARY -> "string";
            case BOOLEAN -> "boolean";
            case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
            case NULL, MISSING -> "null";
        };
    }

    private static String plain(BigDecimal number) {
        return number.stripTrailingZeros().toPlainString();
    }
}

package dev.ordinal.api.select;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.Kind;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// A field selector as it stands in a query: `spec.nodeName=n1,status.phase!=Failed`.
public record FieldQuery(List<Term> terms) {
    public static final FieldQuery ALL = new FieldQuery(List.of());

    record Term(String key, boolean equal, String value, Function<JsonNode, String> read) {}

    public boolean matches(JsonNode object) {
        for (var term : terms) {
            if (term.read.apply(object).equals(term.value) != term.equal) return false;
        }
        return true;
    }

    public boolean isAll() {
        return terms.isEmpty();
    }

    /// The name it asks for by `metadata.name=`.
    public Optional<String> name() {
        return terms.stream()
                .filter(term -> term.key.equals("metadata.name") && term.equal)
                .map(Term::value)
                .findFirst();
    }

    /// @throws ApiException BadRequest for what cannot be read or is not selectable
    public static FieldQuery parse(String text, Kind kind) {
        if (text.isEmpty()) return ALL;
        List<Term> terms = new ArrayList<>();
        for (var part : split(text)) {
            if (!part.isEmpty()) terms.add(term(part, kind));
        }
        return new FieldQuery(terms);
    }

    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\\') i++;
            else if (text.charAt(i) == ',') {
                parts.add(text.substring(start, i));
                start = i + 1;
            }
        }
        parts.add(text.substring(start));
        return parts;
    }

    private static Term term(String part, Kind kind) {
        for (int i = 0; i < part.length(); i++) {
            for (var operator : List.of("!=", "==", "=")) {
                if (!part.startsWith(operator, i)) continue;
                var key = part.substring(0, i);
                var value = unescaped(part.substring(i + operator.length()));
                return new Term(key, !operator.equals("!="), value, reader(key, kind));
            }
        }
        throw ApiException.badRequest(
                "invalid selector: '%s'; can't understand '%s'".formatted(part, part));
    }

    private static String unescaped(String value) {
        var out = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\\') {
                if (++i == value.length() || "\\,=".indexOf(value.charAt(i)) < 0) {
                    var tail = i < value.length() ? value.substring(i, i + 1) : "";
                    throw ApiException.badRequest(
                            "invalid field selector: invalid escape sequence: \\" + tail);
                }
                c = value.charAt(i);
            }
            out.append(c);
        }
        return out.toString();
    }

    private static Function<JsonNode, String> reader(String key, Kind kind) {
        switch (key) {
            case "metadata.name" -> {
                return object -> object.path("metadata").path("name").asText();
            }
            case "metadata.namespace" -> {
                return object -> object.path("metadata").path("namespace").asText();
            }
            default -> {}
        }
        var read = kind.selectableFields().get(key);
        if (read != null) return read;
        throw ApiException.badRequest(
                kind.selectableFields().isEmpty() && kind.form() == null
                        ? "\"%s\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                                .formatted(key)
                        : "field label not supported: " + key);
    }
}

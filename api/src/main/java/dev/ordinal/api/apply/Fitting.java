package dev.ordinal.api.apply;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.GoValues;
import dev.ordinal.api.apply.Shape.MisfitException;
import dev.ordinal.api.apply.Shape.Scalar;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Whether a configuration fits the shape of its kind, in upstream's words.
///
/// @see "upstream: structured-merge-diff/typed/validate.go"
final class Fitting {
    private final List<String> problems = new ArrayList<>();
    private final List<PathElement> path = new ArrayList<>();

    private Fitting() {}

    /// @throws MisfitException names everything that is wrong
    static void check(Shape shape, JsonNode value) throws MisfitException {
        var fitting = new Fitting();
        fitting.visit(shape, value);
        var problems = fitting.problems;
        if (problems.isEmpty()) return;
        throw new MisfitException(
                problems.size() == 1
                        ? problems.getFirst()
                        : "errors:\n  " + String.join("\n  ", problems));
    }

    private void complain(String what) {
        problems.add(path.isEmpty() ? what : FieldSet.text(path) + ": " + what);
    }

    private void visit(Shape given, JsonNode value) {
        var shape = given.narrowed(value);
        var map = shape.map();
        var list = shape.list();
        var scalar = shape.scalar();
        if (map != null) {
            if (value.isObject()) fields(map, value);
            else if (!value.isNull()) complain("expected map, got " + shown(value));
        } else if (scalar != null) scalar(scalar, value);
        else if (list != null) {
            if (value.isArray()) items(list, value);
            else if (!value.isNull()) complain("expected list, got " + shown(value));
        }
    }

    /// As upstream, which stops at the first field it does not know.
    private void fields(Shape.Maps map, JsonNode value) {
        for (var field : value.properties()) {
            path.add(new PathElement.Field(field.getKey()));
            boolean known = map.allows(field.getKey());
            if (known) visit(map.child(field.getKey()), field.getValue());
            else complain("field not declared in schema");
            path.removeLast();
            if (!known) return;
        }
    }

    private void items(Shape.Lists list, JsonNode value) {
        Set<PathElement> seen = new HashSet<>();
        for (int i = 0; i < value.size(); i++) {
            PathElement element;
            try {
                element = list.isAtomic() ? new PathElement.Index(i) : list.element(value.get(i));
            } catch (MisfitException wrong) {
                complain("element " + i + ": " + wrong.getMessage());
                return;
            }
            if (!seen.add(element)) complain("duplicate entries for key " + element);
            path.add(element);
            visit(list.items(), value.get(i));
            path.removeLast();
        }
    }

    private void scalar(Scalar scalar, JsonNode value) {
        if (value.isNull()) return;
        switch (scalar) {
            case NUMBER -> {
                if (!value.isNumber()) {
                    complain("expected numeric (int or float), got " + type(value));
                }
            }
            case STRING -> {
                if (!value.isTextual()) complain("expected string, got " + detailed(value));
            }
            case BOOLEAN -> {
                if (!value.isBoolean()) complain("expected boolean, got " + shown(value));
            }
            case ANY -> {
                if (value.isContainerNode()) {
                    complain("expected any scalar, got " + shown(value));
                }
            }
        }
    }

    /// The value as Go prints the wrapper it has upstream.
    private static String shown(JsonNode value) {
        return "&{" + GoValues.text(value) + "}";
    }

    private static String detailed(JsonNode value) {
        return "&value.valueUnstructured{Value:" + literal(value) + "}";
    }

    /// As Go's `%#v`.
    private static String literal(JsonNode value) {
        List<String> parts = new ArrayList<>();
        return switch (value.getNodeType()) {
            case OBJECT, POJO -> {
                value.properties().stream()
                        .sorted(java.util.Map.Entry.comparingByKey())
                        .forEach(
                                f ->
                                        parts.add(
                                                PathElement.quoted(f.getKey())
                                                        + ":"
                                                        + literal(f.getValue())));
                yield "map[string]interface {}{" + String.join(", ", parts) + "}";
            }
            case ARRAY -> {
                value.forEach(item -> parts.add(literal(item)));
                yield "[]interface {}{" + String.join(", ", parts) + "}";
            }
            case NULL, MISSING -> "interface {}(nil)";
            case STRING, BINARY -> PathElement.quoted(value.asText());
            case NUMBER, BOOLEAN -> value.asText();
        };
    }

    private static String type(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT, POJO -> "map[string]interface {}";
            case ARRAY -> "[]interface {}";
            case BOOLEAN -> "bool";
            default -> "string";
        };
    }
}

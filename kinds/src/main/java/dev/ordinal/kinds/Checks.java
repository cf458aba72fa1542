package dev.ordinal.kinds;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Labels;
import dev.ordinal.api.Names;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;

import java.util.List;
import java.util.regex.Pattern;

/// Rules that several kinds share, with upstream's texts.
public final class Checks {
    private static final Pattern PORT_NAME = Pattern.compile("[-a-z0-9]+");

    private Checks() {}

    public static void nonNegative(JsonNode value, Problems at) {
        if (value.isNumber() && value.asLong() < 0) {
            at.invalid(value.asLong(), "must be greater than or equal to 0");
        }
    }

    public static void oneOf(JsonNode value, List<String> allowed, Problems at) {
        if (value.isMissingNode() || value.asText().isEmpty()) at.required("");
        else if (!allowed.contains(value.asText())) at.notSupported(value.asText(), allowed);
    }

    public static void immutable(JsonNode value, JsonNode old, Problems at) {
        if (!Trees.same(value, old)) at.invalid(shown(value), "field is immutable");
    }

    private static Object shown(JsonNode value) {
        return value.isMissingNode()
                ? com.fasterxml.jackson.databind.node.NullNode.instance
                : value;
    }

    public static void label(String name, Problems at) {
        for (var problem : Names.label(name, false)) at.invalid(name, problem);
    }

    public static void qualifiedName(String name, Problems at) {
        for (var problem : Labels.keyProblems(name)) at.invalid(name, problem);
    }

    public static void subdomain(String name, Problems at) {
        for (var problem : Names.subdomain(name, false)) at.invalid(name, problem);
    }

    public static void port(JsonNode port, Problems at) {
        if (!port.isIntegralNumber() || port.asInt() < 1 || port.asInt() > 65535) {
            at.invalid(port.isMissingNode() ? 0 : port, "must be between 1 and 65535, inclusive");
        }
    }

    /// A number, or the name of a port.
    public static void portOrName(JsonNode port, Problems at) {
        if (port.isTextual()) portName(port.asText(), at);
        else port(port, at);
    }

    public static void portName(String name, Problems at) {
        if (name.length() > 15) at.invalid(name, "must be no more than 15 characters");
        if (!PORT_NAME.matcher(name).matches()) {
            at.invalid(
                    name, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
        }
        if (!name.chars().anyMatch(c -> c >= 'a' && c <= 'z')) {
            at.invalid(name, "must contain at least one letter (a-z)");
        }
        if (name.contains("--")) at.invalid(name, "must not contain consecutive hyphens");
        if (name.startsWith("-") || name.endsWith("-")) {
            at.invalid(name, "must not begin or end with a hyphen");
        }
    }

    /// Values that no label can have are not noticed.
    public static void selector(JsonNode selector, Problems at) {
        selector(selector, at, false);
    }

    /// Also refuses values that no label can have.
    public static void strictSelector(JsonNode selector, Problems at) {
        selector(selector, at, true);
    }

    private static void selector(JsonNode selector, Problems at, boolean strict) {
        labels(selector.path("matchLabels"), at.at("matchLabels"));
        var expressions = selector.path("matchExpressions");
        for (int i = 0; i < expressions.size(); i++) {
            var expression = expressions.get(i);
            var place = at.at("matchExpressions").at(i);
            var values = expression.path("values");
            switch (expression.path("operator").asText()) {
                case "In", "NotIn" -> {
                    if (values.isEmpty()) {
                        place.at("values")
                                .required("must be specified when `operator` is 'In' or 'NotIn'");
                    }
                }
                case "Exists", "DoesNotExist" -> {
                    if (!values.isEmpty()) {
                        place.at("values")
                                .forbidden(
                                        "may not be specified when `operator` is 'Exists' or"
                                                + " 'DoesNotExist'");
                    }
                }
                default ->
                        place.at("operator")
                                .invalid(
                                        expression.path("operator").asText(),
                                        "not a valid selector operator");
            }
            for (var problem : Labels.keyProblems(expression.path("key").asText())) {
                place.at("key").invalid(expression.path("key").asText(), problem);
            }
            if (strict) labelValues(values, place.at("values"));
        }
    }

    private static void labelValues(JsonNode values, Problems at) {
        for (int i = 0; i < values.size(); i++) {
            for (var problem : Labels.valueProblems(values.get(i).asText())) {
                at.at(i).invalid(values.get(i), problem);
            }
        }
    }

    public static void labels(JsonNode labels, Problems at) {
        for (var label : labels.properties()) {
            for (var problem : Labels.keyProblems(label.getKey()))
                at.invalid(label.getKey(), problem);
            var value = label.getValue().asText();
            for (var problem : Labels.valueProblems(value)) at.invalid(value, problem);
        }
    }

    /// Requests may not exceed limits; nothing is negative.
}

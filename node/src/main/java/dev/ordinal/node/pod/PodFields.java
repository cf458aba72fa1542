package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;

import dev.ordinal.api.Quantity;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What a pod may ask about itself.
///
/// @see "Kubernetes documentation: Downward API"
final class PodFields {
    private PodFields() {}

    /// A field that does not change once the pod runs, or its labels and annotations.
    static String text(JsonNode pod, String path) {
        int bracket = path.indexOf("['");
        if (bracket > 0 && path.endsWith("']")) {
            return at(pod, path.substring(0, bracket))
                    .path(path.substring(bracket + 2, path.length() - 2))
                    .asText();
        }
        var value = at(pod, path);
        if (!value.isObject()) return value.asText();
        Map<String, String> sorted = new TreeMap<>();
        value.properties()
                .forEach(
                        e ->
                                sorted.put(
                                        e.getKey(),
                                        TextNode.valueOf(e.getValue().asText()).toString()));
        return sorted.entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .collect(Collectors.joining("\n"));
    }

    private static JsonNode at(JsonNode pod, String path) {
        return pod.at("/" + path.replace('.', '/'));
    }

    /// A request or limit in units of the divisor, rounded up; a missing limit is the machine's.
    static String resource(
            JsonNode pod, JsonNode container, JsonNode reference, java.lang.Runtime machine) {
        var path = reference.path("resource").asText();
        var chosen = container;
        var name = reference.path("containerName").asText();
        for (var other : pod.at("/spec/containers")) {
            if (!name.isEmpty() && other.path("name").asText().equals(name)) chosen = other;
        }
        int dot = path.indexOf('.');
        var resource = path.substring(dot + 1);
        var kind = path.substring(0, dot);
        var given = chosen.path("resources").path(kind).path(resource);
        BigDecimal value;
        if (given.isMissingNode()) {
            value = kind.equals("limits") ? whole(resource, machine) : BigDecimal.ZERO;
        } else {
            value = Quantity.of(given.asText()).value();
        }
        var divisor = Quantity.of(reference.path("divisor").asText("0")).value();
        if (divisor.signum() == 0) divisor = BigDecimal.ONE;
        return value.divide(divisor, 0, RoundingMode.CEILING).toPlainString();
    }

    private static BigDecimal whole(String resource, java.lang.Runtime machine) {
        return switch (resource) {
            case "cpu" -> BigDecimal.valueOf(machine.availableProcessors());
            case "memory" -> BigDecimal.valueOf(NodeObject.memoryBytes());
            default -> BigDecimal.ZERO;
        };
    }
}

package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Problems;
import dev.ordinal.kinds.cel.Environment;
import dev.ordinal.kinds.cel.SchemaTypes;

import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;

/// The rules in CEL (`x-kubernetes-validations`) of a schema and of those below it, compiled.
///
/// @param own those of the schema itself
/// @param others of the values of a map
/// @see "upstream: apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go"
record Rules(
        JsonNode schema,
        List<Rule> own,
        Map<String, Rules> properties,
        Optional<Rules> others,
        Optional<Rules> items) {
    /// Whether there are rules in the schema or below.
    static boolean in(JsonNode schema) {
        if (!schema.isObject()) return false;
        if (!schema.path(Structure.VALIDATIONS).isEmpty()) return true;
        for (var property : schema.path("properties")) if (in(property)) return true;
        return in(schema.path("items")) || in(schema.path("additionalProperties"));
    }

    /// @param resource the values are whole objects
    static Rules of(JsonNode schema, boolean resource) {
        Map<String, Rules> properties = new LinkedHashMap<>();
        for (var property : schema.path("properties").properties()) {
            below(property.getValue()).ifPresent(r -> properties.put(property.getKey(), r));
        }
        return new Rules(
                schema,
                own(schema, resource),
                properties,
                below(schema.path("additionalProperties")),
                below(schema.path("items")));
    }

    private static Optional<Rules> below(JsonNode schema) {
        return in(schema)
                ? Optional.of(of(schema, Structure.isResource(schema)))
                : Optional.empty();
    }

    private static List<Rule> own(JsonNode schema, boolean resource) {
        var sources = schema.path(Structure.VALIDATIONS);
        if (sources.isEmpty()) return List.of();
        var types = SchemaTypes.of(schema, resource);
        if (types.self().isEmpty()) return List.of();
        var environment = new Environment(types);
        return StreamSupport.stream(sources.spliterator(), false)
                .map(source -> Rule.of(source, schema, environment))
                .toList();
    }

    boolean useOldSelf() {
        return own.stream().anyMatch(Rule::usesOldSelf);
    }

    /// @param old the value before an update; null: it is new
    /// @param warnings hears what is wrong, but has not changed
    void check(JsonNode value, @Nullable JsonNode old, Problems problems, List<String> warnings) {
        new RuleCheck(warnings).value(this, value, old, RuleCheck.Before.of(old, value), problems);
    }
}

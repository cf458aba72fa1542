package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Problems;
import dev.ordinal.kinds.cel.Environment;
import dev.ordinal.kinds.cel.Environment.Compiled;
import dev.ordinal.kinds.cel.SchemaTypes;

import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

/// What rules in CEL (`x-kubernetes-validations`) in a definition have to be.
///
/// @see "upstream: apiextensions-apiserver/pkg/apis/apiextensions/validation, XValidations"
final class RuleDefinitions {
    private static final List<String> REASONS =
            List.of(
                    "FieldValueDuplicate",
                    "FieldValueForbidden",
                    "FieldValueInvalid",
                    "FieldValueRequired");

    /// In Go's order, with Go's names.
    private static final LinkedHashMap<String, String> FIELDS = new LinkedHashMap<>();

    static {
        FIELDS.put("rule", "Rule");
        FIELDS.put("message", "Message");
        FIELDS.put("messageExpression", "MessageExpression");
        FIELDS.put("reason", "Reason");
        FIELDS.put("fieldPath", "FieldPath");
        FIELDS.put("optionalOldSelf", "OptionalOldSelf");
    }

    private RuleDefinitions() {}

    /// What can be said without compiling.
    static void check(JsonNode schema, Problems at) {
        var rules = schema.path(Structure.VALIDATIONS);
        for (int i = 0; i < rules.size(); i++) {
            check(rules.get(i), schema, at.at(Structure.VALIDATIONS).at(i));
        }
    }

    private static void check(JsonNode rule, JsonNode schema, Problems at) {
        var source = rule.path("rule").asText("");
        var message = rule.path("message").asText("");
        if (source.isBlank()) at.at("rule").required("rule is not specified");
        else if (!message.isEmpty() && message.isBlank()) {
            at.at("message").invalid(message, "must be non-empty if specified");
        } else if (hasLines(message.strip())) {
            at.at("message").invalid(message, "must not contain line breaks");
        } else if (hasLines(source.strip()) && message.isBlank()) {
            at.at("message").required("message must be specified if rule contains line breaks");
        }
        var expression = rule.path("messageExpression").asText("");
        if (!expression.isEmpty() && expression.isBlank()) {
            at.at("messageExpression").required("messageExpression must be non-empty if specified");
        }
        var reason = rule.get("reason");
        if (reason != null && !REASONS.contains(reason.asText())) {
            at.at("reason").notSupported(reason, REASONS);
        }
        var path = rule.path("fieldPath").asText("");
        if (path.isEmpty()) return;
        var place = at.at("fieldPath");
        if (path.isBlank()) place.invalid(path, "must be non-empty if specified");
        if (hasLines(path)) place.invalid(path, "must not contain line breaks");
        if (FieldPath.of(path, schema).isEmpty()) place.invalid(path, "must be a valid path");
    }

    private static boolean hasLines(String text) {
        return text.contains("\n") || text.contains("\r");
    }

    /// Compiles the rules of a schema and of those below, as long as nothing else is wrong.
    static void compile(JsonNode schema, Problems at) {
        compile(schema, true, null, at);
    }

    /// @param torn where above there is no telling which old value belongs to which new one
    private static void compile(
            JsonNode schema, boolean resource, @Nullable String torn, Problems at) {
        var others = schema.path("additionalProperties");
        if (others.isObject()) {
            compile(others, isResource(others), torn, at.at("additionalProperties"));
        }
        for (var property : schema.path("properties").properties()) {
            var below = property.getValue();
            var place = at.at("properties").key(property.getKey());
            compile(below, isResource(below), torn, place);
        }
        var items = schema.path("items");
        if (items.isObject()) {
            boolean keyed = schema.path(Structure.LIST_TYPE).asText("").equals("map");
            var above = keyed || torn != null ? torn : at.path();
            compile(items, isResource(items), above, at.at("items"));
        }
        if (!schema.path(Structure.VALIDATIONS).isEmpty()) rules(schema, resource, torn, at);
    }

    private static boolean isResource(JsonNode schema) {
        return Structure.isResource(schema);
    }

    private static void rules(
            JsonNode schema, boolean resource, @Nullable String torn, Problems at) {
        var types = SchemaTypes.of(schema, resource);
        var place = at.at(Structure.VALIDATIONS);
        if (types.self().isEmpty()) {
            place.internal(
                    "internal error: failed to construct type information for"
                            + " x-kubernetes-validations rules: unable to convert structural"
                            + " schema to CEL declarations");
            return;
        }
        var environment = new Environment(types);
        var rules = schema.path(Structure.VALIDATIONS);
        for (int i = 0; i < rules.size(); i++) {
            rule(rules.get(i), environment, torn, place.at(i));
        }
    }

    private static void rule(
            JsonNode rule, Environment environment, @Nullable String torn, Problems at) {
        var source = rule.path("rule").asText();
        boolean optional = rule.path("optionalOldSelf").asBoolean();
        boolean usesOldSelf = false;
        switch (environment.rule(source, optional)) {
            case Compiled.Wrong(var why) ->
                    at.at("rule").add("FieldValueInvalid", wrong(rule, why));
            case Compiled.Ready(var expression) -> {
                usesOldSelf = expression.usesOldSelf();
                var message = rule.path("messageExpression").asText("");
                if (!message.isEmpty()
                        && environment.message(message, optional)
                                instanceof Compiled.Wrong(var why)) {
                    at.at("messageExpression").add("FieldValueInvalid", wrong(rule, why));
                }
            }
        }
        if (usesOldSelf && torn != null) {
            at.at("rule")
                    .invalid(
                            source,
                            "oldSelf cannot be used on the uncorrelatable portion of the schema"
                                    + " within "
                                    + torn);
        } else if (!usesOldSelf && rule.has("optionalOldSelf")) {
            at.at("optionalOldSelf")
                    .invalid(optional, "may not be set if oldSelf is not used in rule");
        }
    }

    private static String wrong(JsonNode rule, String why) {
        return "Invalid value: %s: %s".formatted(GoVersions.json(shown(rule)), why);
    }

    /// A rule in the spelling of upstream's internal types.
    static ObjectNode shown(JsonNode rule) {
        var shown = JsonNodeFactory.instance.objectNode();
        for (var field : FIELDS.entrySet()) {
            boolean pointer = Set.of("reason", "optionalOldSelf").contains(field.getKey());
            var held = rule.get(field.getKey());
            if (held != null) shown.set(field.getValue(), held);
            else if (pointer) shown.putNull(field.getValue());
            else shown.put(field.getValue(), "");
        }
        return shown;
    }
}

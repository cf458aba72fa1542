package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The versions of a definition as upstream's messages show them: in the spelling of its internal
/// types, where what all versions share does not stand in any of them.
///
/// @see "upstream: apiextensions-apiserver/pkg/apis/apiextensions/types.go"
final class GoVersions {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /// Fields of schemas in their order, each with how it is shown: `text`, `flag`, `value` or a
    /// shape of its own.
    private static final List<String> FIELDS =
            List.of(
                    "id ID text",
                    "$schema Schema text",
                    "$ref Ref value",
                    "description Description text",
                    "type Type text",
                    "nullable Nullable flag",
                    "format Format text",
                    "title Title text",
                    "default Default value",
                    "maximum Maximum value",
                    "exclusiveMaximum ExclusiveMaximum flag",
                    "minimum Minimum value",
                    "exclusiveMinimum ExclusiveMinimum flag",
                    "maxLength MaxLength value",
                    "minLength MinLength value",
                    "pattern Pattern text",
                    "maxItems MaxItems value",
                    "minItems MinItems value",
                    "uniqueItems UniqueItems flag",
                    "multipleOf MultipleOf value",
                    "enum Enum value",
                    "maxProperties MaxProperties value",
                    "minProperties MinProperties value",
                    "required Required value",
                    "items Items items",
                    "allOf AllOf schemas",
                    "oneOf OneOf schemas",
                    "anyOf AnyOf schemas",
                    "not Not schema",
                    "properties Properties named",
                    "additionalProperties AdditionalProperties open",
                    "patternProperties PatternProperties named",
                    "dependencies Dependencies value",
                    "additionalItems AdditionalItems open",
                    "definitions Definitions named",
                    "externalDocs ExternalDocs docs",
                    "example Example value",
                    "x-kubernetes-preserve-unknown-fields XPreserveUnknownFields value",
                    "x-kubernetes-embedded-resource XEmbeddedResource flag",
                    "x-kubernetes-int-or-string XIntOrString flag",
                    "x-kubernetes-list-map-keys XListMapKeys value",
                    "x-kubernetes-list-type XListType value",
                    "x-kubernetes-map-type XMapType value",
                    "x-kubernetes-validations XValidations rules");

    private GoVersions() {}

    /// JSON as Go writes it.
    static String json(JsonNode value) {
        return value.toString()
                .replace("<", "\\u003c")
                .replace(">", "\\u003e")
                .replace("&", "\\u0026");
    }

    /// Whether all versions say the same of it.
    static boolean isShared(JsonNode versions, String field) {
        Set<JsonNode> values = new HashSet<>();
        versions.forEach(version -> values.add(version.path(field)));
        return values.size() == 1;
    }

    static JsonNode of(JsonNode versions) {
        if (versions.isEmpty()) return JSON.nullNode();
        var all = JSON.arrayNode();
        for (var version : versions) {
            var shown = all.addObject().put("Name", version.path("name").asText());
            flag(shown, "Served", version.path("served"));
            flag(shown, "Storage", version.path("storage"));
            flag(shown, "Deprecated", version.path("deprecated"));
            shown.set("DeprecationWarning", value(version.path("deprecationWarning")));
            shown.set("Schema", own(versions, version, "schema"));
            shown.set("Subresources", own(versions, version, "subresources"));
            var columns = own(versions, version, "additionalPrinterColumns");
            shown.set("AdditionalPrinterColumns", columns);
            shown.set("SelectableFields", own(versions, version, "selectableFields"));
        }
        return all;
    }

    private static JsonNode own(JsonNode versions, JsonNode version, String field) {
        var value = version.path(field);
        if (value.isMissingNode() || isShared(versions, field)) return JSON.nullNode();
        return switch (field) {
            case "schema" ->
                    JSON.objectNode().set("OpenAPIV3Schema", schema(value.path("openAPIV3Schema")));
            case "subresources" -> {
                var shown = JSON.objectNode();
                shown.set("Status", value(value.path("status")));
                yield shown.set("Scale", scale(value.path("scale")));
            }
            case "additionalPrinterColumns" -> {
                var columns = JSON.arrayNode();
                for (var column : value) {
                    var shown = columns.addObject();
                    text(shown, "Name", column.path("name"));
                    text(shown, "Type", column.path("type"));
                    text(shown, "Format", column.path("format"));
                    text(shown, "Description", column.path("description"));
                    shown.put("Priority", column.path("priority").asInt());
                    text(shown, "JSONPath", column.path("jsonPath"));
                }
                yield columns;
            }
            default -> {
                var fields = JSON.arrayNode();
                value.forEach(f -> text(fields.addObject(), "JSONPath", f.path("jsonPath")));
                yield fields;
            }
        };
    }

    private static JsonNode scale(JsonNode scale) {
        if (!scale.isObject()) return JSON.nullNode();
        var shown = JSON.objectNode();
        text(shown, "SpecReplicasPath", scale.path("specReplicasPath"));
        text(shown, "StatusReplicasPath", scale.path("statusReplicasPath"));
        return shown.set("LabelSelectorPath", value(scale.path("labelSelectorPath")));
    }

    private static JsonNode schema(JsonNode schema) {
        if (!schema.isObject()) return JSON.nullNode();
        var shown = JSON.objectNode();
        for (var line : FIELDS) {
            var parts = line.split(" ", -1);
            var given = schema.path(parts[0]);
            switch (parts[2]) {
                case "text" -> text(shown, parts[1], given);
                case "flag" -> flag(shown, parts[1], given);
                default ->
                        shown.set(
                                parts[1],
                                given.isMissingNode() ? JSON.nullNode() : shaped(parts[2], given));
            }
        }
        return shown;
    }

    private static JsonNode shaped(String shape, JsonNode given) {
        return switch (shape) {
            case "schema" -> schema(given);
            case "schemas" -> schemas(given);
            case "items" -> {
                var shown = JSON.objectNode();
                shown.set("Schema", schema(given));
                yield shown.set("JSONSchemas", given.isArray() ? schemas(given) : JSON.nullNode());
            }
            case "named" -> {
                var shown = JSON.objectNode();
                given.properties().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .forEach(p -> shown.set(p.getKey(), schema(p.getValue())));
                yield shown;
            }
            case "open" -> {
                var shown = JSON.objectNode();
                shown.put("Allows", given.isObject() || given.asBoolean());
                yield shown.set("Schema", schema(given));
            }
            case "docs" -> {
                var shown = JSON.objectNode();
                text(shown, "Description", given.path("description"));
                text(shown, "URL", given.path("url"));
                yield shown;
            }
            case "rules" -> {
                var rules = JSON.arrayNode();
                given.forEach(rule -> rules.add(RuleDefinitions.shown(rule)));
                yield rules;
            }
            default -> given;
        };
    }

    private static ArrayNode schemas(JsonNode given) {
        var shown = JSON.arrayNode();
        given.forEach(each -> shown.add(schema(each)));
        return shown;
    }

    private static void text(ObjectNode shown, String name, JsonNode given) {
        shown.put(name, given.asText(""));
    }

    private static void flag(ObjectNode shown, String name, JsonNode given) {
        shown.put(name, given.asBoolean());
    }

    private static JsonNode value(JsonNode given) {
        return given.isMissingNode() ? JSON.nullNode() : given;
    }
}

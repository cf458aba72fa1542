package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Problems;
import dev.ordinal.api.Status;
import dev.ordinal.api.Trees;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// What a schema in a definition has to be: structural, and free of what is not served.
///
/// @see "upstream: apiextensions-apiserver/pkg/apiserver/schema, ValidateStructural"
final class SchemaRules {
    private static final List<String> TYPES =
            List.of("array", "boolean", "integer", "number", "object", "string");
    private static final List<String> NESTED = List.of("allOf", "anyOf", "oneOf");
    private static final List<String> NOT_SERVED =
            List.of("id", "additionalItems", "patternProperties", "definitions", "dependencies");

    private SchemaRules() {}

    private enum Level {
        ROOT("must not be empty at the root"),
        ITEM("must not be empty for specified array items"),
        FIELD("must not be empty for specified object fields");

        private final String noType;

        Level(String noType) {
            this.noType = noType;
        }
    }

    /// @param status the version has the status subresource
    static void check(JsonNode schema, boolean status, Problems at) {
        if (status && !schema.path("type").asText("object").equals("object")) {
            at.at("type")
                    .invalid(
                            schema.path("type"),
                            "only \"object\" is allowed as the type at the root of the schema if"
                                    + " the status subresource is enabled");
        }
        if (schema.path("nullable").asBoolean()) {
            at.at("nullable").forbidden("nullable cannot be true at the root");
        }
        var structural = new Problems();
        var root = structural.at(at.path());
        structure(schema, Level.ROOT, root);
        completeness(schema, schema, "", at.path(), root);
        add(
                structural.causes().stream()
                        .sorted(
                                Comparator.comparing(Status.Cause::field)
                                        .thenComparing(Status.Cause::message))
                        .toList(),
                at);
        var more = new Problems();
        var rest = more.at(at.path());
        if (structural.isEmpty()) defaults(schema, true, rest);
        boolean sound = structural.isEmpty() && more.isEmpty();
        content(schema, true, "", rest);
        if (sound && more.isEmpty()) RuleDefinitions.compile(schema, rest);
        add(more.causes(), at);
    }

    private static void add(List<Status.Cause> causes, Problems at) {
        for (var cause : causes) {
            var below = cause.field().substring(at.path().length());
            place(at, below.isEmpty() ? "" : below.substring(1))
                    .add(cause.reason(), cause.message());
        }
    }

    private static Problems place(Problems at, String path) {
        if (path.isEmpty()) return at;
        return at.at(path);
    }

    private static void structure(JsonNode schema, Level level, Problems at) {
        var type = schema.path("type").asText("");
        if (type.equals("array") && !schema.has("items")) {
            at.at("items").required("must be specified");
        }
        if (schema.path("items").isObject()) {
            structure(schema.path("items"), Level.ITEM, at.at("items"));
        }
        for (var property : schema.path("properties").properties()) {
            structure(property.getValue(), Level.FIELD, at.at("properties").key(property.getKey()));
        }
        var others = schema.path("additionalProperties");
        if (!others.isMissingNode() && level == Level.ROOT) {
            at.at("additionalProperties").forbidden("must not be used at the root");
        }
        if (others.isObject()) structure(others, Level.FIELD, at.at("additionalProperties"));
        extensions(schema, at);
        nested(schema, isIntOrString(schema), at);
        type(schema, type, level, at);
        metadata(schema, level, at);
    }

    private static void extensions(JsonNode schema, Problems at) {
        if (!flag(schema, Structure.INT_OR_STRING)) return;
        for (var other : List.of(Structure.PRESERVE, Structure.EMBEDDED)) {
            if (flag(schema, other)) {
                at.at(other).invalid(true, "must be false if x-kubernetes-int-or-string is true");
            }
        }
    }

    private static void type(JsonNode schema, String type, Level level, Problems at) {
        boolean embedded = flag(schema, Structure.EMBEDDED);
        if (embedded && !type.equals("object")) {
            var why = "must be object if x-kubernetes-embedded-resource is true";
            if (type.isEmpty()) at.at("type").required(why);
            else at.at("type").invalid(type, why);
        } else if (type.isEmpty()
                && !flag(schema, Structure.INT_OR_STRING)
                && !flag(schema, Structure.PRESERVE)) {
            at.at("type").required(level.noType);
        }
        if (embedded && schema.has("additionalProperties")) {
            at.at("additionalProperties")
                    .forbidden("must not be used if x-kubernetes-embedded-resource is set");
        }
        if (level == Level.ROOT && !type.isEmpty() && !type.equals("object")) {
            at.at("type").invalid(type, "must be object at the root");
        }
        if (embedded && !flag(schema, Structure.PRESERVE) && schema.path("properties").isEmpty()) {
            at.at("properties")
                    .required(
                            "must not be empty if x-kubernetes-embedded-resource is true without"
                                    + " x-kubernetes-preserve-unknown-fields");
        }
    }

    private static void metadata(JsonNode schema, Level level, Problems at) {
        boolean resource = level == Level.ROOT || flag(schema, Structure.EMBEDDED);
        if (!resource) return;
        var properties = schema.path("properties");
        for (var name : List.of("kind", "apiVersion")) {
            var type = properties.path(name).path("type").asText("");
            if (properties.has(name) && !type.equals("string")) {
                at.at("properties").key(name).at("type").invalid(type, "must be string");
            }
        }
        var metadata = properties.get("metadata");
        if (metadata == null) return;
        var place = at.at("properties").key("metadata");
        if (!metadata.path("type").asText("").equals("object")) {
            place.at("type").invalid(metadata.path("type").asText(""), "must be object");
        }
        if (level != Level.ROOT) return;
        boolean more = false;
        for (var field : metadata.properties()) {
            more |= !Set.of("type", "properties", "description").contains(field.getKey());
        }
        for (var field : metadata.path("properties").properties()) {
            more |= !Set.of("name", "generateName").contains(field.getKey());
        }
        if (more) {
            place.forbidden(
                    "must not specify anything other than name and generateName, but metadata is"
                            + " implicitly specified");
        }
    }

    /// `anyOf` of integer and string is how an int-or-string may be written.
    private static boolean isIntOrString(JsonNode schema) {
        var any = schema.path("anyOf");
        return any.size() == 2
                && any.get(0).size() == 1
                && any.get(0).path("type").asText().equals("integer")
                && any.get(1).size() == 1
                && any.get(1).path("type").asText().equals("string");
    }

    private static void nested(JsonNode schema, boolean skipAnyOf, Problems at) {
        for (var junctor : NESTED) {
            if (junctor.equals("anyOf") && skipAnyOf) continue;
            var branches = schema.path(junctor);
            for (int i = 0; i < branches.size(); i++) {
                boolean intOrString =
                        junctor.equals("allOf") && i == 0 && isIntOrString(branches.get(i));
                branch(branches.get(i), intOrString, at.at(junctor).at(i));
            }
        }
        if (schema.has("not")) branch(schema.path("not"), false, at.at("not"));
        var pattern = schema.path("pattern").asText("");
        if (pattern.isEmpty()) return;
        try {
            Pattern.compile(pattern);
        } catch (PatternSyntaxException wrong) {
            at.at("pattern")
                    .invalid(
                            pattern,
                            "must be a valid regular expression, but isn't: "
                                    + wrong.getDescription());
        }
    }

    /// Only what checks values may stand below a junctor.
    private static void branch(JsonNode schema, boolean skipAnyOf, Problems at) {
        nested(schema, skipAnyOf, at);
        if (schema.path("items").isObject()) branch(schema.path("items"), false, at.at("items"));
        for (var property : schema.path("properties").properties()) {
            branch(property.getValue(), false, at.at("properties").key(property.getKey()));
        }
        for (var field : List.of("type", "title", "description")) {
            if (schema.has(field)) at.at(field).forbidden("must be empty to be structural");
        }
        for (var field :
                List.of(
                        "additionalProperties",
                        "default",
                        Structure.LIST_TYPE,
                        Structure.MAP_TYPE)) {
            if (schema.has(field)) at.at(field).forbidden("must be undefined to be structural");
        }
        for (var field :
                List.of(
                        "nullable",
                        Structure.PRESERVE,
                        Structure.EMBEDDED,
                        Structure.INT_OR_STRING)) {
            if (flag(schema, field)) at.at(field).forbidden("must be false to be structural");
        }
        for (var field : List.of(Structure.LIST_KEYS, Structure.VALIDATIONS)) {
            if (!schema.path(field).isEmpty()) {
                at.at(field).forbidden("must be empty to be structural");
            }
        }
        if (schema.path("properties").has("metadata")) {
            at.at("properties")
                    .key("metadata")
                    .forbidden("must not be specified in a nested context");
        }
    }

    /// What a junctor speaks of is also described outside of it.
    ///
    /// @param nested a schema below a junctor, or the described one itself
    private static void completeness(
            JsonNode nested, JsonNode described, String place, String nestedPlace, Problems at) {
        for (var junctor : NESTED) {
            var branches = nested.path(junctor);
            for (int i = 0; i < branches.size(); i++) {
                var path = join(nestedPlace, junctor + "[" + i + "]");
                described(branches.get(i), described, place, path, at);
            }
        }
        if (nested.has("not")) {
            described(nested.path("not"), described, place, join(nestedPlace, "not"), at);
        }
    }

    private static void described(
            JsonNode nested, JsonNode described, String place, String nestedPlace, Problems at) {
        completeness(nested, described, place, nestedPlace, at);
        if (nested.path("items").isObject()) {
            var path = join(nestedPlace, "items");
            if (!described.path("items").isObject()) {
                place(at, join(place, "items")).required("because it is defined in " + path);
            } else {
                described(
                        nested.path("items"),
                        described.path("items"),
                        join(place, "items"),
                        path,
                        at);
            }
        }
        for (var property : nested.path("properties").properties()) {
            var key = "properties[" + property.getKey() + "]";
            var path = join(nestedPlace, key);
            var counterpart = described.path("properties").get(property.getKey());
            if (counterpart == null) {
                place(at, join(place, key)).required("because it is defined in " + path);
            } else described(property.getValue(), counterpart, join(place, key), path, at);
        }
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /// A default is a value that the schema would leave as it is.
    private static void defaults(JsonNode schema, boolean root, Problems at) {
        var initial = schema.get("default");
        if (initial != null) {
            var pruned = initial.deepCopy();
            Structure.prune(schema, pruned, Structure.isResource(schema), "", _ -> {});
            var place = at.at("default");
            if (!Trees.same(pruned, initial))
                place.invalid(initial, "must not have unknown fields");
            new Values().check(schema, initial, null, place);
        }
        if (schema.path("items").isObject()) defaults(schema.path("items"), false, at.at("items"));
        for (var property : schema.path("properties").properties()) {
            if (root && Structure.OBJECT_FIELDS.contains(property.getKey())) continue;
            defaults(property.getValue(), false, at.at("properties").key(property.getKey()));
        }
    }

    /// @param noDefaults why there may be none; empty: they may
    private static void content(JsonNode schema, boolean root, String noDefaults, Problems at) {
        var type = schema.path("type").asText("");
        if (!type.isEmpty() && !TYPES.contains(type)) at.at("type").notSupported(type, TYPES);
        if (schema.has("default") && !noDefaults.isEmpty()) {
            at.at("default").forbidden("must not be set " + noDefaults);
        }
        for (var field : NOT_SERVED) {
            if (schema.has(field)) at.at(field).forbidden(field + " is not supported");
        }
        if (schema.has("$ref")) at.at("$ref").forbidden("$ref is not supported");
        if (type.equals("null")) {
            at.at("type").forbidden("type cannot be set to null, use nullable as an alternative");
        }
        if (schema.path("items").isArray()) {
            at.at("items").forbidden("items must be a schema object and not an array");
        }
        if (flag(schema, "uniqueItems")) {
            at.at("uniqueItems")
                    .forbidden(
                            "uniqueItems cannot be set to true since the runtime complexity becomes"
                                    + " quadratic");
        }
        var others = schema.path("additionalProperties");
        boolean open = others.isBoolean() && others.asBoolean();
        if (!others.isMissingNode() && !open && !schema.path("properties").isEmpty()) {
            at.at("additionalProperties")
                    .forbidden("additionalProperties and properties are mutual exclusive");
        }
        if (schema.has(Structure.PRESERVE) && !flag(schema, Structure.PRESERVE)) {
            at.at(Structure.PRESERVE).invalid(false, "must be true or undefined");
        }
        lists(schema, type, at);
        below(schema, root, noDefaults, at);
        RuleDefinitions.check(schema, at);
    }

    private static void below(JsonNode schema, boolean root, String noDefaults, Problems at) {
        var others = schema.path("additionalProperties");
        if (others.isObject()) content(others, false, noDefaults, at.at("additionalProperties"));
        for (var property : schema.path("properties").properties()) {
            var name = property.getKey();
            boolean meta = root && Structure.OBJECT_FIELDS.contains(name);
            content(
                    property.getValue(),
                    false,
                    meta ? "in top-level " + name : noDefaults,
                    at.at("properties").key(name));
        }
        for (var junctor : NESTED) {
            var branches = schema.path(junctor);
            for (int i = 0; i < branches.size(); i++) {
                content(branches.get(i), false, noDefaults, at.at(junctor).at(i));
            }
        }
        if (schema.has("not")) content(schema.path("not"), false, noDefaults, at.at("not"));
        if (schema.path("items").isObject()) {
            content(schema.path("items"), false, noDefaults, at.at("items"));
        }
    }

    private static void lists(JsonNode schema, String type, Problems at) {
        var mapType = schema.path(Structure.MAP_TYPE).asText("");
        if (!mapType.isEmpty()) {
            ofType(type, "object", Structure.MAP_TYPE, at);
            var known = List.of("atomic", "granular");
            if (!known.contains(mapType)) at.at(Structure.MAP_TYPE).notSupported(mapType, known);
        }
        var listType = schema.path(Structure.LIST_TYPE).asText("");
        var keys = schema.path(Structure.LIST_KEYS);
        var items = schema.path("items");
        if (!listType.isEmpty()) {
            ofType(type, "array", Structure.LIST_TYPE, at);
            var known = List.of("atomic", "set", "map");
            if (!known.contains(listType)) at.at(Structure.LIST_TYPE).notSupported(listType, known);
        }
        if (type.equals("array") && listType.equals("set")) setItems(items, at.at("items"));
        if (!keys.isEmpty() && !listType.equals("map")) {
            var why = "must be map if x-kubernetes-list-map-keys is non-empty";
            if (listType.isEmpty()) at.at(Structure.LIST_TYPE).required(why);
            else at.at(Structure.LIST_TYPE).invalid(listType, why);
        }
        if (listType.equals("map")) mapItems(keys, items, at);
        boolean unique = listType.equals("set") || listType.equals("map");
        if (unique && flag(items, "nullable")) {
            at.at("items")
                    .at("nullable")
                    .forbidden("cannot be nullable when x-kubernetes-list-type is " + listType);
        }
    }

    private static void ofType(String type, String wanted, String extension, Problems at) {
        if (type.equals(wanted)) return;
        var why = "must be %s if %s is specified".formatted(wanted, extension);
        if (type.isEmpty()) at.at("type").required(why);
        else at.at("type").invalid(type, why);
    }

    private static void setItems(JsonNode items, Problems at) {
        var why = "must be atomic as item of a list with x-kubernetes-list-type=set";
        var listType = items.get(Structure.LIST_TYPE);
        var mapType = items.path(Structure.MAP_TYPE).asText("");
        switch (items.path("type").asText()) {
            case "array" -> {
                if (listType != null && !listType.asText().equals("atomic")) {
                    at.at(Structure.LIST_TYPE).invalid(listType, why);
                }
            }
            case "object" -> {
                if (!mapType.equals("atomic")) at.at(Structure.MAP_TYPE).invalid(listType, why);
            }
            default -> {}
        }
    }

    private static void mapItems(JsonNode keys, JsonNode items, Problems at) {
        if (keys.isEmpty()) {
            at.at(Structure.LIST_KEYS)
                    .required("must not be empty if x-kubernetes-list-type is map");
        }
        if (items.isMissingNode()) {
            at.at("items").required("must have a schema if x-kubernetes-list-type is map");
            return;
        }
        if (!items.path("type").asText().equals("object")) {
            at.at("items")
                    .at("type")
                    .invalid(
                            items.path("type").asText(),
                            "must be object if parent array's x-kubernetes-list-type is map");
            return;
        }
        Set<String> seen = new HashSet<>();
        for (var key : keys) {
            var property = items.path("properties").get(key.asText());
            if (property == null) {
                at.at(Structure.LIST_KEYS)
                        .invalid(keys, "entries must all be names of item properties");
            } else key(key.asText(), property, items, at);
            if (!seen.add(key.asText())) {
                at.at(Structure.LIST_KEYS).invalid(keys, "must not contain duplicate entries");
            }
        }
    }

    private static void key(String key, JsonNode property, JsonNode items, Problems at) {
        var place = at.at("items").at("properties").key(key);
        if (Set.of("array", "object").contains(property.path("type").asText())) {
            place.at("type")
                    .invalid(
                            items.path("type"),
                            "must be a scalar type if parent array's x-kubernetes-list-type is"
                                    + " map");
        }
        boolean required = false;
        for (var name : items.path("required")) required |= name.asText().equals(key);
        if (!required && !property.has("default")) {
            place.at("default")
                    .required(
                            "this property is in x-kubernetes-list-map-keys, so it must have a"
                                    + " default or be a required property");
        }
        if (flag(property, "nullable")) {
            place.at("nullable")
                    .forbidden(
                            "this property is in x-kubernetes-list-map-keys, so it cannot be"
                                    + " nullable");
        }
    }

    private static boolean flag(JsonNode schema, String name) {
        return schema.path(name).asBoolean();
    }
}

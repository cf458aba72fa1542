package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;

import dev.ordinal.api.Names;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.kinds.Checks;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// The rules of definitions; those of the schemas within are [SchemaRules].
///
/// @see "upstream: apiextensions-apiserver/pkg/apis/apiextensions/validation"
final class DefinitionRules {
    private static final String LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?";
    private static final Pattern DNS_1035 = Pattern.compile(LABEL);
    private static final List<String> COLUMN_TYPES =
            List.of("boolean", "date", "integer", "number", "string");
    private static final List<String> COLUMN_FORMATS =
            List.of("byte", "date", "date-time", "double", "float", "int32", "int64", "password");
    private static final List<String> VIEWS =
            List.of("subresources", "additionalPrinterColumns", "selectableFields");
    private static final int SELECTABLE_MAX = 8;

    private DefinitionRules() {}

    static void check(JsonNode crd, @Nullable JsonNode old, Problems problems) {
        checkName(crd, old, problems);
        var spec = crd.path("spec");
        var at = problems.at("spec");
        checkGroup(spec.path("group").asText(), at.at("group"));
        var scope = spec.path("scope");
        Checks.oneOf(scope, List.of("Cluster", "Namespaced"), at.at("scope"));
        checkVersions(spec.path("versions"), at);
        for (var name : List.of("plural", "singular", "kind", "listKind")) {
            if (spec.path("names").path(name).asText("").isEmpty()) {
                at.at("names").at(name).required("");
            }
        }
        checkNames(spec.path("names"), at.at("names"));
        checkShared(spec.path("versions"), at);
        checkConversion(spec, at.at("conversion"));
        if (old != null) checkFixed(spec, old, at);
        checkStatus(crd, old, problems);
        checkStored(crd, problems.at("status").at("storedVersions"));
        checkApproval(crd, old, problems);
        if (spec.path("preserveUnknownFields").asBoolean()) {
            at.at("preserveUnknownFields")
                    .invalid(
                            true,
                            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true"
                                    + " in spec.versions[*].schema instead");
        }
    }

    private static void checkName(JsonNode crd, @Nullable JsonNode old, Problems problems) {
        var name = crd.at("/metadata/name").asText();
        var expected = crd.at("/spec/names/plural").asText() + "." + crd.at("/spec/group").asText();
        if (old == null && !name.equals(expected)) {
            problems.at("metadata")
                    .at("name")
                    .invalid(name, "must be spec.names.plural+\".\"+spec.group");
        }
    }

    private static void checkGroup(String group, Problems at) {
        if (group.isEmpty()) at.required("");
        else if (!Names.subdomain(group, false).isEmpty()) {
            at.invalid(group, String.join(",", Names.subdomain(group, false)));
        } else if (!group.contains(".")) {
            at.invalid(group, "should be a domain with at least one dot");
        }
    }

    /// RFC 1035 label, at most 63 characters.
    private static List<String> label(String name) {
        List<String> problems = new ArrayList<>();
        if (name.length() > 63) problems.add("must be no more than 63 characters");
        if (!DNS_1035.matcher(name).matches()) {
            problems.add(
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-',"
                            + " start with an alphabetic character, and end with an alphanumeric"
                            + " character (e.g. 'my-name',  or 'abc-123', regex used for validation"
                            + " is '"
                            + LABEL
                            + "')");
        }
        return problems;
    }

    private static void checkLabel(String name, String introduction, Problems at) {
        var wrong = label(name);
        if (!wrong.isEmpty()) at.invalid(name, introduction + String.join(",", wrong));
    }

    private static void checkVersions(JsonNode versions, Problems spec) {
        var at = spec.at("versions");
        Set<String> names = new HashSet<>();
        boolean twice = false;
        int stored = 0;
        for (int i = 0; i < versions.size(); i++) {
            if (!versions.get(i).at("/schema/openAPIV3Schema").isObject()) {
                at.at(i).at("schema").at("openAPIV3Schema").required("");
            }
        }
        for (int i = 0; i < versions.size(); i++) {
            var version = versions.get(i);
            if (version.path("storage").asBoolean()) stored++;
            twice |= !names.add(version.path("name").asText());
            checkLabel(version.path("name").asText(), "", at.at(i).at("name"));
            checkDeprecation(version, at.at(i).at("deprecationWarning"));
            if (!GoVersions.isShared(versions, "schema")) {
                boolean status = version.at("/subresources/status").isObject();
                checkSchema(version, status, at.at(i).at("schema").at("openAPIV3Schema"));
            }
            for (var field : VIEWS) {
                if (!GoVersions.isShared(versions, field)) {
                    checkView(version, field, at.at(i).at(field));
                }
            }
        }
        if (twice) wrong(versions, "must contain unique version names", at);
        if (stored != 1) {
            wrong(versions, "must have exactly one version marked as storage version", at);
        }
        // Upstream also has the name of the first one in a field of former times.
        if (!versions.isEmpty()) {
            checkLabel(versions.get(0).path("name").asText(), "", spec.at("version"));
        }
    }

    private static void wrong(JsonNode versions, String why, Problems at) {
        var shown = GoVersions.json(GoVersions.of(versions));
        at.add("FieldValueInvalid", "Invalid value: %s: %s".formatted(shown, why));
    }

    /// What all versions share is told of once, elsewhere.
    private static void checkShared(JsonNode versions, Problems spec) {
        if (versions.isEmpty()) return;
        var any = versions.get(0);
        if (GoVersions.isShared(versions, "schema")) {
            boolean status = false;
            for (var version : versions) status |= version.at("/subresources/status").isObject();
            checkSchema(any, status, spec.at("validation").at("openAPIV3Schema"));
        }
        for (var field : VIEWS) {
            if (GoVersions.isShared(versions, field)) checkView(any, field, spec.at(field));
        }
    }

    private static void checkSchema(JsonNode version, boolean status, Problems at) {
        var schema = version.at("/schema/openAPIV3Schema");
        if (schema.isObject()) SchemaRules.check(schema, status, at);
    }

    private static void checkView(JsonNode version, String field, Problems at) {
        var value = version.path(field);
        switch (field) {
            case "subresources" -> {
                if (value.path("scale").isObject()) checkScale(value.path("scale"), at);
            }
            case "additionalPrinterColumns" -> {
                for (int i = 0; i < value.size(); i++) checkColumn(value.get(i), at.at(i));
            }
            default -> checkSelectable(value, version.at("/schema/openAPIV3Schema"), at);
        }
    }

    private static void checkDeprecation(JsonNode version, Problems at) {
        if (!version.has("deprecationWarning")) return;
        var warning = version.path("deprecationWarning").asText();
        if (!version.path("deprecated").asBoolean()) {
            at.invalid(warning, "can only be set for deprecated versions");
            return;
        }
        if (warning.length() > 256) at.invalid(warning, "must be <= 256 characters long");
        if (warning.isEmpty()) at.invalid(warning, "must not be an empty string");
        for (int i = 0; i < warning.length(); i++) {
            if (!Character.isISOControl(warning.charAt(i))) continue;
            at.invalid(
                    warning,
                    "must only contain printable UTF-8 characters; non-printable character found"
                            + " at index "
                            + i);
            return;
        }
    }

    private static void checkScale(JsonNode scale, Problems at) {
        checkReplicas(scale, "specReplicasPath", ".spec.", at);
        checkReplicas(scale, "statusReplicasPath", ".status.", at);
        var selector = scale.path("labelSelectorPath").asText("");
        if (selector.isEmpty()) return;
        var place = at.at("scale.labelSelectorPath");
        if (!isPath(selector, place)) return;
        if (!selector.startsWith(".spec.") && !selector.startsWith(".status.")) {
            place.invalid(selector, "should be a json path under either .spec or .status");
        }
    }

    private static void checkReplicas(JsonNode scale, String field, String below, Problems at) {
        var path = scale.path(field).asText("");
        var place = at.at("scale." + field);
        if (path.isEmpty()) place.required("");
        else if (isPath(path, place) && !path.startsWith(below)) {
            var parent = below.substring(0, below.length() - 1);
            place.invalid(path, "should be a json path under " + parent);
        }
    }

    private static boolean isPath(String path, Problems at) {
        if (path.startsWith(".")) return true;
        at.invalid(path, "must be a simple json path starting with .");
        return false;
    }

    private static void checkColumn(JsonNode column, Problems at) {
        if (column.path("name").asText("").isEmpty()) at.at("name").required("");
        var types = "must be one of " + String.join(",", COLUMN_TYPES);
        var type = column.path("type").asText("");
        if (type.isEmpty()) at.at("type").required(types);
        else if (!COLUMN_TYPES.contains(type)) at.at("type").invalid(type, types);
        var format = column.path("format").asText("");
        if (!format.isEmpty() && !COLUMN_FORMATS.contains(format)) {
            at.at("format").invalid(format, "must be one of " + String.join(",", COLUMN_FORMATS));
        }
        var path = column.path("jsonPath").asText("");
        if (path.isEmpty()) at.at("JSONPath").required("");
        else isPath(path, at.at("JSONPath"));
    }

    private static void checkSelectable(JsonNode fields, JsonNode schema, Problems at) {
        Set<String> paths = new HashSet<>();
        for (int i = 0; i < fields.size(); i++) {
            var path = fields.get(i).path("jsonPath").asText("");
            var place = at.at(i).at("jsonPath");
            if (path.isEmpty()) {
                place.required("");
                continue;
            }
            var described = described(path, schema);
            if (described == null) {
                place.invalid(path, "is an invalid path: does not refer to a valid field");
                continue;
            }
            if (path.startsWith(".metadata")) {
                place.invalid(path, "must not point to fields in metadata");
            }
            var type = described.path("type").asText();
            if (!List.of("string", "boolean", "integer").contains(type)) {
                place.invalid(
                        path,
                        "must point to a field of type string, boolean or integer. Enum string"
                                + " fields and strings with formats are allowed.");
            }
            if (!paths.add(path)) place.duplicate(path);
        }
        if (paths.size() > SELECTABLE_MAX) at.tooMany(paths.size(), SELECTABLE_MAX);
    }

    /// The schema of the field that a path of plain names leads to; null: there is none.
    private static @Nullable JsonNode described(String path, JsonNode schema) {
        if (!path.matches("(\\.[^.\\[\\]]+)+")) return null;
        var at = schema;
        for (var name : path.substring(1).split("\\.", -1)) {
            var next = at.path("properties").get(name);
            if (next == null) return null;
            at = next;
        }
        return at;
    }

    private static void checkNames(JsonNode names, Problems at) {
        for (var name : List.of("plural", "singular")) {
            var given = names.path(name).asText("");
            if (!given.isEmpty()) checkLabel(given, "", at.at(name));
        }
        for (var name : List.of("kind", "listKind")) {
            var given = names.path(name).asText("");
            var wrong = label(given.toLowerCase(Locale.ROOT));
            if (!given.isEmpty() && !wrong.isEmpty()) {
                at.at(name)
                        .invalid(
                                given,
                                "may have mixed case, but should otherwise match: "
                                        + String.join(",", wrong));
            }
        }
        checkLabels(names.path("shortNames"), at.at("shortNames"));
        var kind = names.path("kind").asText("");
        if (!kind.isEmpty() && kind.equals(names.path("listKind").asText())) {
            at.at("listKind").invalid(kind, "kind and listKind may not be the same");
        }
        checkLabels(names.path("categories"), at.at("categories"));
    }

    private static void checkLabels(JsonNode labels, Problems at) {
        for (int i = 0; i < labels.size(); i++) checkLabel(labels.get(i).asText(), "", at.at(i));
    }

    /// Webhooks are not called by this server, so that a definition that needs one is refused.
    private static void checkConversion(JsonNode spec, Problems at) {
        var conversion = spec.path("conversion");
        var strategy = conversion.path("strategy");
        if (spec.path("preserveUnknownFields").asBoolean() && !strategy.asText().equals("None")) {
            at.at("strategy")
                    .invalid(strategy, "must be None if spec.preserveUnknownFields is true");
        }
        Checks.oneOf(strategy, List.of("None", "Webhook"), at.at("strategy"));
        if (strategy.asText().equals("Webhook")) {
            at.at("strategy").invalid("Webhook", "conversion webhooks are not supported");
        } else if (conversion.has("webhook")) {
            at.at("webhookClientConfig")
                    .forbidden("should not be set when strategy is not set to Webhook");
        }
    }

    private static void checkFixed(JsonNode spec, JsonNode old, Problems at) {
        var before = old.path("spec");
        if (Conditions.isTrue(old, Conditions.ESTABLISHED)) {
            Checks.immutable(spec.path("scope"), before.path("scope"), at.at("scope"));
            Checks.immutable(
                    spec.at("/names/kind"), before.at("/names/kind"), at.at("names").at("kind"));
        }
        Checks.immutable(spec.path("group"), before.path("group"), at.at("group"));
        Checks.immutable(
                spec.at("/names/plural"), before.at("/names/plural"), at.at("names").at("plural"));
    }

    static void checkStatus(JsonNode crd, @Nullable JsonNode old, Problems problems) {
        checkNames(crd.at("/status/acceptedNames"), problems.at("status").at("acceptedNames"));
    }

    private static void checkStored(JsonNode crd, Problems at) {
        var stored = crd.at("/status/storedVersions");
        if (stored.isEmpty()) {
            at.invalid(NullNode.instance, "must have at least one stored version");
            return;
        }
        Map<String, Integer> left = new LinkedHashMap<>();
        for (int i = 0; i < stored.size(); i++) left.put(stored.get(i).asText(), i);
        for (var version : crd.at("/spec/versions")) {
            var name = version.path("name").asText();
            if (left.remove(name) == null && version.path("storage").asBoolean()) {
                at.invalid(stored, "must have the storage version " + name);
            }
        }
        left.forEach(
                (name, i) ->
                        at.at(i)
                                .invalid(
                                        name,
                                        "missing from spec.versions; %1$s was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in %1$s and removes %1$s from status.storedVersions"
                                                .formatted(name)));
    }

    /// Groups of the Kubernetes project need the address of their review, or that there is none.
    private static void checkApproval(JsonNode crd, @Nullable JsonNode old, Problems problems) {
        var group = crd.at("/spec/group").asText();
        boolean guarded =
                group.equals("k8s.io")
                        || group.endsWith(".k8s.io")
                        || group.equals("kubernetes.io")
                        || group.endsWith(".kubernetes.io");
        if (!guarded) return;
        var key = "api-approved.kubernetes.io";
        var approval = crd.at("/metadata/annotations").path(key).asText("");
        boolean same =
                old != null
                        && Trees.same(
                                old.at("/metadata/annotations").path(key),
                                crd.at("/metadata/annotations").path(key));
        if (same || approval.startsWith("unapproved") || approval.matches("https?://[^/]+/.*")) {
            return;
        }
        var at = problems.at("metadata").at("annotations").key(key);
        if (approval.isEmpty()) {
            at.required(
                    "protected groups must have approval annotation \"api-approved.kubernetes.io\","
                            + " see https://github.com/kubernetes/enhancements/pull/1111");
        } else {
            at.invalid(
                    approval,
                    "protected groups must have approval annotation \"api-approved.kubernetes.io\""
                            + " with either a URL or a reason starting with \"unapproved\", see"
                            + " https://github.com/kubernetes/enhancements/pull/1111");
        }
    }
}

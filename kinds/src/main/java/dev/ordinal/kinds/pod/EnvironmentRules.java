package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Problems;
import dev.ordinal.kinds.Checks;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// What the variables of a container may refer to, and what files may show of a pod.
///
/// @see "upstream: pkg/apis/core/validation, validateEnv and validateObjectFieldSelector"
final class EnvironmentRules {
    private static final Pattern NAME = Pattern.compile("[^=\\x00-\\x1f\\x7f]+");
    private static final Pattern KEY = Pattern.compile("[-._a-zA-Z0-9]+");
    private static final Pattern SUBSCRIPT =
            Pattern.compile("metadata\\.(labels|annotations)\\['.+'\\]");
    private static final List<String> FIELDS =
            List.of(
                    "metadata.name",
                    "metadata.namespace",
                    "metadata.uid",
                    "spec.nodeName",
                    "spec.serviceAccountName",
                    "status.hostIP",
                    "status.hostIPs",
                    "status.podIP",
                    "status.podIPs");
    private static final List<String> FILE_FIELDS =
            List.of(
                    "metadata.annotations",
                    "metadata.labels",
                    "metadata.name",
                    "metadata.namespace",
                    "metadata.uid");

    /// What upstream can read of a pod and allows in neither.
    private static final Set<String> OTHER_FIELDS =
            Set.of(
                    "metadata.annotations",
                    "metadata.labels",
                    "spec.restartPolicy",
                    "spec.schedulerName",
                    "status.phase",
                    "spec.hostNetwork",
                    "status.nominatedNodeName");

    private static final List<String> RESOURCES =
            List.of(
                    "limits.cpu",
                    "limits.ephemeral-storage",
                    "limits.memory",
                    "requests.cpu",
                    "requests.ephemeral-storage",
                    "requests.memory");

    private EnvironmentRules() {}

    static void check(JsonNode env, Problems at) {
        for (int i = 0; i < env.size(); i++) {
            var variable = env.get(i);
            var name = variable.path("name").asText();
            if (name.isEmpty()) at.at(i).at("name").required("");
            else if (!NAME.matcher(name).matches()) {
                at.at(i)
                        .at("name")
                        .invalid(
                                name,
                                "a valid environment variable name must consist only of printable"
                                        + " ASCII characters other than '='");
            }
            if (variable.path("valueFrom").isObject()) {
                checkSource(variable, at.at(i).at("valueFrom"));
            }
        }
    }

    private static void checkSource(JsonNode variable, Problems at) {
        var from = variable.path("valueFrom");
        if (from.isEmpty()) {
            at.invalid(
                    "",
                    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`,"
                            + " `secretKeyRef` or `fileKeyRef`");
        }
        if (from.has("fieldRef")) checkField(from.path("fieldRef"), FIELDS, at.at("fieldRef"));
        if (from.has("resourceFieldRef")) {
            checkResource(from.path("resourceFieldRef"), at.at("resourceFieldRef"));
        }
        for (var source : List.of("configMapKeyRef", "secretKeyRef")) {
            if (from.has(source)) checkKey(from.path(source), at.at(source));
        }
        if (from.isEmpty()) return;
        if (!variable.path("value").asText().isEmpty()) {
            at.invalid("", "may not be specified when `value` is not empty");
        } else if (from.size() > 1) {
            at.invalid("", "may not have more than one field specified at a time");
        }
    }

    private static void checkKey(JsonNode reference, Problems at) {
        Checks.subdomain(reference.path("name").asText(), at.at("name"));
        var key = reference.path("key").asText();
        if (key.isEmpty()) at.at("key").required("");
        else if (!KEY.matcher(key).matches()) {
            at.at("key")
                    .invalid(
                            key,
                            "a valid config key must consist of alphanumeric characters, '-', '_'"
                                + " or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex"
                                + " used for validation is '[-._a-zA-Z0-9]+')");
        }
    }

    /// Of a file in a volume.
    static void checkFileField(JsonNode reference, Problems at) {
        checkField(reference, FILE_FIELDS, at);
    }

    private static void checkField(JsonNode reference, List<String> allowed, Problems at) {
        var path = reference.path("fieldPath").asText();
        if (path.isEmpty()) at.at("fieldPath").required("");
        else if (SUBSCRIPT.matcher(path).matches() || allowed.contains(path)) return;
        else if (FIELDS.contains(path) || OTHER_FIELDS.contains(path)) {
            at.at("fieldPath").notSupported(path, allowed);
        } else {
            at.at("fieldPath")
                    .invalid(
                            path, "error converting fieldPath: field label not supported: " + path);
        }
    }

    static void checkResource(JsonNode reference, Problems at) {
        var resource = reference.path("resource").asText();
        if (resource.isEmpty()) at.at("resource").required("");
        else if (!RESOURCES.contains(resource)
                && !resource.matches("(limits|requests)\\.hugepages-.+")) {
            at.at("resource").notSupported(resource, RESOURCES);
        }
    }

    /// The problems of a path that must stay below something.
    static List<String> faultsOfPath(String path) {
        List<String> faults = new ArrayList<>();
        if (path.startsWith("/")) faults.add("must be a relative path");
        if (List.of(path.split("/", -1)).contains("..")) faults.add("must not contain '..'");
        return faults;
    }
}

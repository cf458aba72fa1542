package dev.ordinal.server.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.server.discovery.Discovery.Subresource;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/// An OpenAPI v3 document of one group version, derived from the kinds: what `kubectl apply`,
/// `diff` and `explain` read.
///
/// @see "upstream: api/openapi-spec/v3"
final class OpenApi {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final List<String> ANSWERS = List.of("application/json", "application/yaml");
    private static final List<String> OF_WRITES =
            List.of("dryRun", "fieldManager", "fieldValidation");
    private static final List<String> OF_DELETES =
            List.of("dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy");
    private static final List<String> OF_LISTS =
            List.of(
                    "allowWatchBookmarks",
                    "continue",
                    "fieldSelector",
                    "labelSelector",
                    "limit",
                    "resourceVersion",
                    "resourceVersionMatch",
                    "sendInitialEvents",
                    "timeoutSeconds",
                    "watch");

    private static final Map<String, String> PARAMETERS =
            Map.ofEntries(
                    Map.entry("dryRun", "All: everything is done but the writing."),
                    Map.entry("fieldManager", "Who writes; at most 128 characters."),
                    Map.entry(
                            "fieldValidation",
                            "What becomes of unknown and double fields: Ignore drops them, Warn,"
                                    + " the default, tells of them in warnings, Strict refuses"
                                    + " them."),
                    Map.entry("force", "Takes fields over that others apply."),
                    Map.entry(
                            "gracePeriodSeconds",
                            "For how many seconds the object may go on; 0 ends it at once."),
                    Map.entry("orphanDependents", "Deprecated: use propagationPolicy."),
                    Map.entry(
                            "propagationPolicy",
                            "What becomes of objects it owns: Orphan, Background or Foreground."),
                    Map.entry(
                            "allowWatchBookmarks",
                            "Whether a watch tells now and then which version it has reached."),
                    Map.entry("continue", "Asks for the page after the one that gave this."),
                    Map.entry("fieldSelector", "Selects by fields."),
                    Map.entry("labelSelector", "Selects by labels."),
                    Map.entry("limit", "How many objects to answer at most."),
                    Map.entry("resourceVersion", "Which state to read, or to watch from."),
                    Map.entry("resourceVersionMatch", "How resourceVersion is meant."),
                    Map.entry(
                            "sendInitialEvents",
                            "Whether a watch begins with the objects that are there."),
                    Map.entry("timeoutSeconds", "After how many seconds the answer ends."),
                    Map.entry("watch", "Whether changes are told instead of a list."),
                    Map.entry("name", "Name of the object."),
                    Map.entry("namespace", "Namespace of the object."),
                    Map.entry("pretty", "Whether the answer is indented."));

    private final OpenApiSchemas schemas;
    private final ObjectNode paths = NODES.objectNode();

    private OpenApi(Descriptions words) {
        schemas = new OpenApiSchemas(words);
    }

    static ObjectNode of(List<Kind> kinds, Descriptions words) {
        var api = new OpenApi(words);
        kinds.forEach(api::add);
        var document = NODES.objectNode();
        document.put("openapi", "3.0.0");
        document.putObject("info").put("title", "Kubernetes").put("version", "v1.36.0");
        document.set("paths", api.paths);
        document.putObject("components").set("schemas", api.schemas.tree());
        return document;
    }

    private void add(Kind kind) {
        var base = kind.group().isEmpty() ? "/api/v1" : "/apis/" + kind.apiVersion();
        var scope = kind.namespaced() ? "/namespaces/{namespace}/" : "/";
        if (kind.namespaced() && kind.verbs().contains("list")) {
            var everywhere = path(base + "/" + kind.plural(), false, false);
            read(everywhere, kind, "list", "ForAllNamespaces");
        }
        var collection = path(base + scope + kind.plural(), kind.namespaced(), false);
        if (kind.verbs().contains("list")) read(collection, kind, "list", "");
        if (kind.verbs().contains("create")) {
            var post = operation(collection, "post", "post", "create", kind, "");
            parameters(post, OF_WRITES);
            body(post, schemas.kind(kind), List.of("*/*"));
            answers(post, schemas.kind(kind), List.of("200", "201", "202"));
        }
        if (kind.verbs().contains("deletecollection")) {
            var delete =
                    operation(
                            collection, "delete", "deletecollection", "delete", kind, "Collection");
            parameters(delete, OF_DELETES);
            parameters(delete, OF_LISTS.stream().filter(p -> !p.matches("w.*|allow.*")).toList());
            deletion(delete, schemas.plain("Status"), List.of("200"));
        }
        if (kind.answering() != null) return;
        var item = path(base + scope + kind.plural() + "/{name}", kind.namespaced(), true);
        if (kind.verbs().contains("get")) read(item, kind, "get", "");
        writes(item, kind, "", kind.verbs().contains("update"), kind.verbs().contains("patch"));
        if (kind.verbs().contains("delete")) {
            var delete = operation(item, "delete", "delete", "delete", kind, "");
            parameters(delete, OF_DELETES);
            var answer = kind.returnsDeleted() ? schemas.kind(kind) : schemas.plain("Status");
            deletion(delete, answer, List.of("200", "202"));
        }
        for (var sub : Subresource.of(kind)) {
            var below = base + scope + kind.plural() + "/{name}/" + sub.name();
            add(path(below, kind.namespaced(), true), kind, sub);
        }
    }

    private ObjectNode path(String path, boolean namespaced, boolean named) {
        var target = paths.putObject(path);
        var parameters = NODES.arrayNode();
        if (named) parameter(parameters, "name", "path");
        if (namespaced) parameter(parameters, "namespace", "path");
        parameter(parameters, "pretty", "query");
        target.set("parameters", parameters);
        return target;
    }

    private void read(ObjectNode path, Kind kind, String action, String suffix) {
        var get =
                operation(
                        path, "get", action, action.equals("get") ? "read" : action, kind, suffix);
        if (action.equals("list")) parameters(get, OF_LISTS);
        answers(
                get,
                action.equals("list") ? schemas.list(kind) : schemas.kind(kind),
                List.of("200"));
    }

    private void writes(ObjectNode path, Kind kind, String suffix, boolean puts, boolean patches) {
        if (puts) {
            var put = operation(path, "put", "put", "replace", kind, suffix);
            parameters(put, OF_WRITES);
            body(put, schemas.kind(kind), List.of("*/*"));
            answers(put, schemas.kind(kind), List.of("200", "201"));
        }
        if (patches) {
            var patch = operation(path, "patch", "patch", "patch", kind, suffix);
            parameters(patch, OF_WRITES);
            parameters(patch, List.of("force"));
            body(patch, schemas.plain("Patch"), kind.patchTypes());
            answers(patch, schemas.kind(kind), List.of("200", "201"));
        }
    }

    private void add(ObjectNode path, Kind kind, Subresource sub) {
        var suffix = camel(sub.name());
        boolean same = sub.kind().equals(kind.kind()) && sub.group().equals(kind.group());
        var groupVersion =
                sub.group().isEmpty() ? sub.version() : sub.group() + "/" + sub.version();
        var schema = same ? kind.schema() : schema(groupVersion, sub.kind());
        if (schema == null || sub.name().equals("log")) {
            for (var method :
                    sub.verbs().contains("create") ? List.of("get", "post") : List.of("get")) {
                var connect =
                        operation(path, method, "connect", "connect" + camel(method), kind, suffix);
                gvk(connect, sub);
                text(connect);
            }
            return;
        }
        var reference = schemas.kind(schema, sub.group(), sub.version());
        for (var verb : List.of("get", "create", "update", "patch")) {
            if (!sub.verbs().contains(verb)) continue;
            var method = Map.of("create", "post", "update", "put").getOrDefault(verb, verb);
            var name = Map.of("get", "read", "update", "replace").getOrDefault(verb, verb);
            var operation = operation(path, method, method, name, kind, suffix);
            gvk(operation, sub);
            if (!verb.equals("get")) parameters(operation, OF_WRITES);
            if (verb.equals("patch")) {
                parameters(operation, List.of("force"));
                body(operation, schemas.plain("Patch"), kind.patchTypes());
            } else if (!verb.equals("get")) body(operation, reference, List.of("*/*"));
            answers(operation, reference, List.of("200", "201"));
        }
    }

    private static @Nullable Schema schema(String groupVersion, String kind) {
        try {
            return Schema.load(groupVersion, kind);
        } catch (IllegalArgumentException _) {
            return null;
        }
    }

    /// @param suffix behind the kind's name in the operation's id
    private static ObjectNode operation(
            ObjectNode path, String method, String action, String verb, Kind kind, String suffix) {
        var operation = path.putObject(method);
        var everywhere = suffix.equals("ForAllNamespaces");
        var scope = kind.namespaced() && !everywhere ? "Namespaced" : "";
        var before = suffix.equals("Collection") ? suffix : "";
        var after = suffix.equals("Collection") ? "" : suffix;
        var group = kind.group().isEmpty() ? "core" : kind.group();
        operation
                .putArray("tags")
                .add(group.replaceFirst("\\..*", "") + "_" + kind.type().version());
        operation.put(
                "description", verb + " " + kind.kind() + (after.isEmpty() ? "" : " " + after));
        operation.put("operationId", verb + groupId(kind) + before + scope + kind.kind() + after);
        operation.put("x-kubernetes-action", action);
        OpenApiSchemas.gvk(
                operation.putObject(OpenApiSchemas.EXTENSION),
                kind.group(),
                kind.type().version(),
                kind.kind());
        return operation;
    }

    private static void gvk(ObjectNode operation, Subresource sub) {
        OpenApiSchemas.gvk(
                operation.putObject(OpenApiSchemas.EXTENSION),
                sub.group(),
                sub.version(),
                sub.kind());
    }

    /// `AppsV1`, `StorageV1`, and all parts of groups that are not Kubernetes' own.
    private static String groupId(Kind kind) {
        var group = kind.group().isEmpty() ? "core" : kind.group().replaceFirst("\\.k8s\\.io$", "");
        var id = new StringBuilder();
        for (var part : group.split("[.-]", -1)) id.append(camel(part));
        return id + camel(kind.type().version());
    }

    private static String camel(String text) {
        return text.isEmpty()
                ? ""
                : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    private static void parameters(ObjectNode operation, List<String> names) {
        var parameters =
                operation.get("parameters") instanceof ArrayNode known
                        ? known
                        : operation.putArray("parameters");
        names.forEach(name -> parameter(parameters, name, "query"));
    }

    private static void parameter(ArrayNode parameters, String name, String in) {
        var parameter = parameters.addObject();
        parameter.put("name", name).put("in", in);
        parameter.put("description", PARAMETERS.getOrDefault(name, ""));
        if (in.equals("path")) parameter.put("required", true);
        var type =
                switch (name) {
                    case "limit", "timeoutSeconds", "gracePeriodSeconds" -> "integer";
                    case "watch",
                            "allowWatchBookmarks",
                            "sendInitialEvents",
                            "force",
                            "orphanDependents" ->
                            "boolean";
                    default -> "string";
                };
        parameter.putObject("schema").put("type", type).put("uniqueItems", true);
    }

    private static void body(ObjectNode operation, ObjectNode schema, List<String> mediaTypes) {
        var content = operation.putObject("requestBody").put("required", true).putObject("content");
        mediaTypes.forEach(type -> content.putObject(type).set("schema", schema.deepCopy()));
    }

    private void deletion(ObjectNode operation, ObjectNode answer, List<String> codes) {
        var options = Schema.load("meta.k8s.io/v1", "DeleteOptions");
        body(operation, schemas.kind(options, "", "v1"), List.of("*/*"));
        ((ObjectNode) operation.path("requestBody")).remove("required");
        answers(operation, answer, codes);
    }

    private static void answers(ObjectNode operation, ObjectNode schema, List<String> codes) {
        var responses = operation.putObject("responses");
        for (var code : codes) {
            var response = responses.putObject(code);
            response.put(
                    "description",
                    Map.of("200", "OK", "201", "Created", "202", "Accepted")
                            .getOrDefault(code, ""));
            var content = response.putObject("content");
            ANSWERS.forEach(type -> content.putObject(type).set("schema", schema.deepCopy()));
        }
        unauthorized(responses);
    }

    private static void text(ObjectNode operation) {
        var responses = operation.putObject("responses");
        responses
                .putObject("200")
                .put("description", "OK")
                .putObject("content")
                .putObject("*/*")
                .putObject("schema")
                .put("type", "string");
        unauthorized(responses);
    }

    private static void unauthorized(ObjectNode responses) {
        responses.putObject("401").put("description", "Unauthorized");
    }
}

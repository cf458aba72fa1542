package dev.ordinal.server.discovery;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api.Patch;
import dev.ordinal.api.Kind;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.api.schema.Schema.Field;

import java.util.List;
import java.util.Map;

/// An OpenAPI v3 document of one group version, derived from the schemas: what `kubectl apply`,
/// `diff`
/// and `explain` read.
final class OpenApi {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String EXTENSION = "x-kubernetes-group-version-kind";

    private final ObjectNode schemas = NODES.objectNode();

    private OpenApi() {}

    static ObjectNode of(List<Kind> kinds) {
        return new OpenApi().document(kinds);
    }

    private ObjectNode document(List<Kind> kinds) {
        var document = NODES.objectNode();
        document.put("openapi", "3.0.0");
        document.putObject("info").put("title", "Kubernetes").put("version", "v1.36.0");
        var paths = document.putObject("paths");
        for (var kind : kinds) {
            addPaths(paths, kind);
            var root = kind.schema().root();
            var schema = define(root);
            gvk(schema.putArray(EXTENSION).addObject(), kind);
        }
        document.putObject("components").set("schemas", schemas);
        return document;
    }

    private static void addPaths(ObjectNode paths, Kind kind) {
        var base = kind.group().isEmpty() ? "/api/v1" : "/apis/" + kind.apiVersion();
        var scope = kind.namespaced() ? "/namespaces/{namespace}/" : "/";
        var collection = base + scope + kind.plural();
        var list = paths.putObject(collection);
        operation(list.putObject("get"), kind, "list", false);
        operation(list.putObject("post"), kind, "post", true);
        var item = paths.putObject(collection + "/{name}");
        operation(item.putObject("get"), kind, "get", false);
        operation(item.putObject("put"), kind, "put", true);
        operation(item.putObject("delete"), kind, "delete", false);
        var patch = item.putObject("patch");
        operation(patch, kind, "patch", true);
        var content = patch.putObject("requestBody").putObject("content");
        for (var type : List.of(Patch.JSON, Patch.MERGE, Patch.STRATEGIC)) {
            content.putObject(type).putObject("schema").put("type", "object");
        }
    }

    private static void operation(ObjectNode operation, Kind kind, String action, boolean writes) {
        operation.put("operationId", action + kind.kind());
        operation.put("x-kubernetes-action", action);
        gvk(operation.putObject(EXTENSION), kind);
        var parameters = operation.putArray("parameters");
        if (writes) {
            for (var name : List.of("dryRun", "fieldManager", "fieldValidation")) {
                parameters
                        .addObject()
                        .put("in", "query")
                        .put("name", name)
                        .putObject("schema")
                        .put("type", "string")
                        .put("uniqueItems", true);
            }
        }
        operation
                .putObject("responses")
                .putObject("200")
                .put("description", "OK")
                .putObject("content")
                .putObject("application/json")
                .putObject("schema")
                .put("$ref", reference(kind.schema().root().definition()));
    }

    private static void gvk(ObjectNode target, Kind kind) {
        target.put("group", kind.group())
                .put("kind", kind.kind())
                .put("version", kind.type().version());
    }

    private static String reference(String definition) {
        return "#/components/schemas/" + definition;
    }

    /// Adds a definition and all it refers to.
    private ObjectNode define(Field object) {
        if (schemas.get(object.definition()) instanceof ObjectNode known) return known;
        var schema = schemas.putObject(object.definition());
        schema.put("type", "object");
        if (!object.description().isEmpty()) schema.put("description", object.description());
        var properties = schema.putObject("properties");
        for (Map.Entry<String, Field> property : object.properties().entrySet()) {
            properties.set(property.getKey(), describe(property.getValue()));
        }
        return schema;
    }

    private ObjectNode describe(Field field) {
        var schema = NODES.objectNode();
        switch (field.type()) {
            case OBJECT -> {
                define(field);
                schema.putArray("allOf").addObject().put("$ref", reference(field.definition()));
                if (field.zero() == Schema.Zero.EMIT) schema.putObject("default");
            }
            case LIST -> {
                schema.put("type", "array");
                schema.set("items", describe(field.items().orElseThrow()));
            }
            case MAP -> {
                schema.put("type", "object");
                schema.set("additionalProperties", describe(field.items().orElseThrow()));
            }
            case STRING -> schema.put("type", "string");
            case BYTES -> schema.put("type", "string").put("format", "byte");
            case TIME, MICRO_TIME -> schema.put("type", "string").put("format", "date-time");
            case INTEGER -> schema.put("type", "integer").put("format", field.format());
            case NUMBER -> schema.put("type", "number").put("format", "double");
            case BOOLEAN -> schema.put("type", "boolean");
            case INT_OR_STRING -> {
                schema.put("format", "int-or-string");
                var either = schema.putArray("oneOf");
                either.addObject().put("type", "integer");
                either.addObject().put("type", "string");
            }
            case QUANTITY -> {
                var either = schema.putArray("oneOf");
                either.addObject().put("type", "string");
                either.addObject().put("type", "number");
            }
            case ANY -> schema.put("type", "object");
        }
        if (!field.description().isEmpty()) schema.put("description", field.description());
        field.defaultValue().ifPresent(value -> schema.set("default", value));
        if (!field.patchStrategy().isEmpty()) {
            schema.put("x-kubernetes-patch-strategy", field.patchStrategy());
        }
        if (!field.patchMergeKey().isEmpty()) {
            schema.put("x-kubernetes-patch-merge-key", field.patchMergeKey());
        }
        if (field.type() == Schema.Type.LIST) {
            switch (field.merge()) {
                case SET -> schema.put("x-kubernetes-list-type", "set");
                case MAP -> {
                    schema.put("x-kubernetes-list-type", "map");
                    var keys = schema.putArray("x-kubernetes-list-map-keys");
                    field.listMapKeys().forEach(keys::add);
                }
                default -> schema.put("x-kubernetes-list-type", "atomic");
            }
        } else if (field.merge() == Schema.Merge.ATOMIC) {
            schema.put("x-kubernetes-map-type", "atomic");
        }
        return schema;
    }
}

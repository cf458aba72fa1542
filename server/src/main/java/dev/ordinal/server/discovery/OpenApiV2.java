package dev.ordinal.server.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.List;

/// The one OpenAPI v2 document of all group versions, made of their v3 documents.
///
/// @see "OpenAPI Specification 2.0"
final class OpenApiV2 {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private OpenApiV2() {}

    static ObjectNode of(List<ObjectNode> documents) {
        var whole = NODES.objectNode();
        whole.put("swagger", "2.0");
        whole.putObject("info").put("title", "Kubernetes").put("version", "v1.36.0");
        var paths = whole.putObject("paths");
        var definitions = whole.putObject("definitions");
        for (var document : documents) {
            for (var schema : document.at("/components/schemas").properties()) {
                if (!definitions.has(schema.getKey())) {
                    definitions.set(schema.getKey(), schema(schema.getValue()));
                }
            }
            for (var path : document.path("paths").properties()) {
                paths.set(path.getKey(), path(path.getValue()));
            }
        }
        return whole;
    }

    private static JsonNode schema(JsonNode v3) {
        if (v3 instanceof ArrayNode array) {
            var list = NODES.arrayNode();
            array.forEach(item -> list.add(schema(item)));
            return list;
        }
        if (!(v3 instanceof ObjectNode object)) return v3;
        var v2 = NODES.objectNode();
        for (var field : object.properties()) {
            switch (field.getKey()) {
                case "$ref" ->
                        v2.put(
                                "$ref",
                                field.getValue()
                                        .asText()
                                        .replace("#/components/schemas/", "#/definitions/"));
                // Others check values, which v2 leaves to the server.
                case "allOf" -> {
                    var first = field.getValue().path(0);
                    if (first.has("$ref")) v2.setAll((ObjectNode) schema(first));
                }
                case "anyOf", "not", "nullable" -> {}
                // There is no choice of types in v2: upstream shows the one with a format, or text.
                case "oneOf" -> {
                    if (!object.has("type")) v2.put("type", "string");
                }
                case "properties" -> {
                    var properties = v2.putObject("properties");
                    field.getValue()
                            .properties()
                            .forEach(p -> properties.set(p.getKey(), schema(p.getValue())));
                }
                case "default", "enum" -> v2.set(field.getKey(), field.getValue());
                default -> v2.set(field.getKey(), schema(field.getValue()));
            }
        }
        return v2;
    }

    private static ObjectNode path(JsonNode v3) {
        var v2 = NODES.objectNode();
        for (var field : v3.properties()) {
            if (field.getKey().equals("parameters")) {
                v2.set("parameters", parameters(field.getValue()));
            } else v2.set(field.getKey(), operation(field.getValue()));
        }
        return v2;
    }

    private static ArrayNode parameters(JsonNode v3) {
        var v2 = NODES.arrayNode();
        for (var parameter : v3) {
            var flat = ((ObjectNode) parameter).deepCopy();
            if (flat.remove("schema") instanceof ObjectNode schema) flat.setAll(schema);
            v2.add(flat);
        }
        return v2;
    }

    private static ObjectNode operation(JsonNode v3) {
        var v2 = ((ObjectNode) v3).deepCopy();
        var parameters = parameters(v3.path("parameters"));
        var body = v3.path("requestBody");
        if (body.isObject()) {
            var consumes = v2.putArray("consumes");
            JsonNode schema = NODES.objectNode();
            for (var content : body.path("content").properties()) {
                consumes.add(content.getKey());
                schema = content.getValue().path("schema");
            }
            var parameter = parameters.addObject();
            parameter.put("name", "body").put("in", "body");
            if (body.path("required").asBoolean()) parameter.put("required", true);
            parameter.set("schema", schema(schema));
        }
        v2.remove(List.of("requestBody", "parameters"));
        if (!parameters.isEmpty()) v2.set("parameters", parameters);
        var produces = v2.putArray("produces");
        var responses = v2.putObject("responses");
        for (var response : v3.path("responses").properties()) {
            var answer = responses.putObject(response.getKey());
            answer.set("description", response.getValue().path("description"));
            for (var content : response.getValue().path("content").properties()) {
                if (!produces.toString().contains('"' + content.getKey() + '"')) {
                    produces.add(content.getKey());
                }
                answer.set("schema", schema(content.getValue().path("schema")));
            }
        }
        return v2;
    }
}

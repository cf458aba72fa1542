package dev.ordinal.server.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.CodedOutputStream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/// An OpenAPI v2 document as the message `openapi.v2.Document`, the only form in which kubectl asks
/// for it. Carries what Kubernetes' clients read: definitions, and paths with their operations.
///
/// @see "github.com/google/gnostic-models: openapiv2/OpenAPIv2.proto"
final class OpenApiV2Protobuf {
    static final String MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    private static final Map<String, Integer> METHODS =
            Map.of("get", 2, "put", 3, "post", 4, "delete", 5, "patch", 8);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

    private OpenApiV2Protobuf() {}

    static byte[] encode(JsonNode document) {
        return message(
                whole -> {
                    whole.text(1, document.path("swagger"));
                    whole.part(
                            2,
                            info -> {
                                info.text(1, document.at("/info/title"));
                                info.text(2, document.at("/info/version"));
                            });
                    whole.part(8, paths -> named(paths, 2, document.path("paths"), PATH));
                    whole.part(9, all -> named(all, 1, document.path("definitions"), SCHEMA));
                });
    }

    /// Writes the fields of one message.
    @FunctionalInterface
    private interface Body {
        void write(OpenApiV2Protobuf to) throws IOException;
    }

    /// Writes a message for a JSON value.
    @FunctionalInterface
    private interface Shape {
        void write(OpenApiV2Protobuf to, JsonNode value) throws IOException;
    }

    private static final Shape SCHEMA = OpenApiV2Protobuf::schema;
    private static final Shape PATH = OpenApiV2Protobuf::path;

    private static byte[] message(Body body) {
        var message = new OpenApiV2Protobuf();
        try {
            body.write(message);
            message.out.flush();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return message.bytes.toByteArray();
    }

    private void part(int number, Body body) throws IOException {
        out.writeByteArray(number, message(body));
    }

    private void text(int number, JsonNode value) throws IOException {
        if (value.isTextual()) out.writeString(number, value.textValue());
    }

    private void flag(int number, JsonNode value) throws IOException {
        if (value.asBoolean()) out.writeBool(number, true);
    }

    /// A list of pairs of a name and a message.
    private static void named(OpenApiV2Protobuf to, int number, JsonNode map, Shape shape)
            throws IOException {
        for (var entry : map.properties()) {
            to.part(
                    number,
                    pair -> {
                        pair.out.writeString(1, entry.getKey());
                        pair.part(2, value -> shape.write(value, entry.getValue()));
                    });
        }
    }

    /// Any value, as YAML; JSON is YAML.
    private static void any(OpenApiV2Protobuf to, JsonNode value) throws IOException {
        to.out.writeString(2, value.toString());
    }

    private void extensions(int number, JsonNode of) throws IOException {
        for (var entry : of.properties()) {
            if (!entry.getKey().startsWith("x-")) continue;
            part(
                    number,
                    pair -> {
                        pair.out.writeString(1, entry.getKey());
                        pair.part(2, value -> any(value, entry.getValue()));
                    });
        }
    }

    private static void schema(OpenApiV2Protobuf to, JsonNode schema) throws IOException {
        to.text(1, schema.path("$ref"));
        to.text(2, schema.path("format"));
        to.text(4, schema.path("description"));
        if (schema.has("default")) to.part(5, value -> any(value, schema.path("default")));
        for (var name : schema.path("required")) to.text(19, name);
        for (var choice : schema.path("enum")) to.part(20, value -> any(value, choice));
        if (schema.has("additionalProperties")) {
            var values = schema.path("additionalProperties");
            to.part(21, item -> item.part(1, value -> schema(value, values)));
        }
        if (schema.has("type")) to.part(22, type -> type.text(1, schema.path("type")));
        if (schema.has("items")) {
            to.part(23, item -> item.part(1, value -> schema(value, schema.path("items"))));
        }
        if (schema.has("properties")) {
            to.part(25, all -> named(all, 1, schema.path("properties"), SCHEMA));
        }
        to.extensions(31, schema);
    }

    private static void path(OpenApiV2Protobuf to, JsonNode path) throws IOException {
        for (var field : path.properties()) {
            var method = METHODS.get(field.getKey());
            if (method != null) to.part(method, value -> operation(value, field.getValue()));
        }
        for (var parameter : path.path("parameters")) {
            to.part(9, item -> item.part(1, value -> parameter(value, parameter)));
        }
        to.extensions(10, path);
    }

    private static void operation(OpenApiV2Protobuf to, JsonNode operation) throws IOException {
        for (var tag : operation.path("tags")) to.text(1, tag);
        to.text(3, operation.path("description"));
        to.text(5, operation.path("operationId"));
        for (var type : operation.path("produces")) to.text(6, type);
        for (var type : operation.path("consumes")) to.text(7, type);
        for (var parameter : operation.path("parameters")) {
            to.part(8, item -> item.part(1, value -> parameter(value, parameter)));
        }
        to.part(
                9,
                all ->
                        named(
                                all,
                                1,
                                operation.path("responses"),
                                (value, response) ->
                                        value.part(1, answer -> response(answer, response))));
        to.extensions(13, operation);
    }

    private static void response(OpenApiV2Protobuf to, JsonNode response) throws IOException {
        to.text(1, response.path("description"));
        if (response.has("schema")) {
            to.part(2, item -> item.part(1, value -> schema(value, response.path("schema"))));
        }
    }

    private static void parameter(OpenApiV2Protobuf to, JsonNode parameter) throws IOException {
        var in = parameter.path("in").asText();
        if (in.equals("body")) {
            to.part(
                    1,
                    body -> {
                        body.text(2, parameter.path("name"));
                        body.text(3, parameter.path("in"));
                        body.flag(4, parameter.path("required"));
                        body.part(5, value -> schema(value, parameter.path("schema")));
                    });
            return;
        }
        boolean query = in.equals("query");
        to.part(
                2,
                other ->
                        other.part(
                                query ? 3 : 4,
                                value -> {
                                    value.flag(1, parameter.path("required"));
                                    value.text(2, parameter.path("in"));
                                    value.text(3, parameter.path("description"));
                                    value.text(4, parameter.path("name"));
                                    value.text(query ? 6 : 5, parameter.path("type"));
                                    value.flag(query ? 20 : 19, parameter.path("uniqueItems"));
                                }));
    }
}

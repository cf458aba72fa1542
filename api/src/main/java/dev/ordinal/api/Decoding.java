package dev.ordinal.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;

import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.Patch;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.apply.Managed;
import dev.ordinal.api.patch.JsonPatch;
import dev.ordinal.api.patch.MergePatch;
import dev.ordinal.api.patch.StrategicMergePatch;
import dev.ordinal.api.schema.Decoder;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.api.schema.Text;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;

/// From request bodies and patches to objects of a kind, with upstream's complaints.
public final class Decoding {
    private static final int PROBLEMS_MAX = 100;
    private static final String SCHEME = "pkg/api/legacyscheme/scheme.go:30";
    private static final String TYPE_META =
            "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string"
                    + " \"json:\\\"kind,omitempty\\\"\" }";

    private Decoding() {}

    record Decoded(ObjectNode tree, List<String> warnings) {}

    static Decoded decode(Kind kind, Body body, String fieldValidation) {
        TypeCheck check = kind.form() == null ? Decoding::checkKind : Decoding::checkCustomKind;
        return decode(kind::decode, kind.kind(), kind.apiVersion(), check, body, fieldValidation);
    }

    /// Refuses a body that says it is something else than is asked for here.
    @FunctionalInterface
    private interface TypeCheck {
        void check(String kind, String apiVersion, ObjectNode tree, Body body);
    }

    /// Drops the fields that are not known, and tells of them.
    @FunctionalInterface
    interface Pruning {
        ObjectNode of(ObjectNode tree, Consumer<String> unknown) throws Decoder.TypeException;
    }

    static Decoded decode(
            Schema schema, String kind, String apiVersion, Body body, String fieldValidation) {
        Pruning pruning = (tree, unknown) -> Decoder.decode(schema, tree, unknown);
        return decode(pruning, kind, apiVersion, Decoding::checkKind, body, fieldValidation);
    }

    /// @throws ApiException BadRequest: malformed, of another kind, or (Strict) with unknown or
    ///     double
    ///     fields
    private static Decoded decode(
            Pruning pruning,
            String kind,
            String apiVersion,
            TypeCheck check,
            Body body,
            String fieldValidation) {
        List<String> problems = new ArrayList<>();
        boolean yaml = false;
        ObjectNode tree =
                switch (body) {
                    case Body.Tree(var given) -> given;
                    case Body.Text(var bytes, var mediaType) -> {
                        yaml = mediaType.contains("yaml");
                        yield parse(kind, bytes, yaml, problems);
                    }
                };
        check.check(kind, apiVersion, tree, body);
        var version = versionOf(apiVersion);
        var complaint =
                "%s in version \"%s\" cannot be handled as a %s: ".formatted(kind, version, kind);
        ObjectNode shaped;
        try {
            shaped = pruning.of(tree, path -> problems.add("unknown field \"" + path + '"'));
        } catch (Decoder.TypeException wrong) {
            throw ApiException.badRequest(complaint + wrong.getMessage());
        }
        shaped.put("apiVersion", apiVersion).put("kind", kind);
        var kept = problems.stream().limit(PROBLEMS_MAX).toList();
        if (!kept.isEmpty() && fieldValidation.equals("Strict")) {
            throw ApiException.badRequest(
                    complaint + "strict decoding error: " + String.join(", ", kept));
        }
        return new Decoded(shaped, fieldValidation.equals("Ignore") ? List.of() : kept);
    }

    private static ObjectNode parse(
            String kind, byte[] bytes, boolean yaml, List<String> problems) {
        try {
            var tree =
                    yaml
                            ? Text.yaml(bytes, problems::add)
                            : Text.json(
                                    bytes, path -> problems.add("duplicate field \"" + path + '"'));
            if (tree instanceof ObjectNode object) return object;
            throw unrecognized(
                    kind,
                    "json: cannot unmarshal %s into Go value of type %s"
                            .formatted(goName(tree), TYPE_META),
                    bytes);
        } catch (Text.MalformedException malformed) {
            throw unrecognized(kind, malformed.getMessage(), bytes);
        }
    }

    private static String goName(JsonNode tree) {
        return switch (tree.getNodeType()) {
            case ARRAY -> "array";
            case STRING -> "string";
            case BOOLEAN -> "bool";
            default -> "number";
        };
    }

    private static ApiException unrecognized(String kind, @Nullable String why, byte[] bytes) {
        return ApiException.badRequest(
                "the object provided is unrecognized (must be of type %s): couldn't get version/kind; json parse error: %s (%s)"
                        .formatted(kind, why, excerpt(bytes)));
    }

    /// The beginning of a body, as complaints show it.
    public static String excerpt(byte[] bytes) {
        if (bytes.length == 0) return "<empty>";
        int length = Math.min(30, bytes.length);
        var tail = bytes.length > 30 ? " ..." : "";
        return bytes[0] == '{'
                ? new String(bytes, 0, length, StandardCharsets.UTF_8) + tail
                : HexFormat.of().formatHex(bytes, 0, length) + tail;
    }

    private static void checkKind(String kind, String apiVersion, ObjectNode tree, Body body) {
        var givenVersion = tree.path("apiVersion").asText(apiVersion);
        var givenKind = tree.path("kind").asText(kind);
        if (givenVersion.isEmpty()) givenVersion = apiVersion;
        if (givenKind.isEmpty()) givenKind = kind;
        if (givenVersion.equals(apiVersion) && givenKind.equals(kind)) return;
        var version = versionOf(givenVersion);
        throw ApiException.badRequest(
                "%s in version \"%s\" cannot be handled as a %s: %s"
                        .formatted(
                                givenKind,
                                version,
                                kind,
                                Schema.isKnown(givenVersion, givenKind)
                                        ? "converting (%s.%s) to (%s.%s): unknown conversion"
                                                .formatted(
                                                        version, givenKind, group(apiVersion), kind)
                                        : "no kind \"%s\" is registered for version \"%s\" in scheme \"%s\""
                                                .formatted(givenKind, givenVersion, SCHEME)));
    }

    /// Objects of custom kinds have to say what they are.
    private static void checkCustomKind(
            String kind, String apiVersion, ObjectNode tree, Body body) {
        var givenKind = tree.path("kind").asText();
        if (givenKind.isEmpty()) {
            var bytes =
                    switch (body) {
                        case Body.Text(var text, _) -> text;
                        case Body.Tree _ -> tree.toString().getBytes(StandardCharsets.UTF_8);
                    };
            throw ApiException.badRequest(
                    "the object provided is unrecognized (must be of type %s): Object 'Kind' is missing in '%s' (%s)"
                            .formatted(
                                    kind,
                                    new String(bytes, StandardCharsets.UTF_8),
                                    excerpt(bytes)));
        }
        var givenVersion = tree.path("apiVersion").asText();
        if (!givenVersion.equals(apiVersion)) {
            throw ApiException.badRequest(
                    "the API version in the data (%s) does not match the expected API version (%s)"
                            .formatted(givenVersion, apiVersion));
        }
        if (givenKind.equals(kind)) return;
        var problems = new Problems();
        problems.at("kind").invalid(givenKind, "must be " + kind);
        var group = apiVersion.substring(0, Math.max(0, apiVersion.indexOf('/')));
        throw problems.invalid(givenKind, group, tree.at("/metadata/name").asText());
    }

    private static String versionOf(String apiVersion) {
        return apiVersion.substring(apiVersion.indexOf('/') + 1);
    }

    /// Upstream's package of a group's own types.
    private static String group(String apiVersion) {
        if (!apiVersion.contains("/")) return "core";
        return apiVersion.replaceFirst("[./].*", "");
    }

    /// Fills in or checks the namespace of the request.
    static void placeIn(Kind kind, @Nullable String namespace, ObjectNode metadata) {
        if (!kind.namespaced()) {
            metadata.remove("namespace");
            return;
        }
        var given = metadata.path("namespace").asText();
        if (given.isEmpty()) metadata.put("namespace", namespace);
        else if (!given.equals(namespace)) {
            throw otherNamespace();
        }
    }

    private static ApiException otherNamespace() {
        return ApiException.badRequest(
                "the namespace of the provided object does not match the namespace sent on the"
                        + " request");
    }

    /// The object a patch asks for.
    static ObjectNode patched(
            Kind kind, Stored current, Patch patch, WriteOptions options, List<String> warnings) {
        var tree = apply(kind.schema(), current.tree(), patch, options.fieldValidation(), warnings);
        List<String> unknown = new ArrayList<>();
        ObjectNode shaped;
        try {
            shaped = kind.decode(tree, path -> unknown.add("unknown field \"" + path + '"'));
        } catch (Decoder.TypeException wrong) {
            var restored = GoValues.restoreFailure(String.valueOf(wrong.getMessage()));
            if (patch.mediaType().equals(Patch.STRATEGIC) && restored.isPresent()) {
                throw undecodable(TextNode.valueOf(GoValues.text(patch.bytes())), restored.get());
            }
            throw undecodable(tree, wrong.getMessage());
        }
        warnings.addAll(unknown);
        if (options.fieldValidation().equals("Strict") && !warnings.isEmpty()) {
            var shown =
                    patch.mediaType().equals(Patch.STRATEGIC)
                            ? TextNode.valueOf(GoValues.text(patch.bytes()))
                            : tree;
            throw undecodable(shown, "strict decoding error: " + String.join(", ", warnings));
        }
        if (options.fieldValidation().equals("Ignore")) warnings.clear();
        checkIdentity(kind, current, shaped);
        return shaped;
    }

    /// The configuration that an apply patch is.
    ///
    /// @param doubles hears of keys given twice
    static ObjectNode configuration(Patch patch, Consumer<String> doubles) {
        try {
            var tree = Text.yaml(patch.bytes(), doubles);
            if (tree instanceof ObjectNode object) return object;
            if (tree.isNull()) return JsonNodeFactory.instance.objectNode();
            throw undecodableYaml(
                    "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
                            + goName(tree)
                            + " into Go value of type map[string]interface {}");
        } catch (Text.MalformedException malformed) {
            throw undecodableYaml(String.valueOf(malformed.getMessage()));
        }
    }

    private static ApiException undecodableYaml(String why) {
        return ApiException.badRequest("error decoding YAML: " + why);
    }

    /// An object that a configuration has been applied to, as it is stored.
    static ObjectNode applied(Kind kind, ObjectNode tree) {
        try {
            return kind.toStored(kind.decode(tree, _ -> {}));
        } catch (Decoder.TypeException wrong) {
            var metadata = Metadata.of(tree);
            throw new ApiException(
                    new Status(
                            500,
                            "",
                            "failed to convert new object (%s/%s; %s, Kind=%s) to proper version (%s): %s"
                                    .formatted(
                                            metadata.path("namespace").asText(),
                                            metadata.path("name").asText(),
                                            (kind.group().isEmpty() ? "/" : "") + kind.apiVersion(),
                                            kind.kind(),
                                            kind.apiVersion(),
                                            wrong.getMessage()),
                            null));
        }
    }

    /// For an object that does not exist yet.
    static void checkApplied(
            Kind kind, @Nullable String namespace, String name, ObjectNode object) {
        var metadata = Metadata.of(object);
        var uid = metadata.path("uid").asText();
        if (!uid.isEmpty()) {
            throw ApiException.conflict(
                    kind.type(),
                    name,
                    "uid mismatch: the provided object specified uid %s, and no existing object was found"
                            .formatted(uid));
        }
        placeIn(kind, namespace, metadata);
        var given = metadata.path("name").asText();
        if (given.isEmpty()) {
            throw ApiException.badRequest(
                    "the name of the object (%s based on URL) was undeterminable: name must be provided"
                            .formatted(name));
        }
        checkName(given, name);
    }

    private static void checkName(String given, String name) {
        if (given.equals(name)) return;
        throw ApiException.badRequest(
                "the name of the object (%s) does not match the name on the URL (%s)"
                        .formatted(given, name));
    }

    static void checkIdentity(Kind kind, Stored current, ObjectNode shaped) {
        var metadata = Metadata.of(shaped);
        var uid = metadata.path("uid").asText();
        if (!uid.isEmpty() && !uid.equals(current.uid())) {
            var problems = new Problems();
            // Found twice, as every problem of an update's metadata.
            for (int i = 0; i < 2; i++) {
                problems.at("metadata").at("uid").invalid(uid, "field is immutable");
            }
            throw problems.invalid(kind.kind(), kind.stored().group(), current.name());
        }
        checkName(metadata.path("name").asText(), current.name());
        if (!metadata.path("namespace").asText().equals(current.namespace())) {
            throw otherNamespace();
        }
    }

    static ObjectNode apply(
            Schema schema,
            ObjectNode current,
            Patch patch,
            String fieldValidation,
            List<String> warnings) {
        JsonNode changes;
        boolean jsonPatch = patch.mediaType().equals(Patch.JSON);
        try {
            changes =
                    Text.json(
                            patch.bytes(),
                            path ->
                                    warnings.add(
                                            (jsonPatch ? "json patch " : "")
                                                    + "duplicate field \""
                                                    + path
                                                    + '"'));
        } catch (Text.MalformedException malformed) {
            throw ApiException.badRequest(
                    fieldValidation.equals("Ignore") && patch.mediaType().equals(Patch.MERGE)
                            ? "Invalid JSON Patch"
                            : patch.mediaType().equals(Patch.STRATEGIC)
                                    ? String.valueOf(malformed.getMessage())
                                    : "error decoding patch: " + malformed.getMessage());
        }
        return switch (patch.mediaType()) {
            case Patch.JSON -> {
                if (!(changes instanceof ArrayNode operations)) {
                    throw ApiException.badRequest(
                            "error decoding patch: json: cannot unmarshal object into Go value of"
                                    + " type []handlers.jsonPatchOp");
                }
                yield object(JsonPatch.apply(Managed.expanded(current), operations));
            }
            case Patch.MERGE -> {
                requireObject(changes);
                yield object(MergePatch.apply(current, changes));
            }
            case Patch.STRATEGIC -> {
                requireObject(changes);
                yield StrategicMergePatch.apply(schema, current, (ObjectNode) changes);
            }
            default -> throw unsupported(List.of(Patch.JSON, Patch.MERGE, Patch.STRATEGIC));
        };
    }

    static ApiException unsupported(List<String> accepted) {
        return new ApiException(
                new Status(
                        415,
                        "UnsupportedMediaType",
                        "the body of the request was in an unknown format - accepted media types"
                                + " include: "
                                + String.join(", ", accepted),
                        null));
    }

    private static void requireObject(JsonNode changes) {
        if (!changes.isObject()) {
            throw ApiException.badRequest(
                    "error decoding patch: json: cannot unmarshal %s into Go value of type map[string]interface {}"
                            .formatted(goName(changes)));
        }
    }

    private static ObjectNode object(JsonNode tree) {
        if (tree instanceof ObjectNode object) return object;
        throw undecodable(tree, "json: cannot unmarshal " + goName(tree));
    }

    private static ApiException undecodable(JsonNode tree, @Nullable String why) {
        var problems = new Problems();
        var shown = tree.isTextual() ? tree.textValue() : tree.toString();
        problems.at("patch").invalid(shown, why == null ? "" : why);
        return problems.invalid("", "", "");
    }
}

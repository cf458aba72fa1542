package dev.ordinal.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.GoValues;
import dev.ordinal.api.Status;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.api.schema.Schema.Field;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Kubernetes' own patch: like a merge patch, but lists merge as their schema says.
///
/// @see "upstream: apimachinery/pkg/util/strategicpatch"
public final class StrategicMergePatch {
    private static final String DIRECTIVE = "$patch";
    private static final String RETAIN = "$retainKeys";
    private static final String ORDER = "$setElementOrder/";
    private static final String DELETE_PRIMITIVES = "$deleteFromPrimitiveList/";

    private StrategicMergePatch() {}

    /// Neither tree is changed.
    ///
    /// @throws ApiException BadRequest or InternalError for a patch that contradicts itself
    public static ObjectNode apply(Schema schema, ObjectNode target, ObjectNode patch) {
        return map(Optional.of(schema.root()), target, patch);
    }

    private static ObjectNode map(Optional<Field> field, ObjectNode target, ObjectNode patch) {
        var directive = patch.path(DIRECTIVE);
        if (directive.isTextual()) {
            switch (directive.textValue()) {
                case "replace" -> {
                    var replacement = patch.deepCopy();
                    replacement.remove(DIRECTIVE);
                    return replacement;
                }
                case "delete" -> {
                    return JsonNodeFactory.instance.objectNode();
                }
                case "merge" -> {}
                default ->
                        throw internal(
                                "unknown patch type: %s in map: %s"
                                        .formatted(directive.textValue(), GoValues.text(patch)));
            }
        } else if (patch.has(DIRECTIVE)) {
            throw internal(
                    "unknown patch type: %s in map: %s"
                            .formatted(GoValues.text(directive), GoValues.text(patch)));
        }
        var result = target.deepCopy();
        retain(result, patch);
        for (var change : patch.properties()) {
            var name = change.getKey();
            if (name.equals(DIRECTIVE) || name.equals(RETAIN)) continue;
            if (name.startsWith(DELETE_PRIMITIVES)) {
                deletePrimitives(
                        result, name.substring(DELETE_PRIMITIVES.length()), change.getValue());
            } else if (!name.startsWith(ORDER)) {
                member(field.flatMap(f -> child(f, name)), result, patch, name, change.getValue());
            }
        }
        reorderUntouched(field, result, patch);
        return result;
    }

    private static Optional<Field> child(Field field, String name) {
        return switch (field.type()) {
            case OBJECT -> Optional.ofNullable(field.properties().get(name));
            case MAP -> field.items();
            default -> Optional.empty();
        };
    }

    private static void member(
            Optional<Field> field,
            ObjectNode result,
            ObjectNode patch,
            String name,
            JsonNode value) {
        if (value.isNull()) {
            result.remove(name);
            return;
        }
        var old = result.get(name);
        switch (value) {
            case ObjectNode changes -> {
                boolean replaces =
                        field.map(f -> f.patchStrategy().equals("replace")).orElse(false);
                var base =
                        old instanceof ObjectNode object && !replaces
                                ? object
                                : JsonNodeFactory.instance.objectNode();
                var merged = map(field, base, changes);
                if (changes.path(DIRECTIVE).asText().equals("delete")) result.remove(name);
                else result.set(name, merged);
            }
            case ArrayNode changes -> {
                boolean merges = field.map(f -> f.patchStrategy().contains("merge")).orElse(false);
                if (!merges) result.set(name, withoutDirectives(changes));
                else {
                    var base =
                            old instanceof ArrayNode array
                                    ? array
                                    : JsonNodeFactory.instance.arrayNode();
                    var merged = list(field.orElseThrow(), base, changes);
                    result.set(name, ordered(field.get(), merged, base, patch.get(ORDER + name)));
                }
            }
            default -> result.set(name, value);
        }
    }

    /// An order given for a list that the patch does not otherwise touch.
    private static void reorderUntouched(
            Optional<Field> field, ObjectNode result, ObjectNode patch) {
        for (var change : patch.properties()) {
            if (!change.getKey().startsWith(ORDER)) continue;
            var name = change.getKey().substring(ORDER.length());
            if (patch.has(name) || !(result.get(name) instanceof ArrayNode list)) continue;
            var listField = field.flatMap(f -> child(f, name));
            if (listField.isEmpty()) continue;
            result.set(name, ordered(listField.get(), list, list, change.getValue()));
        }
    }

    private static void retain(ObjectNode result, ObjectNode patch) {
        var keys = patch.get(RETAIN);
        if (keys == null) return;
        if (!keys.isArray()) throw bad("invalid patch format of retainKeys");
        Set<String> kept = new HashSet<>();
        keys.forEach(key -> kept.add(key.asText()));
        for (var change : patch.properties()) {
            var name = change.getKey();
            if (name.startsWith("$") || change.getValue().isNull()) continue;
            if (!kept.contains(name)) throw bad("patch content doesn't match retainKeys list");
        }
        result.retain(kept);
    }

    private static void deletePrimitives(ObjectNode result, String name, JsonNode values) {
        if (!values.isArray()) throw bad("invalid patch format of primitive list");
        if (!(result.get(name) instanceof ArrayNode list)) return;
        var kept = JsonNodeFactory.instance.arrayNode();
        for (var item : list) {
            if (!contains(values, item)) kept.add(item);
        }
        result.set(name, kept);
    }

    private static boolean contains(JsonNode list, JsonNode wanted) {
        for (var item : list) if (item.equals(wanted)) return true;
        return false;
    }

    private static JsonNode withoutDirectives(ArrayNode list) {
        var result = JsonNodeFactory.instance.arrayNode();
        for (var item : list) {
            if (item instanceof ObjectNode object && object.has(DIRECTIVE)) continue;
            result.add(item.deepCopy());
        }
        return result;
    }

    private static ArrayNode list(Field field, ArrayNode base, ArrayNode changes) {
        if (field.patchMergeKey().isEmpty()) {
            var union = base.deepCopy();
            for (var item : changes) if (!contains(union, item)) union.add(item);
            return union;
        }
        boolean replace = false;
        for (var change : changes) {
            if (change.path(DIRECTIVE).asText().equals("replace") && change.size() == 1)
                replace = true;
        }
        if (replace) return (ArrayNode) withoutDirectives(changes);
        var key = field.patchMergeKey();
        var items = field.items();
        var result = base.deepCopy();
        for (var change : changes) {
            if (!(change instanceof ObjectNode object)) {
                throw bad("invalid patch format of setElementOrder list");
            }
            var wanted = object.get(key);
            if (wanted == null) {
                throw internal(
                        "map: %s does not contain declared merge key: %s"
                                .formatted(GoValues.text(change), key));
            }
            int at = indexOf(result, key, wanted);
            if (object.path(DIRECTIVE).asText().equals("delete")) {
                for (int i = at; i >= 0; i = indexOf(result, key, wanted)) result.remove(i);
            } else if (at < 0) {
                result.add(map(items, JsonNodeFactory.instance.objectNode(), object));
            } else {
                result.set(at, map(items, (ObjectNode) result.get(at), object));
            }
        }
        return result;
    }

    private static int indexOf(ArrayNode list, String key, JsonNode wanted) {
        for (int i = 0; i < list.size(); i++) {
            if (wanted.equals(list.get(i).get(key))) return i;
        }
        return -1;
    }

    /// Puts elements that the patch orders into that order; those only the server has keep their
    /// place
    /// relative to their neighbours.
    private static ArrayNode ordered(
            Field field, ArrayNode merged, ArrayNode base, @Nullable JsonNode order) {
        if (order == null) return merged;
        if (!order.isArray()) throw bad("invalid patch format of setElementOrder list");
        List<JsonNode> wanted = new ArrayList<>();
        order.forEach(item -> wanted.add(identity(field, item)));
        List<JsonNode> inPatch = new ArrayList<>();
        List<JsonNode> serverOnly = new ArrayList<>();
        for (var item : merged) {
            (wanted.contains(identity(field, item)) ? inPatch : serverOnly).add(item);
        }
        inPatch.sort(Comparator.comparingInt(item -> wanted.indexOf(identity(field, item))));
        List<JsonNode> server = new ArrayList<>();
        base.forEach(item -> server.add(identity(field, item)));
        return merge(field, inPatch, serverOnly, server);
    }

    private static ArrayNode merge(
            Field field, List<JsonNode> inPatch, List<JsonNode> serverOnly, List<JsonNode> server) {
        var result = JsonNodeFactory.instance.arrayNode();
        int p = 0;
        int s = 0;
        while (p < inPatch.size() || s < serverOnly.size()) {
            boolean takeServer =
                    p == inPatch.size()
                            || (s < serverOnly.size()
                                    && before(
                                            server,
                                            identity(field, serverOnly.get(s)),
                                            identity(field, inPatch.get(p))));
            result.add(takeServer ? serverOnly.get(s++) : inPatch.get(p++));
        }
        return result;
    }

    private static boolean before(List<JsonNode> server, JsonNode a, JsonNode b) {
        int other = server.indexOf(b);
        return other >= 0 && server.indexOf(a) < other;
    }

    private static JsonNode identity(Field field, JsonNode item) {
        return field.patchMergeKey().isEmpty() ? item : item.path(field.patchMergeKey());
    }

    private static ApiException bad(String message) {
        return ApiException.badRequest(message);
    }

    private static ApiException internal(String message) {
        return new ApiException(new Status(500, "", message, null));
    }
}

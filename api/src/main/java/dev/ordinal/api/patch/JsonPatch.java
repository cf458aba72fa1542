package dev.ordinal.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.Status;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// RFC 6902, with upstream's answers: which operation failed is not told.
public final class JsonPatch {
    /// More operations than this are refused.
    public static final int OPERATIONS_MAX = 10_000;

    private JsonPatch() {}

    /// @throws ApiException Invalid (a failed operation or test), RequestEntityTooLarge
    public static JsonNode apply(JsonNode target, ArrayNode operations) {
        if (operations.size() > OPERATIONS_MAX) {
            throw new ApiException(
                    new Status(
                            413,
                            "RequestEntityTooLarge",
                            "Request entity too large: The allowed maximum operations in a JSON patch is %d, got %d"
                                    .formatted(OPERATIONS_MAX, operations.size()),
                            null));
        }
        JsonNode document = target.deepCopy();
        for (var operation : operations) {
            try {
                document = step(document, operation);
            } catch (FailedException _) {
                throw refused();
            }
        }
        return document;
    }

    private static ApiException refused() {
        return new ApiException(
                new Status(
                        422,
                        "Invalid",
                        "the server rejected our request due to an error in our request",
                        Status.Details.empty()));
    }

    private static JsonNode step(JsonNode document, JsonNode operation) throws FailedException {
        var path = pointer(operation, "path");
        return switch (operation.path("op").asText()) {
            case "add" -> add(document, path, value(operation));
            case "remove" -> remove(document, path);
            // As upstream's library has it, a field of an object need not be there.
            case "replace" ->
                    path.isEmpty() ? value(operation) : replace(document, path, value(operation));
            case "move" -> {
                var from = pointer(operation, "from");
                var moved = find(document, from);
                yield add(remove(document, from), path, moved);
            }
            case "copy" ->
                    add(document, path, find(document, pointer(operation, "from")).deepCopy());
            case "test" -> {
                if (!same(find(document, path), value(operation))) throw new FailedException();
                yield document;
            }
            default -> throw new FailedException();
        };
    }

    private static boolean same(JsonNode a, JsonNode b) {
        if (a.isNumber() && b.isNumber()) return a.decimalValue().compareTo(b.decimalValue()) == 0;
        return a.equals(b);
    }

    private static JsonNode value(JsonNode operation) throws FailedException {
        var value = operation.get("value");
        if (value == null) throw new FailedException();
        return value.deepCopy();
    }

    private static List<String> pointer(JsonNode operation, String field) throws FailedException {
        var text = operation.get(field);
        if (text == null || !text.isTextual()) throw new FailedException();
        var pointer = text.textValue();
        if (pointer.isEmpty()) return List.of();
        if (!pointer.startsWith("/")) throw new FailedException();
        List<String> parts = new ArrayList<>();
        for (var part : pointer.substring(1).split("/", -1)) {
            parts.add(part.replace("~1", "/").replace("~0", "~"));
        }
        return parts;
    }

    private static JsonNode find(JsonNode document, List<String> path) throws FailedException {
        var at = document;
        for (var part : path) {
            @Nullable JsonNode next =
                    switch (at) {
                        case ObjectNode object -> object.get(part);
                        case ArrayNode array -> array.get(index(part, array.size() - 1, array));
                        default -> null;
                    };
            if (next == null) throw new FailedException();
            at = next;
        }
        return at;
    }

    private static JsonNode add(JsonNode document, List<String> path, JsonNode value)
            throws FailedException {
        if (path.isEmpty()) return value;
        var name = path.getLast();
        switch (find(document, path.subList(0, path.size() - 1))) {
            case ObjectNode object -> object.set(name, value);
            case ArrayNode array -> {
                int at = name.equals("-") ? array.size() : index(name, array.size(), array);
                array.insert(at, value);
            }
            default -> throw new FailedException();
        }
        return document;
    }

    private static JsonNode replace(JsonNode document, List<String> path, JsonNode value)
            throws FailedException {
        var name = path.getLast();
        switch (find(document, path.subList(0, path.size() - 1))) {
            case ObjectNode object -> object.set(name, value);
            case ArrayNode array -> array.set(index(name, array.size() - 1, array), value);
            default -> throw new FailedException();
        }
        return document;
    }

    private static JsonNode remove(JsonNode document, List<String> path) throws FailedException {
        if (path.isEmpty()) throw new FailedException();
        var name = path.getLast();
        find(document, path);
        switch (find(document, path.subList(0, path.size() - 1))) {
            case ObjectNode object -> object.remove(name);
            case ArrayNode array -> array.remove(index(name, array.size() - 1, array));
            default -> throw new FailedException();
        }
        return document;
    }

    /// Negative indices count from the end, as upstream's library has it.
    private static int index(String part, int most, ArrayNode array) throws FailedException {
        try {
            int index = Integer.parseInt(part);
            if (index < 0) index += array.size();
            if (index < 0 || index > most) throw new FailedException();
            return index;
        } catch (NumberFormatException _) {
            throw new FailedException();
        }
    }

    private static final class FailedException extends Exception {
        private static final long serialVersionUID = 1;
    }
}

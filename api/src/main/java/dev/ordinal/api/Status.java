package dev.ordinal.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// The answer to a refused request, as `meta/v1` Status spells it.
///
/// @param reason may be empty (an unmapped error)
/// @param continueToken of an expired list: how to go on, or empty
public record Status(
        int code, String reason, String message, @Nullable Details details, String continueToken) {
    public Status(int code, String reason, String message, @Nullable Details details) {
        this(code, reason, message, details, "");
    }

    /// As it goes over the wire.
    public ObjectNode tree() {
        var tree = JsonNodeFactory.instance.objectNode();
        tree.put("kind", "Status").put("apiVersion", "v1");
        var metadata = tree.putObject("metadata");
        if (!continueToken.isEmpty()) metadata.put("continue", continueToken);
        tree.put("status", "Failure").put("message", message);
        if (!reason.isEmpty()) tree.put("reason", reason);
        if (details != null) tree.set("details", details.tree());
        tree.put("code", code);
        return tree;
    }

    /// @param kind the plural resource for most reasons, the Kind for Invalid
    public record Details(
            String name,
            String group,
            String kind,
            String uid,
            List<Cause> causes,
            int retryAfterSeconds) {
        ObjectNode tree() {
            var tree = JsonNodeFactory.instance.objectNode();
            if (!name.isEmpty()) tree.put("name", name);
            if (!group.isEmpty()) tree.put("group", group);
            if (!kind.isEmpty()) tree.put("kind", kind);
            if (!uid.isEmpty()) tree.put("uid", uid);
            for (var cause : causes) {
                var entry = tree.withArrayProperty("causes").addObject();
                if (!cause.reason().isEmpty()) entry.put("reason", cause.reason());
                if (!cause.message().isEmpty()) entry.put("message", cause.message());
                if (!cause.field().isEmpty()) entry.put("field", cause.field());
            }
            if (retryAfterSeconds > 0) tree.put("retryAfterSeconds", retryAfterSeconds);
            return tree;
        }

        public static Details of(String name, String group, String kind) {
            return new Details(name, group, kind, "", List.of(), 0);
        }

        public static Details empty() {
            return of("", "", "");
        }
    }

    /// @param reason the cause type, e.g. `FieldValueRequired`
    public record Cause(String reason, String message, String field) {}
}

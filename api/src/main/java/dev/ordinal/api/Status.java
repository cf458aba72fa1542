package dev.ordinal.api;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// The answer to a refused request, as `meta/v1` Status spells it.
///
/// @param reason may be empty (an unmapped error)
public record Status(int code, String reason, String message, @Nullable Details details) {
    /// @param kind the plural resource for most reasons, the Kind for Invalid
    public record Details(
            String name,
            String group,
            String kind,
            String uid,
            List<Cause> causes,
            int retryAfterSeconds) {
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

package dev.ordinal.api;

import com.fasterxml.jackson.databind.JsonNode;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.function.UnaryOperator;

/// A column of `kubectl get`.
///
/// @param type `string`, `integer`, `date`, `number` or `boolean`
/// @param format `name` for the first column of most kinds, else empty
/// @param priority 0 is always shown, 1 with `-o wide`
public record Column(
        String name, String type, String format, String description, int priority, Cell cell) {
    /// The same column of objects that have to be changed before it can read them.
    Column reading(UnaryOperator<JsonNode> change) {
        return new Column(
                name,
                type,
                format,
                description,
                priority,
                (object, now) -> cell.of(change.apply(object), now));
    }

    /// What stands in the cell: a String, Number or Boolean, or null where there is nothing.
    @FunctionalInterface
    public interface Cell {
        @Nullable Object of(JsonNode object, Instant now);
    }
}

package dev.ordinal.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/// Small things done to JSON trees.
public final class Trees {
    private Trees() {}

    /// Equal as JSON: the order of keys and the width of numbers do not count.
    public static boolean same(JsonNode a, JsonNode b) {
        return a.equals(
                (x, y) -> {
                    if (x.equals(y)) return 0;
                    if (x.isNumber() && y.isNumber()) {
                        return x.decimalValue().compareTo(y.decimalValue());
                    }
                    return 1;
                },
                b);
    }

    /// Makes `to` agree with `from` in one field, absence included.
    public static void copy(String field, ObjectNode from, ObjectNode to) {
        var value = from.get(field);
        if (value == null) to.remove(field);
        else to.set(field, value.deepCopy());
    }
}

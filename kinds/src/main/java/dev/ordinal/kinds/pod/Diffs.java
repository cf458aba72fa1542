package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Trees;

import java.util.TreeSet;

/// Shows what a forbidden update would have changed, one line a field.
public final class Diffs {
    private Diffs() {}

    public static String of(JsonNode before, JsonNode after) {
        var out = new StringBuilder();
        var names = new TreeSet<String>();
        before.fieldNames().forEachRemaining(names::add);
        after.fieldNames().forEachRemaining(names::add);
        for (var name : names) {
            if (Trees.same(before.path(name), after.path(name))) continue;
            out.append("- ").append(name).append(": ").append(before.path(name)).append('\n');
            out.append("+ ").append(name).append(": ").append(after.path(name)).append('\n');
        }
        return out.toString();
    }
}

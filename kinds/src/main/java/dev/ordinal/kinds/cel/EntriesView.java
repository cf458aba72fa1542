package dev.ordinal.kinds.cel;

import com.fasterxml.jackson.databind.JsonNode;

import org.jspecify.annotations.Nullable;

import java.util.AbstractMap;
import java.util.LinkedHashSet;
import java.util.Set;

/// A map of JSON as expressions see it.
final class EntriesView extends AbstractMap<String, Object> {
    private final Declared values;
    private final JsonNode json;

    EntriesView(Declared values, JsonNode json) {
        this.values = values;
        this.json = json;
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
        var held = key instanceof String name ? json.get(name) : null;
        return held == null ? null : Declared.orNull(values, held);
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return key instanceof String name && json.has(name);
    }

    @Override
    public int size() {
        return json.size();
    }

    @Override
    public Set<Entry<String, Object>> entrySet() {
        Set<Entry<String, Object>> entries = new LinkedHashSet<>();
        for (var entry : json.properties()) {
            entries.add(
                    new SimpleImmutableEntry<>(
                            entry.getKey(), Declared.orNull(values, entry.getValue())));
        }
        return entries;
    }
}

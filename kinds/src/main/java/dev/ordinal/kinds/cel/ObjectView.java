package dev.ordinal.kinds.cel;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Trees;

import org.jspecify.annotations.Nullable;

import java.util.AbstractMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// An object of JSON as expressions see it: its described fields, where null is the same as none.
final class ObjectView extends AbstractMap<String, Object> {
    private final Declared.Struct declared;
    private final JsonNode json;

    ObjectView(Declared.Struct declared, JsonNode json) {
        this.declared = declared;
        this.json = json;
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
        var property = key instanceof String name ? declared.fields().get(name) : null;
        if (property == null) return null;
        var held = json.get(property.name());
        return held == null || held.isNull() ? null : property.declared().value(held);
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        var property = key instanceof String name ? declared.fields().get(name) : null;
        return property != null && json.hasNonNull(property.name());
    }

    @Override
    public Set<Entry<String, Object>> entrySet() {
        Set<Entry<String, Object>> entries = new LinkedHashSet<>();
        for (var name : declared.fields().keySet()) {
            var held = get(name);
            if (held != null) entries.add(new SimpleImmutableEntry<>(name, held));
        }
        return entries;
    }

    boolean same(ObjectView other) {
        Map<String, Declared> known =
                declared.fields().values().stream()
                        .collect(
                                Collectors.toMap(
                                        Declared.Property::name, Declared.Property::declared));
        if (json.size() != other.json.size()) return false;
        for (var field : json.properties()) {
            var here = field.getValue();
            var there = other.json.path(field.getKey());
            var property = known.get(field.getKey());
            boolean bare = property == null || here.isNull() || isNone(there);
            if (bare && !Trees.same(here, there)) return false;
            if (property == null || bare) continue;
            if (!Equality.same(property.value(here), property.value(there))) return false;
        }
        return true;
    }

    private static boolean isNone(JsonNode value) {
        return value.isNull() || value.isMissingNode();
    }
}

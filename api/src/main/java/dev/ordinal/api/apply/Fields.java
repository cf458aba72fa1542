package dev.ordinal.api.apply;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.apply.Shape.MisfitException;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The paths of all that a value says.
///
/// @see "upstream: structured-merge-diff/typed/tofieldset.go"
final class Fields {
    private final FieldSet set = new FieldSet();
    private final List<PathElement> path = new ArrayList<>();

    private Fields() {}

    static FieldSet of(Shape shape, JsonNode value) throws MisfitException {
        var fields = new Fields();
        fields.visit(shape, value);
        return fields.set;
    }

    private void visit(Shape given, JsonNode value) throws MisfitException {
        var shape = given.narrowed(value);
        var map = shape.map();
        var list = shape.list();
        if (map != null) {
            if (map.isAtomic()) set.insert(path);
            else if (value.isObject()) fields(map, value);
        } else if (shape.scalar() != null || list == null || list.isAtomic()) set.insert(path);
        else if (value.isArray()) items(list, value);
    }

    private void fields(Shape.Maps map, JsonNode value) throws MisfitException {
        for (var field : value.properties()) {
            path.add(new PathElement.Field(field.getKey()));
            var held = field.getValue();
            visit(map.child(field.getKey()), held);
            boolean empty = held.isNull() || (held.isObject() && held.isEmpty());
            if (empty || !map.declares(field.getKey())) set.insert(path);
            path.removeLast();
        }
    }

    private void items(Shape.Lists list, JsonNode value) throws MisfitException {
        Set<PathElement> seen = new HashSet<>();
        Set<PathElement> several = new HashSet<>();
        for (var item : value) {
            var element = list.element(item);
            if (!seen.add(element)) several.add(element);
        }
        for (var item : value) {
            var element = list.element(item);
            path.add(element);
            if (!several.contains(element)) visit(list.items(), item);
            set.insert(path);
            path.removeLast();
        }
    }

    /// Takes paths out of a value.
    ///
    /// @return null: nothing remains
    /// @see "upstream: structured-merge-diff/typed/remove.go"
    static @Nullable JsonNode without(FieldSet paths, Shape given, JsonNode value)
            throws MisfitException {
        var shape = given.narrowed(value);
        var map = shape.map();
        var list = shape.list();
        if (map != null) {
            if (!value.isObject() || value.isEmpty() || map.isAtomic()) return null;
            return withoutFields(paths, map, value);
        }
        if (shape.scalar() != null || list == null) return value;
        if (!value.isArray() || value.isEmpty() || list.isAtomic()) return null;
        return withoutItems(paths, list, value);
    }

    private static @Nullable JsonNode withoutFields(FieldSet paths, Shape.Maps map, JsonNode value)
            throws MisfitException {
        var rest = Merging.NODES.objectNode();
        boolean touched = false;
        for (var field : value.properties()) {
            var element = new PathElement.Field(field.getKey());
            if (paths.has(element)) continue;
            var below = paths.below(element);
            var held = field.getValue();
            if (below.isEmpty()) rest.set(field.getKey(), held);
            else {
                touched = true;
                rest.set(field.getKey(), inner(below, map.child(field.getKey()), held));
            }
        }
        return rest.isEmpty() && !touched ? null : rest;
    }

    private static @Nullable JsonNode withoutItems(FieldSet paths, Shape.Lists list, JsonNode value)
            throws MisfitException {
        var rest = Merging.NODES.arrayNode();
        for (var item : value) {
            var element = list.element(item);
            if (paths.has(element)) continue;
            var below = paths.below(element);
            rest.add(below.isEmpty() ? item : inner(below, list.items(), item));
        }
        return rest.isEmpty() ? null : rest;
    }

    private static JsonNode inner(FieldSet paths, Shape shape, JsonNode value)
            throws MisfitException {
        var rest = without(paths, shape, value);
        if (rest != null) return rest;
        if (value.isObject()) return Merging.NODES.objectNode();
        return value.isArray() ? Merging.NODES.arrayNode() : Merging.NODES.nullNode();
    }
}

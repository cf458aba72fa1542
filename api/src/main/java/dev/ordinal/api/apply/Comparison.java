package dev.ordinal.api.apply;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Trees;
import dev.ordinal.api.apply.Shape.MisfitException;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The paths in which two values of one shape differ.
///
/// @see "upstream: structured-merge-diff/typed/compare.go"
final class Comparison {
    private FieldSet removed = new FieldSet();
    private FieldSet modified = new FieldSet();
    private FieldSet added = new FieldSet();
    private final List<PathElement> path = new ArrayList<>();

    private Comparison() {}

    static Comparison of(Shape shape, JsonNode left, JsonNode right) throws MisfitException {
        var comparison = new Comparison();
        comparison.compare(shape, left, right);
        return comparison;
    }

    FieldSet removed() {
        return removed;
    }

    FieldSet modified() {
        return modified;
    }

    FieldSet added() {
        return added;
    }

    boolean isSame() {
        return removed.isEmpty() && modified.isEmpty() && added.isEmpty();
    }

    /// Without these fields and what is below them.
    Comparison without(FieldSet fields) {
        removed = removed.recursiveDifference(fields);
        modified = modified.recursiveDifference(fields);
        added = added.recursiveDifference(fields);
        return this;
    }

    /// Trees share what has not changed.
    @SuppressWarnings("ReferenceEquality")
    private void compare(Shape shape, @Nullable JsonNode left, @Nullable JsonNode right)
            throws MisfitException {
        if (left == right) return;
        var before = shape.narrowed(left);
        var after = shape.narrowed(right);
        boolean leaf;
        if (right == null) leaf = visit(before, left, null);
        else {
            if (left != null && !before.isLike(after)) visit(before, left, right);
            leaf = visit(after, left, right);
        }
        if (leaf || path.isEmpty()) return;
        if (left == null) added.insert(path);
        else if (right == null) removed.insert(path);
    }

    /// @return the value is a leaf
    private boolean visit(Shape shape, @Nullable JsonNode left, @Nullable JsonNode right)
            throws MisfitException {
        var map = shape.map();
        if (map != null) {
            var before = left != null && left.isObject() ? left : null;
            var after = right != null && right.isObject() ? right : null;
            if (map.isAtomic() || (isEmpty(before) && isEmpty(after))) return leaf(left, right);
            fields(map, before, after);
            return false;
        }
        var list = shape.list();
        if (shape.scalar() != null || list == null) return leaf(left, right);
        var before = left != null && left.isArray() ? left : null;
        var after = right != null && right.isArray() ? right : null;
        if (list.isAtomic() || (isEmpty(before) && isEmpty(after))) return leaf(left, right);
        items(list, before, after);
        return false;
    }

    private static boolean isEmpty(@Nullable JsonNode container) {
        return container == null || container.isEmpty();
    }

    private boolean leaf(@Nullable JsonNode left, @Nullable JsonNode right) {
        if (left == null) added.insert(path);
        else if (right == null) removed.insert(path);
        else if (!Trees.same(left, right)) modified.insert(path);
        return true;
    }

    private void fields(Shape.Maps map, @Nullable JsonNode left, @Nullable JsonNode right)
            throws MisfitException {
        if (left != null) {
            for (var field : left.properties()) {
                var theirs = right == null ? null : right.get(field.getKey());
                field(map, field.getKey(), field.getValue(), theirs);
            }
        }
        if (right == null) return;
        for (var field : right.properties()) {
            if (left == null || !left.has(field.getKey())) {
                field(map, field.getKey(), null, field.getValue());
            }
        }
    }

    private void field(
            Shape.Maps map, String name, @Nullable JsonNode left, @Nullable JsonNode right)
            throws MisfitException {
        path.add(new PathElement.Field(name));
        compare(map.child(name), left, right);
        path.removeLast();
    }

    private void items(Shape.Lists list, @Nullable JsonNode left, @Nullable JsonNode right)
            throws MisfitException {
        var before = byElement(list, left);
        var after = byElement(list, right);
        for (var entry : before.entrySet()) {
            item(
                    list,
                    entry.getKey(),
                    entry.getValue(),
                    after.getOrDefault(entry.getKey(), List.of()));
        }
        for (var entry : after.entrySet()) {
            if (!before.containsKey(entry.getKey())) {
                item(list, entry.getKey(), List.of(), entry.getValue());
            }
        }
    }

    private static Map<PathElement, List<JsonNode>> byElement(
            Shape.Lists list, @Nullable JsonNode items) throws MisfitException {
        Map<PathElement, List<JsonNode>> found = new LinkedHashMap<>();
        if (items == null) return found;
        for (var item : items) {
            found.computeIfAbsent(list.element(item), _ -> new ArrayList<>(1)).add(item);
        }
        return found;
    }

    /// Elements that are there several times are looked at together.
    private void item(
            Shape.Lists list, PathElement element, List<JsonNode> left, List<JsonNode> right)
            throws MisfitException {
        path.add(element);
        if (left.size() <= 1 && right.size() <= 1) {
            compare(
                    list.items(),
                    left.isEmpty() ? null : left.getFirst(),
                    right.isEmpty() ? null : right.getFirst());
        } else if (left.size() >= 2 && right.size() >= 2) {
            if (!left.equals(right)) modified.insert(path);
        } else if (left.size() >= 2) {
            if (!right.isEmpty()) compare(list.items(), null, right.getFirst());
            removed.insert(path);
        } else {
            if (!left.isEmpty()) compare(list.items(), left.getFirst(), null);
            added.insert(path);
        }
        path.removeLast();
    }
}

package dev.ordinal.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.api.apply.Shape.MisfitException;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Puts a configuration over an object: what the configuration says counts, what it leaves out
/// stays, and elements keep their order.
///
/// @see "upstream: structured-merge-diff/typed/merge.go"
final class Merging {
    static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Merging() {}

    /// @param left what is there, or null
    /// @param right what is configured, or null; not both are null
    /// @return null: nothing
    static @Nullable JsonNode merge(Shape given, @Nullable JsonNode left, @Nullable JsonNode right)
            throws MisfitException {
        var shape = given.narrowed(right == null ? left : right);
        var map = shape.map();
        if (map != null) {
            var before = left != null && left.isObject() ? left : null;
            var after = right != null && right.isObject() ? right : null;
            if (map.isAtomic() || (isEmpty(before) && isEmpty(after))) return leaf(left, right);
            return fields(map, before, after);
        }
        var list = shape.list();
        if (shape.scalar() != null || list == null) return leaf(left, right);
        var before = left != null && left.isArray() ? left : null;
        var after = right != null && right.isArray() ? right : null;
        if (list.isAtomic() || (isEmpty(before) && isEmpty(after))) return leaf(left, right);
        return new Lists(list, before, after).merge();
    }

    private static boolean isEmpty(@Nullable JsonNode container) {
        return container == null || container.isEmpty();
    }

    private static @Nullable JsonNode leaf(@Nullable JsonNode left, @Nullable JsonNode right) {
        return right == null ? left : right;
    }

    private static @Nullable JsonNode fields(
            Shape.Maps map, @Nullable JsonNode left, @Nullable JsonNode right)
            throws MisfitException {
        var merged = NODES.objectNode();
        if (left != null) {
            for (var field : left.properties()) {
                var name = field.getKey();
                var theirs = right == null ? null : right.get(name);
                var value = merge(map.child(name), field.getValue(), theirs);
                if (value != null) merged.set(name, value);
            }
        }
        if (right != null) {
            for (var field : right.properties()) {
                var name = field.getKey();
                if (left != null && left.has(name)) continue;
                var value = merge(map.child(name), null, field.getValue());
                if (value != null) merged.set(name, value);
            }
        }
        return merged.isEmpty() ? null : merged;
    }

    /// Two lists on their way to becoming one. Elements of both come in the configured order; those
    /// of one alone stay where they are between them.
    private static final class Lists {
        private final Shape.Lists shape;
        private final List<JsonNode> leftItems = new ArrayList<>();
        private final List<PathElement> left = new ArrayList<>();
        private final List<PathElement> right = new ArrayList<>();
        private final Map<PathElement, JsonNode> leftBy = new HashMap<>();
        private final Map<PathElement, JsonNode> rightBy = new HashMap<>();
        private final ArrayNode merged = NODES.arrayNode();

        Lists(Shape.Lists shape, @Nullable JsonNode before, @Nullable JsonNode after)
                throws MisfitException {
            this.shape = shape;
            if (after != null) {
                for (var item : after) {
                    var element = shape.element(item);
                    right.add(element);
                    rightBy.put(element, item);
                }
            }
            if (before == null) return;
            for (var item : before) {
                var element = shape.element(item);
                left.add(element);
                leftItems.add(item);
                // One that is there several times cannot be merged with.
                leftBy.merge(element, item, (_, _) -> NODES.nullNode());
            }
        }

        @Nullable JsonNode merge() throws MisfitException {
            var shared = new ArrayDeque<>(right.stream().filter(leftBy::containsKey).toList());
            var next = shared.poll();
            Set<PathElement> done = new HashSet<>();
            int l = 0;
            int r = 0;
            while (l < left.size() || r < right.size()) {
                if (l < left.size() && r < right.size()) {
                    var element = left.get(l);
                    if (element.equals(right.get(r))) {
                        done.add(element);
                        add(leftBy.get(element), rightBy.get(element));
                        l++;
                        r++;
                        next = shared.poll();
                        continue;
                    }
                    if (rightBy.containsKey(element) && next != null && !next.equals(element)) {
                        l++;
                        continue;
                    }
                }
                if (l < left.size()) {
                    var element = left.get(l);
                    if (!rightBy.containsKey(element)) {
                        add(leftItems.get(l), null);
                        l++;
                        continue;
                    }
                    if (done.contains(element)) l++;
                }
                if (r < right.size()) {
                    var element = right.get(r);
                    done.add(element);
                    add(leftBy.get(element), rightBy.get(element));
                    r++;
                    if (element.equals(next)) next = shared.poll();
                }
            }
            return merged.isEmpty() ? null : merged;
        }

        private void add(@Nullable JsonNode before, @Nullable JsonNode after)
                throws MisfitException {
            var item = Merging.merge(shape.items(), before, after);
            if (item != null) merged.add(item);
        }
    }
}

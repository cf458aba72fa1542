package dev.ordinal.api.apply;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;

import dev.ordinal.api.Json;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/// A set of field paths. Only [#insert] changes one: whoever builds a set shares it when it is
/// complete.
public final class FieldSet {
    private final TreeMap<PathElement, Node> nodes = new TreeMap<>();

    /// What the set holds at one element: the element itself, paths below it, or both.
    private static final class Node {
        boolean member;
        @Nullable FieldSet below;

        Node(boolean member, @Nullable FieldSet below) {
            this.member = member;
            this.below = below;
        }

        boolean isEmpty() {
            return !member && (below == null || below.isEmpty());
        }
    }

    /// The text is not FieldsV1.
    public static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1;

        MalformedException(String message) {
            super(message);
        }
    }

    /// @param paths of fields of objects: `metadata.labels`
    public static FieldSet of(String... paths) {
        var set = new FieldSet();
        for (var path : paths) {
            List<PathElement> elements = new ArrayList<>();
            for (var name : path.split("\\.", -1)) elements.add(new PathElement.Field(name));
            set.insert(elements);
        }
        return set;
    }

    public boolean isEmpty() {
        for (var node : nodes.values()) {
            if (!node.isEmpty()) return false;
        }
        return true;
    }

    void insert(List<PathElement> path) {
        var set = this;
        for (int i = 0; i < path.size(); i++) {
            var node = set.nodes.computeIfAbsent(path.get(i), _ -> new Node(false, null));
            if (i == path.size() - 1) node.member = true;
            else {
                if (node.below == null) node.below = new FieldSet();
                set = node.below;
            }
        }
    }

    boolean has(List<PathElement> path) {
        var set = this;
        for (int i = 0; i < path.size(); i++) {
            var node = set.nodes.get(path.get(i));
            if (node == null) return false;
            if (i == path.size() - 1) return node.member;
            if (node.below == null) return false;
            set = node.below;
        }
        return false;
    }

    boolean has(PathElement element) {
        var node = nodes.get(element);
        return node != null && node.member;
    }

    /// The paths below an element; an empty set when there are none.
    FieldSet below(PathElement element) {
        var node = nodes.get(element);
        return node == null || node.below == null ? new FieldSet() : node.below;
    }

    FieldSet union(FieldSet other) {
        if (isEmpty()) return other;
        if (other.isEmpty()) return this;
        var union = new FieldSet();
        union.nodes.putAll(nodes);
        other.nodes.forEach(
                (element, theirs) -> union.nodes.merge(element, theirs, FieldSet::union));
        return union;
    }

    private static Node union(Node left, Node right) {
        var below = left.below;
        if (below == null) below = right.below;
        else if (right.below != null) below = below.union(right.below);
        return new Node(left.member || right.member, below);
    }

    FieldSet intersection(FieldSet other) {
        var common = new FieldSet();
        nodes.forEach(
                (element, ours) -> {
                    var theirs = other.nodes.get(element);
                    if (theirs == null) return;
                    var below = ours.below;
                    below =
                            below == null || theirs.below == null
                                    ? null
                                    : below.intersection(theirs.below);
                    common.put(element, ours.member && theirs.member, below);
                });
        return common;
    }

    /// This set without the paths of the other one.
    FieldSet difference(FieldSet other) {
        return difference(other, false);
    }

    /// This set without the paths of the other one and all that is below them.
    FieldSet recursiveDifference(FieldSet other) {
        return difference(other, true);
    }

    private FieldSet difference(FieldSet other, boolean recursive) {
        if (other.nodes.isEmpty()) return this;
        var rest = new FieldSet();
        nodes.forEach(
                (element, ours) -> {
                    var theirs = other.nodes.get(element);
                    if (theirs == null) rest.nodes.put(element, ours);
                    else if (!recursive || !theirs.member) {
                        var below = ours.below;
                        if (below != null && theirs.below != null) {
                            below = below.difference(theirs.below, recursive);
                        }
                        rest.put(element, ours.member && !theirs.member, below);
                    }
                });
        return rest;
    }

    private void put(PathElement element, boolean member, @Nullable FieldSet below) {
        var node = new Node(member, below);
        if (!node.isEmpty()) nodes.put(element, node);
    }

    /// With every declared field that has paths below it as a member.
    FieldSet withNamedFields(Shape shape) {
        var set = new FieldSet();
        var map = shape.map();
        nodes.forEach(
                (element, node) -> {
                    var below = node.below;
                    boolean declared = false;
                    var inner = Shape.UNKNOWN;
                    if (element instanceof PathElement.Field(var name) && map != null) {
                        declared = map.declares(name);
                        inner = map.child(name);
                    } else if (element instanceof PathElement.Key) {
                        var list = shape.list();
                        if (list != null) inner = list.items();
                    }
                    set.put(
                            element,
                            node.member || (declared && below != null),
                            below == null ? null : below.withNamedFields(inner));
                });
        return set;
    }

    /// With lists and maps as a whole where the shape has made them so since.
    FieldSet agreeing(Shape shape) {
        var set = new FieldSet();
        nodes.forEach(
                (element, node) -> {
                    var below = node.below;
                    if (below == null || below.isEmpty()) set.put(element, node.member, null);
                    else {
                        var inner = shape.child(element);
                        if (inner.isAtomic()) set.put(element, true, null);
                        else set.put(element, node.member, below.agreeing(inner));
                    }
                });
        return set;
    }

    /// Visits each path: an object's own members before those below.
    void forEach(Consumer<List<PathElement>> visitor) {
        forEach(new ArrayList<>(), visitor);
    }

    private void forEach(List<PathElement> prefix, Consumer<List<PathElement>> visitor) {
        nodes.forEach(
                (element, node) -> {
                    if (!node.member) return;
                    prefix.add(element);
                    visitor.accept(List.copyOf(prefix));
                    prefix.removeLast();
                });
        nodes.forEach(
                (element, node) -> {
                    if (node.below == null) return;
                    prefix.add(element);
                    node.below.forEach(prefix, visitor);
                    prefix.removeLast();
                });
    }

    /// Whether a set with this text could share paths with this one: it is cheap to ask and may
    /// say yes too often.
    boolean mayShare(String text) {
        return nodes.keySet().stream()
                .anyMatch(e -> text.contains(PathElement.quoted(e.text()) + ":"));
    }

    /// FieldsV1, compact and in upstream's order.
    public String text() {
        var text = new StringBuilder(256);
        write(text, false);
        return text.toString();
    }

    private void write(StringBuilder text, boolean self) {
        text.append('{');
        if (self && !isEmpty()) text.append("\".\":{},");
        for (var entry : nodes.entrySet()) {
            text.append('"');
            JsonStringEncoder.getInstance().quoteAsString(entry.getKey().text(), text);
            text.append("\":");
            var below = entry.getValue().below;
            if (below == null) text.append("{}");
            else below.write(text, entry.getValue().member);
            text.append(',');
        }
        if (text.charAt(text.length() - 1) == ',') text.setLength(text.length() - 1);
        text.append('}');
    }

    /// @param text FieldsV1; elements of unknown types are passed over
    public static FieldSet parse(String text) throws MalformedException {
        try (var parser = Json.FACTORY.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new MalformedException("not an object: " + text);
            }
            var set = new FieldSet();
            var _ = set.read(parser);
            return set;
        } catch (IOException damaged) {
            throw new MalformedException(String.valueOf(damaged.getMessage()));
        }
    }

    /// @return the object's own element is a member: it says so, or has nothing below
    private boolean read(JsonParser parser) throws IOException, MalformedException {
        boolean self = false;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var name = parser.currentName();
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new MalformedException("not an object: " + name);
            }
            if (name.equals(".")) {
                self = true;
                parser.skipChildren();
            } else if (name.length() > 1
                    && name.charAt(1) == ':'
                    && "fvik".indexOf(name.charAt(0)) < 0) {
                parser.skipChildren();
            } else {
                var element = PathElement.parse(name);
                var below = new FieldSet();
                boolean member = below.read(parser);
                nodes.put(element, new Node(member, below.nodes.isEmpty() ? null : below));
            }
        }
        return self || nodes.isEmpty();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FieldSet set && text().equals(set.text());
    }

    @Override
    public int hashCode() {
        return text().hashCode();
    }

    /// One path a line.
    @Override
    public String toString() {
        List<String> lines = new ArrayList<>();
        forEach(path -> lines.add(text(path)));
        return String.join("\n", lines);
    }

    /// `.spec.containers[name="c"].image`
    static String text(List<PathElement> path) {
        var text = new StringBuilder();
        path.forEach(text::append);
        return text.toString();
    }
}

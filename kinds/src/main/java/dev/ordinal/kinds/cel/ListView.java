package dev.ordinal.kinds.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;
import java.util.Set;

/// A list of JSON as expressions see it. The order of lists that are sets or maps does not count
/// when they are compared, and adding to them keeps their items unique.
final class ListView extends AbstractList<Object> implements RandomAccess {
    private final Declared.Items declared;
    private final JsonNode json;

    ListView(Declared.Items declared, JsonNode json) {
        this.declared = declared;
        this.json = json;
    }

    @Override
    public Object get(int index) {
        return Declared.orNull(declared.items(), json.get(index));
    }

    @Override
    public int size() {
        return json.size();
    }

    private boolean isPlain() {
        return declared.listType().equals("atomic");
    }

    private Object key(JsonNode item) {
        if (!declared.listType().equals("map")) return item;
        List<JsonNode> key = new ArrayList<>();
        for (var name : declared.keys()) key.add(item.path(name));
        return key;
    }

    boolean same(List<?> other) {
        if (isPlain() || !(other instanceof ListView view)) return Equality.inOrder(this, other);
        if (size() != view.size()) return false;
        Map<Object, Integer> places = new HashMap<>();
        for (int i = 0; i < size(); i++) places.put(key(json.get(i)), i);
        for (int i = 0; i < view.size(); i++) {
            var place = places.get(key(view.json.get(i)));
            if (place == null || !Equality.same(get(place), view.get(i))) return false;
        }
        return true;
    }

    /// Both lists in one; in a set or a map the other's items take the place of those they equal.
    List<Object> plus(List<?> other) {
        if (isPlain() || !(other instanceof ListView view)) {
            List<Object> both = new ArrayList<>(this);
            Set<Object> known = isPlain() ? Set.of() : new HashSet<>(both);
            for (var item : other) if (!known.contains(item)) both.add(item);
            return both;
        }
        ArrayNode both = JsonNodeFactory.instance.arrayNode();
        Map<Object, Integer> places = new HashMap<>();
        for (var item : json) {
            places.put(key(item), both.size());
            both.add(item);
        }
        for (var item : view.json) {
            var place = places.putIfAbsent(key(item), both.size());
            if (place == null) both.add(item);
            else both.set(place, item);
        }
        return new ListView(declared, both);
    }
}

package dev.ordinal.store;

import org.jspecify.annotations.Nullable;
import org.pcollections.TreePMap;

import java.util.ArrayList;
import java.util.List;

/// An immutable [Snapshot] on a persistent map: the next state shares all but one path with this
/// one.
record State<T>(long revision, TreePMap<String, Entry<T>> entries) implements Snapshot<T> {
    static <T> State<T> empty() {
        return new State<>(0, TreePMap.empty());
    }

    State<T> with(Entry<T> entry) {
        return new State<>(entry.revision(), entries.plus(entry.key(), entry));
    }

    State<T> without(String key, long deletion) {
        return new State<>(deletion, entries.minus(key));
    }

    @Override
    public @Nullable Entry<T> get(String key) {
        return entries.get(key);
    }

    @Override
    public List<Entry<T>> range(String prefix, @Nullable String after, int limit) {
        List<Entry<T>> found = new ArrayList<>();
        boolean fromStart = after == null || after.compareTo(prefix) < 0;
        var tail = fromStart ? entries.tailMap(prefix, true) : entries.tailMap(after, false);
        for (var entry : tail.values()) {
            if (!entry.key().startsWith(prefix)) break;
            found.add(entry);
            if (found.size() == limit) break;
        }
        return found;
    }
}

package dev.ordinal.store;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// All keys at one revision. Never changes, never locks.
public interface Snapshot<T> {
    long revision();

    @Nullable Entry<T> get(String key);

    /// Keys with the prefix, bytewise ascending.
    ///
    /// @param after only keys behind this one; null from the start
    /// @param limit at most so many; 0 means all
    List<Entry<T>> range(String prefix, @Nullable String after, int limit);
}

package dev.ordinal.store;

import org.jspecify.annotations.Nullable;

/// One committed write.
public sealed interface Event<T> {
    long revision();

    String key();

    /// @param previous null when the key was absent
    record Put<T>(long revision, String key, T value, @Nullable T previous) implements Event<T> {}

    /// @param last the value as encoded with the deletion's revision
    record Deleted<T>(long revision, String key, T last, T previous) implements Event<T> {}
}

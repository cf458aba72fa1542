package dev.ordinal.store;

import org.jspecify.annotations.Nullable;

/// A compare-and-set found another revision than the caller expected. Nothing was written.
public final class StaleException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient @Nullable Entry<?> current;

    StaleException(String key, long expected, @Nullable Entry<?> current) {
        super(
                "%s: expected revision %d, found %s"
                        .formatted(key, expected, current == null ? "none" : current.revision()));
        this.current = current;
    }

    /// Whether the key holds a value now.
    public boolean present() {
        return current != null;
    }
}

package dev.ordinal.control;

import org.jspecify.annotations.Nullable;

import java.util.stream.Stream;

/// One step in an object's life as a cache saw it: added (no before), changed, or gone (no after).
public record Change<T>(@Nullable T before, @Nullable T after) {
    /// The newest state there is.
    public T latest() {
        var newest = after != null ? after : before;
        if (newest == null) throw new IllegalStateException("a change of nothing");
        return newest;
    }

    /// Before and after, as far as they exist.
    public Stream<T> states() {
        return Stream.of(this)
                .<T>mapMulti(
                        (change, out) -> {
                            if (change.before != null) out.accept(change.before);
                            if (change.after != null) out.accept(change.after);
                        });
    }

    public boolean gone() {
        return after == null;
    }
}

package dev.ordinal.store;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.List;

/// What makes a batch of writes durable.
interface Log extends AutoCloseable {
    /// One write.
    ///
    /// @param value null for a deletion
    record Line(long revision, String key, byte @Nullable [] value) {}

    /// Returns when all of them are safe, or none is.
    void append(List<Line> batch) throws IOException;

    @Override
    void close();

    /// Keeps nothing.
    Log NONE =
            new Log() {
                @Override
                public void append(List<Line> batch) {}

                @Override
                public void close() {}
            };
}

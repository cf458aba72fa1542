package dev.ordinal.store;

import java.time.Duration;
import java.util.List;

/// A place in the history that moves on. It holds no events of its own, so a slow reader costs no
/// memory; one that falls out of the history learns so. One reader.
public interface Watch<T> extends AutoCloseable {
    /// The next matching events in revision order; waits at most `patience` for the first. Empty
    /// when
    /// none came or the store or watch was closed.
    ///
    /// @throws CompactedException events were lost: list again
    List<Event<T>> next(Duration patience) throws InterruptedException, CompactedException;

    /// Every matching event up to this revision has been handed out.
    long revision();

    /// Ends a waiting `next` too.
    @Override
    void close();
}

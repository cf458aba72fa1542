package dev.ordinal.store;

import java.util.Optional;
import java.util.function.LongFunction;

/// An ordered key space with one global revision. One writer decides, makes durable, shows, then
/// announces; readers never lock.
///
/// A write returns when it is durable and visible. Writers wait while `WRITES_MAX` writes are
/// queued.
public interface Store<T> extends AutoCloseable {
    Snapshot<T> latest();

    /// The state at a revision within the bounded history.
    Snapshot<T> at(long revision) throws CompactedException;

    /// @param expected revision of the entry to replace; 0: the key must be absent
    /// @param encode makes the value for the revision it gets; runs on the writer. What it throws
    ///     comes
    ///     back to the caller, and nothing is written
    /// @throws StaleException the entry has another revision
    /// @throws StoreFailedException the disk failed
    T put(String key, long expected, LongFunction<T> encode) throws StaleException;

    /// @param tombstone the last value, encoded with the deletion's revision
    T delete(String key, long expected, LongFunction<T> tombstone) throws StaleException;

    /// Events of keys with the prefix and a revision above `after`.
    Watch<T> watch(String prefix, long after) throws CompactedException;

    /// Why writes fail, if they do.
    Optional<String> failure();

    @Override
    void close();
}

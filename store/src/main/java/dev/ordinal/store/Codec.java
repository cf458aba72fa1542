package dev.ordinal.store;

/// How values become bytes and back. Values are immutable and carry their bytes.
public interface Codec<T> {
    byte[] bytes(T value);

    /// May decode lazily: an open store holds many values that nobody looks at.
    ///
    /// @param revision of the write that made the bytes
    T decode(long revision, byte[] bytes);
}

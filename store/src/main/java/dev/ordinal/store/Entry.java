package dev.ordinal.store;

/// A key and what was last written to it.
///
/// @param revision of that write
public record Entry<T>(String key, long revision, T value) {}

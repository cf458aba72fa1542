package dev.ordinal.api;

import dev.ordinal.store.Codec;

/// Stored objects are their JSON.
public final class StoredCodec implements Codec<Stored> {
    @Override
    public byte[] bytes(Stored value) {
        return value.bytes();
    }

    @Override
    public Stored decode(long revision, byte[] bytes) {
        return Stored.decode(revision, bytes);
    }
}

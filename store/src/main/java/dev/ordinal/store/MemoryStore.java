package dev.ordinal.store;

/// Opens stores that forget everything when closed: for tests and simulations.
public final class MemoryStore {
    private MemoryStore() {}

    public static <T> Store<T> open(Codec<T> codec, int historyMax) {
        return new LogStore<>(codec, Log.NONE, State.empty(), historyMax);
    }
}

package dev.ordinal.store;

/// The history no longer reaches back to the asked revision.
public final class CompactedException extends Exception {
    private static final long serialVersionUID = 1;

    private final long asked;
    private final long oldest;

    CompactedException(long asked, long oldest) {
        super("revision %d is older than the history, which starts at %d".formatted(asked, oldest));
        this.asked = asked;
        this.oldest = oldest;
    }

    public long asked() {
        return asked;
    }

    /// The oldest revision that can still be asked for.
    public long oldest() {
        return oldest;
    }
}

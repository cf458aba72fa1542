package dev.ordinal.store;

/// The disk refused: this write and all later ones fail, reads go on. The message says what to do.
public final class StoreFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    StoreFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}

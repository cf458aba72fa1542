package dev.ordinal.store;

/// A store folder cannot be opened. The message says why and what to do.
public final class StoreOpenException extends java.io.IOException {
    private static final long serialVersionUID = 1;

    StoreOpenException(String message) {
        super(message);
    }

    StoreOpenException(String message, Throwable cause) {
        super(message, cause);
    }
}

package dev.ordinal.server.spdy;

import java.io.IOException;

/// The other side does not speak SPDY/3.1, or goes beyond a bound: the connection ends.
public final class MalformedException extends IOException {
    private static final long serialVersionUID = 1;

    MalformedException(String message) {
        super(message);
    }

    MalformedException(String message, Throwable cause) {
        super(message, cause);
    }
}

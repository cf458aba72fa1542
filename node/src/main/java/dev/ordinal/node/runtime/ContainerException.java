package dev.ordinal.node.runtime;

import org.jspecify.annotations.Nullable;

/// A container or sandbox could not be started, found or worked on.
public final class ContainerException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// Whose fault it is.
    public enum Kind {
        /// The program cannot be executed: it is missing or may not be run.
        CANNOT_START,
        /// There is no such container, or it has ended.
        NOT_RUNNING,
        /// The machine refused something it should allow.
        MACHINE
    }

    private final Kind kind;

    public ContainerException(Kind kind, String message) {
        this(kind, message, null);
    }

    public ContainerException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}

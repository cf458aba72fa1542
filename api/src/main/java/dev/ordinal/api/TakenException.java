package dev.ordinal.api;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// The name is in use.
final class TakenException extends Exception {
    private static final long serialVersionUID = 1;

    private final String name;
    private final boolean deleting;

    TakenException(String name, @Nullable Stored winner) {
        this.name = name;
        deleting = winner != null && winner.tree().path("metadata").has("deletionTimestamp");
    }

    ApiException refusal(Kind kind) {
        var taken = ApiException.alreadyExists(kind.type(), name);
        if (!deleting) return taken;
        var status = taken.status();
        return new ApiException(
                new Status(
                        status.code(),
                        status.reason(),
                        "object is being deleted: " + status.message(),
                        status.details()));
    }

    ApiException generatedRefusal(Kind kind) {
        return new ApiException(
                new Status(
                        409,
                        "AlreadyExists",
                        "%s \"%s\" already exists, the server was not able to generate a unique name for the object"
                                .formatted(kind.type().groupResource(), name),
                        new Status.Details(name, kind.group(), kind.plural(), "", List.of(), 1)));
    }
}

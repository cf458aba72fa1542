package dev.ordinal.node.pod;

import dev.ordinal.node.runtime.Exit;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.Optional;

/// One container of a pod as last observed: its newest attempt and the one before.
///
/// @param attempt of the newest instance; -1 before the first
/// @param id of the newest instance
/// @param startedAt of the newest instance, null before the first
/// @param exit of the newest instance, null while it runs
/// @param message what the newest instance left for the status when it ended
/// @param before how the instance before ended
/// @param waiting why it is not started now
/// @param started its startup probe has succeeded, or it has none
/// @param ready its readiness probe has succeeded, or it has none
/// @param backoffUntil it is not started again before
record ContainerState(
        String name,
        int attempt,
        String id,
        @Nullable Instant startedAt,
        @Nullable Exit exit,
        String message,
        Optional<Ended> before,
        Optional<Waiting> waiting,
        boolean started,
        boolean ready,
        @Nullable Instant backoffUntil) {
    /// An instance that is over.
    ///
    /// @param message what it left for the status
    record Ended(String id, Instant startedAt, Exit exit, String message) {}

    record Waiting(String reason, String message) {}

    static ContainerState unborn(String name) {
        return new ContainerState(
                name,
                -1,
                "",
                null,
                null,
                "",
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                null);
    }

    boolean running() {
        return startedAt != null && exit == null;
    }

    /// One that was killed for want of memory has failed, whatever its code.
    boolean succeeded() {
        return exit != null && exit.code() == 0 && !exit.oomKilled();
    }

    boolean everStarted() {
        return attempt >= 0;
    }
}

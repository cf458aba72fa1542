package dev.ordinal.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.access.User;

import org.jspecify.annotations.Nullable;

/// Sees a write between defaulting and validation; may change the object or refuse with an
/// [ApiException]. One instance belongs to one cluster.
public interface Admission {
    /// Called on every attempt of a create, update or delete. Whatever it reserves goes with
    /// [Write#onRefused].
    void admit(Write write);

    enum Operation {
        CREATE,
        UPDATE,
        DELETE
    }

    /// One attempt.
    interface Write {
        Operation operation();

        Kind kind();

        /// Null for the object itself.
        @Nullable String subresource();

        /// Empty for cluster-scoped kinds.
        String namespace();

        String name();

        /// What will be stored; free to change. For a delete the object as it is.
        ObjectNode object();

        /// What is stored now; null for a create. Never change it.
        @Nullable ObjectNode old();

        boolean dryRun();

        /// Who writes.
        User user();

        /// For looking things up.
        Api api();

        /// Runs when this attempt is stored.
        void onCommitted(Runnable action);

        /// Runs when this attempt comes to nothing: refused, lost a race, or a dry run.
        void onRefused(Runnable action);
    }
}

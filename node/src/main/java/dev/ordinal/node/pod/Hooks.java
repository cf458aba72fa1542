package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.Optional;

/// Runs what a container wants to be done after its start and before its end.
///
/// @see "Kubernetes documentation: Container Lifecycle Hooks"
public interface Hooks {
    /// Blocks until the hook is over or the thread is interrupted.
    ///
    /// @param handler with one of exec, httpGet and sleep
    /// @return why it failed
    Optional<String> run(Probes.Target target, JsonNode handler);

    /// For containers without processes.
    Hooks NONE = (_, _) -> Optional.empty();
}

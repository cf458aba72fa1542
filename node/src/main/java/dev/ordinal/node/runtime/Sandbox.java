package dev.ordinal.node.runtime;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

/// A pod's sandbox.
///
/// @param directory the pod's folder, `<data>/pods/<uid>`; volumes may be put under `volumes/`
/// @param annotations as in the [SandboxSpec] it was created from
public record Sandbox(
        String podUid,
        String namespace,
        String name,
        Path directory,
        Instant createdAt,
        Map<String, String> annotations) {}

package dev.ordinal.node.runtime;

import java.util.List;

/// A pod that an earlier server started.
///
/// @param ready whether the sandbox still stands, so that containers can be started in it
/// @param containers every attempt with files on disk, oldest first
public record Adopted(Sandbox sandbox, boolean ready, List<Container> containers) {
    public Adopted {
        containers = List.copyOf(containers);
    }
}

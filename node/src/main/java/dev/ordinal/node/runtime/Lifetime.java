package dev.ordinal.node.runtime;

/// What happens to containers when the server ends.
public enum Lifetime {
    /// They end with the server, however it ends.
    WITH_SERVER,
    /// They go on; the next server adopts them.
    OUTLIVES_SERVER
}

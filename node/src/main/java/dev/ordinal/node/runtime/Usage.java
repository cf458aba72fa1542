package dev.ordinal.node.runtime;

/// What a container uses.
///
/// @param cpuNanos processor time since its start
/// @param workingSetBytes memory that cannot be reclaimed at once
public record Usage(long cpuNanos, long workingSetBytes) {}

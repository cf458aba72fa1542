package dev.ordinal.node.runtime;

/// Limits; 0 means none.
///
/// @param cpuMillis thousandths of a processor
/// @param cpuRequestMillis the share under contention, in thousandths of a processor
public record Resources(long memoryBytes, long cpuMillis, long cpuRequestMillis) {
    public static final Resources NONE = new Resources(0, 0, 0);
}

package dev.ordinal.node.runtime;

import java.time.Instant;

/// How a container ended.
///
/// @param code the exit code; 128 plus the number of the signal that ended it
/// @param oomKilled whether the kernel killed it for want of memory
public record Exit(int code, boolean oomKilled, Instant finishedAt) {
    /// The code reported when nobody saw the end, for example after the machine restarted.
    public static final int UNKNOWN = 137;
}

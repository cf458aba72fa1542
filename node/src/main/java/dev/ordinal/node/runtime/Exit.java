package dev.ordinal.node.runtime;

import java.time.Instant;

/// How a container ended.
///
/// @param code the exit code; 128 plus the number of the signal that ended it
/// @param oomKilled whether the kernel killed it for want of memory
/// @param seen whether anybody saw the end; if not, the code is [#UNKNOWN]
public record Exit(int code, boolean oomKilled, boolean seen, Instant finishedAt) {
    /// The code reported when nobody saw the end, for example after the machine restarted.
    public static final int UNKNOWN = 137;

    /// The reason that statuses give then.
    public static final String UNSEEN_REASON = "ContainerStatusUnknown";

    /// An end that nobody saw.
    public static Exit unseen(Instant noticedAt) {
        return new Exit(UNKNOWN, false, false, noticedAt);
    }
}

package dev.ordinal.node.runtime;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/// Which part of a log is wanted, as in the query of `pods/log`.
///
/// @param follow waits for more until the container ends
/// @param tailLines at most so many lines from the end, counted before `since` is applied
/// @param since leaves out older lines
/// @param limitBytes cuts the answer off, in the middle of a line if need be
public record LogOptions(
        boolean follow,
        boolean timestamps,
        OptionalLong tailLines,
        Optional<Instant> since,
        OptionalLong limitBytes) {
    public static final LogOptions ALL =
            new LogOptions(
                    false, false, OptionalLong.empty(), Optional.empty(), OptionalLong.empty());
}

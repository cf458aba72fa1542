package dev.ordinal.node.runtime;

import java.util.List;

/// Who a process runs as.
///
/// @param groups supplemental groups, without `gid`
public record User(long uid, long gid, List<Long> groups) {
    public static final User ROOT = new User(0, 0, List.of());

    public User {
        groups = List.copyOf(groups);
    }
}

package dev.ordinal.cluster;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// What users have asked for, to be held against what is done.
final class Asked {
    private final Map<String, Set<String>> images = new HashMap<>();
    private final Set<String> forced = new HashSet<>();

    /// @param set the uid of a set
    void image(String set, String image) {
        images.computeIfAbsent(set, _ -> new HashSet<>()).add(image);
    }

    boolean hasImage(String set, String image) {
        return images.getOrDefault(set, Set.of()).contains(image);
    }

    /// A pod was deleted without waiting for its node.
    void forced(String uid) {
        forced.add(uid);
    }

    boolean wasForced(String uid) {
        return forced.contains(uid);
    }
}

package dev.ordinal.server;

import dev.ordinal.api.GroupVersionResource;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a resource path means.
///
/// @param namespace null for cluster-wide requests
/// @param name null for collections
/// @param subresource null for the object itself
/// @param legacyWatch the path began with `watch/`
record Target(
        GroupVersionResource type,
        @Nullable String namespace,
        @Nullable String name,
        @Nullable String subresource,
        boolean legacyWatch) {
    /// Empty: not a resource path.
    static Optional<Target> parse(String path) {
        List<String> parts = new ArrayList<>(List.of(path.split("/", -1)));
        parts.removeFirst();
        while (!parts.isEmpty() && parts.getLast().isEmpty()) parts.removeLast();
        if (parts.size() < 3 || parts.contains("")) return Optional.empty();
        String group;
        switch (parts.removeFirst()) {
            case "api" -> group = "";
            case "apis" -> {
                if (parts.size() < 3) return Optional.empty();
                group = parts.removeFirst();
            }
            default -> {
                return Optional.empty();
            }
        }
        var version = parts.removeFirst();
        boolean watch = parts.getFirst().equals("watch") && parts.size() > 1;
        if (watch) parts.removeFirst();
        String namespace = null;
        if (parts.getFirst().equals("namespaces") && parts.size() > 2) {
            boolean itself =
                    List.of("status", "finalize").contains(parts.get(2)) && parts.size() == 3;
            if (!itself) {
                parts.removeFirst();
                namespace = parts.removeFirst();
            }
        }
        var resource = parts.removeFirst();
        var name = parts.isEmpty() ? null : parts.removeFirst();
        var subresource = parts.isEmpty() ? null : parts.removeFirst();
        if (!parts.isEmpty()) return Optional.empty();
        return Optional.of(
                new Target(
                        new GroupVersionResource(group, version, resource),
                        namespace,
                        name,
                        subresource,
                        watch));
    }

    String requireName() {
        if (name == null) throw new IllegalStateException("a collection has no name");
        return name;
    }
}

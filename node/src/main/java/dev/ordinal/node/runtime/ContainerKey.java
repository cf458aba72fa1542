package dev.ordinal.node.runtime;

/// Names one attempt of one container.
///
/// @param podUid the pod's `metadata.uid`
/// @param name the container's name in the pod's spec
/// @param attempt 0 for the first start, 1 for the first restart, and so on
public record ContainerKey(String podUid, String name, int attempt) {
    public ContainerKey {
        Names.checkUid(podUid);
        Names.checkLabel(name);
        if (attempt < 0) {
            throw new IllegalArgumentException("attempt " + attempt + " is negative");
        }
    }
}

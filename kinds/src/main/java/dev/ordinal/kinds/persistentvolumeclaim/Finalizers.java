package dev.ordinal.kinds.persistentvolumeclaim;

import com.fasterxml.jackson.databind.node.ObjectNode;

/// Adds and removes finalizers in a tree.
public final class Finalizers {
    private Finalizers() {}

    /// @return whether it was missing
    public static boolean add(ObjectNode object, String finalizer) {
        var finalizers = object.withObjectProperty("metadata").withArrayProperty("finalizers");
        for (var known : finalizers) if (known.asText().equals(finalizer)) return false;
        finalizers.add(finalizer);
        return true;
    }

    /// @return whether it was there
    public static boolean remove(ObjectNode object, String finalizer) {
        var finalizers = object.withObjectProperty("metadata").withArrayProperty("finalizers");
        for (int i = 0; i < finalizers.size(); i++) {
            if (finalizers.get(i).asText().equals(finalizer)) {
                finalizers.remove(i);
                return true;
            }
        }
        return false;
    }
}

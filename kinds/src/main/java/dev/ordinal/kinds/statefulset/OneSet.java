package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.Status;
import dev.ordinal.control.Key;
import dev.ordinal.control.Selectors;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import java.util.Map;
import java.util.Optional;

/// One set, as a look at it finds it.
///
/// @param set as typed object, the same as `tree`
record OneSet(Key key, StatefulSet set, JsonNode tree, LastWrites last) {
    String namespace() {
        return key.namespace();
    }

    String uid() {
        return set.getMetadata().getUid();
    }

    long generation() {
        return tree.path("metadata").path("generation").asLong();
    }

    /// @return whether the selector of the set matches
    boolean selects(HasMetadata object) {
        return Selectors.matches(set.getSpec().getSelector(), labels(object));
    }

    static Map<String, String> labels(HasMetadata object) {
        var labels = object.getMetadata().getLabels();
        return labels == null ? Map.of() : labels;
    }

    static Optional<OwnerReference> controller(HasMetadata object) {
        for (var owner : Retention.references(object)) {
            if (Boolean.TRUE.equals(owner.getController())) return Optional.of(owner);
        }
        return Optional.empty();
    }

    /// Something went wrong that is tried again.
    static ApiException failed(String message) {
        return new ApiException(new Status(500, "", message, null));
    }

    static boolean deleted(HasMetadata object) {
        return object.getMetadata().getDeletionTimestamp() != null;
    }
}

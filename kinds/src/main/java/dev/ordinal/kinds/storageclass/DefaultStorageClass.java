package dev.ordinal.kinds.storageclass;

import dev.ordinal.api.Admission;
import dev.ordinal.api.Api;
import dev.ordinal.control.Typed;
import dev.ordinal.kinds.persistentvolumeclaim.Claims;
import dev.ordinal.kinds.persistentvolumeclaim.Storage;

import io.fabric8.kubernetes.api.model.storage.StorageClass;

/// A new claim that names no class gets the default one.
///
/// @see "Kubernetes documentation: Admission Controllers, DefaultStorageClass"
public final class DefaultStorageClass implements Admission {
    @Override
    public void admit(Write write) {
        if (write.operation() != Operation.CREATE
                || !write.kind().type().equals(Claims.KIND.type())) return;
        var claim = write.object();
        boolean named =
                claim.path("spec").has("storageClassName")
                        || claim.path("metadata")
                                .path("annotations")
                                .has("volume.beta.kubernetes.io/storage-class");
        if (named) return;
        var classes =
                write.api().list(StorageClasses.KIND.type(), null, Api.ListOptions.ALL).items();
        Storage.defaultClass(
                        classes.stream()
                                .map(c -> Typed.read(c.tree(), StorageClass.class))
                                .toList())
                .ifPresent(
                        c ->
                                claim.withObjectProperty("spec")
                                        .put("storageClassName", c.getMetadata().getName()));
    }
}

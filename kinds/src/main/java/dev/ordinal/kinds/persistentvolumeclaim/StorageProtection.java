package dev.ordinal.kinds.persistentvolumeclaim;

import dev.ordinal.api.Admission;
import dev.ordinal.kinds.persistentvolume.PersistentVolumes;

/// New claims and volumes get the finalizer that keeps them while they are in use.
///
/// @see "Kubernetes documentation: Storage Object in Use Protection"
public final class StorageProtection implements Admission {
    @Override
    public void admit(Write write) {
        if (write.operation() != Operation.CREATE) return;
        var type = write.kind().type();
        if (type.equals(Claims.KIND.type()))
            Finalizers.add(write.object(), Storage.CLAIM_PROTECTION);
        if (type.equals(PersistentVolumes.KIND.type()))
            Finalizers.add(write.object(), Storage.VOLUME_PROTECTION);
    }
}

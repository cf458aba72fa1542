package dev.ordinal.kinds.persistentvolumeclaim;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.storage.StorageClass;

import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Keys and small facts of claims, volumes and classes.
public final class Storage {
    public static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";
    public static final String BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";
    public static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";
    public static final String PROVISIONER = "volume.kubernetes.io/storage-provisioner";
    public static final String BETA_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner";
    public static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";
    public static final String CLAIM_PROTECTION = "kubernetes.io/pvc-protection";
    public static final String VOLUME_PROTECTION = "kubernetes.io/pv-protection";
    public static final String PROVISIONER_FINALIZER =
            "external-provisioner.volume.kubernetes.io/finalizer";

    private static final String LEGACY_CLASS = "volume.beta.kubernetes.io/storage-class";
    private static final List<String> IS_DEFAULT =
            List.of(
                    "storageclass.kubernetes.io/is-default-class",
                    "storageclass.beta.kubernetes.io/is-default-class");

    private Storage() {}

    public static Optional<String> annotation(HasMetadata object, String key) {
        var annotations = object.getMetadata().getAnnotations();
        return annotations == null ? Optional.empty() : Optional.ofNullable(annotations.get(key));
    }

    public static boolean deleting(HasMetadata object) {
        return object.getMetadata().getDeletionTimestamp() != null;
    }

    /// No class and the class `` are the same here.
    static String className(PersistentVolumeClaim claim) {
        return annotation(claim, LEGACY_CLASS)
                .orElseGet(() -> orEmpty(claim.getSpec().getStorageClassName()));
    }

    static String className(PersistentVolume volume) {
        return annotation(volume, LEGACY_CLASS)
                .orElseGet(() -> orEmpty(volume.getSpec().getStorageClassName()));
    }

    /// A claim that names no class at all; the class `` is a choice.
    static boolean classless(PersistentVolumeClaim claim) {
        return annotation(claim, LEGACY_CLASS).isEmpty()
                && claim.getSpec().getStorageClassName() == null;
    }

    public static String volumeName(PersistentVolumeClaim claim) {
        return orEmpty(claim.getSpec().getVolumeName());
    }

    /// volumeName is set and binding went to its end.
    public static boolean fullyBound(PersistentVolumeClaim claim) {
        return !volumeName(claim).isEmpty() && annotation(claim, BIND_COMPLETED).isPresent();
    }

    public static String phase(PersistentVolumeClaim claim) {
        return claim.getStatus() == null ? "" : orEmpty(claim.getStatus().getPhase());
    }

    public static String phase(PersistentVolume volume) {
        return volume.getStatus() == null ? "" : orEmpty(volume.getStatus().getPhase());
    }

    public static BigDecimal requested(PersistentVolumeClaim claim) {
        var resources = claim.getSpec().getResources();
        return resources == null ? BigDecimal.ZERO : bytes(resources.getRequests());
    }

    public static BigDecimal capacity(PersistentVolume volume) {
        return bytes(volume.getSpec().getCapacity());
    }

    private static BigDecimal bytes(@Nullable Map<String, Quantity> amounts) {
        var storage = amounts == null ? null : amounts.get("storage");
        return storage == null ? BigDecimal.ZERO : storage.getNumericalAmount();
    }

    /// The volume's claimRef names this claim; a reference without uid names any of that name.
    public static boolean refersTo(
            @Nullable ObjectReference claimRef, PersistentVolumeClaim claim) {
        return claimRef != null
                && claim.getMetadata().getNamespace().equals(claimRef.getNamespace())
                && claim.getMetadata().getName().equals(claimRef.getName())
                && (orEmpty(claimRef.getUid()).isEmpty()
                        || claim.getMetadata().getUid().equals(claimRef.getUid()));
    }

    /// The newest default class; of equally old ones the first by name.
    public static Optional<StorageClass> defaultClass(Collection<StorageClass> classes) {
        return classes.stream()
                .filter(
                        c ->
                                IS_DEFAULT.stream()
                                        .anyMatch(
                                                key ->
                                                        annotation(c, key)
                                                                .equals(Optional.of("true"))))
                .min(
                        Comparator.comparing(
                                        (StorageClass c) ->
                                                orEmpty(c.getMetadata().getCreationTimestamp()))
                                .reversed()
                                .thenComparing(c -> c.getMetadata().getName()));
    }

    static boolean waitsForConsumer(StorageClass storageClass) {
        return "WaitForFirstConsumer".equals(storageClass.getVolumeBindingMode());
    }

    static String mode(@Nullable String volumeMode) {
        return volumeMode == null ? "Filesystem" : volumeMode;
    }

    static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}

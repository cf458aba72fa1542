package dev.ordinal.kinds.persistentvolumeclaim;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Status;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Controller;
import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Typed;
import dev.ordinal.control.Types;
import dev.ordinal.control.VolumeDisk;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.StorageClass;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Makes a volume on this machine's disk for each claim that asks `ordinal.dev/local` for one, and
/// removes it when its volume object is released and may be deleted.
public final class Provisioner implements Controller {
    /// The provisioner's name in StorageClasses.
    public static final String NAME = "ordinal.dev/local";

    private static final WriteOptions WRITE = WriteOptions.by("ordinal-provisioner");

    private final Api api;
    private final Informer<PersistentVolumeClaim> claims;
    private final Informer<PersistentVolume> volumes;
    private final Informer<StorageClass> classes;
    private final EventRecorder events;
    private final VolumeDisk disk;
    private final String node;

    /// Stands for the volumes that an earlier server did not finish.
    private static final Key LEFT = new Key("", "");

    /// Volumes on the disk whose object has not been made yet, by claim.
    private final Map<Key, String> unfinished = new ConcurrentHashMap<>();

    /// @param node the name volumes are tied to
    public Provisioner(
            Api api, Informers informers, InstantSource clock, VolumeDisk disk, String node) {
        this.api = api;
        this.disk = disk;
        this.node = node;
        claims = informers.of(Types.CLAIMS, PersistentVolumeClaim.class);
        volumes = informers.of(Types.VOLUMES, PersistentVolume.class);
        classes = informers.of(Types.STORAGE_CLASSES, StorageClass.class);
        events = new EventRecorder(api, NAME, node, clock);
    }

    @Override
    public String name() {
        return "provisioner";
    }

    @Override
    public void watch(Consumer<Key> again) {
        again.accept(LEFT);
        claims.listen(change -> again.accept(Key.of(change.latest())));
        volumes.listen(
                change -> {
                    if (!change.gone()) again.accept(Key.of(change.latest()));
                });
    }

    /// Claims have a namespace, volumes have none.
    @Override
    public Optional<Duration> reconcile(Key key) {
        if (key.equals(LEFT)) takeUpUnfinished();
        else if (key.namespace().isEmpty()) reclaim(key.name());
        else provision(key);
        return Optional.empty();
    }

    /// What an earlier server did not finish is finished when its claim is looked at, or goes.
    private void takeUpUnfinished() {
        try {
            for (var name : disk.unfinished()) {
                var claim =
                        claims.all().stream().filter(c -> volumeName(c).equals(name)).findFirst();
                if (live(name).isPresent()) disk.finish(name);
                else if (claim.isEmpty()) disk.delete(name);
                else unfinished.put(Key.of(claim.get()), name);
            }
        } catch (IOException failure) {
            throw failed(failure);
        }
    }

    private void provision(Key key) {
        var claim = claims.get(key);
        dropUnfinished(key, claim);
        if (claim == null
                || Storage.deleting(claim)
                || !Storage.volumeName(claim).isEmpty()
                || !Storage.annotation(claim, Storage.PROVISIONER).equals(Optional.of(NAME)))
            return;
        var name = volumeName(claim);
        if (volumes.get("", name) != null) {
            finish(key, name);
            return;
        }
        var storageClass = classes.get("", Storage.className(claim));
        if (storageClass == null) return;
        if ("Block".equals(claim.getSpec().getVolumeMode())) {
            fail(claim, "volumeMode Block is not supported by " + NAME);
            return;
        }
        events.normal(
                claim,
                "Provisioning",
                "External provisioner is provisioning volume for claim \"%s\"".formatted(key));
        try {
            disk.create(name, Storage.requested(claim).longValueExact());
            unfinished.put(key, name);
            api.create(
                    Types.VOLUMES,
                    null,
                    new Api.Body.Tree(volume(name, claim, storageClass)),
                    WRITE);
        } catch (IOException | ArithmeticException failure) {
            fail(
                    claim,
                    "failed to provision volume with StorageClass \"%s\": %s"
                            .formatted(storageClass.getMetadata().getName(), failure.getMessage()));
            throw failed(failure);
        } catch (ApiException refused) {
            if (!refused.is("AlreadyExists")) throw refused;
        }
        finish(key, name);
        events.normal(claim, "ProvisioningSucceeded", "Successfully provisioned volume " + name);
    }

    private void finish(Key key, String name) {
        if (unfinished.remove(key) == null) return;
        try {
            disk.finish(name);
        } catch (IOException failure) {
            throw failed(failure);
        }
    }

    /// A claim that went before its volume had an object leaves nothing on the disk.
    private void dropUnfinished(Key key, @Nullable PersistentVolumeClaim claim) {
        var name = unfinished.get(key);
        if (name == null || (claim != null && name.equals(volumeName(claim)))) return;
        if (live(name).isEmpty()) {
            try {
                disk.delete(name);
            } catch (IOException failure) {
                throw failed(failure);
            }
        }
        unfinished.remove(key);
    }

    private static String volumeName(PersistentVolumeClaim claim) {
        return "pvc-" + claim.getMetadata().getUid();
    }

    private Optional<Stored> live(String volume) {
        try {
            return Optional.of(api.get(Types.VOLUMES, null, volume));
        } catch (ApiException missing) {
            if (missing.code() != 404) throw missing;
            return Optional.empty();
        }
    }

    private static ApiException failed(Exception failure) {
        return new ApiException(new Status(500, "", String.valueOf(failure.getMessage()), null));
    }

    private void fail(PersistentVolumeClaim claim, String message) {
        events.warning(claim, "ProvisioningFailed", message);
    }

    private ObjectNode volume(String name, PersistentVolumeClaim claim, StorageClass storageClass) {
        var stored = claims.stored(Key.of(claim));
        var volume = JsonNodeFactory.instance.objectNode();
        var metadata = volume.putObject("metadata").put("name", name);
        metadata.putObject("annotations").put(Storage.PROVISIONED_BY, NAME);
        if (!"Retain".equals(storageClass.getReclaimPolicy())) {
            metadata.putArray("finalizers").add(Storage.PROVISIONER_FINALIZER);
        }
        var spec = volume.putObject("spec");
        if (stored != null) {
            var wanted = stored.tree().path("spec");
            spec.set("accessModes", wanted.path("accessModes").deepCopy());
            spec.putObject("capacity").set("storage", wanted.at("/resources/requests/storage"));
        }
        var ref = spec.putObject("claimRef");
        ref.put("kind", "PersistentVolumeClaim").put("apiVersion", "v1");
        ref.put("namespace", claim.getMetadata().getNamespace());
        ref.put("name", claim.getMetadata().getName()).put("uid", claim.getMetadata().getUid());
        ref.put("resourceVersion", claim.getMetadata().getResourceVersion());
        spec.putObject("local").put("path", disk.path(name));
        spec.putObject("nodeAffinity")
                .putObject("required")
                .putArray("nodeSelectorTerms")
                .addObject()
                .putArray("matchExpressions")
                .addObject()
                .put("key", "kubernetes.io/hostname")
                .put("operator", "In")
                .putArray("values")
                .add(node);
        spec.put("persistentVolumeReclaimPolicy", storageClass.getReclaimPolicy());
        spec.put("storageClassName", storageClass.getMetadata().getName());
        spec.put("volumeMode", "Filesystem");
        return volume;
    }

    /// A released volume of ours with policy Delete loses its data, then its object. The cache may
    /// be behind, so the object itself decides.
    private void reclaim(String name) {
        var volume = volumes.get("", name);
        if (volume == null || !reclaimable(volume)) return;
        var live = live(name);
        if (live.isEmpty() || !reclaimable(Typed.read(live.get().tree(), PersistentVolume.class))) {
            return;
        }
        try {
            disk.delete(name);
        } catch (IOException failure) {
            events.warning(volume, "VolumeFailedDelete", String.valueOf(failure.getMessage()));
            throw failed(failure);
        }
        try {
            var copy = live.get().copy();
            Finalizers.remove(copy, Storage.PROVISIONER_FINALIZER);
            api.update(Types.VOLUMES, null, name, null, new Api.Body.Tree(copy), WRITE);
            api.delete(Types.VOLUMES, null, name, Api.DeleteOptions.uid(live.get().uid()));
        } catch (ApiException refused) {
            if (refused.code() != 404) throw refused;
        }
    }

    private static boolean reclaimable(PersistentVolume volume) {
        return Storage.annotation(volume, Storage.PROVISIONED_BY).equals(Optional.of(NAME))
                && Storage.phase(volume).equals("Released")
                && "Delete".equals(volume.getSpec().getPersistentVolumeReclaimPolicy());
    }
}

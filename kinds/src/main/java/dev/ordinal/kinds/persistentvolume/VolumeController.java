package dev.ordinal.kinds.persistentvolume;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Controller;
import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.persistentvolumeclaim.Storage;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// Keeps the phase of volumes: Available, Bound, Released, Failed.
///
/// @see "upstream: pkg/controller/volume/persistentvolume, syncVolume"
public final class VolumeController implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-controller-manager");

    private final Api api;
    private final Informer<PersistentVolume> volumes;
    private final Informer<PersistentVolumeClaim> claims;
    private final EventRecorder events;
    private final InstantSource clock;
    private volatile long lastWrite;

    public VolumeController(Api api, Informers informers, InstantSource clock) {
        this.api = api;
        this.clock = clock;
        volumes = informers.of(Types.VOLUMES, PersistentVolume.class);
        claims = informers.of(Types.CLAIMS, PersistentVolumeClaim.class);
        events = new EventRecorder(api, "persistentvolume-controller", "", clock);
    }

    @Override
    public String name() {
        return "persistentvolume";
    }

    @Override
    public void watch(Consumer<Key> again) {
        volumes.listen(
                change -> {
                    if (!change.gone()) again.accept(Key.of(change.latest()));
                });
        claims.listen(
                change -> {
                    var name = Storage.volumeName(change.latest());
                    if (!name.isEmpty()) again.accept(new Key("", name));
                    else if (change.gone()) madeFor(change.latest()).forEach(again);
                });
    }

    /// Volumes of a claim that went before it was bound.
    private Stream<Key> madeFor(PersistentVolumeClaim claim) {
        return volumes.all().stream()
                .filter(volume -> Storage.refersTo(volume.getSpec().getClaimRef(), claim))
                .map(Key::of);
    }

    @Override
    public Optional<Duration> reconcile(Key key) throws InterruptedException {
        volumes.await(lastWrite);
        var volume = volumes.get(key);
        if (volume == null) return Optional.empty();
        var ref = volume.getSpec().getClaimRef();
        if (ref == null || ref.getUid() == null || ref.getUid().isEmpty()) {
            setPhase(volume, "Available", "");
            return Optional.empty();
        }
        var claim = live(ref.getNamespace(), ref.getName());
        if (claim.isEmpty()
                || !claim.get().path("metadata").path("uid").asText().equals(ref.getUid())) {
            release(volume);
            return Optional.empty();
        }
        var bound = claim.get().at("/spec/volumeName").asText();
        if (bound.isEmpty()) compareModes(volume, claim.get());
        else if (bound.equals(key.name())) setPhase(volume, "Bound", "");
        else if (provisioned(volume) && deletes(volume)) release(volume);
        else unbind(volume);
        return Optional.empty();
    }

    private Optional<ObjectNode> live(String namespace, String name) {
        try {
            return Optional.of(api.get(Types.CLAIMS, namespace, name).tree());
        } catch (ApiException missing) {
            if (missing.code() != 404) throw missing;
            return Optional.empty();
        }
    }

    private static boolean provisioned(PersistentVolume volume) {
        return Storage.annotation(volume, Storage.PROVISIONED_BY).isPresent();
    }

    private static boolean deletes(PersistentVolume volume) {
        return "Delete".equals(volume.getSpec().getPersistentVolumeReclaimPolicy());
    }

    /// The binder never takes a volume of another mode, so both sides are told.
    private void compareModes(PersistentVolume volume, ObjectNode claim) {
        var mode = volume.getSpec().getVolumeMode();
        if (claim.at("/spec/volumeMode").asText().equals(mode)) return;
        var metadata = claim.path("metadata");
        events.warning(
                volume,
                "VolumeMismatch",
                "Cannot bind PersistentVolume to requested PersistentVolumeClaim \"%s\" due to incompatible volumeMode."
                        .formatted(metadata.path("name").asText()));
        var involved = claim.objectNode();
        involved.put("kind", "PersistentVolumeClaim").put("apiVersion", "v1");
        for (var field : List.of("namespace", "name", "uid", "resourceVersion")) {
            involved.set(field, metadata.path(field));
        }
        events.warning(
                involved,
                "VolumeMismatch",
                "Cannot bind PersistentVolume \"%s\" to requested PersistentVolumeClaim due to incompatible volumeMode."
                        .formatted(volume.getMetadata().getName()));
    }

    /// Its claim is gone for good. Each change of phase is looked at again.
    private void release(PersistentVolume volume) {
        var phase = Storage.phase(volume);
        if (phase.equals("Failed")) return;
        if (!phase.equals("Released")) {
            setPhase(volume, "Released", "");
            return;
        }
        var spec = volume.getSpec();
        if (spec.getPersistentVolumeReclaimPolicy().equals("Recycle")) {
            fail(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!");
        } else if (deletes(volume) && !provisioned(volume) && spec.getCsi() == null) {
            fail(volume, "VolumeFailedDelete", deletionProblem(volume));
        }
    }

    private static String deletionProblem(PersistentVolume volume) {
        var path = volume.getSpec().getHostPath();
        if (path != null && !path.getPath().matches("/tmp/.+")) {
            return "host_path deleter only supports /tmp/.+ but received provided "
                    + path.getPath();
        }
        // Upstream's controller does not know local volumes at all.
        return "error getting deleter volume plugin for volume \"%s\": no %svolume plugin matched"
                .formatted(
                        volume.getMetadata().getName(),
                        volume.getSpec().getLocal() == null ? "deletable " : "");
    }

    private void fail(PersistentVolume volume, String reason, String message) {
        setPhase(volume, "Failed", message);
        events.warning(volume, reason, message);
    }

    private void unbind(PersistentVolume volume) {
        boolean automatic = Storage.annotation(volume, Storage.BOUND_BY_CONTROLLER).isPresent();
        change(
                volume,
                null,
                tree -> {
                    if (automatic) {
                        tree.withObjectProperty("spec").remove("claimRef");
                        tree.withObjectProperty("metadata")
                                .withObjectProperty("annotations")
                                .remove(Storage.BOUND_BY_CONTROLLER);
                    } else {
                        tree.withObjectProperty("spec")
                                .withObjectProperty("claimRef")
                                .remove("uid");
                    }
                    return tree;
                });
    }

    private void setPhase(PersistentVolume volume, String phase, String message) {
        if (Storage.phase(volume).equals(phase)) return;
        change(
                volume,
                "status",
                tree -> {
                    var status = tree.withObjectProperty("status").put("phase", phase);
                    status.put(
                            "lastPhaseTransitionTime",
                            clock.instant()
                                    .truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                                    .toString());
                    if (message.isEmpty()) status.remove("message");
                    else status.put("message", message);
                    return tree;
                });
    }

    private void change(
            PersistentVolume volume,
            @Nullable String subresource,
            UnaryOperator<ObjectNode> change) {
        var name = volume.getMetadata().getName();
        try {
            var fresh = api.get(Types.VOLUMES, null, name);
            if (!Long.toString(fresh.revision())
                    .equals(volume.getMetadata().getResourceVersion())) {
                lastWrite = fresh.revision();
                throw ApiException.conflict(Types.VOLUMES, name, "the cache is behind");
            }
            var written =
                    api.update(
                            Types.VOLUMES,
                            null,
                            name,
                            subresource,
                            new Api.Body.Tree(change.apply(fresh.copy())),
                            WRITE);
            lastWrite = written.object().revision();
        } catch (ApiException refused) {
            if (refused.code() != 404) throw refused;
        }
    }
}

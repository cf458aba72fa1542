package dev.ordinal.kinds.persistentvolumeclaim;

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
import dev.ordinal.kinds.pod.PodFacts;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.storage.StorageClass;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// Brings claims and volumes together, in the four writes of upstream: each can be the last before
/// a
/// crash, and the next look completes them.
///
/// @see "upstream: pkg/controller/volume/persistentvolume"
public final class ClaimController implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("persistentvolume-binder");

    private final Api api;
    private final Informer<PersistentVolumeClaim> claims;
    private final Informer<PersistentVolume> volumes;
    private final Informer<StorageClass> classes;
    private final Informer<Pod> pods;
    private final EventRecorder events;
    private volatile long lastClaimWrite;
    private volatile long lastVolumeWrite;

    public ClaimController(Api api, Informers informers, InstantSource clock) {
        this.api = api;
        claims = informers.of(Types.CLAIMS, PersistentVolumeClaim.class);
        volumes = informers.of(Types.VOLUMES, PersistentVolume.class);
        classes = informers.of(Types.STORAGE_CLASSES, StorageClass.class);
        pods = informers.of(Types.PODS, Pod.class);
        events = new EventRecorder(api, "persistentvolume-controller", "", clock);
    }

    @Override
    public String name() {
        return "persistentvolumeclaim";
    }

    @Override
    public void watch(Consumer<Key> again) {
        claims.listen(
                change -> {
                    if (!change.gone()) again.accept(Key.of(change.latest()));
                });
        volumes.listen(
                change -> {
                    var ref = change.latest().getSpec().getClaimRef();
                    if (ref != null) again.accept(new Key(ref.getNamespace(), ref.getName()));
                    if (change.gone() || Storage.phase(change.latest()).equals("Available")) {
                        pending(again);
                    }
                });
        classes.listen(_ -> pending(again));
    }

    private void pending(Consumer<Key> again) {
        for (var claim : claims.all()) {
            if (!Storage.phase(claim).equals("Bound")) again.accept(Key.of(claim));
        }
    }

    @Override
    public Optional<Duration> reconcile(Key key) throws InterruptedException {
        claims.await(lastClaimWrite);
        volumes.await(lastVolumeWrite);
        var claim = claims.get(key);
        if (claim == null) return Optional.empty();
        Map<String, StorageClass> byName = new HashMap<>();
        classes.all().forEach(c -> byName.put(c.getMetadata().getName(), c));
        var seen = new ClaimPlan.Observation(claim, volumes.all(), byName, waitingPods(claim));
        switch (ClaimPlan.of(seen)) {
            case ClaimPlan.Nothing _ -> {}
            case ClaimPlan.Bind(var volume) -> bind(claim, volume);
            case ClaimPlan.AssignClass(var name) ->
                    changeClaim(
                            claim,
                            null,
                            tree -> {
                                tree.withObjectProperty("spec").put("storageClassName", name);
                                return tree;
                            });
            case ClaimPlan.Request(var provisioner) -> request(claim, provisioner);
            case ClaimPlan.Wait(var notice) -> {
                notice.ifPresent(n -> tell(claim, n.type(), n.reason(), n.message()));
                setPhase(claim, "Pending");
            }
            case ClaimPlan.Lose(var reason, var message) -> {
                if (!Storage.phase(claim).equals("Lost")) tell(claim, "Warning", reason, message);
                setPhase(claim, "Lost");
            }
        }
        return Optional.empty();
    }

    private List<String> waitingPods(PersistentVolumeClaim claim) {
        return pods.in(claim.getMetadata().getNamespace()).stream()
                .filter(pod -> pod.getSpec().getNodeName() == null && !PodFacts.ended(pod))
                .filter(pod -> uses(pod, claim.getMetadata().getName()))
                .map(pod -> pod.getMetadata().getName())
                .sorted()
                .toList();
    }

    static boolean uses(Pod pod, String claim) {
        var mounted = pod.getSpec().getVolumes();
        return mounted != null
                && mounted.stream()
                        .map(volume -> volume.getPersistentVolumeClaim())
                        .anyMatch(source -> source != null && claim.equals(source.getClaimName()));
    }

    private void bind(PersistentVolumeClaim claim, PersistentVolume volume) {
        var metadata = claim.getMetadata();
        var ref = volume.getSpec().getClaimRef();
        boolean reserved = Storage.refersTo(ref, claim);
        if (ref == null || !metadata.getUid().equals(ref.getUid())) {
            changeVolume(
                    volume,
                    null,
                    tree -> {
                        tree.withObjectProperty("spec")
                                .putObject("claimRef")
                                .put("kind", "PersistentVolumeClaim")
                                .put("apiVersion", "v1")
                                .put("namespace", metadata.getNamespace())
                                .put("name", metadata.getName())
                                .put("uid", metadata.getUid())
                                .put("resourceVersion", metadata.getResourceVersion());
                        if (!reserved) annotate(tree, Storage.BOUND_BY_CONTROLLER, "yes");
                        return tree;
                    });
        }
        if (!Storage.phase(volume).equals("Bound")) {
            changeVolume(
                    volume,
                    "status",
                    tree -> {
                        tree.withObjectProperty("status").put("phase", "Bound");
                        return tree;
                    });
        }
        bindClaim(claim, volume);
    }

    private void bindClaim(PersistentVolumeClaim claim, PersistentVolume volume) {
        boolean named = !Storage.volumeName(claim).isEmpty();
        if (!named || Storage.annotation(claim, Storage.BIND_COMPLETED).isEmpty()) {
            changeClaim(
                    claim,
                    null,
                    tree -> {
                        tree.withObjectProperty("spec")
                                .put("volumeName", volume.getMetadata().getName());
                        annotate(tree, Storage.BIND_COMPLETED, "yes");
                        if (!named) annotate(tree, Storage.BOUND_BY_CONTROLLER, "yes");
                        return tree;
                    });
        }
        if (Storage.phase(claim).equals("Bound")) return;
        var spec = volumes.stored(Key.of(volume));
        changeClaim(
                claim,
                "status",
                tree -> {
                    var status = tree.withObjectProperty("status").put("phase", "Bound");
                    if (spec != null) {
                        status.set("accessModes", spec.tree().at("/spec/accessModes").deepCopy());
                        status.set("capacity", spec.tree().at("/spec/capacity").deepCopy());
                    }
                    return tree;
                });
    }

    private static void annotate(ObjectNode object, String key, String value) {
        object.withObjectProperty("metadata").withObjectProperty("annotations").put(key, value);
    }

    private void request(PersistentVolumeClaim claim, String provisioner) {
        if (Storage.annotation(claim, Storage.PROVISIONER).isEmpty()) {
            changeClaim(
                    claim,
                    null,
                    tree -> {
                        annotate(tree, Storage.PROVISIONER, provisioner);
                        annotate(tree, Storage.BETA_PROVISIONER, provisioner);
                        return tree;
                    });
        }
        tell(
                claim,
                "Normal",
                "ExternalProvisioning",
                "Waiting for a volume to be created either by the external provisioner '%s' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
                        .formatted(provisioner));
    }

    private void setPhase(PersistentVolumeClaim claim, String phase) {
        if (Storage.phase(claim).equals(phase)) return;
        changeClaim(
                claim,
                "status",
                tree -> {
                    var status = tree.withObjectProperty("status").put("phase", phase);
                    if (phase.equals("Lost")) status.remove(List.of("accessModes", "capacity"));
                    return tree;
                });
    }

    private void tell(PersistentVolumeClaim claim, String type, String reason, String message) {
        if (type.equals("Normal")) events.normal(claim, reason, message);
        else events.warning(claim, reason, message);
    }

    private void changeClaim(
            PersistentVolumeClaim claim,
            @Nullable String subresource,
            UnaryOperator<ObjectNode> change) {
        var metadata = claim.getMetadata();
        var fresh = api.get(Types.CLAIMS, metadata.getNamespace(), metadata.getName());
        if (!fresh.uid().equals(metadata.getUid())) throw gone(metadata.getName());
        var written =
                api.update(
                        Types.CLAIMS,
                        metadata.getNamespace(),
                        metadata.getName(),
                        subresource,
                        new Api.Body.Tree(change.apply(fresh.copy())),
                        WRITE);
        lastClaimWrite = written.object().revision();
    }

    private static ApiException gone(String name) {
        return ApiException.notFound(Types.CLAIMS, name);
    }

    private void changeVolume(
            PersistentVolume volume,
            @Nullable String subresource,
            UnaryOperator<ObjectNode> change) {
        var name = volume.getMetadata().getName();
        var written =
                api.update(
                        Types.VOLUMES,
                        null,
                        name,
                        subresource,
                        new Api.Body.Tree(change.apply(api.get(Types.VOLUMES, null, name).copy())),
                        WRITE);
        lastVolumeWrite = written.object().revision();
    }
}

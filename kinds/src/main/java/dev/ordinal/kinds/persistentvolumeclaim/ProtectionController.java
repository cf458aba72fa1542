package dev.ordinal.kinds.persistentvolumeclaim;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.control.Controller;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Typed;
import dev.ordinal.control.Types;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Lets a deleted claim go when no pod uses it, and a deleted volume when it is no longer bound.
///
/// @see "Kubernetes documentation: Storage Object in Use Protection"
public final class ProtectionController implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-controller-manager");

    private final Api api;
    private final Informer<PersistentVolumeClaim> claims;
    private final Informer<PersistentVolume> volumes;
    private final Informer<Pod> pods;

    public ProtectionController(Api api, Informers informers) {
        this.api = api;
        claims = informers.of(Types.CLAIMS, PersistentVolumeClaim.class);
        volumes = informers.of(Types.VOLUMES, PersistentVolume.class);
        pods = informers.of(Types.PODS, Pod.class);
    }

    @Override
    public String name() {
        return "protection";
    }

    @Override
    public void watch(Consumer<Key> again) {
        claims.listen(
                change -> {
                    if (!change.gone()) again.accept(Key.of(change.latest()));
                });
        volumes.listen(
                change -> {
                    if (!change.gone()) again.accept(Key.of(change.latest()));
                });
        pods.listen(
                change -> {
                    if (!change.gone()) return;
                    var pod = change.latest();
                    if (pod.getSpec().getVolumes() == null) return;
                    for (var volume : pod.getSpec().getVolumes()) {
                        var source = volume.getPersistentVolumeClaim();
                        if (source != null) {
                            again.accept(
                                    new Key(
                                            pod.getMetadata().getNamespace(),
                                            source.getClaimName()));
                        }
                    }
                });
    }

    @Override
    public Optional<Duration> reconcile(Key key) {
        if (key.namespace().isEmpty()) {
            var volume = volumes.get(key);
            if (volume == null) return Optional.empty();
            if (!Storage.deleting(volume)) protect(Types.VOLUMES, volume);
            else if (!Storage.phase(volume).equals("Bound")) release(Types.VOLUMES, volume);
            return Optional.empty();
        }
        var claim = claims.get(key);
        if (claim == null) return Optional.empty();
        if (!Storage.deleting(claim)) protect(Types.CLAIMS, claim);
        else if (!used(key)) release(Types.CLAIMS, claim);
        return Optional.empty();
    }

    /// Asked of the API itself: a pod the cache has not seen yet must count.
    private boolean used(Key key) {
        return api.list(Types.PODS, key.namespace(), ListOptions.ALL).items().stream()
                .filter(pod -> pod.tree().path("spec").has("nodeName"))
                .map(pod -> Typed.read(pod.tree(), Pod.class))
                .anyMatch(pod -> ClaimController.uses(pod, key.name()));
    }

    /// Admission gives the finalizer; this is for objects that lost it.
    private void protect(GroupVersionResource type, HasMetadata object) {
        var finalizers = object.getMetadata().getFinalizers();
        if (finalizers != null && finalizers.contains(finalizer(type))) return;
        change(type, object, tree -> Finalizers.add(tree, finalizer(type)));
    }

    private void release(GroupVersionResource type, HasMetadata object) {
        change(type, object, tree -> Finalizers.remove(tree, finalizer(type)));
    }

    private static String finalizer(GroupVersionResource type) {
        return type.equals(Types.CLAIMS) ? Storage.CLAIM_PROTECTION : Storage.VOLUME_PROTECTION;
    }

    private void change(
            GroupVersionResource type, HasMetadata object, Predicate<ObjectNode> change) {
        var metadata = object.getMetadata();
        try {
            var current = api.get(type, metadata.getNamespace(), metadata.getName());
            if (!current.uid().equals(metadata.getUid())) return;
            var copy = current.copy();
            if (change.test(copy)) {
                api.update(
                        type,
                        metadata.getNamespace(),
                        metadata.getName(),
                        null,
                        new Api.Body.Tree(copy),
                        WRITE);
            }
        } catch (ApiException refused) {
            if (refused.code() != 404) throw refused;
        }
    }
}

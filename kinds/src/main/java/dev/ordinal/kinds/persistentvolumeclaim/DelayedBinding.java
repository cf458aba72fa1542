package dev.ordinal.kinds.persistentvolumeclaim;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.node.NodeTerms;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.storage.StorageClass;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// The scheduler's part in binding claims whose class waits for the first consumer: once it is
/// known where the pod goes, a volume there is reserved, or a provisioner is told the node.
///
/// @see "upstream: pkg/scheduler/framework/plugins/volumebinding/binder.go"
public final class DelayedBinding {
    private static final WriteOptions WRITE = WriteOptions.by("kube-scheduler");

    private final Api api;
    private final Informer<PersistentVolumeClaim> claims;
    private final Informer<PersistentVolume> volumes;
    private final Informer<StorageClass> classes;

    public DelayedBinding(Api api, Informers informers) {
        this.api = api;
        claims = informers.of(Types.CLAIMS, PersistentVolumeClaim.class);
        volumes = informers.of(Types.VOLUMES, PersistentVolume.class);
        classes = informers.of(Types.STORAGE_CLASSES, StorageClass.class);
    }

    /// The claims of a pod that wait for it to be given a node.
    public List<PersistentVolumeClaim> waiting(Pod pod) {
        List<PersistentVolumeClaim> waiting = new ArrayList<>();
        var mounted = pod.getSpec().getVolumes();
        if (mounted == null) return waiting;
        for (var volume : mounted) {
            var source = volume.getPersistentVolumeClaim();
            if (source == null) continue;
            var claim = claims.get(pod.getMetadata().getNamespace(), source.getClaimName());
            if (claim != null && waits(claim)) waiting.add(claim);
        }
        return waiting;
    }

    private boolean waits(PersistentVolumeClaim claim) {
        if (Storage.fullyBound(claim) || !Storage.volumeName(claim).isEmpty()) return false;
        var storageClass = classes.get("", Storage.className(claim));
        return storageClass != null && Storage.waitsForConsumer(storageClass);
    }

    /// Why a node will not do, in the scheduler's words.
    public Optional<String> obstacle(List<PersistentVolumeClaim> waiting, Node node) {
        Set<String> taken = new HashSet<>();
        for (var claim : waiting) {
            var storageClass = classes.get("", Storage.className(claim));
            boolean provisioned =
                    storageClass != null
                            && !storageClass
                                    .getProvisioner()
                                    .equals("kubernetes.io/no-provisioner");
            if (match(claim, node, taken) == null && !provisioned) {
                return Optional.of("node(s) didn't find available persistent volumes to bind");
            }
        }
        return Optional.empty();
    }

    /// Reserves volumes and calls provisioners; the claims are bound by their own controller.
    public void request(List<PersistentVolumeClaim> waiting, Node node) {
        var name = node.getMetadata().getName();
        Set<String> taken = new HashSet<>();
        for (var claim : waiting) {
            var volume = match(claim, node, taken);
            if (volume != null) reserve(volume, claim);
            else if (!Storage.annotation(claim, Storage.SELECTED_NODE).equals(Optional.of(name))) {
                var metadata = claim.getMetadata();
                change(
                        Types.CLAIMS,
                        metadata.getNamespace(),
                        metadata.getName(),
                        tree -> annotate(tree, Storage.SELECTED_NODE, name));
            }
        }
    }

    private @Nullable PersistentVolume match(
            PersistentVolumeClaim claim, Node node, Set<String> taken) {
        var reachable =
                volumes.all().stream()
                        .filter(volume -> !taken.contains(volume.getMetadata().getName()))
                        .filter(volume -> reaches(volume, node))
                        .toList();
        var found = ClaimPlan.find(claim, reachable, false).orElse(null);
        if (found != null) taken.add(found.getMetadata().getName());
        return found;
    }

    private void reserve(PersistentVolume volume, PersistentVolumeClaim claim) {
        if (volume.getSpec().getClaimRef() != null) return;
        var metadata = claim.getMetadata();
        change(
                Types.VOLUMES,
                null,
                volume.getMetadata().getName(),
                tree -> {
                    tree.withObjectProperty("spec")
                            .putObject("claimRef")
                            .put("kind", "PersistentVolumeClaim")
                            .put("apiVersion", "v1")
                            .put("namespace", metadata.getNamespace())
                            .put("name", metadata.getName())
                            .put("uid", metadata.getUid())
                            .put("resourceVersion", metadata.getResourceVersion());
                    annotate(tree, Storage.BOUND_BY_CONTROLLER, "yes");
                });
    }

    private static void annotate(ObjectNode tree, String key, String value) {
        tree.withObjectProperty("metadata").withObjectProperty("annotations").put(key, value);
    }

    /// A refusal is left to the queue: the next look decides anew.
    private void change(
            GroupVersionResource type,
            @Nullable String namespace,
            String name,
            Consumer<ObjectNode> change) {
        var copy = api.get(type, namespace, name).copy();
        change.accept(copy);
        api.update(type, namespace, name, null, new Api.Body.Tree(copy), WRITE);
    }

    /// Whether a volume can be used on a node.
    public static boolean reaches(PersistentVolume volume, Node node) {
        var affinity = volume.getSpec().getNodeAffinity();
        return affinity == null
                || affinity.getRequired() == null
                || NodeTerms.meets(affinity.getRequired(), node);
    }
}

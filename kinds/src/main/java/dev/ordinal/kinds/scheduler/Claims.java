package dev.ordinal.kinds.scheduler;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.persistentvolumeclaim.DelayedBinding;
import dev.ordinal.kinds.persistentvolumeclaim.Storage;
import dev.ordinal.kinds.scheduler.Refusal.Cause;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// What the claims of a pod have to say about its node.
///
/// @see "upstream: pkg/scheduler/framework/plugins, volumerestrictions and volumebinding"
final class Claims {
    private final Informer<PersistentVolumeClaim> claims;
    private final Informer<PersistentVolume> volumes;
    private final Api api;
    private final DelayedBinding delayed;

    Claims(Api api, Informers informers, DelayedBinding delayed) {
        this.api = api;
        claims = informers.of(Types.CLAIMS, PersistentVolumeClaim.class);
        volumes = informers.of(Types.VOLUMES, PersistentVolume.class);
        this.delayed = delayed;
    }

    /// Of the claims a pod uses.
    static List<String> names(Pod pod) {
        return pod.getSpec().getVolumes().stream()
                .map(Volume::getPersistentVolumeClaim)
                .filter(source -> source != null)
                .map(source -> source.getClaimName())
                .toList();
    }

    /// Why no node has to be asked.
    Optional<String> unready(Pod pod) {
        var waiting = delayed.waiting(pod);
        for (var name : names(pod)) {
            var claim = claims.get(pod.getMetadata().getNamespace(), name);
            if (claim == null) {
                return Optional.of("persistentvolumeclaim \"%s\" not found".formatted(name));
            }
            if (Storage.deleting(claim)) {
                return Optional.of("persistentvolumeclaim \"%s\" is being deleted".formatted(name));
            }
            if (Storage.phase(claim).equals("Lost")) {
                return Optional.of(
                        "persistentvolumeclaim \"%s\" bound to non-existent persistentvolume \"%s\""
                                .formatted(name, Storage.volumeName(claim)));
            }
            if (!Storage.fullyBound(claim) && !waiting.contains(claim)) {
                return Optional.of("pod has unbound immediate PersistentVolumeClaims");
            }
        }
        return Optional.empty();
    }

    Filter filter(Pod pod, List<NodeLoad> all) {
        var names = names(pod);
        if (names.isEmpty()) return _ -> Optional.empty();
        boolean taken = usedByAnother(pod, all, forOnePod(pod, names));
        return node -> {
            if (taken) {
                return Optional.of(
                        Refusal.forPods(
                                Cause.ROOM,
                                "node(s) unavailable due to PersistentVolumeClaim with"
                                        + " ReadWriteOncePod access mode already in-use by another"
                                        + " pod"));
            }
            var reasons = unreachable(pod, names, node);
            return reasons.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Refusal(reasons, Cause.VOLUME, false));
        };
    }

    private Set<String> forOnePod(Pod pod, List<String> names) {
        return names.stream()
                .filter(
                        name -> {
                            var claim = claims.get(pod.getMetadata().getNamespace(), name);
                            return claim != null
                                    && claim.getSpec()
                                            .getAccessModes()
                                            .contains("ReadWriteOncePod");
                        })
                .collect(Collectors.toSet());
    }

    private static boolean usedByAnother(Pod pod, List<NodeLoad> all, Set<String> exclusive) {
        if (exclusive.isEmpty()) return false;
        return all.stream()
                .flatMap(node -> node.pods().stream())
                .filter(
                        other ->
                                other.getMetadata()
                                                .getNamespace()
                                                .equals(pod.getMetadata().getNamespace())
                                        && !other.getMetadata()
                                                .getUid()
                                                .equals(pod.getMetadata().getUid()))
                .anyMatch(other -> names(other).stream().anyMatch(exclusive::contains));
    }

    /// Asked when the cache, which hears of volumes and claims apart, does not know it yet.
    private boolean exists(String volume) {
        try {
            api.get(Types.VOLUMES, null, volume);
            return true;
        } catch (ApiException missing) {
            if (missing.code() != 404) throw missing;
            return false;
        }
    }

    private List<String> unreachable(Pod pod, List<String> names, NodeLoad node) {
        boolean reached = true;
        boolean found = true;
        for (var claimName : names) {
            var claim = claims.get(pod.getMetadata().getNamespace(), claimName);
            if (claim == null || !Storage.fullyBound(claim)) continue;
            var name = Storage.volumeName(claim);
            var volume = volumes.get("", name);
            if (volume != null) reached &= DelayedBinding.reaches(volume, node.node());
            else found &= exists(name);
        }
        List<String> reasons = new ArrayList<>();
        if (!reached) reasons.add("node(s) didn't match PersistentVolume's node affinity");
        delayed.obstacle(delayed.waiting(pod), node.node()).ifPresent(reasons::add);
        if (!found) {
            reasons.add(
                    "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
        }
        return reasons;
    }
}

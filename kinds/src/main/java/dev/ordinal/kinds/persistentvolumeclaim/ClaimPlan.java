package dev.ordinal.kinds.persistentvolumeclaim;

import dev.ordinal.control.Selectors;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.StorageClass;

import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The next step for one claim. Pure.
///
/// @see "upstream: pkg/controller/volume/persistentvolume, syncClaim and index.go"
sealed interface ClaimPlan {
    record Nothing() implements ClaimPlan {}

    /// Complete (or repair) the binding with this volume.
    record Bind(PersistentVolume volume) implements ClaimPlan {}

    /// Give a claim without class the default one.
    record AssignClass(String name) implements ClaimPlan {}

    /// Ask the class's provisioner for a volume.
    record Request(String provisioner) implements ClaimPlan {}

    /// Stay Pending and say why, unless there is nothing to say.
    record Wait(Optional<Notice> notice) implements ClaimPlan {}

    record Lose(String reason, String message) implements ClaimPlan {}

    record Notice(String type, String reason, String message) {}

    /// All a plan may look at.
    ///
    /// @param waitingPods names of unscheduled, active pods that use the claim, sorted
    record Observation(
            PersistentVolumeClaim claim,
            Collection<PersistentVolume> volumes,
            Map<String, StorageClass> classes,
            List<String> waitingPods) {}

    static ClaimPlan of(Observation seen) {
        var claim = seen.claim;
        if (Storage.annotation(claim, Storage.BIND_COMPLETED).isPresent()) return bound(seen);
        return Storage.volumeName(claim).isEmpty() ? unbound(seen) : prebound(seen);
    }

    private static ClaimPlan unbound(Observation seen) {
        var claim = seen.claim;
        var storageClass = seen.classes.get(Storage.className(claim));
        boolean delay = storageClass != null && Storage.waitsForConsumer(storageClass);
        var match = find(claim, seen.volumes, delay);
        if (match.isPresent()) return new Bind(match.get());
        if (Storage.classless(claim)) {
            var byDefault = Storage.defaultClass(seen.classes.values());
            if (byDefault.isPresent()) {
                return new AssignClass(byDefault.get().getMetadata().getName());
            }
        }
        if (delay && Storage.annotation(claim, Storage.SELECTED_NODE).isEmpty()) {
            return pause("Normal", waitReason(seen), waitMessage(seen));
        }
        var className = Storage.className(claim);
        if (className.isEmpty()) {
            return pause(
                    "Normal",
                    "FailedBinding",
                    "no persistent volumes available for this claim and no storage class is set");
        }
        if (storageClass == null) {
            return pause(
                    "Warning",
                    "ProvisioningFailed",
                    "storageclass.storage.k8s.io \"%s\" not found".formatted(className));
        }
        var provisioner = storageClass.getProvisioner();
        if (provisioner.startsWith("kubernetes.io/")) {
            return pause(
                    "Warning",
                    "ProvisioningFailed",
                    "no volume plugin matched name: " + provisioner);
        }
        return new Request(provisioner);
    }

    private static String waitReason(Observation seen) {
        return seen.waitingPods.isEmpty() ? "WaitForFirstConsumer" : "WaitForPodScheduled";
    }

    private static String waitMessage(Observation seen) {
        if (seen.waitingPods.isEmpty()) {
            return "waiting for first consumer to be created before binding";
        }
        return "waiting for pod%s %s to be scheduled"
                .formatted(
                        seen.waitingPods.size() == 1 ? "" : "s",
                        String.join(",", seen.waitingPods));
    }

    private static ClaimPlan prebound(Observation seen) {
        var claim = seen.claim;
        var volume = volume(seen);
        if (volume == null) return new Wait(Optional.empty());
        var ref = volume.getSpec().getClaimRef();
        if (ref == null) {
            return mismatch(claim, volume)
                    .<ClaimPlan>map(
                            why ->
                                    pause(
                                            "Warning",
                                            "VolumeMismatch",
                                            "Cannot bind to requested volume \"%s\": %s"
                                                    .formatted(
                                                            volume.getMetadata().getName(), why)))
                    .orElseGet(() -> new Bind(volume));
        }
        if (Storage.refersTo(ref, claim)) return new Bind(volume);
        return pause(
                "Warning",
                "FailedBinding",
                "volume \"%s\" already bound to a different claim."
                        .formatted(volume.getMetadata().getName()));
    }

    private static ClaimPlan bound(Observation seen) {
        var claim = seen.claim;
        if (Storage.volumeName(claim).isEmpty()) {
            return new Lose(
                    "ClaimLost",
                    "Bound claim has lost reference to PersistentVolume. Data on the volume is"
                            + " lost!");
        }
        var volume = volume(seen);
        if (volume == null) {
            return new Lose(
                    "ClaimLost",
                    "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
        }
        var ref = volume.getSpec().getClaimRef();
        if (ref == null || claim.getMetadata().getUid().equals(ref.getUid())) {
            return new Bind(volume);
        }
        return new Lose(
                "ClaimMisbound",
                "Two claims are bound to the same volume, this one is bound incorrectly");
    }

    private static @Nullable PersistentVolume volume(Observation seen) {
        var name = Storage.volumeName(seen.claim);
        return seen.volumes.stream()
                .filter(v -> v.getMetadata().getName().equals(name))
                .findFirst()
                .orElse(null);
    }

    private static Optional<String> mismatch(PersistentVolumeClaim claim, PersistentVolume volume) {
        if (Storage.deleting(volume)) {
            return Optional.of(
                    "the volume is marked for deletion \"%s\""
                            .formatted(volume.getMetadata().getName()));
        }
        if (Storage.capacity(volume).compareTo(Storage.requested(claim)) < 0) {
            return Optional.of("requested PV is too small");
        }
        if (!Storage.className(volume).equals(Storage.className(claim))) {
            return Optional.of("storageClassName does not match");
        }
        if (!sameAttributes(claim, volume)) {
            return Optional.of("volumeAttributesClassName does not match");
        }
        if (!sameMode(claim, volume)) return Optional.of("incompatible volumeMode");
        if (!offersModes(claim, volume)) return Optional.of("incompatible accessMode");
        return Optional.empty();
    }

    /// The smallest fitting volume; one whose claimRef names the claim goes first within its set of
    /// access modes. Sets with fewer modes are searched first.
    ///
    /// @param delay only volumes reserved for the claim count
    static Optional<PersistentVolume> find(
            PersistentVolumeClaim claim, Collection<PersistentVolume> volumes, boolean delay) {
        Map<String, List<PersistentVolume>> byModes = new TreeMap<>(bySize());
        for (var volume : volumes) {
            if (!offersModes(claim, volume)) continue;
            var modes = volume.getSpec().getAccessModes().stream().sorted().toList();
            byModes.computeIfAbsent(String.join(",", modes), _ -> new java.util.ArrayList<>())
                    .add(volume);
        }
        return byModes.values().stream()
                .flatMap(set -> best(claim, set, delay).stream())
                .findFirst();
    }

    private static Comparator<String> bySize() {
        return Comparator.comparing((String modes) -> modes.chars().filter(c -> c == ',').count())
                .thenComparing(Comparator.naturalOrder());
    }

    private static Optional<PersistentVolume> best(
            PersistentVolumeClaim claim, List<PersistentVolume> volumes, boolean delay) {
        var fitting =
                volumes.stream()
                        .filter(v -> !Storage.deleting(v))
                        .filter(v -> Storage.capacity(v).compareTo(Storage.requested(claim)) >= 0)
                        .filter(v -> sameMode(claim, v))
                        .filter(v -> sameAttributes(claim, v))
                        .toList();
        var reserved =
                fitting.stream()
                        .filter(v -> Storage.refersTo(v.getSpec().getClaimRef(), claim))
                        .findFirst();
        if (reserved.isPresent() || delay) return reserved;
        return fitting.stream()
                .filter(v -> v.getSpec().getClaimRef() == null)
                .filter(v -> Storage.phase(v).equals("Available"))
                .filter(v -> selects(claim, v))
                .filter(v -> Storage.className(v).equals(Storage.className(claim)))
                .min(Comparator.comparing(Storage::capacity));
    }

    private static boolean selects(PersistentVolumeClaim claim, PersistentVolume volume) {
        var selector = claim.getSpec().getSelector();
        var labels = volume.getMetadata().getLabels();
        return selector == null || Selectors.matches(selector, labels == null ? Map.of() : labels);
    }

    private static boolean sameMode(PersistentVolumeClaim claim, PersistentVolume volume) {
        return Storage.mode(claim.getSpec().getVolumeMode())
                .equals(Storage.mode(volume.getSpec().getVolumeMode()));
    }

    private static boolean sameAttributes(PersistentVolumeClaim claim, PersistentVolume volume) {
        return Storage.orEmpty(claim.getSpec().getVolumeAttributesClassName())
                .equals(Storage.orEmpty(volume.getSpec().getVolumeAttributesClassName()));
    }

    private static boolean offersModes(PersistentVolumeClaim claim, PersistentVolume volume) {
        return new HashSet<>(volume.getSpec().getAccessModes())
                .containsAll(claim.getSpec().getAccessModes());
    }

    private static Wait pause(String type, String reason, String message) {
        return new Wait(Optional.of(new Notice(type, reason, message)));
    }
}

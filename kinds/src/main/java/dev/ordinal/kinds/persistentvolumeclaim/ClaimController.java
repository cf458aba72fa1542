package dev.ordinal.kinds.persistentvolumeclaim;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.Stored;
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
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Brings claims and volumes together, in the four writes of upstream: each can be the last before
/// a
/// crash, and the next look completes them.
///
/// @see "upstream: pkg/controller/volume/persistentvolume"
public final class ClaimController implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-controller-manager");

    private final Api api;
    private final Informer<PersistentVolumeClaim> claims;
    private final Informer<PersistentVolume> volumes;
    private final Informer<StorageClass> classes;
    private final Informer<Pod> pods;
    private final EventRecorder events;
    private final InstantSource clock;
    private volatile long lastClaimWrite;
    private volatile long lastVolumeWrite;

    public ClaimController(Api api, Informers informers, InstantSource clock) {
        this.api = api;
        this.clock = clock;
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
                        mayTake(change.latest(), again);
                    }
                });
        classes.listen(_ -> pending(again));
    }

    /// Claims of the volume's class, and those that name it.
    private void mayTake(PersistentVolume volume, Consumer<Key> again) {
        for (var claim : claims.all()) {
            boolean named = Storage.volumeName(claim).equals(volume.getMetadata().getName());
            boolean alike = Storage.className(claim).equals(Storage.className(volume));
            if (!Storage.phase(claim).equals("Bound") && (named || alike)) {
                again.accept(Key.of(claim));
            }
        }
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
                            tree -> tree.withObjectProperty("spec").put("storageClassName", name));
            case ClaimPlan.Request(var provisioner) -> request(claim, provisioner);
            case ClaimPlan.Wait(var notice) -> {
                if (notice.isPresent() && catchUp()) return reconcile(key);
                notice.ifPresent(n -> tell(claim, n.type(), n.reason(), n.message()));
                setPhase(claim, "Pending");
            }
            case ClaimPlan.Lose(var reason, var message) -> {
                boolean news = !Storage.phase(claim).equals("Lost");
                setPhase(claim, "Lost");
                if (news) tell(claim, "Warning", reason, message);
            }
        }
        return Optional.empty();
    }

    /// Before anybody is told that there is no volume or no class, the caches have to show all
    /// there are.
    ///
    /// @return whether they did not
    private boolean catchUp() throws InterruptedException {
        boolean missedVolumes = catchUp(volumes);
        boolean missedClasses = catchUp(classes);
        return missedVolumes || missedClasses;
    }

    private boolean catchUp(Informer<?> cache) throws InterruptedException {
        long newest =
                api.list(cache.type(), null, Api.ListOptions.ALL).items().stream()
                        .mapToLong(Stored::revision)
                        .max()
                        .orElse(0);
        if (newest <= cache.revision()) return false;
        cache.await(newest);
        return true;
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

    /// Each write names the version it is based on: of two claims that want one volume, the second
    /// meets a conflict and looks for another.
    private void bind(PersistentVolumeClaim claim, PersistentVolume volume) {
        var stored = volumes.stored(Key.of(volume));
        if (stored == null) return;
        var metadata = claim.getMetadata();
        var ref = volume.getSpec().getClaimRef();
        boolean reserved = Storage.refersTo(ref, claim);
        if (ref == null || !metadata.getUid().equals(ref.getUid())) {
            stored =
                    changeVolume(
                            stored,
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
                            });
        }
        if (!Storage.phase(volume).equals("Bound")) {
            stored =
                    changeVolume(
                            stored,
                            "status",
                            tree ->
                                    tree.withObjectProperty("status")
                                            .put("phase", "Bound")
                                            .put("lastPhaseTransitionTime", now()));
        }
        bindClaim(claim, stored);
    }

    private String now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private void bindClaim(PersistentVolumeClaim claim, Stored volume) {
        var stored = claims.stored(Key.of(claim));
        if (stored == null) return;
        boolean named = !Storage.volumeName(claim).isEmpty();
        if (!named || Storage.annotation(claim, Storage.BIND_COMPLETED).isEmpty()) {
            stored =
                    changeClaim(
                            stored,
                            null,
                            tree -> {
                                tree.withObjectProperty("spec").put("volumeName", volume.name());
                                annotate(tree, Storage.BIND_COMPLETED, "yes");
                                if (!named) annotate(tree, Storage.BOUND_BY_CONTROLLER, "yes");
                            });
        }
        if (Storage.phase(claim).equals("Bound")) return;
        changeClaim(
                stored,
                "status",
                tree -> {
                    var status = tree.withObjectProperty("status").put("phase", "Bound");
                    var spec = volume.tree().path("spec");
                    status.set("accessModes", spec.path("accessModes").deepCopy());
                    status.set("capacity", spec.path("capacity").deepCopy());
                    var attributes = spec.get("volumeAttributesClassName");
                    if (attributes != null) {
                        status.set("currentVolumeAttributesClassName", attributes);
                    }
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
                    if (phase.equals("Lost")) {
                        status.remove(
                                List.of(
                                        "accessModes",
                                        "capacity",
                                        "currentVolumeAttributesClassName"));
                    }
                });
    }

    private void tell(PersistentVolumeClaim claim, String type, String reason, String message) {
        if (type.equals("Normal")) events.normal(claim, reason, message);
        else events.warning(claim, reason, message);
    }

    private void changeClaim(
            PersistentVolumeClaim claim,
            @Nullable String subresource,
            Consumer<ObjectNode> change) {
        var stored = claims.stored(Key.of(claim));
        if (stored != null) changeClaim(stored, subresource, change);
    }

    private Stored changeClaim(
            Stored claim, @Nullable String subresource, Consumer<ObjectNode> change) {
        var copy = claim.copy();
        change.accept(copy);
        var written =
                api.update(
                        Types.CLAIMS,
                        claim.namespace(),
                        claim.name(),
                        subresource,
                        new Api.Body.Tree(copy),
                        WRITE);
        lastClaimWrite = written.object().revision();
        return written.object();
    }

    private Stored changeVolume(
            Stored volume, @Nullable String subresource, Consumer<ObjectNode> change) {
        var copy = volume.copy();
        change.accept(copy);
        var written =
                api.update(
                        Types.VOLUMES,
                        null,
                        volume.name(),
                        subresource,
                        new Api.Body.Tree(copy),
                        WRITE);
        lastVolumeWrite = written.object().revision();
        return written.object();
    }
}

package dev.ordinal.kinds.scheduler;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Change;
import dev.ordinal.control.Controller;
import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.persistentvolumeclaim.DelayedBinding;
import dev.ordinal.kinds.pod.PodFacts;
import dev.ordinal.kinds.scheduler.Refusal.Cause;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.storage.StorageClass;

import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Binds pods to nodes, once their claims are bound and a node will do.
///
/// @see "Kubernetes documentation: kube-scheduler; upstream: pkg/scheduler"
public final class Scheduler implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-scheduler");

    private final Api api;
    private final Informer<Pod> pods;
    private final Informer<Node> nodes;
    private final Informer<Namespace> namespaces;
    private final Informer<PersistentVolumeClaim> claims;
    private final Informer<PersistentVolume> volumes;
    private final Informer<StorageClass> classes;
    private final Placements placements = new Placements();
    private final WaitingPods waiting = new WaitingPods();
    private final DelayedBinding delayed;
    private final Claims claimsOfPods;
    private final EventRecorder events;
    private final InstantSource clock;
    private Consumer<Key> lookAgain = _ -> {};

    public Scheduler(Api api, Informers informers, InstantSource clock) {
        this.api = api;
        this.clock = clock;
        pods = informers.of(Types.PODS, Pod.class);
        nodes = informers.of(Types.NODES, Node.class);
        namespaces = informers.of(Types.NAMESPACES, Namespace.class);
        claims = informers.of(Types.CLAIMS, PersistentVolumeClaim.class);
        volumes = informers.of(Types.VOLUMES, PersistentVolume.class);
        classes = informers.of(Types.STORAGE_CLASSES, StorageClass.class);
        delayed = new DelayedBinding(api, informers);
        claimsOfPods = new Claims(api, informers, delayed);
        events = new EventRecorder(api, "default-scheduler", "", clock);
    }

    @Override
    public String name() {
        return "scheduler";
    }

    @Override
    public void watch(Consumer<Key> again) {
        lookAgain = again;
        pods.listen(
                change -> {
                    placements.seePod(change);
                    var pod = change.after();
                    var key = Key.of(change.latest());
                    if (pod != null && wants(pod)) {
                        waiting.add(key, pod);
                        again.accept(key);
                    } else {
                        waiting.remove(key, change.latest());
                    }
                    waiting.hear(change, again);
                });
        nodes.listen(
                change -> {
                    placements.see(change);
                    if (matters(change)) waiting.all(again);
                });
        namespaces.listen(_ -> waiting.forCause(Cause.COMPANY, again));
        claims.listen(change -> waiting.forClaim(Key.of(change.latest()), again));
        volumes.listen(_ -> waiting.forCause(Cause.VOLUME, again));
        classes.listen(_ -> waiting.all(again));
    }

    /// Not when the node only says that it is well.
    private static boolean matters(Change<Node> change) {
        var before = change.before();
        var after = change.after();
        return before == null
                || after == null
                || !before.getSpec().equals(after.getSpec())
                || !before.getMetadata().getLabels().equals(after.getMetadata().getLabels())
                || !allocatable(before).equals(allocatable(after));
    }

    private static Map<String, Long> allocatable(Node node) {
        var status = node.getStatus();
        return status == null ? Map.of() : Requests.amounts(status.getAllocatable());
    }

    private static boolean wants(Pod pod) {
        return !Placements.placed(pod)
                && "default-scheduler".equals(pod.getSpec().getSchedulerName())
                && pod.getSpec().getSchedulingGates().isEmpty()
                && !PodFacts.terminating(pod)
                && !PodFacts.ended(pod);
    }

    @Override
    public Optional<Duration> reconcile(Key key) {
        var pod = pods.get(key);
        if (pod == null || !wants(pod)) return Optional.empty();
        waiting.lookingAt(key);
        switch (verdict(pod)) {
            case Verdict.Fits fits -> assign(pod, fits.node());
            case Verdict.Placed _ -> {}
            case Verdict.Waits waits -> {
                waiting.narrow(key, waits.causes());
                reportUnschedulable(pod, waits.message());
            }
        }
        return Optional.empty();
    }

    private Verdict verdict(Pod pod) {
        int count = nodes.all().size();
        var unready = count == 0 ? Optional.<String>empty() : claimsOfPods.unready(pod);
        if (unready.isPresent()) return Verdict.unready(count, unready.get());
        return placements.place(
                pod,
                all -> Filters.of(pod, all, claimsOfPods.filter(pod, all), this::namespaceLabels));
    }

    private Map<String, String> namespaceLabels(String name) {
        var namespace = namespaces.get("", name);
        return namespace == null ? Map.of() : namespace.getMetadata().getLabels();
    }

    private void assign(Pod pod, Node chosen) {
        boolean bound = false;
        try {
            bound = bind(pod, chosen);
        } finally {
            if (!bound) takeBack(pod);
        }
        if (!bound) return;
        waiting.narrow(Key.of(pod), Set.of());
        var metadata = pod.getMetadata();
        events.normal(
                pod,
                "Scheduled",
                "Successfully assigned %s/%s to %s"
                        .formatted(
                                metadata.getNamespace(),
                                metadata.getName(),
                                chosen.getMetadata().getName()));
    }

    /// It waits for its claims, or for another try; others may have been refused because of it.
    private void takeBack(Pod pod) {
        placements.takeBack(pod, () -> pods.get(Key.of(pod)));
        waiting.narrow(Key.of(pod), Set.of());
        waiting.forCause(Cause.ROOM, lookAgain);
        waiting.forCause(Cause.COMPANY, lookAgain);
    }

    /// @return false: not yet, or not any more
    private boolean bind(Pod pod, Node chosen) {
        var metadata = pod.getMetadata();
        var node = chosen.getMetadata().getName();
        var unbound = delayed.waiting(pod);
        if (!unbound.isEmpty()) {
            nominate(pod, node);
            delayed.request(unbound, chosen);
            return false;
        }
        var binding = JsonNodeFactory.instance.objectNode();
        binding.putObject("metadata").put("name", metadata.getName()).put("uid", metadata.getUid());
        binding.putObject("target").put("kind", "Node").put("name", node);
        try {
            api.create(
                    Types.PODS,
                    metadata.getNamespace(),
                    metadata.getName(),
                    "binding",
                    new Api.Body.Tree(binding),
                    WRITE);
            return true;
        } catch (ApiException refused) {
            // Bound meanwhile, perhaps: the next look will know.
            if (refused.code() != 404) throw refused;
            return false;
        }
    }

    private void reportUnschedulable(Pod pod, String why) {
        events.warning(pod, "FailedScheduling", why);
        var known = PodFacts.condition(pod, "PodScheduled");
        if (known.isPresent()
                && known.get().getStatus().equals("False")
                && why.equals(known.get().getMessage())) return;
        var patch = JsonNodeFactory.instance.objectNode();
        ObjectNode condition =
                patch.putObject("status")
                        .putArray("conditions")
                        .addObject()
                        .put("type", "PodScheduled");
        condition.put("status", "False").put("reason", "Unschedulable").put("message", why);
        if (pod.getMetadata().getGeneration() != null) {
            condition.put("observedGeneration", pod.getMetadata().getGeneration());
        }
        condition.put(
                "lastTransitionTime", clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
        patchStatus(pod, patch);
    }

    /// Where the pod will go once its volumes are there.
    private void nominate(Pod pod, String node) {
        var status = pod.getStatus();
        if (status != null && node.equals(status.getNominatedNodeName())) return;
        var patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("status").put("nominatedNodeName", node);
        patchStatus(pod, patch);
    }

    private void patchStatus(Pod pod, ObjectNode patch) {
        try {
            api.patch(
                    Types.PODS,
                    pod.getMetadata().getNamespace(),
                    pod.getMetadata().getName(),
                    "status",
                    new Api.Patch(
                            Api.Patch.STRATEGIC,
                            patch.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                    WRITE);
        } catch (ApiException refused) {
            if (refused.code() != 404) throw refused;
        }
    }
}

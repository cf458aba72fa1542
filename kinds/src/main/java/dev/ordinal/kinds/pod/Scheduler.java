package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
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
import dev.ordinal.kinds.persistentvolumeclaim.DelayedBinding;
import dev.ordinal.kinds.persistentvolumeclaim.Storage;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;

import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Binds pods to the node, once their claims are bound and it has room.
///
/// @see "Kubernetes documentation: kube-scheduler; upstream: pkg/scheduler"
public final class Scheduler implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-scheduler");

    private final Api api;
    private final Informer<Pod> pods;
    private final Set<Key> unscheduled = ConcurrentHashMap.newKeySet();
    private final Informer<Node> nodes;
    private final Informer<PersistentVolumeClaim> claims;
    private final DelayedBinding delayed;
    private final EventRecorder events;
    private final InstantSource clock;

    public Scheduler(Api api, Informers informers, InstantSource clock) {
        this.api = api;
        this.clock = clock;
        pods = informers.of(Types.PODS, Pod.class);
        nodes = informers.of(Types.NODES, Node.class);
        claims = informers.of(Types.CLAIMS, PersistentVolumeClaim.class);
        delayed = new DelayedBinding(api, informers);
        events = new EventRecorder(api, "default-scheduler", "", clock);
    }

    @Override
    public String name() {
        return "scheduler";
    }

    @Override
    public void watch(Consumer<Key> again) {
        pods.listen(
                change -> {
                    var key = Key.of(change.latest());
                    var pod = change.after();
                    if (pod != null && wants(pod)) {
                        unscheduled.add(key);
                        again.accept(key);
                    } else {
                        unscheduled.remove(key);
                        if (pod == null) waiting(again);
                    }
                });
        nodes.listen(_ -> waiting(again));
        claims.listen(
                change -> {
                    var namespace = change.latest().getMetadata().getNamespace();
                    for (var key : unscheduled) {
                        if (key.namespace().equals(namespace)) again.accept(key);
                    }
                });
    }

    private void waiting(Consumer<Key> again) {
        unscheduled.forEach(again);
    }

    private static boolean wants(Pod pod) {
        var node = pod.getSpec().getNodeName();
        return (node == null || node.isEmpty())
                && "default-scheduler".equals(pod.getSpec().getSchedulerName())
                && !PodFacts.terminating(pod)
                && !PodFacts.ended(pod);
    }

    @Override
    public Optional<Duration> reconcile(Key key) {
        var pod = pods.get(key);
        if (pod == null || !wants(pod)) return Optional.empty();
        var obstacle = obstacle(pod);
        if (obstacle.isPresent()) {
            reportUnschedulable(pod, obstacle.get());
            return Optional.empty();
        }
        var chosen = nodes.all().iterator().next();
        var node = chosen.getMetadata().getName();
        var waiting = delayed.waiting(pod);
        if (!waiting.isEmpty()) {
            nominate(pod, node);
            delayed.request(waiting, chosen);
            return Optional.empty();
        }
        var binding = JsonNodeFactory.instance.objectNode();
        binding.putObject("metadata")
                .put("name", key.name())
                .put("uid", pod.getMetadata().getUid());
        binding.putObject("target").put("kind", "Node").put("name", node);
        try {
            api.create(
                    Types.PODS,
                    key.namespace(),
                    key.name(),
                    "binding",
                    new Api.Body.Tree(binding),
                    WRITE);
        } catch (ApiException refused) {
            // Bound meanwhile, perhaps: the next look will know.
            if (refused.code() != 404) throw refused;
            return Optional.empty();
        }
        events.normal(
                pod,
                "Scheduled",
                "Successfully assigned %s/%s to %s".formatted(key.namespace(), key.name(), node));
        return Optional.empty();
    }

    /// Why no node will do, in the scheduler's words.
    private Optional<String> obstacle(Pod pod) {
        if (nodes.all().isEmpty()) return Optional.of("no nodes available to schedule pods");
        int count = nodes.all().size();
        var claim = claimObstacle(pod);
        if (claim.isPresent()) {
            return Optional.of("0/%d nodes are available: %s.".formatted(count, claim.get()));
        }
        var node = nodes.all().iterator().next();
        return nodeObstacle(pod, node)
                .or(() -> delayed.obstacle(delayed.waiting(pod), node))
                .map(why -> "0/%d nodes are available: 1 %s.".formatted(count, why));
    }

    private Optional<String> claimObstacle(Pod pod) {
        var volumes = pod.getSpec().getVolumes();
        if (volumes == null) return Optional.empty();
        for (var volume : volumes) {
            var source = volume.getPersistentVolumeClaim();
            if (source == null) continue;
            var name = source.getClaimName();
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
            if (!Storage.fullyBound(claim) && !delayed.waiting(pod).contains(claim)) {
                return Optional.of("pod has unbound immediate PersistentVolumeClaims");
            }
            if (claim.getSpec().getAccessModes().contains("ReadWriteOncePod")
                    && usedByAnother(pod, name)) {
                return Optional.of(
                        "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod"
                                + " access mode already in-use by another pod");
            }
        }
        return Optional.empty();
    }

    private boolean usedByAnother(Pod pod, String claim) {
        for (var other : pods.in(pod.getMetadata().getNamespace())) {
            boolean itself = other.getMetadata().getUid().equals(pod.getMetadata().getUid());
            if (itself || PodFacts.ended(other) || other.getSpec().getNodeName() == null) continue;
            var volumes = other.getSpec().getVolumes();
            if (volumes == null) continue;
            for (var volume : volumes) {
                var source = volume.getPersistentVolumeClaim();
                if (source != null && source.getClaimName().equals(claim)) return true;
            }
        }
        return false;
    }

    private static Optional<String> nodeObstacle(Pod pod, Node node) {
        if (Boolean.TRUE.equals(node.getSpec().getUnschedulable())) {
            return Optional.of("node(s) were unschedulable");
        }
        Map<String, String> selector = pod.getSpec().getNodeSelector();
        if (selector != null
                && !dev.ordinal.control.Selectors.includes(
                        node.getMetadata().getLabels(), selector)) {
            return Optional.of("node(s) didn't match Pod's node affinity/selector");
        }
        return Optional.empty();
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

package dev.ordinal.kinds.node;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Controller;
import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Types;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Deletes the pods that do not put up with a taint `NoExecute` of their node, or not for so long.
///
/// @see "upstream: pkg/controller/tainteviction"
public final class TaintEviction implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-controller-manager");
    private static final String CONDITION = "DisruptionTarget";

    private final Api api;
    private final Informer<Pod> pods;
    private final Informer<Node> nodes;
    private final EventRecorder events;
    private final InstantSource clock;
    private final Map<Key, Sentence> sentences = new ConcurrentHashMap<>();

    /// A pod that puts up with the taints for some time.
    ///
    /// @param since when that began
    private record Sentence(String uid, Instant since) {}

    public TaintEviction(Api api, Informers informers, InstantSource clock) {
        this.api = api;
        this.clock = clock;
        pods = informers.of(Types.PODS, Pod.class);
        nodes = informers.of(Types.NODES, Node.class);
        events = new EventRecorder(api, "taint-eviction-controller", "", clock);
    }

    @Override
    public String name() {
        return "taint-eviction";
    }

    @Override
    public void watch(Consumer<Key> again) {
        pods.listen(
                change -> {
                    if (concerns(change.latest())) again.accept(Key.of(change.latest()));
                });
        nodes.listen(
                change -> {
                    var before = change.before();
                    var after = change.after();
                    if (evicting(before).equals(evicting(after))) return;
                    var name = change.latest().getMetadata().getName();
                    for (var pod : pods.all()) {
                        if (name.equals(pod.getSpec().getNodeName())) again.accept(Key.of(pod));
                    }
                });
    }

    /// Most pods are on nodes without such taints: their changes are not looked at.
    private boolean concerns(Pod pod) {
        var node = pod.getSpec().getNodeName();
        return sentences.containsKey(Key.of(pod))
                || (node != null && !evicting(nodes.get("", node)).isEmpty());
    }

    private static List<Taint> evicting(@Nullable Node node) {
        if (node == null) return List.of();
        return node.getSpec().getTaints().stream()
                .filter(taint -> taint.getEffect().equals("NoExecute"))
                .toList();
    }

    @Override
    public Optional<Duration> reconcile(Key key) {
        var pod = pods.get(key);
        if (pod == null || pod.getSpec().getNodeName() == null) {
            sentences.remove(key);
            return Optional.empty();
        }
        if (pod.getMetadata().getDeletionTimestamp() != null) return Optional.empty();
        var taints = evicting(nodes.get("", pod.getSpec().getNodeName()));
        var patience = patience(pod.getSpec().getTolerations(), taints);
        if (patience.isEmpty()) {
            pardon(key, pod);
            return Optional.empty();
        }
        var now = clock.instant();
        var uid = pod.getMetadata().getUid();
        var sentence =
                sentences.compute(
                        key,
                        (_, known) ->
                                known == null || !known.uid.equals(uid)
                                        ? new Sentence(uid, now)
                                        : known);
        var left = Duration.between(now, sentence.since.plus(patience.get()));
        if (left.isPositive()) return Optional.of(left);
        evict(key, pod);
        return Optional.empty();
    }

    private void pardon(Key key, Pod pod) {
        if (sentences.remove(key) == null) return;
        events.normal(pod, "TaintManagerEviction", "Cancelling deletion of Pod " + key);
    }

    /// How long a pod may stay; empty: for ever.
    static Optional<Duration> patience(List<Toleration> tolerations, List<Taint> taints) {
        Optional<Duration> least = Optional.empty();
        for (var taint : taints) {
            var first = tolerations.stream().filter(t -> Taints.tolerates(t, taint)).findFirst();
            if (first.isEmpty()) return Optional.of(Duration.ZERO);
            var seconds = first.get().getTolerationSeconds();
            if (seconds == null) continue;
            var allowed = Duration.ofSeconds(Math.max(0, seconds));
            if (least.isEmpty() || allowed.compareTo(least.get()) < 0) least = Optional.of(allowed);
        }
        return least;
    }

    private void evict(Key key, Pod pod) {
        events.normal(pod, "TaintManagerEviction", "Marking for deletion Pod " + key);
        try {
            var newest = api.get(Types.PODS, key.namespace(), key.name());
            if (!newest.uid().equals(pod.getMetadata().getUid())) return;
            mark(key, newest.copy());
            var _ = api.delete(Types.PODS, key.namespace(), key.name(), DeleteOptions.DEFAULT);
        } catch (ApiException gone) {
            if (gone.code() != 404) throw gone;
        }
        sentences.remove(key);
    }

    /// The pod says why it goes.
    private void mark(Key key, ObjectNode pod) {
        var status = pod.withObjectProperty("status");
        ArrayNode conditions = status.withArrayProperty("conditions");
        var now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        var condition = JsonNodeFactory.instance.objectNode();
        condition.put("type", CONDITION);
        condition.put("observedGeneration", pod.at("/metadata/generation").asLong());
        condition.put("status", "True").putNull("lastProbeTime").put("lastTransitionTime", now);
        condition.put("reason", "DeletionByTaintManager");
        condition.put("message", "Taint manager: deleting due to NoExecute taint");
        for (int i = conditions.size() - 1; i >= 0; i--) {
            if (conditions.get(i).path("type").asText().equals(CONDITION)) conditions.remove(i);
        }
        conditions.add(condition);
        var body = new Api.Body.Tree(pod);
        var _ = api.update(Types.PODS, key.namespace(), key.name(), "status", body, WRITE);
    }
}

package dev.ordinal.kinds.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Controller;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Types;

import io.fabric8.kubernetes.api.model.Node;

import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/// Gives nodes the taints `NoSchedule` of their conditions, and of being cordoned.
///
/// @see "upstream: pkg/controller/nodelifecycle, doNoScheduleTaintingPass"
public final class NodeTaints implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-controller-manager");
    private static final String EFFECT = "NoSchedule";
    private static final String CORDONED = Taints.UNSCHEDULABLE.getKey();

    /// Keys of taints by type and status of a condition.
    private static final Map<String, Map<String, String>> KEYS =
            Map.of(
                    "Ready",
                    Map.of(
                            "False", "node.kubernetes.io/not-ready",
                            "Unknown", "node.kubernetes.io/unreachable"),
                    "MemoryPressure",
                    Map.of("True", "node.kubernetes.io/memory-pressure"),
                    "DiskPressure",
                    Map.of("True", "node.kubernetes.io/disk-pressure"),
                    "PIDPressure",
                    Map.of("True", "node.kubernetes.io/pid-pressure"),
                    "NetworkUnavailable",
                    Map.of("True", "node.kubernetes.io/network-unavailable"));

    private final Api api;
    private final Informer<Node> nodes;
    private final InstantSource clock;

    public NodeTaints(Api api, Informers informers, InstantSource clock) {
        this.api = api;
        this.clock = clock;
        nodes = informers.of(Types.NODES, Node.class);
    }

    @Override
    public String name() {
        return "node-taints";
    }

    @Override
    public void watch(Consumer<Key> again) {
        nodes.listen(change -> again.accept(Key.of(change.latest())));
    }

    @Override
    public Optional<Duration> reconcile(Key key) {
        var node = nodes.stored(key);
        if (node == null) return Optional.empty();
        var wanted = wanted(node.tree());
        if (wanted.equals(ours(node.tree()))) return Optional.empty();
        try {
            var newest = api.get(Types.NODES, null, key.name()).copy();
            put(newest, wanted(newest));
            var _ =
                    api.update(
                            Types.NODES, null, key.name(), null, new Api.Body.Tree(newest), WRITE);
        } catch (ApiException gone) {
            if (gone.code() != 404) throw gone;
        }
        return Optional.empty();
    }

    private static Set<String> wanted(JsonNode node) {
        Set<String> keys = new TreeSet<>();
        for (var condition : node.at("/status/conditions")) {
            var byStatus = KEYS.getOrDefault(condition.path("type").asText(), Map.of());
            var key = byStatus.get(condition.path("status").asText());
            if (key != null) keys.add(key);
        }
        if (node.at("/spec/unschedulable").asBoolean()) keys.add(CORDONED);
        return keys;
    }

    /// The keys of those taints that this controller looks after.
    private static Set<String> ours(JsonNode node) {
        Set<String> keys = new TreeSet<>();
        for (var taint : node.at("/spec/taints")) {
            if (isOurs(taint)) keys.add(taint.path("key").asText());
        }
        return keys;
    }

    private static boolean isOurs(JsonNode taint) {
        var key = taint.path("key").asText();
        return taint.path("effect").asText().equals(EFFECT)
                && (key.equals(CORDONED)
                        || KEYS.values().stream().anyMatch(keys -> keys.containsValue(key)));
    }

    private void put(ObjectNode node, Set<String> wanted) {
        List<JsonNode> taints = new ArrayList<>();
        Set<String> missing = new TreeSet<>(wanted);
        for (var taint : node.at("/spec/taints")) {
            if (!isOurs(taint) || missing.remove(taint.path("key").asText())) taints.add(taint);
        }
        var now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        for (var key : missing) {
            var taint = JsonNodeFactory.instance.objectNode();
            taints.add(taint.put("key", key).put("effect", EFFECT).put("timeAdded", now));
        }
        var spec = node.withObjectProperty("spec");
        if (taints.isEmpty()) spec.remove("taints");
        else spec.putArray("taints").addAll(taints);
    }
}

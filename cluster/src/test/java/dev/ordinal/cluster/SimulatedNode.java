package dev.ordinal.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;

import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// Runs pods by saying so. An image whose name ends with `bad` never becomes Ready.
final class SimulatedNode {
    private static final WriteOptions WRITE = WriteOptions.by("kubelet");

    private final World world;

    /// The pods whose containers run, uid by name: what the machine really does.
    private final Map<String, String> running = new HashMap<>();

    SimulatedNode(World world) {
        this.world = world;
    }

    void register() {
        var object =
                World.json(
                        "{'metadata':{'name':'%s','labels':{'kubernetes.io/hostname':'%s'}}}"
                                .formatted(World.NODE, World.NODE));
        var node = world.api.create(Types.NODES, null, new Body.Tree(object), WRITE);
        var ready = node.object().copy();
        ready.set("status", World.json("{'allocatable':{'pods':'1000'}}"));
        world.api.update(Types.NODES, null, World.NODE, "status", new Body.Tree(ready), WRITE);
    }

    /// Something happens to some pod, or to all of them.
    void act(Random random) {
        var pods = world.all(Types.PODS);
        forget(pods);
        if (pods.isEmpty()) return;
        if (random.nextInt(60) == 0) {
            world.tell("the node restarts");
            pods.stream().filter(pod -> World.ready(pod.tree())).forEach(pod -> report(pod, false));
            return;
        }
        var pod = pods.get(random.nextInt(pods.size()));
        if (!bound(pod)) return;
        var phase = phase(pod);
        if (World.terminating(pod.tree())) {
            if (random.nextInt(3) > 0) stop(pod);
        } else if (phase.equals("Failed")) {
            return;
        } else if (!World.ready(pod.tree())) {
            advance(pod, random.nextBoolean());
        } else if (random.nextInt(6) == 0) {
            world.tell(pod.name() + " is not ready any more");
            report(pod, false);
        } else if (random.nextInt(10) == 0) {
            world.tell(pod.name() + " fails");
            var status = World.json("{'phase':'Failed','conditions':[]}");
            running.remove(pod.name());
            write(pod, status);
        }
    }

    /// Everything that is left to do, without accidents.
    ///
    /// @return whether there was any
    boolean work() {
        boolean worked = false;
        var pods = world.all(Types.PODS);
        forget(pods);
        for (var pod : pods) {
            if (!bound(pod) || phase(pod).equals("Failed") && !World.terminating(pod.tree())) {
                continue;
            }
            if (World.terminating(pod.tree())) {
                stop(pod);
                worked = true;
            } else if (!World.ready(pod.tree()) && !hopeless(pod)) {
                advance(pod, true);
                worked = true;
            }
        }
        return worked;
    }

    static boolean hopeless(Stored pod) {
        return World.image(pod.tree()).endsWith("bad");
    }

    private static boolean bound(Stored pod) {
        return pod.tree().path("spec").has("nodeName");
    }

    private static String phase(Stored pod) {
        return pod.tree().at("/status/phase").asText();
    }

    /// Pods that were deleted by force: their containers end when the node hears of it.
    private void forget(Iterable<Stored> pods) {
        Set<String> present = new HashSet<>();
        pods.forEach(pod -> present.add(pod.uid()));
        running.values().removeIf(uid -> !present.contains(uid) && world.asked.wasForced(uid));
    }

    private void advance(Stored pod, boolean ready) {
        var before = running.put(pod.name(), pod.uid());
        if (before != null && !before.equals(pod.uid())) {
            throw new AssertionError(
                    "%s runs twice: as %s and as %s".formatted(pod.name(), before, pod.uid()));
        }
        boolean isReady = ready && !hopeless(pod);
        if (isReady) world.tell(pod.name() + " is ready");
        report(pod, isReady);
    }

    private void stop(Stored pod) {
        world.tell(pod.name() + " has stopped");
        running.remove(pod.name(), pod.uid());
        world.api.delete(
                Types.PODS,
                World.NAMESPACE,
                pod.name(),
                new DeleteOptions(0L, "", null, pod.uid(), null, false));
    }

    private void report(Stored pod, boolean ready) {
        var status = World.json("{'phase':'Running','podIP':'10.244.0.9','conditions':[]}");
        status.withArray("conditions")
                .addObject()
                .put("type", "Ready")
                .put("status", ready ? "True" : "False")
                .put("lastTransitionTime", since(pod.tree(), ready));
        write(pod, status);
    }

    /// Since when it has been so.
    private String since(JsonNode pod, boolean ready) {
        if (World.ready(pod) == ready) {
            for (var condition : pod.at("/status/conditions")) {
                if (condition.path("type").asText().equals("Ready")) {
                    return condition.path("lastTransitionTime").asText();
                }
            }
        }
        return world.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private void write(Stored pod, ObjectNode status) {
        var body = pod.copy();
        body.set("status", status);
        world.api.update(
                Types.PODS, World.NAMESPACE, pod.name(), "status", new Body.Tree(body), WRITE);
    }
}

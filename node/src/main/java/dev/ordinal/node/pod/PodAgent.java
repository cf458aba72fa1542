package dev.ordinal.node.pod;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.WatchOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Key;
import dev.ordinal.control.Lifetime;
import dev.ordinal.control.Types;
import dev.ordinal.node.runtime.Adopted;
import dev.ordinal.node.runtime.Runtime;

import io.fabric8.kubernetes.api.model.PartialObjectMetadata;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The node's agent: runs every pod that is bound to the node, one worker a pod.
public final class PodAgent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PodAgent.class);

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final ListOptions NEWEST = new ListOptions("", "", "", "", 1, "");

    private final Parts parts;
    private final Informer<PartialObjectMetadata> pods; // workers read the stored pods
    private final Map<String, PodWorker> workers = new ConcurrentHashMap<>();
    private final Map<String, Adopted> adopted = new ConcurrentHashMap<>();
    private final Lifetime watches = new Lifetime();
    private final Lifetime work = new Lifetime();

    /// What all workers share.
    ///
    /// @param nodeAddress as pods report it in hostIP
    public record Parts(
            Api api,
            Runtime runtime,
            Machine machine,
            Probes probes,
            Hooks hooks,
            EventRecorder events,
            String node,
            String nodeAddress,
            InstantSource clock) {}

    public PodAgent(Parts parts) {
        this.parts = parts;
        pods = new Informer<>(parts.api, Types.PODS, PartialObjectMetadata.class);
    }

    /// Takes up all pods of the node and follows them.
    public void start() throws InterruptedException {
        pods.listen(
                change -> {
                    var pod = change.after();
                    var before = change.before();
                    if (before != null && (pod == null || !uid(pod).equals(uid(before)))) {
                        gone(uid(before));
                    }
                    if (pod != null) changed(pod);
                });
        for (var type : List.of(Types.CONFIG_MAPS, Types.SECRETS)) {
            var watching = watch(type);
            watches.run(type.resource(), () -> follow(type, watching));
        }
        for (var left : parts.runtime.adopt()) adopted.put(left.sandbox().podUid(), left);
        pods.pump(Duration.ZERO);
        watches.run(
                "pods",
                () -> {
                    while (true) pods.pump(PATIENCE);
                });
        for (var uid : List.copyOf(adopted.keySet())) {
            if (workers.containsKey(uid)) continue;
            LOG.info("pod {} is gone from the API: ending it", uid);
            parts.runtime.removeSandbox(uid);
            parts.machine.release(uid);
            adopted.remove(uid);
        }
    }

    private Api.Watching watch(GroupVersionResource type) {
        var now = parts.api.list(type, null, NEWEST).revision();
        return parts.api.watch(type, null, WatchOptions.after(Long.toString(now)));
    }

    /// Tells the pods whose volumes show an object that it has changed; all pods, when changes were
    /// missed.
    private void follow(GroupVersionResource type, Api.Watching first) throws InterruptedException {
        var watching = first;
        while (true) {
            try (var current = watching) {
                while (true) {
                    for (var event : current.next(PATIENCE)) {
                        workers.values().forEach(pod -> pod.inbox().changed(type, event.object()));
                    }
                }
            } catch (ApiException lost) {
                if (lost.code() != 410) throw lost;
            }
            watching = watch(type);
            workers.values().forEach(pod -> pod.inbox().allChanged());
        }
    }

    /// Something all pods may wait for has happened: an image has come.
    public void nudge() {
        workers.values().forEach(pod -> pod.inbox().nudge());
    }

    private static String uid(PartialObjectMetadata pod) {
        return pod.getMetadata().getUid();
    }

    private void changed(PartialObjectMetadata pod) {
        var stored = pods.stored(Key.of(pod));
        if (stored == null) return;
        if (!parts.node.equals(stored.tree().path("spec").path("nodeName").asText())) return;
        var worker =
                workers.computeIfAbsent(
                        uid(pod),
                        uid -> {
                            var made =
                                    new PodWorker(
                                            parts, stored, Optional.ofNullable(adopted.get(uid)));
                            work.run("pod-" + pod.getMetadata().getName(), () -> run(uid, made));
                            return made;
                        });
        worker.inbox().update(stored);
    }

    private void run(String uid, PodWorker worker) throws InterruptedException {
        try {
            while (true) {
                try {
                    worker.run();
                    return;
                } catch (RuntimeException broken) {
                    LOG.error("the worker of pod {} failed; it begins anew", uid, broken);
                    Thread.sleep(AFTER_FAILURE);
                }
            }
        } finally {
            workers.remove(uid, worker);
        }
    }

    private void gone(String uid) {
        var worker = workers.get(uid);
        if (worker != null) worker.inbox().vanish();
    }

    /// The pod's containers, for exec and logs; null when it does not run here.
    @Nullable PodWorker worker(String uid) {
        return workers.get(uid);
    }

    /// Names of pods at work, for tests.
    Set<String> running() {
        return new HashSet<>(workers.keySet());
    }

    /// Ends the workers; containers go on or not as the runtime has it. Nothing is heard any more
    /// before the first worker ends: news of its pod would begin another that knows nothing of its
    /// containers.
    @Override
    public void close() throws IOException {
        try (work) {
            watches.close();
            pods.close();
        }
    }
}

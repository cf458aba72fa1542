package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.control.Typed;
import dev.ordinal.node.runtime.Container;

import io.fabric8.kubernetes.api.model.Pod;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Probes one instance of a container until it ends: startup first, then readiness and liveness,
/// each at
/// its own period.
///
/// @see "Kubernetes documentation: Configure Liveness, Readiness and Startup Probes"
final class ProbeLoop {
    private final PodAgent.Parts parts;
    private final JsonNode pod;
    private final JsonNode spec;
    private final String address;
    private final Listener listener;
    private final long begun = System.nanoTime();
    private boolean started;
    private boolean ready;
    private volatile boolean onlyReadiness;

    /// Hears of changes.
    interface Listener {
        void changed(boolean started, boolean ready);

        /// The container is ended for its probe's sake.
        void killed();
    }

    /// @param started what is known of the instance from an earlier server, if any
    /// @param ready likewise
    ProbeLoop(
            PodAgent.Parts parts,
            JsonNode pod,
            JsonNode spec,
            String address,
            boolean started,
            boolean ready,
            Listener listener) {
        this.parts = parts;
        this.pod = pod;
        this.spec = spec;
        this.address = address;
        this.listener = listener;
        this.started = started;
        this.ready = ready;
    }

    /// One kind of probe with its counters.
    private final class Probe {
        private final String title;
        private final JsonNode settings;
        private final int failureThreshold;
        private final int successThreshold;
        private final long period;
        private long next;
        private final Container container;
        private int failures;
        private int successes;
        private boolean succeeded;

        Probe(String title, JsonNode settings, Container container) {
            this.container = container;
            this.title = title;
            this.settings = settings;
            failureThreshold = settings.path("failureThreshold").asInt(3);
            successThreshold = settings.path("successThreshold").asInt(1);
            period = TimeUnit.SECONDS.toNanos(settings.path("periodSeconds").asInt(10));
            long delay = TimeUnit.SECONDS.toNanos(settings.path("initialDelaySeconds").asInt());
            next = begun + delay;
        }

        /// @return 1 on the success that counts, -1 on the failure that counts, else 0
        int run() throws InterruptedException {
            next = System.nanoTime() + period;
            var patience = Duration.ofSeconds(settings.path("timeoutSeconds").asInt(1));
            var target = new Probes.Target(pod, spec, container.key(), address);
            var result = parts.probes().run(target, settings, patience, !succeeded);
            if (!container.running()) return 0;
            if (result.success()) {
                if (!result.message().isEmpty()) {
                    say(
                            "Warning",
                            "ProbeWarning",
                            "%s probe warning: %s".formatted(title, result.message()));
                }
                succeeded = true;
                failures = 0;
                return ++successes == successThreshold ? 1 : 0;
            }
            if (!result.known()) {
                say(
                        "Warning",
                        "Unhealthy",
                        "%s probe errored and resulted in unknown state: %s"
                                .formatted(title, result.message()));
                return 0;
            }
            successes = 0;
            say("Warning", "Unhealthy", "%s probe failed: %s".formatted(title, result.message()));
            return ++failures == failureThreshold ? -1 : 0;
        }
    }

    private Pod typed() {
        var head = JsonNodeFactory.instance.objectNode();
        head.put("kind", "Pod").put("apiVersion", "v1");
        head.set("metadata", pod.path("metadata"));
        return Typed.read(head, Pod.class);
    }

    private String name() {
        return spec.path("name").asText();
    }

    private String path() {
        return "spec.%s{%s}".formatted(isInit() ? "initContainers" : "containers", name());
    }

    private boolean isInit() {
        for (var container : pod.at("/spec/initContainers")) {
            if (container.path("name").asText().equals(name())) return true;
        }
        return false;
    }

    /// The pod is being ended: from now on nothing is learned but whether it is still ready.
    void onlyReadiness() {
        onlyReadiness = true;
    }

    void run(Container container) throws InterruptedException {
        if (!started && spec.has("startupProbe") && !startUp(container)) return;
        var readiness =
                spec.has("readinessProbe")
                        ? new Probe("Readiness", spec.path("readinessProbe"), container)
                        : null;
        var liveness =
                spec.has("livenessProbe")
                        ? new Probe("Liveness", spec.path("livenessProbe"), container)
                        : null;
        while (container.running()) {
            long now = System.nanoTime();
            if (readiness != null && readiness.next - now <= 0) {
                int outcome = readiness.run();
                if (outcome != 0) set(true, outcome > 0);
            }
            if (onlyReadiness) liveness = null;
            if (liveness != null && liveness.next - now <= 0 && liveness.run() < 0) {
                kill(container, "liveness", liveness.settings);
                return;
            }
            long next = Long.MAX_VALUE;
            if (readiness != null) next = Math.min(next, readiness.next - System.nanoTime());
            if (liveness != null) next = Math.min(next, liveness.next - System.nanoTime());
            if (next == Long.MAX_VALUE) return;
            pause(container, next);
        }
    }

    /// @return whether the container has started
    private boolean startUp(Container container) throws InterruptedException {
        var probe = new Probe("Startup", spec.path("startupProbe"), container);
        while (container.running()) {
            pause(container, probe.next - System.nanoTime());
            int outcome = probe.run();
            if (outcome > 0) {
                set(true, ready);
                return true;
            }
            if (outcome < 0) {
                kill(container, "startup", probe.settings);
                return false;
            }
        }
        return false;
    }

    private void set(boolean nowStarted, boolean nowReady) {
        if (nowStarted == started && nowReady == ready) return;
        started = nowStarted;
        ready = nowReady;
        listener.changed(started, ready);
    }

    /// Waits for the time to pass or the container to end.
    private static void pause(Container container, long nanos) throws InterruptedException {
        if (nanos <= 0) return;
        try {
            container.exit().get(nanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            // Time for the next probe.
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void kill(Container container, String probe, JsonNode settings)
            throws InterruptedException {
        boolean again = !pod.at("/spec/restartPolicy").asText().equals("Never");
        var tail = again && !isInit() ? ", will be restarted" : "";
        var who = isInit() ? "Init container" : "Container";
        say("Normal", "Killing", "%s %s failed %s probe%s".formatted(who, name(), probe, tail));
        long grace =
                settings.has("terminationGracePeriodSeconds")
                        ? settings.path("terminationGracePeriodSeconds").asLong()
                        : pod.at("/spec/terminationGracePeriodSeconds").asLong(30);
        listener.killed();
        var target = new Probes.Target(pod, spec, container.key(), address);
        var end = new ContainerEnd(parts, target, container, this::hookFailed);
        end.run(Duration.ofSeconds(grace));
    }

    private void hookFailed() {
        say("Warning", "FailedPreStopHook", "PreStopHook failed");
    }

    private void say(String type, String reason, String message) {
        parts.events().about(typed(), path(), type, reason, message);
    }
}

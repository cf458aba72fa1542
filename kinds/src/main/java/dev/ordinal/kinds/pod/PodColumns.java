package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.table.Ages;
import dev.ordinal.kinds.Columns;

import java.time.Instant;

/// The READY, STATUS and RESTARTS of a pod.
///
/// @see "upstream: pkg/printers/internalversion/printers.go, printPod"
final class PodColumns {
    private final JsonNode pod;
    private int ready;
    private int restarts;
    private Instant lastRestart = Instant.MIN;
    private String status;
    private final int total;

    private PodColumns(JsonNode pod) {
        this.pod = pod;
        int containers = pod.at("/spec/containers").size();
        for (var init : pod.at("/spec/initContainers")) if (restartable(init)) containers++;
        total = containers;
        var reason = pod.at("/status/reason").asText();
        status = reason.isEmpty() ? pod.at("/status/phase").asText() : reason;
        summarize();
    }

    static String ready(JsonNode pod) {
        var columns = new PodColumns(pod);
        return columns.ready + "/" + columns.total;
    }

    static String status(JsonNode pod) {
        return new PodColumns(pod).status;
    }

    static Object restarts(JsonNode pod, Instant now) {
        var columns = new PodColumns(pod);
        if (columns.restarts == 0 || columns.lastRestart.equals(Instant.MIN)) {
            return Integer.toString(columns.restarts);
        }
        var ago = Ages.human(java.time.Duration.between(columns.lastRestart, now));
        return "%d (%s ago)".formatted(columns.restarts, ago);
    }

    static String gates(JsonNode pod) {
        var gates = pod.at("/spec/readinessGates");
        if (gates.isEmpty()) return Columns.NONE;
        int met = 0;
        for (var gate : gates) {
            if (condition(pod, gate.path("conditionType").asText())
                    .path("status")
                    .asText()
                    .equals("True")) met++;
        }
        return met + "/" + gates.size();
    }

    private static JsonNode condition(JsonNode pod, String type) {
        for (var condition : pod.at("/status/conditions")) {
            if (condition.path("type").asText().equals(type)) return condition;
        }
        return com.fasterxml.jackson.databind.node.MissingNode.getInstance();
    }

    private static boolean restartable(JsonNode container) {
        return container.path("restartPolicy").asText().equals("Always");
    }

    private void summarize() {
        if (condition(pod, "PodScheduled").path("reason").asText().equals("SchedulingGated")) {
            status = "SchedulingGated";
        }
        boolean initializing = walkInit();
        if (!initializing || isTrue("Initialized")) walkContainers();
        boolean deleting = pod.at("/metadata").has("deletionTimestamp");
        var phase = pod.at("/status/phase").asText();
        if (deleting && pod.at("/status/reason").asText().equals("NodeLost")) status = "Unknown";
        else if (deleting && !phase.equals("Succeeded") && !phase.equals("Failed")) {
            status = "Terminating";
        }
    }

    private boolean isTrue(String condition) {
        return condition(pod, condition).path("status").asText().equals("True");
    }

    /// @return whether init containers are still at work
    private boolean walkInit() {
        int sidecarRestarts = 0;
        var sidecarLast = Instant.MIN;
        int index = 0;
        for (var container : pod.at("/status/initContainerStatuses")) {
            boolean sidecar = isSidecar(container.path("name").asText());
            count(container);
            if (sidecar) {
                sidecarRestarts += container.path("restartCount").asInt();
                sidecarLast = later(sidecarLast, container);
            }
            var terminated = container.at("/state/terminated");
            var waiting = container.at("/state/waiting/reason").asText();
            if (terminated.isObject() && terminated.path("exitCode").asInt() == 0) {
                index++;
                continue;
            }
            if (sidecar && container.path("started").asBoolean()) {
                if (container.path("ready").asBoolean()) ready++;
                index++;
                continue;
            }
            if (terminated.isObject()) status = "Init:" + ended(terminated);
            else if (!waiting.isEmpty() && !waiting.equals("PodInitializing")) {
                status = "Init:" + waiting;
            } else {
                status = "Init:%d/%d".formatted(index, pod.at("/spec/initContainers").size());
            }
            return true;
        }
        restarts = sidecarRestarts;
        lastRestart = sidecarLast;
        return false;
    }

    private boolean isSidecar(String name) {
        for (var container : pod.at("/spec/initContainers")) {
            if (container.path("name").asText().equals(name)) return restartable(container);
        }
        return false;
    }

    private static String ended(JsonNode terminated) {
        var reason = terminated.path("reason").asText();
        if (!reason.isEmpty()) return reason;
        int signal = terminated.path("signal").asInt();
        return signal != 0 ? "Signal:" + signal : "ExitCode:" + terminated.path("exitCode").asInt();
    }

    private void walkContainers() {
        boolean running = false;
        var error = "";
        var containers = pod.at("/status/containerStatuses");
        for (int i = containers.size() - 1; i >= 0; i--) {
            var container = containers.get(i);
            count(container);
            var waiting = container.at("/state/waiting/reason").asText();
            var terminated = container.at("/state/terminated");
            if (!waiting.isEmpty()) status = waiting;
            else if (terminated.isObject()) {
                status = ended(terminated);
                if (terminated.path("exitCode").asInt() != 0) error = status;
            } else if (container.path("ready").asBoolean()
                    && container.at("/state/running").isObject()) {
                running = true;
                ready++;
            }
        }
        if (!status.equals("Completed")) return;
        if (running && isTrue("Ready")) status = "Running";
        else if (!error.isEmpty()) status = error;
        else if (running) status = "NotReady";
    }

    private void count(JsonNode container) {
        restarts += container.path("restartCount").asInt();
        lastRestart = later(lastRestart, container);
    }

    private static Instant later(Instant known, JsonNode container) {
        var finished = container.at("/lastState/terminated/finishedAt");
        if (!finished.isTextual()) return known;
        var at = Instant.parse(finished.textValue());
        return at.isAfter(known) ? at : known;
    }
}

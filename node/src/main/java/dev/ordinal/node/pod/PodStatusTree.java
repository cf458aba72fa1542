package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.node.pod.ContainerState.Ended;
import dev.ordinal.node.runtime.Exit;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The status of one pod, from what was observed. Pure.
///
/// @see "upstream: pkg/kubelet/kubelet_pods.go, getPhase, and pkg/kubelet/status"
final class PodStatusTree {
    private static final Set<String> OURS =
            Set.of(
                    "PodReadyToStartContainers",
                    "Initialized",
                    "Ready",
                    "ContainersReady",
                    "PodScheduled");
    private static final int MESSAGES_MAX = 12 * 1024;
    private static final String LOST =
            "The container could not be located when the pod was terminated";
    private static final String LOST_BEFORE =
            "The container could not be located when the pod was deleted.  The container used to be"
                    + " Running";

    private final JsonNode pod;
    private final Seen seen;

    /// Why the node ended a pod that its containers did not end.
    record Verdict(String reason, String message) {
        static final Verdict DEADLINE =
                new Verdict(
                        "DeadlineExceeded",
                        "Pod was active on the node longer than the specified deadline");
    }

    /// @param address empty before the network is there
    /// @param verdict the pod has failed, whatever its containers say
    /// @param runtime prefix of container ids
    record Seen(
            Map<String, ContainerState> states,
            String address,
            String nodeAddress,
            String runtime,
            Map<String, Machine.Image> images,
            boolean stopped,
            Optional<Verdict> verdict,
            Instant now) {}

    private PodStatusTree(JsonNode pod, Seen seen) {
        this.pod = pod;
        this.seen = seen;
    }

    static ObjectNode of(JsonNode pod, Seen seen) {
        return new PodStatusTree(pod, seen).status();
    }

    /// Of a pod that this node does not take.
    static ObjectNode rejected(JsonNode pod, Verdict why, Instant now) {
        var status = JsonNodeFactory.instance.objectNode().put("phase", "Failed");
        status.put("reason", why.reason());
        status.put("message", "Pod was rejected: " + why.message());
        var old = pod.path("status");
        if (old.has("qosClass")) status.set("qosClass", old.path("qosClass"));
        return status.put("startTime", old.path("startTime").asText(time(now)));
    }

    private ObjectNode status() {
        var old = pod.path("status");
        var status = JsonNodeFactory.instance.objectNode();
        var phase = phase();
        status.put("phase", phase);
        if (pod.path("metadata").has("generation")) {
            status.put("observedGeneration", pod.at("/metadata/generation").asLong());
        }
        status.set("conditions", conditions(phase));
        explain(status, old);
        status.put("hostIP", seen.nodeAddress);
        status.putArray("hostIPs").addObject().put("ip", seen.nodeAddress);
        var address = seen.address.isEmpty() ? old.path("podIP").asText() : seen.address;
        if (!address.isEmpty()) {
            status.put("podIP", address);
            status.putArray("podIPs").addObject().put("ip", address);
        }
        var started = old.path("startTime");
        status.put("startTime", started.isTextual() ? started.asText() : time(seen.now));
        var init = containers("initContainers", false);
        if (!init.isEmpty()) status.set("initContainerStatuses", init);
        status.set("containerStatuses", containers("containers", true));
        if (old.has("qosClass")) status.set("qosClass", old.path("qosClass"));
        return status;
    }

    /// A reason stays as long as its phase.
    private void explain(ObjectNode status, JsonNode old) {
        var verdict = seen.verdict;
        if (verdict.isPresent()) {
            status.put("reason", verdict.get().reason()).put("message", verdict.get().message());
        } else if (status.path("phase").equals(old.path("phase"))) {
            for (var field : List.of("message", "reason")) {
                if (old.has(field)) status.set(field, old.path(field));
            }
        }
    }

    private static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private ContainerState state(JsonNode container) {
        var name = container.path("name").asText();
        return seen.states.getOrDefault(name, ContainerState.unborn(name));
    }

    private String phase() {
        var old = pod.at("/status/phase").asText();
        if (isOver(old)) return old;
        if (seen.verdict.isPresent()) return "Failed";
        var phase = phaseOfContainers();
        return seen.stopped && !isOver(phase) ? "Failed" : phase;
    }

    private static boolean isOver(String phase) {
        return phase.equals("Succeeded") || phase.equals("Failed");
    }

    private String phaseOfContainers() {
        int running = 0;
        for (var container : pod.at("/spec/initContainers")) {
            var state = state(container);
            if (RestartPolicy.isSidecar(container)) {
                if (!begun() && !state.started()) return "Pending";
                if (state.running()) running++;
                continue;
            }
            var exit = state.exit();
            if (exit == null) return "Pending";
            if (!state.succeeded()) {
                return RestartPolicy.again(pod, container, exit.code()) ? "Pending" : "Failed";
            }
        }
        int stopped = 0;
        int finalStops = 0;
        int succeeded = 0;
        int waiting = 0;
        for (var container : pod.at("/spec/containers")) {
            var state = state(container);
            var exit = lastExit(state);
            if (state.running()) running++;
            else if (exit != null) {
                stopped++;
                if (exit.code() == 0) succeeded++;
                if (!RestartPolicy.again(pod, container, exit.code())) finalStops++;
            } else waiting++;
        }
        if (waiting > 0) return "Pending";
        if (running > 0) return "Running";
        if (seen.stopped) return succeeded == stopped ? "Succeeded" : "Failed";
        if (stopped != finalStops) return "Running";
        if (stopped == 0) return "Pending";
        return succeeded == stopped ? "Succeeded" : "Failed";
    }

    /// Of the newest instance, or of the one before when another is to come.
    private static @Nullable Exit lastExit(ContainerState state) {
        var exit = state.exit();
        return exit != null ? exit : state.before().map(Ended::exit).orElse(null);
    }

    /// A regular container has ever been started.
    private boolean begun() {
        for (var container : pod.at("/spec/containers")) {
            if (state(container).everStarted()) return true;
        }
        return false;
    }

    private ArrayNode conditions(String phase) {
        var conditions = JsonNodeFactory.instance.arrayNode();
        for (var condition : pod.at("/status/conditions")) {
            if (!OURS.contains(condition.path("type").asText())) conditions.add(condition);
        }
        boolean sandbox = !seen.address.isEmpty() && !seen.stopped;
        conditions.add(condition("PodReadyToStartContainers", sandbox, "", ""));
        var uninitialized = uninitialized();
        conditions.add(
                condition(
                        "Initialized",
                        uninitialized.isEmpty(),
                        phase.equals("Succeeded") ? "PodCompleted" : "ContainersNotInitialized",
                        "containers with incomplete status: " + list(uninitialized)));
        var unready = unready();
        var reason =
                switch (phase) {
                    case "Succeeded" -> "PodCompleted";
                    case "Failed" -> "PodFailed";
                    default -> "ContainersNotReady";
                };
        var message =
                reason.equals("ContainersNotReady")
                        ? "containers with unready status: " + list(unready)
                        : "";
        boolean ready = unready.isEmpty() && !isOver(phase);
        var gate = ready ? closedGate() : Optional.<String>empty();
        conditions.add(
                gate.isPresent()
                        ? condition("Ready", false, "ReadinessGatesNotReady", gate.get())
                        : condition("Ready", ready, reason, message));
        conditions.add(condition("ContainersReady", ready, reason, message));
        conditions.add(condition("PodScheduled", true, "", ""));
        return conditions;
    }

    private Optional<String> closedGate() {
        for (var gate : pod.at("/spec/readinessGates")) {
            var type = gate.path("conditionType").asText();
            @Nullable JsonNode found = null;
            for (var condition : pod.at("/status/conditions")) {
                if (condition.path("type").asText().equals(type)) found = condition;
            }
            if (found == null) {
                return Optional.of(
                        "corresponding condition of pod readiness gate \"%s\" does not exist."
                                .formatted(type));
            }
            var status = found.path("status").asText();
            if (!status.equals("True")) {
                return Optional.of(
                        "the status of pod readiness gate \"%s\" is not \"True\", but %s"
                                .formatted(type, status));
            }
        }
        return Optional.empty();
    }

    private static String list(List<String> names) {
        return "[" + String.join(" ", names) + "]";
    }

    /// Once a regular container has started the pod stays initialized.
    private List<String> uninitialized() {
        List<String> names = new ArrayList<>();
        if (begun()) return names;
        for (var container : pod.at("/spec/initContainers")) {
            var state = state(container);
            boolean sidecar = RestartPolicy.isSidecar(container);
            boolean done = sidecar ? state.started() : state.succeeded();
            if (!done) names.add(state.name());
        }
        return names;
    }

    private List<String> unready() {
        List<String> names = new ArrayList<>();
        for (var container : pod.at("/spec/initContainers")) {
            boolean sidecar = RestartPolicy.isSidecar(container);
            if (sidecar && !isReady(state(container))) names.add(state(container).name());
        }
        for (var container : pod.at("/spec/containers")) {
            if (!isReady(state(container))) names.add(state(container).name());
        }
        return names;
    }

    private static boolean isReady(ContainerState state) {
        return state.running() && state.started() && state.ready();
    }

    private ObjectNode condition(String type, boolean holds, String reason, String message) {
        var condition = JsonNodeFactory.instance.objectNode().put("type", type);
        var status = holds ? "True" : "False";
        condition.put("status", status);
        if (pod.path("metadata").has("generation")) {
            condition.put("observedGeneration", pod.at("/metadata/generation").asLong());
        }
        condition.putNull("lastProbeTime");
        var since = time(seen.now);
        for (var old : pod.at("/status/conditions")) {
            if (old.path("type").asText().equals(type)
                    && old.path("status").asText().equals(status)) {
                since = old.path("lastTransitionTime").asText(since);
            }
        }
        condition.put("lastTransitionTime", since);
        boolean tells = !holds || reason.equals("PodCompleted");
        if (tells && !reason.isEmpty()) condition.put("reason", reason);
        if (!holds && !message.isEmpty()) condition.put("message", message);
        return condition;
    }

    private ArrayNode containers(String list, boolean sorted) {
        List<JsonNode> containers = new ArrayList<>();
        pod.path("spec").path(list).forEach(containers::add);
        if (sorted) containers.sort(Comparator.comparing(c -> c.path("name").asText()));
        var statuses = JsonNodeFactory.instance.arrayNode();
        boolean init = list.equals("initContainers");
        containers.forEach(container -> statuses.add(container(container, init)));
        return statuses;
    }

    private ObjectNode container(JsonNode container, boolean init) {
        var state = state(container);
        var status = JsonNodeFactory.instance.objectNode();
        status.put("name", state.name());
        var current = current(state, init);
        status.set("state", current);
        status.set("lastState", last(state, current));
        var exit = state.exit();
        boolean sidecar = init && RestartPolicy.isSidecar(container);
        boolean ready = (init && !sidecar) ? (exit != null && exit.code() == 0) : isReady(state);
        status.put("ready", ready);
        status.put("restartCount", Math.max(0, state.attempt()));
        var image = seen.images.get(container.path("image").asText());
        if (state.attempt() >= 0 && image != null) {
            status.put("image", image.name()).put("imageID", image.id());
        } else status.put("image", container.path("image").asText()).put("imageID", "");
        if (!state.id().isEmpty()) status.put("containerID", seen.runtime + "://" + state.id());
        status.put("started", state.running() && state.started());
        if (state.everStarted()) given(status, container);
        return status;
    }

    /// What a started container was given. A mount that can only be read is so at its top alone.
    private static void given(ObjectNode status, JsonNode container) {
        var requests = container.at("/resources/requests");
        if (!requests.isEmpty()) status.set("allocatedResources", requests);
        var resources = status.putObject("resources");
        for (var field : List.of("limits", "requests")) {
            var given = container.path("resources").path(field);
            if (!given.isEmpty()) resources.set(field, given);
        }
        if (container.path("volumeMounts").isEmpty()) return;
        var mounts = status.putArray("volumeMounts");
        for (var mount : container.path("volumeMounts")) {
            var told = mounts.addObject();
            told.set("name", mount.path("name"));
            told.set("mountPath", mount.path("mountPath"));
            if (!mount.path("readOnly").asBoolean()) continue;
            told.put("readOnly", true).put("recursiveReadOnly", "Disabled");
        }
    }

    private ObjectNode current(ContainerState state, boolean initContainer) {
        var tree = JsonNodeFactory.instance.objectNode();
        var started = state.startedAt();
        if (state.running() && started != null) {
            tree.putObject("running").put("startedAt", time(started));
            return tree;
        }
        var waiting = state.waiting();
        var exit = state.exit();
        if (exit != null && started != null && (waiting.isEmpty() || seen.stopped)) {
            tree.set("terminated", ended(last(state, started, exit), LOST));
            return tree;
        }
        if (seen.stopped && !initContainer && uninitialized().isEmpty()) {
            var never = tree.putObject("terminated").put("exitCode", Exit.UNKNOWN);
            never.put("reason", Exit.UNSEEN_REASON).put("message", LOST);
            never.putNull("startedAt").putNull("finishedAt");
            return tree;
        }
        var wait = tree.putObject("waiting");
        if (waiting.isPresent()) {
            wait.put("reason", waiting.get().reason());
            if (!waiting.get().message().isEmpty()) wait.put("message", waiting.get().message());
        } else {
            boolean init = !pod.at("/spec/initContainers").isEmpty();
            wait.put("reason", init ? "PodInitializing" : "ContainerCreating");
        }
        return tree;
    }

    private ObjectNode last(ContainerState state, ObjectNode current) {
        var tree = JsonNodeFactory.instance.objectNode();
        var exit = state.exit();
        var started = state.startedAt();
        if (exit != null && started != null && current.has("waiting")) {
            tree.set("terminated", ended(last(state, started, exit), LOST_BEFORE));
        } else {
            state.before().ifPresent(before -> tree.set("terminated", ended(before, LOST_BEFORE)));
        }
        return tree;
    }

    private static Ended last(ContainerState state, Instant started, Exit exit) {
        return new Ended(state.id(), started, exit, state.message());
    }

    private static String reason(Exit exit) {
        if (exit.oomKilled()) return "OOMKilled";
        if (!exit.seen()) return Exit.UNSEEN_REASON;
        return exit.code() == 0 ? "Completed" : "Error";
    }

    /// The messages of all containers have a limit together.
    private String cut(String message) {
        int containers = pod.at("/spec/initContainers").size() + pod.at("/spec/containers").size();
        int most = MESSAGES_MAX / Math.max(1, containers);
        return message.length() > most ? message.substring(0, most) : message;
    }

    /// @param lost what is said of one whose end nobody saw
    private ObjectNode ended(Ended ended, String lost) {
        var tree = JsonNodeFactory.instance.objectNode();
        Exit exit = ended.exit();
        tree.put("exitCode", exit.code());
        tree.put("reason", reason(exit));
        var message = cut(exit.seen() ? ended.message() : lost);
        if (!message.isEmpty()) tree.put("message", message);
        tree.put("startedAt", time(ended.startedAt()));
        tree.put("finishedAt", time(exit.finishedAt()));
        return tree.put("containerID", seen.runtime + "://" + ended.id());
    }
}

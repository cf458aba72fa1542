package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// What to do next for one pod. Pure.
///
/// @param start names of containers to start, in order
/// @param finished all containers are over for good
/// @param again when to look again even if nothing happens
/// @see "upstream: pkg/kubelet/kuberuntime, computePodActions"
record PodPlan(List<String> start, boolean finished, Optional<Instant> again) {
    static final Duration FIRST_BACKOFF = Duration.ofSeconds(10);
    static final Duration LONGEST_BACKOFF = Duration.ofMinutes(5);
    private static final Duration FORGETS_AFTER = Duration.ofMinutes(10);

    /// Init containers are looked at until a regular one runs; from then on only the sidecars among
    /// them are started again.
    ///
    /// @param states by container name
    static PodPlan of(JsonNode pod, Map<String, ContainerState> states, Instant now) {
        List<String> start = new ArrayList<>();
        List<Instant> waits = new ArrayList<>();
        boolean finished = true;
        boolean initialized = false;
        for (var container : pod.at("/spec/containers")) {
            var state = state(states, container);
            finished &= overForGood(pod, container, state);
            initialized |= state.running();
        }
        if (finished) return new PodPlan(List.of(), true, Optional.empty());
        for (var container : pod.at("/spec/initContainers")) {
            var state = state(states, container);
            if (RestartPolicy.isSidecar(container)) {
                consider(pod, container, state, now, start, waits);
                if (initialized || (state.running() && state.started())) continue;
                return new PodPlan(start, false, first(waits));
            }
            if (initialized || state.succeeded()) continue;
            if (overForGood(pod, container, state)) {
                return new PodPlan(List.of(), true, first(waits));
            }
            consider(pod, container, state, now, start, waits);
            return new PodPlan(start, false, first(waits));
        }
        for (var container : pod.at("/spec/containers")) {
            consider(pod, container, state(states, container), now, start, waits);
        }
        return new PodPlan(start, false, first(waits));
    }

    /// When the pod has been active for long enough, counted from its start on this node; empty
    /// when it may go on for ever or has not started.
    static Optional<Instant> deadline(JsonNode pod) {
        var seconds = pod.at("/spec/activeDeadlineSeconds");
        var start = pod.at("/status/startTime");
        if (!seconds.isNumber() || !start.isTextual()) return Optional.empty();
        return Optional.of(Instant.parse(start.asText()).plusSeconds(seconds.asLong()));
    }

    private static ContainerState state(Map<String, ContainerState> states, JsonNode container) {
        var name = container.path("name").asText();
        return states.getOrDefault(name, ContainerState.unborn(name));
    }

    private static void consider(
            JsonNode pod,
            JsonNode container,
            ContainerState state,
            Instant now,
            List<String> start,
            List<Instant> waits) {
        if (state.running() || overForGood(pod, container, state)) return;
        var until = state.backoffUntil();
        if (until != null && until.isAfter(now)) waits.add(until);
        else start.add(state.name());
    }

    private static boolean overForGood(JsonNode pod, JsonNode container, ContainerState state) {
        var exit = state.exit();
        return exit != null && !RestartPolicy.again(pod, container, exit.code());
    }

    static Optional<Instant> earlier(Optional<Instant> one, Optional<Instant> other) {
        return Stream.of(one, other).flatMap(Optional::stream).min(Instant::compareTo);
    }

    private static Optional<Instant> first(List<Instant> waits) {
        return waits.stream().min(Instant::compareTo);
    }

    /// The delay before the next start: none the first time, then 10 s, doubled each time up to 5
    /// min.
    /// A container that ran for ten minutes starts anew.
    ///
    /// @param previous the last delay, or zero
    static Duration backoff(Duration previous, Duration ran, boolean firstRestart) {
        if (firstRestart || ran.compareTo(FORGETS_AFTER) > 0) return Duration.ZERO;
        if (previous.isZero()) return FIRST_BACKOFF;
        var doubled = previous.multipliedBy(2);
        return doubled.compareTo(LONGEST_BACKOFF) > 0 ? LONGEST_BACKOFF : doubled;
    }
}

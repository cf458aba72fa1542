package dev.ordinal.kinds.pod;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Why a pod is not Ready, in a few words, from its status and its events. Pure.
public final class PodTrouble {
    private static final List<String> ON_THE_WAY = List.of("ContainerCreating", "PodInitializing");
    private static final Pattern PROBE =
            Pattern.compile(
                    "(Readiness|Startup|Liveness) probe (?:failed|errored): (.*)", Pattern.DOTALL);
    private static final Pattern HTTP =
            Pattern.compile("HTTP probe failed with statuscode: (\\d+)");

    private PodTrouble() {}

    /// @param events about this pod
    public static String of(Pod pod, Collection<Event> events) {
        var scheduled = PodFacts.condition(pod, "PodScheduled");
        if (scheduled.isPresent() && scheduled.get().getStatus().equals("False")) {
            return "not scheduled: " + scheduled.get().getMessage();
        }
        if (scheduled.isEmpty() && pod.getSpec().getNodeName() == null) {
            return "not scheduled yet";
        }
        var containers = unready(pod);
        for (var container : containers) {
            var trouble = trouble(container);
            if (trouble.isPresent()) return trouble.get();
        }
        var last =
                events.stream()
                        .filter(event -> "Warning".equals(event.getType()))
                        .max(Comparator.comparing(PodTrouble::time));
        if (last.isPresent()) return of(last.get());
        var ready = PodFacts.condition(pod, "Ready");
        if (ready.isPresent() && "ReadinessGatesNotReady".equals(ready.get().getReason())) {
            return ready.get().getMessage();
        }
        if (PodFacts.pending(pod) || containers.isEmpty()) return "it is starting";
        return "container %s has not become ready yet".formatted(containers.getFirst().getName());
    }

    /// Since when it has not been Ready; empty when nobody knows.
    public static Optional<Instant> since(Pod pod) {
        return PodFacts.condition(pod, "Ready")
                .map(condition -> condition.getLastTransitionTime())
                .or(() -> Optional.ofNullable(pod.getMetadata().getCreationTimestamp()))
                .filter(time -> !time.isEmpty())
                .map(Instant::parse);
    }

    private static List<ContainerStatus> unready(Pod pod) {
        List<ContainerStatus> unready = new ArrayList<>();
        var status = pod.getStatus();
        if (status == null) return unready;
        Stream.of(status.getInitContainerStatuses(), status.getContainerStatuses())
                .filter(Objects::nonNull)
                .flatMap(List::stream)
                .filter(container -> !Boolean.TRUE.equals(container.getReady()))
                .forEach(unready::add);
        return unready;
    }

    private static Optional<String> trouble(ContainerStatus container) {
        var state = container.getState();
        if (state == null) return Optional.empty();
        var waiting = state.getWaiting();
        if (waiting != null && !ON_THE_WAY.contains(waiting.getReason())) {
            return Optional.of(
                    "container %s waits in %s%s"
                            .formatted(
                                    container.getName(),
                                    waiting.getReason(),
                                    waiting.getMessage() == null
                                            ? ""
                                            : ": " + waiting.getMessage()));
        }
        var ended = state.getTerminated();
        if (ended != null && !Integer.valueOf(0).equals(ended.getExitCode())) {
            return Optional.of(
                    "container %s ended with code %d"
                            .formatted(container.getName(), ended.getExitCode()));
        }
        return Optional.empty();
    }

    /// `Readiness probe failed: HTTP probe failed with statuscode: 503` is `readiness probe HTTP
    /// 503`.
    private static String of(Event event) {
        var message = Objects.requireNonNullElse(event.getMessage(), "").strip();
        var probe = PROBE.matcher(message);
        if (!probe.matches()) return "%s: %s".formatted(event.getReason(), message);
        var http = HTTP.matcher(probe.group(2));
        return "%s probe %s"
                .formatted(
                        probe.group(1).toLowerCase(java.util.Locale.ROOT),
                        http.matches() ? "HTTP " + http.group(1) : probe.group(2));
    }

    private static String time(Event event) {
        return Objects.requireNonNullElse(event.getLastTimestamp(), "");
    }
}

package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.kinds.pod.PodFacts;

import io.fabric8.kubernetes.api.model.Pod;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The conditions of a set that asks for them, beyond upstream and worded as a Deployment's. Pure.
///
/// Available: all wanted replicas are available. Progressing: the last change of the spec has been
/// carried out, or pods still come and become Ready; False when neither was so for the progress
/// deadline. A rollout that was completed once stays so until the spec changes.
///
/// @param conditions what the status should have
/// @param again when to look again even if nothing changes
record Rollout(List<Condition> conditions, Optional<Duration> again) {
    static final Rollout NONE = new Rollout(List.of(), Optional.empty());

    private static final String PROGRESSING = "Progressing";
    private static final String COMPLETE = "RolloutComplete";
    private static final String GOES_ON = "RolloutProgressing";
    private static final String EXCEEDED = "ProgressDeadlineExceeded";

    /// @param since when it got this status; of Progressing also this reason or this spec
    record Condition(String type, boolean status, String reason, String message, Instant since) {
        private static @Nullable Condition find(JsonNode status, String type) {
            for (var condition : status.path("conditions")) {
                if (!condition.path("type").asText().equals(type)) continue;
                var since = condition.path("lastTransitionTime").asText();
                return new Condition(
                        type,
                        condition.path("status").asText().equals("True"),
                        condition.path("reason").asText(),
                        condition.path("message").asText(),
                        since.isEmpty() ? Instant.EPOCH : Instant.parse(since));
            }
            return null;
        }
    }

    /// @param stored the set's status before this look
    /// @param specChanged since that status was written
    /// @param reason the sentence about what the set waits for
    static Rollout of(
            Observation seen, Plan plan, JsonNode stored, boolean specChanged, String reason) {
        var now = seen.now().truncatedTo(ChronoUnit.SECONDS);
        var available = available(seen, plan, Condition.find(stored, "Available"), now);
        var before = Condition.find(stored, PROGRESSING);
        var fresh = specChanged ? null : before;
        if (settled(seen, plan) || (fresh != null && fresh.reason().equals(COMPLETE))) {
            var message = "revision %s is rolled out".formatted(seen.updateRevision());
            var complete = progressing(true, COMPLETE, message, fresh, now);
            return new Rollout(List.of(available, complete), Optional.empty());
        }
        var progress = lastProgress(seen, fresh, now);
        var left = Duration.between(now, progress.plus(Extensions.progressDeadline(seen.set())));
        if (left.isPositive()) {
            var goesOn = progressing(true, GOES_ON, reason, fresh, now);
            return new Rollout(List.of(available, goesOn), Optional.of(left));
        }
        var exceeded = progressing(false, EXCEEDED, reason, fresh, now);
        return new Rollout(List.of(available, exceeded), Optional.empty());
    }

    private static Condition available(
            Observation seen, Plan plan, @Nullable Condition before, Instant now) {
        int count = plan.status().available();
        boolean all = count >= seen.replicas();
        return new Condition(
                "Available",
                all,
                all ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                "%d of %d replicas are available".formatted(count, seen.replicas()),
                before != null && before.status() == all ? before.since() : now);
    }

    private static Condition progressing(
            boolean status,
            String reason,
            String message,
            @Nullable Condition before,
            Instant now) {
        var since = now;
        if (before != null && before.status() == status && before.reason().equals(reason)) {
            since = before.since();
        }
        return new Condition(PROGRESSING, status, reason, message, since);
    }

    private static boolean settled(Observation seen, Plan plan) {
        return plan.actions().isEmpty()
                && plan.waitingFor().isEmpty()
                && plan.status().replicas() == seen.replicas()
                && plan.status().available() == seen.replicas();
    }

    /// The last time a pod came or became Ready, or the rollout began.
    private static Instant lastProgress(Observation seen, @Nullable Condition before, Instant now) {
        if (before == null) return now;
        var pods =
                seen.pods().stream()
                        .flatMap(Rollout::steps)
                        .max(Instant::compareTo)
                        .orElse(Instant.EPOCH);
        boolean gaveUp = before.reason().equals(EXCEEDED);
        return gaveUp || pods.isAfter(before.since()) ? pods : before.since();
    }

    private static Stream<Instant> steps(Pod pod) {
        var ready = PodFacts.condition(pod, "Ready").filter(c -> c.getStatus().equals("True"));
        return Stream.of(
                        Optional.ofNullable(pod.getMetadata().getCreationTimestamp()),
                        ready.map(condition -> condition.getLastTransitionTime()))
                .flatMap(Optional::stream)
                .filter(time -> !time.isEmpty())
                .map(Instant::parse);
    }

    /// Whether a status has Progressing as written here.
    static boolean wroteConditions(JsonNode status) {
        var progressing = Condition.find(status, PROGRESSING);
        return progressing != null
                && List.of(COMPLETE, GOES_ON, EXCEEDED).contains(progressing.reason());
    }

    /// As they stand in a status.
    ArrayNode tree() {
        var tree = JsonNodeFactory.instance.arrayNode();
        for (var condition : conditions) {
            tree.addObject()
                    .put("type", condition.type())
                    .put("status", condition.status() ? "True" : "False")
                    .put("lastTransitionTime", condition.since().toString())
                    .put("reason", condition.reason())
                    .put("message", condition.message());
        }
        return tree;
    }
}

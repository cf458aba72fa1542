package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Problems;

import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;

/// What a StatefulSet may ask for beyond upstream, by annotation. A cluster that does not know the
/// annotations ignores them: the manifest stays portable.
final class Extensions {
    /// With the value [#DELETE_UNREADY] a pod that is not Ready and not of the wanted revision is
    /// deleted instead of waited for.
    static final String ROLLOUT_RECOVERY = "ordinal.dev/rollout-recovery";

    static final String DELETE_UNREADY = "DeleteUnready";

    /// With the value `true` the status has the conditions Available and Progressing, and events
    /// say what the set waits for.
    static final String ROLLOUT_CONDITIONS = "ordinal.dev/rollout-conditions";

    /// Whole seconds without progress after which Progressing becomes False; 600 unless given, as
    /// for a Deployment.
    static final String PROGRESS_DEADLINE = "ordinal.dev/progress-deadline-seconds";

    private static final Duration DEFAULT_DEADLINE = Duration.ofMinutes(10);

    private Extensions() {}

    static @Nullable String annotation(StatefulSet set, String key) {
        var annotations = set.getMetadata().getAnnotations();
        return annotations == null ? null : annotations.get(key);
    }

    static boolean recovers(StatefulSet set) {
        return DELETE_UNREADY.equals(annotation(set, ROLLOUT_RECOVERY));
    }

    static boolean hasConditions(StatefulSet set) {
        return "true".equals(annotation(set, ROLLOUT_CONDITIONS));
    }

    static Duration progressDeadline(StatefulSet set) {
        var seconds = annotation(set, PROGRESS_DEADLINE);
        return seconds == null ? DEFAULT_DEADLINE : Duration.ofSeconds(Integer.parseInt(seconds));
    }

    /// A value nobody understands is refused: it would otherwise be ignored in silence.
    static void check(JsonNode set, Problems problems) {
        var annotations = set.at("/metadata/annotations");
        var at = problems.at("metadata").at("annotations");
        oneOf(annotations, ROLLOUT_RECOVERY, List.of(DELETE_UNREADY), at);
        oneOf(annotations, ROLLOUT_CONDITIONS, List.of("true", "false"), at);
        if (!annotations.has(PROGRESS_DEADLINE)) return;
        var given = annotations.path(PROGRESS_DEADLINE).asText();
        int seconds = given.matches("[0-9]{1,9}") ? Integer.parseInt(given) : 0;
        if (seconds < 1) {
            at.key(PROGRESS_DEADLINE).invalid(given, "must be a whole number of seconds above 0");
        } else if (seconds <= set.at("/spec/minReadySeconds").asInt()) {
            at.key(PROGRESS_DEADLINE).invalid(given, "must be greater than minReadySeconds");
        }
    }

    private static void oneOf(JsonNode annotations, String key, List<String> values, Problems at) {
        if (annotations.has(key) && !values.contains(annotations.path(key).asText())) {
            at.key(key).notSupported(annotations.path(key).asText(), values);
        }
    }
}

package dev.ordinal.api;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Which optional behaviours of one cluster are on, by the names, stages and defaults of Kubernetes
/// 1.36. Only gates that change something here are known.
///
/// @see "Kubernetes documentation, Feature Gates"
public final class FeatureGates {
    private static final List<String> TRUE = List.of("1", "t", "T", "true", "TRUE", "True");
    private static final List<String> FALSE = List.of("0", "f", "F", "false", "FALSE", "False");

    /// Every feature as Kubernetes ships it.
    public static final FeatureGates DEFAULT = new FeatureGates(Map.of());

    /// How far a feature has come.
    public enum Stage {
        ALPHA,
        BETA
    }

    /// A behaviour that can be switched.
    public enum Feature {
        /// `rollingUpdate.maxUnavailable` of StatefulSets. Beta, but off by default in 1.36.
        MAX_UNAVAILABLE_STATEFUL_SET("MaxUnavailableStatefulSet", Stage.BETA, false);

        private final String title;
        private final Stage stage;
        private final boolean byDefault;

        Feature(String title, Stage stage, boolean byDefault) {
            this.title = title;
            this.stage = stage;
            this.byDefault = byDefault;
        }

        @Override
        public String toString() {
            return title;
        }
    }

    private final Map<Feature, Boolean> set;

    private FeatureGates(Map<Feature, Boolean> set) {
        this.set = set;
    }

    public boolean on(Feature feature) {
        return set.getOrDefault(feature, feature.byDefault);
    }

    /// Reads what `--feature-gates` takes: `Name=true,Other=false`. `AllAlpha` and `AllBeta` set
    /// every gate of that stage that is not named itself.
    ///
    /// @throws IllegalArgumentException a gate is unknown or its value is not a boolean
    public static FeatureGates parse(String text) {
        Map<String, Boolean> given = new HashMap<>();
        for (var part : text.split(",", -1)) {
            if (part.isBlank()) continue;
            int equals = part.indexOf('=');
            var name = (equals < 0 ? part : part.substring(0, equals)).strip();
            if (equals < 0) {
                throw new IllegalArgumentException("missing bool value for " + name);
            }
            given.put(name, flag(name, part.substring(equals + 1).strip()));
        }
        Map<Feature, Boolean> set = new EnumMap<>(Feature.class);
        setAll(set, Stage.ALPHA, given.remove("AllAlpha"));
        setAll(set, Stage.BETA, given.remove("AllBeta"));
        given.forEach((name, on) -> set.put(named(name), on));
        return new FeatureGates(set);
    }

    private static boolean flag(String name, String value) {
        if (TRUE.contains(value)) return true;
        if (FALSE.contains(value)) return false;
        throw new IllegalArgumentException(
                "invalid value of %s=%s, err: strconv.ParseBool: parsing \"%s\": invalid syntax"
                        .formatted(name, value, value));
    }

    private static void setAll(Map<Feature, Boolean> set, Stage stage, @Nullable Boolean on) {
        if (on == null) return;
        for (var feature : Feature.values()) if (feature.stage == stage) set.put(feature, on);
    }

    private static Feature named(String name) {
        return Arrays.stream(Feature.values())
                .filter(feature -> feature.title.equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "unrecognized feature gate: %s (known: AllAlpha, AllBeta, %s)"
                                                .formatted(
                                                        name,
                                                        Arrays.stream(Feature.values())
                                                                .map(Feature::toString)
                                                                .collect(
                                                                        Collectors.joining(
                                                                                ", ")))));
    }

    @Override
    public String toString() {
        return set.entrySet().stream()
                .map(gate -> gate.getKey() + "=" + gate.getValue())
                .collect(Collectors.joining(","));
    }
}

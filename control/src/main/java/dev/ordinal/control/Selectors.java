package dev.ordinal.control;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

/// Label selectors as they stand in specs.
public final class Selectors {
    private Selectors() {}

    /// No selector selects nothing, an empty one everything.
    public static boolean matches(@Nullable LabelSelector selector, Map<String, String> labels) {
        if (selector == null) return false;
        var wanted = selector.getMatchLabels();
        var expressions = selector.getMatchExpressions();
        return (wanted == null || includes(labels, wanted))
                && (expressions == null || expressions.stream().allMatch(e -> matches(e, labels)));
    }

    /// Every wanted label is there with its value.
    public static boolean includes(Map<String, String> labels, Map<String, String> wanted) {
        return labels.entrySet().containsAll(wanted.entrySet());
    }

    private static boolean matches(LabelSelectorRequirement term, Map<String, String> labels) {
        var value = labels.get(term.getKey());
        var values = term.getValues() == null ? List.<String>of() : term.getValues();
        return switch (term.getOperator()) {
            case "In" -> value != null && values.contains(value);
            case "NotIn" -> value == null || !values.contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            default -> false;
        };
    }
}

package dev.ordinal.kinds.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.fabric8.kubernetes.api.model.Toleration;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.stream.Stream;

/// What keeps pods off a node, and which pods put up with it.
///
/// @see "Kubernetes documentation: Taints and Tolerations"
public final class Taints {
    /// That of a cordoned node, as far as pods tolerate it.
    public static final Taint UNSCHEDULABLE =
            new TaintBuilder()
                    .withKey("node.kubernetes.io/unschedulable")
                    .withEffect("NoSchedule")
                    .build();

    private Taints() {}

    /// Those that keep new pods off.
    public static Stream<Taint> keepingOff(Node node) {
        return node.getSpec().getTaints().stream()
                .filter(
                        t ->
                                t.getEffect().equals("NoSchedule")
                                        || t.getEffect().equals("NoExecute"));
    }

    public static boolean tolerates(List<Toleration> tolerations, Taint taint) {
        return tolerations.stream().anyMatch(toleration -> tolerates(toleration, taint));
    }

    static boolean tolerates(Toleration toleration, Taint taint) {
        var effect = text(toleration.getEffect());
        var key = text(toleration.getKey());
        if (!effect.isEmpty() && !effect.equals(taint.getEffect())) return false;
        if (!key.isEmpty() && !key.equals(taint.getKey())) return false;
        return switch (text(toleration.getOperator())) {
            case "", "Equal" -> text(toleration.getValue()).equals(text(taint.getValue()));
            case "Exists" -> true;
            default -> false;
        };
    }

    private static String text(@Nullable String given) {
        return given == null ? "" : given;
    }
}

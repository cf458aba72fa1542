package dev.ordinal.kinds.priorityclass;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Admission;
import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Stored;
import dev.ordinal.kinds.pod.Pods;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// A new pod has the priority of its class, or of the default class, or none; and there is one
/// default class at most.
///
/// @see "Kubernetes documentation: Pod Priority and Preemption; Admission Controllers, Priority"
public final class Priority implements Admission {
    private static final JsonNode NO_CLASS =
            JsonNodeFactory.instance
                    .objectNode()
                    .put("value", 0)
                    .put("preemptionPolicy", "PreemptLowerPriority");

    @Override
    public void admit(Write write) {
        if (write.operation() == Operation.DELETE || write.subresource() != null) return;
        var type = write.kind().type();
        if (type.equals(Pods.KIND.type())) admitPod(write);
        if (type.equals(PriorityClasses.KIND.type())) admitClass(write);
    }

    private static void admitPod(Write write) {
        var spec = write.object().withObjectProperty("spec");
        var old = write.old();
        if (old != null) {
            for (var field : List.of("priority", "preemptionPolicy")) {
                var before = old.path("spec").get(field);
                if (!spec.has(field) && before != null) spec.set(field, before);
            }
            return;
        }
        var chosen = classOf(write, spec);
        int priority = chosen.path("value").asInt();
        if (spec.has("priority") && spec.path("priority").asInt() != priority) {
            throw refused(
                    write,
                    "the integer value of priority (%d) must not be provided in pod spec; priority"
                                    .formatted(spec.path("priority").asInt())
                            + " admission controller computed %d from the given PriorityClass name"
                                    .formatted(priority));
        }
        spec.put("priority", priority);
        var policy = chosen.path("preemptionPolicy").asText();
        if (spec.has("preemptionPolicy")
                && !spec.path("preemptionPolicy").asText().equals(policy)) {
            throw refused(
                    write,
                    "the string value of PreemptionPolicy (%s) must not be provided in pod spec;"
                                    .formatted(spec.path("preemptionPolicy").asText())
                            + " priority admission controller computed %s from the given"
                                    .formatted(policy)
                            + " PriorityClass name");
        }
        spec.put("preemptionPolicy", policy);
    }

    /// Sets the name of the class that a pod gets without asking.
    private static JsonNode classOf(Write write, ObjectNode spec) {
        var name = spec.path("priorityClassName").asText();
        if (name.isEmpty()) {
            var byDefault = defaultClass(write.api());
            byDefault.ifPresent(c -> spec.put("priorityClassName", c.name()));
            return byDefault.<JsonNode>map(Stored::tree).orElse(NO_CLASS);
        }
        try {
            return write.api().get(PriorityClasses.KIND.type(), null, name).tree();
        } catch (ApiException missing) {
            if (missing.code() != 404) throw missing;
            throw refused(write, "no PriorityClass with name %s was found".formatted(name));
        }
    }

    private static Optional<Stored> defaultClass(Api api) {
        return api.list(PriorityClasses.KIND.type(), null, Api.ListOptions.ALL).items().stream()
                .filter(c -> c.tree().path("globalDefault").asBoolean())
                .min(Comparator.comparingInt(c -> c.tree().path("value").asInt()));
    }

    private static void admitClass(Write write) {
        if (!write.object().path("globalDefault").asBoolean()) return;
        var there = defaultClass(write.api());
        if (there.isEmpty()) return;
        var name = there.get().name();
        if (write.old() == null || !name.equals(write.name())) {
            throw refused(
                    write,
                    "PriorityClass %s is already marked as default. Only one default can exist"
                            .formatted(name));
        }
    }

    private static ApiException refused(Write write, String why) {
        return ApiException.forbidden(write.kind().type(), write.name(), why);
    }
}

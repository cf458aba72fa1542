package dev.ordinal.kinds.scheduler;

import dev.ordinal.api.Quantity;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceRequirements;

import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.TreeMap;

/// How much of a node a pod asks for, by resource: `cpu` in thousandths, everything else in whole
/// units, rounded up.
///
/// @see "Kubernetes documentation: Sidecar Containers, Resource sharing within containers; Pod
// Overhead"
final class Requests {
    private static final String CPU = "cpu";

    private Requests() {}

    /// Init containers run one after another, before the others, but beside the sidecars that were
    /// started before them.
    static Map<String, Long> of(Pod pod) {
        var spec = pod.getSpec();
        Map<String, Long> together = new TreeMap<>();
        for (var container : spec.getContainers()) add(together, asked(container));
        Map<String, Long> most = new TreeMap<>();
        Map<String, Long> sidecars = new TreeMap<>();
        for (var container : spec.getInitContainers()) {
            var asked = asked(container);
            if ("Always".equals(container.getRestartPolicy())) {
                add(together, asked);
                add(sidecars, asked);
                asked = sidecars;
            } else {
                add(asked, sidecars);
            }
            asked.forEach((resource, amount) -> most.merge(resource, amount, Math::max));
        }
        most.forEach((resource, amount) -> together.merge(resource, amount, Math::max));
        ofWholePod(spec.getResources()).forEach(together::put);
        add(together, amounts(spec.getOverhead()));
        return together;
    }

    private static Map<String, Long> asked(Container container) {
        var resources = container.getResources();
        return resources == null ? new TreeMap<>() : amounts(resources.getRequests());
    }

    /// Of these resources a pod as a whole may ask.
    private static Map<String, Long> ofWholePod(@Nullable ResourceRequirements resources) {
        if (resources == null) return Map.of();
        var asked = amounts(resources.getRequests());
        asked.keySet()
                .removeIf(
                        resource ->
                                !resource.equals(CPU)
                                        && !resource.equals("memory")
                                        && !resource.startsWith("hugepages-"));
        return asked;
    }

    private static void add(Map<String, Long> sum, Map<String, Long> more) {
        more.forEach((resource, amount) -> sum.merge(resource, amount, Long::sum));
    }

    /// Of each resource of a list, as objects have it.
    static Map<String, Long> amounts(
            @Nullable Map<String, io.fabric8.kubernetes.api.model.Quantity> list) {
        Map<String, Long> amounts = new TreeMap<>();
        if (list == null) return amounts;
        list.forEach(
                (resource, quantity) -> {
                    var value = Quantity.of(quantity.toString());
                    amounts.put(
                            resource,
                            resource.equals(CPU) ? value.milliValue() : value.longValue());
                });
        return amounts;
    }
}

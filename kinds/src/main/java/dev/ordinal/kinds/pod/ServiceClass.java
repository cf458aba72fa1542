package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Quantity;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The class of service of a pod, by what it or its containers ask for.
///
/// @see "upstream: pkg/apis/core/v1/helper/qos, ComputePodQOS"
final class ServiceClass {
    private static final List<String> RESOURCES = List.of("cpu", "memory");

    private final Map<String, BigDecimal> requests = new HashMap<>();
    private final Map<String, BigDecimal> limits = new HashMap<>();
    private boolean limited = true;

    private ServiceClass() {}

    static String of(JsonNode pod) {
        var sums = new ServiceClass();
        var spec = pod.path("spec");
        if (!spec.path("resources").isEmpty()) sums.add(spec.path("resources"));
        else {
            for (var list : List.of("containers", "initContainers")) {
                for (var container : spec.path(list)) sums.add(container.path("resources"));
            }
        }
        if (sums.requests.isEmpty() && sums.limits.isEmpty()) return "BestEffort";
        return sums.limited && sums.areEqual() ? "Guaranteed" : "Burstable";
    }

    private void add(JsonNode resources) {
        for (var resource : RESOURCES) {
            add(requests, resource, resources.path("requests").path(resource));
            limited &= add(limits, resource, resources.path("limits").path(resource));
        }
    }

    /// @return whether there is something to add
    private static boolean add(Map<String, BigDecimal> sums, String resource, JsonNode amount) {
        var value = Quantity.parse(amount.asText()).map(Quantity::value).orElse(BigDecimal.ZERO);
        if (value.signum() <= 0) return false;
        sums.merge(resource, value, BigDecimal::add);
        return true;
    }

    private boolean areEqual() {
        if (!requests.keySet().equals(limits.keySet())) return false;
        return requests.entrySet().stream()
                .allMatch(sum -> sum.getValue().compareTo(limits.get(sum.getKey())) == 0);
    }
}

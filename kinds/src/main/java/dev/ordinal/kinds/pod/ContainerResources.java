package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Problems;
import dev.ordinal.api.Quantity;

import java.util.List;
import java.util.Set;

/// What a container may ask for.
///
/// @see "upstream: pkg/apis/core/validation, validateContainerResourceRequirements"
final class ContainerResources {
    private static final Set<String> STANDARD = Set.of("cpu", "memory", "ephemeral-storage");

    private ContainerResources() {}

    static void check(JsonNode resources, Problems at) {
        var limits = resources.path("limits");
        for (var limit : limits.properties()) {
            checkAmount(limit.getKey(), limit.getValue(), at.at("limits"));
        }
        for (var request : resources.path("requests").properties()) {
            var name = request.getKey();
            var amount = request.getValue().asText();
            checkAmount(name, request.getValue(), at.at("requests"));
            var limit = limits.path(name);
            boolean fixed = !STANDARD.contains(name) && isKnown(name);
            if (limit.isMissingNode()) {
                if (!fixed) continue;
                at.at("limits").required("Limit must be set for non overcommitable resources");
            } else if (fixed && Quantity.of(amount).compareTo(Quantity.of(limit.asText())) != 0) {
                at.at("requests")
                        .invalid(
                                amount,
                                "must be equal to %s limit of %s".formatted(name, limit.asText()));
            } else if (Quantity.of(amount).compareTo(Quantity.of(limit.asText())) > 0) {
                at.at("requests")
                        .invalid(
                                amount,
                                "must be less than or equal to %s limit of %s"
                                        .formatted(name, limit.asText()));
            }
        }
    }

    private static boolean isKnown(String name) {
        return STANDARD.contains(name) || name.startsWith("hugepages-") || name.contains("/");
    }

    private static void checkAmount(String name, JsonNode amount, Problems at) {
        if (!isKnown(name)) {
            for (var fault :
                    List.of(
                            "must be a standard resource type or fully qualified",
                            "must be a standard resource for containers")) {
                at.key(name).invalid(name, fault);
            }
        }
        if (Quantity.of(amount.asText()).value().signum() < 0) {
            at.key(name).invalid(amount.asText(), "must be greater than or equal to 0");
        }
    }
}

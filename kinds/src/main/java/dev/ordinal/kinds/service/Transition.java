package dev.ordinal.kinds.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Trees;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What an update of a Service takes over from the stored one, and what it drops with the old type:
/// a client may send its manifest again, and may change the type and nothing else. A field that the
/// client has changed too stays, and is refused by the rules.
///
/// @see "upstream: dropTypeDependentFields, patchAllocatedValues, normalizeClusterIPs"
final class Transition {
    private Transition() {}

    /// Drops what the new type has no use for.
    static void dropUnused(ObjectNode service, JsonNode old) {
        var spec = (ObjectNode) service.path("spec");
        var before = old.path("spec");
        if (!Services.named(old) && Services.named(service)) {
            if (same("clusterIP", spec, before) && same("clusterIPs", spec, before)) {
                spec.remove(List.of("clusterIP", "clusterIPs"));
            }
            dropSame("ipFamilies", spec, before);
            dropSame("ipFamilyPolicy", spec, before);
        }
        if (Services.hasNodePorts(old)
                && !Services.hasNodePorts(service)
                && nodePorts(before).containsAll(nodePorts(spec))) {
            spec.path("ports").forEach(port -> ((ObjectNode) port).remove("nodePort"));
        }
        if (Services.isHealthChecked(old) && !Services.isHealthChecked(service)) {
            dropSame("healthCheckNodePort", spec, before);
        }
        if (Services.balanced(old) && !Services.balanced(service)) {
            dropSame("allocateLoadBalancerNodePorts", spec, before);
            dropSame("loadBalancerClass", spec, before);
        }
        if (Services.external(old) && !Services.external(service)) {
            dropSame("externalTrafficPolicy", spec, before);
        }
        if (!Services.balanced(service)
                && service.path("status") instanceof ObjectNode status
                && status.has("loadBalancer")) {
            status.putObject("loadBalancer");
        }
    }

    private static void dropSame(String field, ObjectNode spec, JsonNode before) {
        if (same(field, spec, before)) spec.remove(field);
    }

    private static boolean same(String field, JsonNode spec, JsonNode before) {
        return Trees.same(spec.path(field), before.path(field));
    }

    private static Set<Integer> nodePorts(JsonNode spec) {
        Set<Integer> ports = new HashSet<>();
        for (var port : spec.path("ports")) {
            if (port.path("nodePort").asInt() != 0) ports.add(port.path("nodePort").asInt());
        }
        return ports;
    }

    /// Fills in what the stored Service was given and the client left out.
    static void keepAllocated(ObjectNode service, JsonNode old) {
        var spec = (ObjectNode) service.path("spec");
        var before = (ObjectNode) old.path("spec");
        if (!Services.named(old) && !Services.named(service)) {
            if (spec.path("clusterIP").asText().isEmpty()) Trees.copy("clusterIP", before, spec);
            if (spec.path("clusterIPs").isEmpty()) Trees.copy("clusterIPs", before, spec);
        }
        if (Services.givesNodePorts(old) && Services.givesNodePorts(service)) {
            keepNodePorts(spec, before);
        }
        if (Services.isHealthChecked(old)
                && Services.isHealthChecked(service)
                && spec.path("healthCheckNodePort").asInt() == 0) {
            Trees.copy("healthCheckNodePort", before, spec);
        }
    }

    private static void keepNodePorts(ObjectNode spec, ObjectNode before) {
        var used = nodePorts(before);
        used.retainAll(nodePorts(spec));
        Map<String, Integer> byName = new HashMap<>();
        for (var port : before.path("ports")) {
            byName.put(port.path("name").asText(), port.path("nodePort").asInt());
        }
        for (var port : spec.path("ports")) {
            int former = byName.getOrDefault(port.path("name").asText(), 0);
            if (port.path("nodePort").asInt() == 0 && former != 0 && !used.contains(former)) {
                ((ObjectNode) port).put("nodePort", former);
            }
        }
    }

    /// Makes the list of addresses follow the single one, for clients that know only that.
    static void followAddress(ObjectNode service, @Nullable JsonNode old) {
        var spec = (ObjectNode) service.path("spec");
        var address = spec.path("clusterIP").asText();
        if (old == null) {
            if (!address.isEmpty() && spec.path("clusterIPs").isEmpty()) {
                spec.putArray("clusterIPs").add(address);
            }
            return;
        }
        var before = old.path("spec");
        var former = before.path("clusterIP").asText();
        if (spec.path("clusterIPs").isEmpty() && former.equals(address)) {
            Trees.copy("clusterIPs", (ObjectNode) before, spec);
        }
        if (former.equals(address) || !same("clusterIPs", spec, before)) return;
        if (address.isEmpty()) spec.remove("clusterIPs");
        else spec.putArray("clusterIPs").add(address);
    }
}

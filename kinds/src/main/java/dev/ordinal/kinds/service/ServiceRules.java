package dev.ordinal.kinds.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;

import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.kinds.Addresses;
import dev.ordinal.kinds.Checks;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What is wrong with a Service that has been given its addresses and ports.
///
/// @see "upstream: ValidateServiceCreate, ValidateServiceUpdate, ValidateLoadBalancerStatus"
final class ServiceRules {
    private static final String RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";
    private static final String BALANCERS_ONLY = "may only be used when `type` is 'LoadBalancer'";
    private static final List<String> TYPES =
            List.of("ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
    private static final List<String> POLICIES = List.of("Cluster", "Local");

    private ServiceRules() {}

    static void check(JsonNode service, @Nullable JsonNode old, Problems problems) {
        var spec = service.path("spec");
        var at = problems.at("spec");
        if (old != null) checkUpdate(service, old, at);
        checkTopology(service.at("/metadata/annotations"), problems.at("metadata"));
        checkType(service, at);
        checkPorts(spec.path("ports"), at.at("ports"));
        Checks.labels(spec.path("selector"), at.at("selector"));
        checkAffinity(spec, at);
        Families.check(service, old, at);
        checkExternalAddresses(spec, old, at.at("externalIPs"));
        Checks.oneOf(spec.path("type"), TYPES, at.at("type"));
        checkNodePorts(service, at.at("ports"));
        checkTwice(spec.path("ports"), at.at("ports"));
        checkSources(service, old, problems);
        if (spec.has("allocateLoadBalancerNodePorts") && !Services.balanced(service)) {
            at.at("allocateLoadBalancerNodePorts").forbidden(BALANCERS_ONLY);
        }
        checkClass(service, at.at("loadBalancerClass"));
        checkPolicies(service, spec, at);
    }

    private static void checkTopology(JsonNode annotations, Problems metadata) {
        var mode = annotations.path(Services.TOPOLOGY_MODE);
        var hints = annotations.path(Services.TOPOLOGY_HINTS);
        if (mode.isMissingNode() || hints.isMissingNode() || mode.equals(hints)) return;
        metadata.at("annotations")
                .key(Services.TOPOLOGY_MODE)
                .invalid(
                        mode,
                        "must match annotations[%s] when both are specified"
                                .formatted(Services.TOPOLOGY_HINTS));
    }

    private static void checkType(JsonNode service, Problems at) {
        var spec = service.path("spec");
        boolean headless = Services.headless(service);
        if (spec.path("ports").isEmpty() && !headless && !Services.named(service)) {
            at.at("ports").required("");
        }
        if (headless && Services.hasNodePorts(service)) {
            at.at("clusterIPs")
                    .at(0)
                    .invalid(
                            "None",
                            "may not be set to 'None' for %s services"
                                    .formatted(Services.type(service)));
        }
        if (!Services.named(service)) return;
        for (var field : List.of("clusterIPs", "ipFamilies", "ipFamilyPolicy")) {
            if (spec.path(field).isTextual() || !spec.path(field).isEmpty()) {
                at.at(field).forbidden("may not be set for ExternalName services");
            }
        }
        var name = spec.path("externalName").asText();
        if (name.endsWith(".")) name = name.substring(0, name.length() - 1);
        if (name.isEmpty()) at.at("externalName").required("");
        else Checks.subdomain(name, at.at("externalName"));
    }

    private static void checkPorts(JsonNode ports, Problems at) {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < ports.size(); i++) {
            var port = ports.get(i);
            var place = at.at(i);
            var name = port.path("name").asText();
            if (name.isEmpty()) {
                if (ports.size() > 1) place.at("name").required("");
            } else {
                Checks.label(name, place.at("name"));
                if (!names.add(name)) place.at("name").duplicate(name);
            }
            Checks.port(port.path("port"), place.at("port"));
            Checks.oneOf(
                    port.path("protocol"), List.of("SCTP", "TCP", "UDP"), place.at("protocol"));
            Checks.portOrName(port.path("targetPort"), place.at("targetPort"));
            if (port.has("appProtocol")) {
                Checks.qualifiedName(port.path("appProtocol").asText(), place.at("appProtocol"));
            }
        }
    }

    private static void checkAffinity(JsonNode spec, Problems at) {
        var affinity = spec.path("sessionAffinity");
        Checks.oneOf(affinity, List.of("ClientIP", "None"), at.at("sessionAffinity"));
        if (!affinity.asText().equals("ClientIP")) return;
        var timeout = spec.at("/sessionAffinityConfig/clientIP/timeoutSeconds");
        if (timeout.asInt() > 0 && timeout.asInt() <= 86400) return;
        at.at("sessionAffinityConfig")
                .at("clientIP")
                .at("timeoutSeconds")
                .invalid(timeout, "must be greater than 0 and less than 86400");
    }

    private static void checkExternalAddresses(JsonNode spec, @Nullable JsonNode old, Problems at) {
        var known = old == null ? List.<String>of() : texts(old.at("/spec/externalIPs"));
        var addresses = texts(spec.path("externalIPs"));
        for (int i = 0; i < addresses.size(); i++) {
            if (Addresses.check(addresses.get(i), known, at.at(i))) {
                Addresses.checkReachable(addresses.get(i), at.at(i));
            }
        }
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    private static void checkNodePorts(JsonNode service, Problems at) {
        var ports = service.at("/spec/ports");
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < ports.size(); i++) {
            if (ports.get(i).path("nodePort").asInt() == 0) continue;
            if (Services.type(service).equals("ClusterIP")) {
                at.at(i).at("nodePort").forbidden("may not be used when `type` is 'ClusterIP'");
            }
        }
        for (int i = 0; i < ports.size(); i++) {
            int nodePort = ports.get(i).path("nodePort").asInt();
            if (nodePort == 0) continue;
            if (!seen.add(ports.get(i).path("protocol").asText() + nodePort)) {
                at.at(i).at("nodePort").duplicate(nodePort);
            }
        }
    }

    /// What is told of a port that is there twice is the key upstream compares by.
    private static void checkTwice(JsonNode ports, Problems at) {
        Set<JsonNode> seen = new HashSet<>();
        for (int i = 0; i < ports.size(); i++) {
            var key = JsonNodeFactory.instance.objectNode().put("Name", "");
            key.put("Protocol", ports.get(i).path("protocol").asText()).putNull("AppProtocol");
            key.put("Port", ports.get(i).path("port").asInt());
            key.put("TargetPort", 0).put("NodePort", 0);
            if (!seen.add(key)) at.at(i).duplicate(key);
        }
    }

    /// Whom a balancer lets in: by the field or, where that is empty, by an annotation.
    private static void checkSources(JsonNode service, @Nullable JsonNode old, Problems problems) {
        var ranges = texts(service.at("/spec/loadBalancerSourceRanges"));
        var annotation = service.at("/metadata/annotations").path(RANGES);
        if (ranges.isEmpty() && annotation.isMissingNode()) return;
        // Upstream writes the field with a capital letter here.
        var at =
                ranges.isEmpty()
                        ? problems.at("metadata").at("annotations").key(RANGES)
                        : problems.at("spec").at("LoadBalancerSourceRanges");
        if (!Services.balanced(service)) at.forbidden(BALANCERS_ONLY);
        if (!ranges.isEmpty()) {
            List<String> known = new ArrayList<>();
            if (old != null) {
                texts(old.at("/spec/loadBalancerSourceRanges")).forEach(r -> known.add(r.strip()));
            }
            for (int i = 0; i < ranges.size(); i++) {
                Addresses.checkBlock(ranges.get(i).strip(), known, at.at(i));
            }
            return;
        }
        boolean same =
                old != null && annotation.equals(old.at("/metadata/annotations").path(RANGES));
        var text = annotation.asText().strip();
        if (same || text.isEmpty()) return;
        for (var range : text.split(",", -1)) Addresses.checkBlock(range.strip(), List.of(), at);
    }

    private static void checkClass(JsonNode service, Problems at) {
        var asked = service.at("/spec/loadBalancerClass");
        if (asked.isMissingNode()) return;
        if (Services.balanced(service)) Checks.qualifiedName(asked.asText(), at);
        else at.forbidden(BALANCERS_ONLY);
    }

    private static void checkPolicies(JsonNode service, JsonNode spec, Problems at) {
        var external = at.at("externalTrafficPolicy");
        var policy = spec.path("externalTrafficPolicy");
        if (Services.external(service)) Checks.oneOf(policy, POLICIES, external);
        else if (!policy.asText().isEmpty()) {
            external.invalid(policy, "may only be set for externally-accessible services");
        }
        var port = spec.path("healthCheckNodePort");
        if (Services.isHealthChecked(service)) {
            if (port.asInt() == 0) at.at("healthCheckNodePort").required("");
            else Checks.port(port, at.at("healthCheckNodePort"));
        } else if (port.asInt() != 0) {
            at.at("healthCheckNodePort")
                    .invalid(
                            port,
                            "may only be set when `type` is 'LoadBalancer' and"
                                    + " `externalTrafficPolicy` is 'Local'");
        }
        var internal = spec.path("internalTrafficPolicy");
        if (!internal.isMissingNode() && !POLICIES.contains(internal.asText())) {
            at.at("internalTrafficPolicy").notSupported(internal, POLICIES);
        }
        var distributions = List.of("PreferClose", "PreferSameZone", "PreferSameNode");
        var distribution = spec.path("trafficDistribution");
        if (!distribution.isMissingNode() && !distributions.contains(distribution.asText())) {
            at.at("trafficDistribution").notSupported(distribution, distributions);
        }
    }

    private static void checkUpdate(JsonNode service, JsonNode old, Problems at) {
        Families.checkUpdate(service, old, at);
        var asked = service.at("/spec/loadBalancerClass");
        if (Services.balanced(service)
                && Services.balanced(old)
                && !Trees.same(asked, old.at("/spec/loadBalancerClass"))) {
            at.at("loadBalancerClass")
                    .invalid(
                            asked.isMissingNode() ? NullNode.instance : asked,
                            "may not change once set");
        }
        checkClass(service, at.at("loadBalancerClass"));
        if (Services.isHealthChecked(service)
                && Services.isHealthChecked(old)
                && service.at("/spec/healthCheckNodePort").asInt()
                        != old.at("/spec/healthCheckNodePort").asInt()) {
            at.at("healthCheckNodePort").forbidden("field is immutable");
        }
    }

    static void checkStatus(JsonNode service, @Nullable JsonNode old, Problems problems) {
        var at = problems.at("status").at("loadBalancer").at("ingress");
        var ways = service.at("/status/loadBalancer/ingress");
        if (!Services.balanced(service)) {
            if (!ways.isEmpty()) {
                at.forbidden("may only be used when `spec.type` is 'LoadBalancer'");
            }
            return;
        }
        List<String> known = new ArrayList<>();
        if (old != null) {
            old.at("/status/loadBalancer/ingress").forEach(w -> known.add(w.path("ip").asText()));
        }
        for (int i = 0; i < ways.size(); i++) checkWay(ways.get(i), known, at.at(i));
    }

    private static void checkWay(JsonNode way, List<String> known, Problems at) {
        var address = way.path("ip").asText();
        if (!address.isEmpty()) Addresses.check(address, known, at.at("ip"));
        var mode = way.path("ipMode");
        if (mode.isMissingNode()) {
            if (!address.isEmpty()) at.at("ipMode").required("must be specified when `ip` is set");
        } else if (address.isEmpty()) {
            at.at("ipMode").forbidden("may not be specified when `ip` is not set");
        } else if (!List.of("Proxy", "VIP").contains(mode.asText())) {
            at.at("ipMode").notSupported(mode, List.of("Proxy", "VIP"));
        }
        var host = way.path("hostname").asText();
        if (host.isEmpty()) return;
        Checks.subdomain(host, at.at("hostname"));
        if (Addresses.parse(host).isPresent()) {
            at.at("hostname").invalid(host, "must be a DNS name, not an IP address");
        }
    }
}

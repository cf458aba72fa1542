package dev.ordinal.kinds.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.Names;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Checks;
import dev.ordinal.kinds.Columns;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Everything the API server knows about `v1` Services.
public final class Services {
    public static final Kind KIND =
            Kind.of("v1", "services", Schema.load("v1", "Service"))
                    .shortNames("svc")
                    .categories("all")
                    .status()
                    .createsOnUpdate()
                    .returnsDeleted()
                    .name(Names::label)
                    .defaulting(Services::fill)
                    .preparing(Services::prepare)
                    .rules(Services::check)
                    .column(Columns.name())
                    .column(Columns.text("Type", "How it is reached.", Columns.at("/spec/type")))
                    .column(
                            Columns.text(
                                    "Cluster-IP",
                                    "Its address in the cluster.",
                                    Columns.at("/spec/clusterIPs/0", Columns.NONE)))
                    .column(
                            Columns.text(
                                    "External-IP", "Its address outside.", Services::externalIp))
                    .column(Columns.text("Port(s)", "Its ports.", Services::ports))
                    .column(Columns.age())
                    .column(
                            Columns.wide(
                                    "Selector",
                                    "Which pods it sends to.",
                                    service -> Columns.labels(service.at("/spec/selector"))))
                    .selectable("spec.clusterIP", Columns.at("/spec/clusterIP"))
                    .selectable("spec.type", Columns.at("/spec/type"))
                    .build();

    private Services() {}

    static String type(JsonNode service) {
        return service.at("/spec/type").asText("ClusterIP");
    }

    static boolean headless(JsonNode service) {
        return service.at("/spec/clusterIP").asText().equals("None");
    }

    private static boolean external(JsonNode service) {
        return type(service).equals("NodePort")
                || type(service).equals("LoadBalancer")
                || (type(service).equals("ClusterIP")
                        && !service.at("/spec/externalIPs").isEmpty());
    }

    private static void fill(ObjectNode service) {
        var spec = service.withObjectProperty("spec");
        if (spec.path("type").asText().isEmpty()) spec.put("type", "ClusterIP");
        if (spec.path("sessionAffinity").asText().isEmpty()) spec.put("sessionAffinity", "None");
        if (spec.path("sessionAffinity").asText().equals("None")) {
            spec.remove("sessionAffinityConfig");
        } else if (!spec.at("/sessionAffinityConfig/clientIP").has("timeoutSeconds")) {
            spec.withObjectProperty("sessionAffinityConfig")
                    .withObjectProperty("clientIP")
                    .put("timeoutSeconds", 10800);
        }
        for (var port : spec.path("ports")) {
            if (!(port instanceof ObjectNode object)) continue;
            if (port.path("protocol").asText().isEmpty()) object.put("protocol", "TCP");
            var target = port.path("targetPort");
            if (target.asText("").isEmpty() || target.asText().equals("0")) {
                object.put("targetPort", port.path("port").asInt());
            }
        }
        var type = type(service);
        if (external(service)) {
            if (!spec.has("externalTrafficPolicy")) spec.put("externalTrafficPolicy", "Cluster");
        }
        if (type.equals("ExternalName")) spec.remove("internalTrafficPolicy");
        else if (!spec.has("internalTrafficPolicy")) spec.put("internalTrafficPolicy", "Cluster");
        if (type.equals("LoadBalancer") && !spec.has("allocateLoadBalancerNodePorts")) {
            spec.put("allocateLoadBalancerNodePorts", true);
        }
        for (var ingress : service.at("/status/loadBalancer/ingress")) {
            if (ingress instanceof ObjectNode object
                    && ingress.has("ip")
                    && !ingress.has("ipMode")) {
                object.put("ipMode", "VIP");
            }
        }
    }

    /// Fills what an update left out from the stored object, and drops what another type had.
    private static void prepare(
            ObjectNode service, @Nullable JsonNode old, @Nullable String subresource) {
        var spec = service.withObjectProperty("spec");
        var type = type(service);
        if (old != null && subresource == null) {
            boolean keepsAddress =
                    !type.equals("ExternalName") && !type(old).equals("ExternalName");
            if (keepsAddress && spec.path("clusterIP").asText().isEmpty()) {
                Trees.copy("clusterIP", (ObjectNode) old.path("spec"), spec);
                Trees.copy("clusterIPs", (ObjectNode) old.path("spec"), spec);
            }
            for (var port : spec.path("ports")) keepNodePort((ObjectNode) port, spec, old);
            dropUnused(service, old, spec, type);
        }
        if (type.equals("ExternalName")) return;
        var address = spec.path("clusterIP").asText();
        if (!address.isEmpty() && spec.path("clusterIPs").isEmpty()) {
            spec.putArray("clusterIPs").add(address);
        }
        if (address.isEmpty() && !spec.path("clusterIPs").isEmpty() && old == null) {
            spec.put("clusterIP", spec.path("clusterIPs").get(0).asText());
        }
        boolean selectorless = spec.path("selector").isEmpty();
        boolean dual = headless(service) && selectorless;
        if (!spec.has("ipFamilyPolicy")) {
            spec.put("ipFamilyPolicy", dual ? "RequireDualStack" : "SingleStack");
        }
        if (spec.path("ipFamilies").isEmpty()) {
            var families = spec.putArray("ipFamilies").add("IPv4");
            if (dual) families.add("IPv6");
        }
    }

    private static void keepNodePort(ObjectNode port, ObjectNode spec, JsonNode old) {
        if (port.path("nodePort").asInt() != 0 || !usesNodePorts(spec)) return;
        for (var before : old.at("/spec/ports")) {
            if (!before.path("name").asText().equals(port.path("name").asText())) continue;
            int nodePort = before.path("nodePort").asInt();
            for (var other : spec.path("ports")) {
                if (other.path("nodePort").asInt() == nodePort) return;
            }
            if (nodePort != 0) port.put("nodePort", nodePort);
        }
    }

    static boolean usesNodePorts(JsonNode spec) {
        var type = spec.path("type").asText();
        return type.equals("NodePort")
                || (type.equals("LoadBalancer")
                        && spec.path("allocateLoadBalancerNodePorts").asBoolean(true));
    }

    /// A changed type takes with it what only the old type used.
    private static void dropUnused(ObjectNode service, JsonNode old, ObjectNode spec, String type) {
        var before = type(old);
        if (before.equals(type)) return;
        if (type.equals("ExternalName")) {
            spec.remove(List.of("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"));
        }
        if (!usesNodePorts(spec)) {
            for (var port : spec.path("ports")) {
                for (var earlier : old.at("/spec/ports")) {
                    if (earlier.path("nodePort").equals(port.path("nodePort"))) {
                        ((ObjectNode) port).remove("nodePort");
                    }
                }
            }
        }
        if (!external(service)) spec.remove("externalTrafficPolicy");
        if (!type.equals("LoadBalancer")) {
            spec.remove(List.of("allocateLoadBalancerNodePorts", "loadBalancerClass"));
        }
    }

    private static void check(JsonNode service, @Nullable JsonNode old, Problems problems) {
        var spec = service.path("spec");
        var at = problems.at("spec");
        var type = type(service);
        boolean named = type.equals("ExternalName");
        if (spec.path("ports").isEmpty() && !headless(service) && !named)
            at.at("ports").required("");
        if (headless(service) && (type.equals("LoadBalancer") || type.equals("NodePort"))) {
            at.at("clusterIPs")
                    .at(0)
                    .invalid("None", "may not be set to 'None' for %s services".formatted(type));
        }
        if (named) checkExternalName(spec, at);
        checkPorts(spec.path("ports"), type, at.at("ports"));
        Checks.labels(spec.path("selector"), at.at("selector"));
        Checks.oneOf(
                spec.path("sessionAffinity"),
                List.of("ClientIP", "None"),
                at.at("sessionAffinity"));
        Checks.oneOf(
                spec.path("type"),
                List.of("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"),
                at.at("type"));
        var timeout = spec.at("/sessionAffinityConfig/clientIP/timeoutSeconds");
        if (timeout.isNumber() && (timeout.asInt() <= 0 || timeout.asInt() > 86400)) {
            at.at("sessionAffinityConfig")
                    .at("clientIP")
                    .at("timeoutSeconds")
                    .invalid(timeout, "must be greater than 0 and less than 86400");
        }
        checkTwice(spec.path("ports"), at.at("ports"));
        checkPolicies(service, spec, at);
        if (old != null) checkUpdate(service, old, at);
    }

    private static void checkExternalName(JsonNode spec, Problems at) {
        var name = spec.path("externalName").asText();
        if (name.isEmpty()) at.at("externalName").required("");
        else {
            Checks.subdomain(
                    name.endsWith(".") ? name.substring(0, name.length() - 1) : name,
                    at.at("externalName"));
        }
        for (var field : List.of("clusterIPs", "ipFamilies", "ipFamilyPolicy")) {
            if (spec.has(field)) at.at(field).forbidden("may not be set for ExternalName services");
        }
    }

    private static void checkPorts(JsonNode ports, String type, Problems at) {
        Set<String> names = new HashSet<>();
        Set<String> nodePorts = new HashSet<>();
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
            int nodePort = port.path("nodePort").asInt();
            if (nodePort == 0) continue;
            if (type.equals("ClusterIP")) {
                place.at("nodePort").forbidden("may not be used when `type` is 'ClusterIP'");
            } else if (!nodePorts.add(port.path("protocol").asText() + nodePort))
                place.at("nodePort").duplicate(nodePort);
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

    private static void checkPolicies(JsonNode service, JsonNode spec, Problems at) {
        if (spec.has("externalTrafficPolicy")) {
            if (!external(service)) {
                at.at("externalTrafficPolicy")
                        .invalid(
                                spec.path("externalTrafficPolicy"),
                                "may only be set for externally-accessible services");
            } else {
                Checks.oneOf(
                        spec.path("externalTrafficPolicy"),
                        List.of("Cluster", "Local"),
                        at.at("externalTrafficPolicy"));
            }
        }
        if (!type(service).equals("ExternalName")) {
            Checks.oneOf(
                    spec.path("internalTrafficPolicy"),
                    List.of("Cluster", "Local"),
                    at.at("internalTrafficPolicy"));
        }
        if (type(service).equals("LoadBalancer")) return;
        for (var field : List.of("allocateLoadBalancerNodePorts", "loadBalancerClass")) {
            if (spec.has(field)) {
                at.at(field).forbidden("may only be used when `type` is 'LoadBalancer'");
            }
        }
    }

    private static void checkUpdate(JsonNode service, JsonNode old, Problems at) {
        if (type(service).equals("ExternalName") || type(old).equals("ExternalName")) return;
        var before = old.at("/spec/clusterIP").asText();
        var after = service.at("/spec/clusterIP").asText();
        if (!before.isEmpty() && !after.equals(before)) {
            at.at("clusterIPs")
                    .at(0)
                    .invalid(
                            JsonNodeFactory.instance.arrayNode().add(after),
                            "may not change once set");
        }
    }

    private static String externalIp(JsonNode service) {
        var external = new ArrayList<String>();
        switch (type(service)) {
            case "ExternalName" -> {
                return service.at("/spec/externalName").asText();
            }
            case "LoadBalancer" -> {
                var addresses = new TreeSet<String>();
                for (var ingress : service.at("/status/loadBalancer/ingress")) {
                    var ip = ingress.path("ip").asText();
                    addresses.add(ip.isEmpty() ? ingress.path("hostname").asText() : ip);
                }
                external.addAll(addresses);
            }
            default -> {}
        }
        service.at("/spec/externalIPs").forEach(ip -> external.add(ip.asText()));
        if (external.isEmpty()) {
            return type(service).equals("LoadBalancer") ? "<pending>" : Columns.NONE;
        }
        return String.join(",", external);
    }

    private static String ports(JsonNode service) {
        List<String> texts = new ArrayList<>();
        for (var port : service.at("/spec/ports")) {
            int nodePort = port.path("nodePort").asInt();
            var number = port.path("port").asText() + (nodePort > 0 ? ":" + nodePort : "");
            texts.add(number + "/" + port.path("protocol").asText());
        }
        return texts.isEmpty() ? Columns.NONE : String.join(",", texts);
    }
}

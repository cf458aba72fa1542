package dev.ordinal.kinds.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.Names;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Addresses;
import dev.ordinal.kinds.Columns;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
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
                    .rules(ServiceRules::check)
                    .statusRules(ServiceRules::checkStatus)
                    .warnings(Services::warnings)
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

    static final String TOPOLOGY_MODE = "service.kubernetes.io/topology-mode";
    static final String TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints";

    private Services() {}

    static String type(JsonNode service) {
        return service.at("/spec/type").asText("ClusterIP");
    }

    static boolean headless(JsonNode service) {
        return service.at("/spec/clusterIP").asText().equals("None");
    }

    /// It is a name in DNS and nothing else.
    static boolean named(JsonNode service) {
        return type(service).equals("ExternalName");
    }

    static boolean balanced(JsonNode service) {
        return type(service).equals("LoadBalancer");
    }

    static boolean hasNodePorts(JsonNode service) {
        return type(service).equals("NodePort") || balanced(service);
    }

    /// Its ports are given node ports when they have none.
    static boolean givesNodePorts(JsonNode service) {
        return hasNodePorts(service)
                && (!balanced(service)
                        || service.at("/spec/allocateLoadBalancerNodePorts").asBoolean(true));
    }

    /// Balancers ask a port of each node whether pods are there.
    static boolean isHealthChecked(JsonNode service) {
        return balanced(service)
                && service.at("/spec/externalTrafficPolicy").asText().equals("Local");
    }

    /// It can be reached from outside of the cluster.
    static boolean external(JsonNode service) {
        return hasNodePorts(service)
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
        if (external(service) && spec.path("externalTrafficPolicy").asText().isEmpty()) {
            spec.put("externalTrafficPolicy", "Cluster");
        }
        if (named(service)) spec.remove("internalTrafficPolicy");
        else if (spec.path("internalTrafficPolicy").isMissingNode()) {
            spec.put("internalTrafficPolicy", "Cluster");
        }
        if (!balanced(service)) return;
        if (!spec.has("allocateLoadBalancerNodePorts")) {
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

    private static void prepare(
            ObjectNode service, @Nullable JsonNode old, @Nullable String subresource) {
        if (old != null && subresource == null) Transition.dropUnused(service, old);
    }

    private static List<String> warnings(JsonNode service, @Nullable JsonNode old) {
        List<String> warnings = new ArrayList<>();
        var spec = service.path("spec");
        if (service.at("/metadata/annotations").has(TOPOLOGY_HINTS)) {
            warnings.add(
                    "annotation %s is deprecated, please use %s instead"
                            .formatted(TOPOLOGY_HINTS, TOPOLOGY_MODE));
        }
        boolean headless = headless(service) && type(service).equals("ClusterIP");
        var external = spec.path("externalIPs");
        if (headless) warnings.addAll(ignoredWithoutAddress(spec));
        for (int i = 0; i < external.size(); i++) {
            var path = "spec.externalIPs[" + i + "]";
            warnings.addAll(Addresses.warnings(path, external.get(i).asText()));
        }
        if (!external.isEmpty() && !headless && !named(service)) {
            warnings.add(
                    "spec.externalIPs is deprecated and may no longer be implemented in some"
                            + " clusters");
        }
        var balancer = spec.path("loadBalancerIP").asText();
        if (!balancer.isEmpty()) {
            warnings.addAll(Addresses.warnings("spec.loadBalancerIP", balancer));
        }
        if (!external.isEmpty() && named(service)) {
            warnings.add("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
        }
        if (!spec.path("externalName").asText().isEmpty() && !named(service)) {
            warnings.add("spec.externalName is ignored when spec.type is not \"ExternalName\"");
        }
        if (spec.path("trafficDistribution").asText().equals("PreferClose")) {
            warnings.add(
                    "spec.trafficDistribution: \"PreferClose\" is deprecated; use"
                            + " \"PreferSameZone\"");
        }
        return warnings;
    }

    private static List<String> ignoredWithoutAddress(JsonNode spec) {
        List<String> fields = new ArrayList<>();
        if (!spec.path("loadBalancerIP").asText().isEmpty()) fields.add("loadBalancerIP");
        if (!spec.path("externalIPs").isEmpty()) fields.add("externalIPs");
        if (!spec.path("sessionAffinity").asText().equals("None")) fields.add("SessionAffinity");
        return fields.stream().map("spec.%s is ignored for headless services"::formatted).toList();
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

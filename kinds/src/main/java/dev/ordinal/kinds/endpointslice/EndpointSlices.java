package dev.ordinal.kinds.endpointslice;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.Trees;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Addresses;
import dev.ordinal.kinds.Columns;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Everything the API server knows about `discovery.k8s.io/v1` EndpointSlices.
public final class EndpointSlices {
    public static final Kind KIND =
            Kind.of(
                            "discovery.k8s.io/v1",
                            "endpointslices",
                            Schema.load("discovery.k8s.io/v1", "EndpointSlice"))
                    .generationsOfLabels()
                    .defaulting(EndpointSlices::fill)
                    .preparing(EndpointSlices::dropTopology)
                    .rules(SliceRules::check)
                    .warnings(EndpointSlices::warnings)
                    .column(Columns.name())
                    .column(
                            Columns.text(
                                    "AddressType",
                                    "IPv4, IPv6 or FQDN.",
                                    Columns.at("/addressType")))
                    .column(Columns.text("Ports", "Ports of all endpoints.", EndpointSlices::ports))
                    .column(
                            Columns.text(
                                    "Endpoints",
                                    "Addresses, ready or not.",
                                    EndpointSlices::endpoints))
                    .column(Columns.age())
                    .build();

    private EndpointSlices() {}

    private static void fill(ObjectNode slice) {
        for (var port : slice.path("ports")) {
            if (!(port instanceof ObjectNode object)) continue;
            if (!port.has("name")) object.put("name", "");
            if (!port.has("protocol")) object.put("protocol", "TCP");
        }
    }

    /// Of lists in a slice nobody can tell an empty one from none.
    private static void dropEmpty(ObjectNode slice) {
        for (var list : List.of("endpoints", "ports")) {
            if (slice.path(list).isEmpty()) slice.putNull(list);
        }
    }

    /// What endpoints say of a topology of former times counts in an older version only.
    private static void dropTopology(
            ObjectNode slice, @Nullable JsonNode old, @Nullable String subresource) {
        dropEmpty(slice);
        if (old != null && Trees.same(slice.path("endpoints"), old.path("endpoints"))) return;
        for (var endpoint : slice.path("endpoints")) {
            if (endpoint instanceof ObjectNode object) object.remove("deprecatedTopology");
        }
    }

    private static List<String> warnings(JsonNode slice, @Nullable JsonNode old) {
        List<String> warnings = new ArrayList<>();
        if (old == null && slice.path("addressType").asText().equals("FQDN")) {
            warnings.add("spec.addressType: FQDN endpoints are deprecated");
        }
        var endpoints = slice.path("endpoints");
        for (int i = 0; i < endpoints.size(); i++) {
            var addresses = endpoints.get(i).path("addresses");
            for (int j = 0; j < addresses.size(); j++) {
                var path = "endpoints[%d].addresses[%d]".formatted(i, j);
                warnings.addAll(Addresses.warnings(path, addresses.get(j).asText()));
            }
        }
        return warnings;
    }

    private static String ports(JsonNode slice) {
        List<String> ports = new ArrayList<>();
        for (var port : slice.path("ports")) {
            var name = port.path("name").asText();
            ports.add(
                    port.path("port").isNumber()
                            ? port.path("port").asText()
                            : name.isEmpty() ? "*" : name);
        }
        return Columns.few(ports, Columns.UNSET);
    }

    private static String endpoints(JsonNode slice) {
        List<String> addresses = new ArrayList<>();
        for (var endpoint : slice.path("endpoints")) {
            endpoint.path("addresses").forEach(address -> addresses.add(address.asText()));
        }
        return Columns.few(addresses, Columns.UNSET);
    }
}

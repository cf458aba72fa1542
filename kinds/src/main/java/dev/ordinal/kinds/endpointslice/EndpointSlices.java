package dev.ordinal.kinds.endpointslice;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.Problems;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Checks;
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
                    .rules(EndpointSlices::check)
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

    private static void check(JsonNode slice, @Nullable JsonNode old, Problems problems) {
        Checks.oneOf(
                slice.path("addressType"),
                List.of("FQDN", "IPv4", "IPv6"),
                problems.at("addressType"));
        var endpoints = slice.path("endpoints");
        if (endpoints.size() > 1000) problems.at("endpoints").tooMany(endpoints.size(), 1000);
        for (int i = 0; i < endpoints.size(); i++) {
            if (endpoints.get(i).path("addresses").isEmpty()) {
                problems.at("endpoints")
                        .at(i)
                        .at("addresses")
                        .required("must contain at least 1 address");
            }
        }
        if (old != null) {
            Checks.immutable(
                    slice.path("addressType"), old.path("addressType"), problems.at("addressType"));
        }
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

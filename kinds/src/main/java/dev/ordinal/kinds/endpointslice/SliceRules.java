package dev.ordinal.kinds.endpointslice;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Labels;
import dev.ordinal.api.Names;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.kinds.Addresses;
import dev.ordinal.kinds.Checks;

import org.jspecify.annotations.Nullable;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What is wrong with an EndpointSlice.
///
/// @see "upstream: pkg/apis/discovery/validation"
final class SliceRules {
    private static final int ENDPOINTS_MAX = 1000;
    private static final int ADDRESSES_MAX = 100;
    private static final int PORTS_MAX = 20_000;
    private static final int HINTS_MAX = 8;

    private SliceRules() {}

    static void check(JsonNode slice, @Nullable JsonNode old, Problems problems) {
        var type = slice.path("addressType");
        Checks.oneOf(type, List.of("FQDN", "IPv4", "IPv6"), problems.at("addressType"));
        checkPorts(slice.path("ports"), problems.at("ports"));
        var endpoints = slice.path("endpoints");
        if (old == null || !Trees.same(endpoints, old.path("endpoints"))) {
            checkEndpoints(endpoints, type.asText(), problems.at("endpoints"));
        }
        if (old != null) {
            Checks.immutable(type, old.path("addressType"), problems.at("addressType"));
        }
    }

    private static void checkPorts(JsonNode ports, Problems at) {
        if (ports.size() > PORTS_MAX) {
            at.tooMany(ports.size(), PORTS_MAX);
            return;
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < ports.size(); i++) {
            var port = ports.get(i);
            var name = port.path("name").asText();
            if (!name.isEmpty()) Checks.label(name, at.at(i).at("name"));
            if (!names.add(name)) at.at(i).at("name").duplicate(name);
            var protocols = List.of("SCTP", "TCP", "UDP");
            if (!protocols.contains(port.path("protocol").asText())) {
                at.at(i).at("protocol").notSupported(port.path("protocol"), protocols);
            }
            if (port.has("appProtocol")) {
                var protocol = port.path("appProtocol").asText();
                Checks.qualifiedName(protocol, at.at(i).at("appProtocol"));
            }
        }
    }

    private static void checkEndpoints(JsonNode endpoints, String type, Problems at) {
        if (endpoints.size() > ENDPOINTS_MAX) {
            at.tooMany(endpoints.size(), ENDPOINTS_MAX);
            return;
        }
        for (int i = 0; i < endpoints.size(); i++) {
            checkEndpoint(endpoints.get(i), type, at.at(i));
        }
    }

    private static void checkEndpoint(JsonNode endpoint, String type, Problems at) {
        var addresses = endpoint.path("addresses");
        var place = at.at("addresses");
        if (addresses.isEmpty()) place.required("must contain at least 1 address");
        if (addresses.size() > ADDRESSES_MAX) place.tooMany(addresses.size(), ADDRESSES_MAX);
        for (int i = 0; i < addresses.size(); i++) {
            var address = addresses.get(i).asText();
            switch (type) {
                case "IPv4" -> checkV4(address, place, place.at(i));
                case "IPv6" -> checkV6(address, place, place.at(i));
                case "FQDN" -> checkDomain(address, place.at(i));
                default -> {}
            }
        }
        var node = endpoint.path("nodeName");
        if (node.isTextual()) checkNode(node.asText(), at.at("nodeName"));
        var host = endpoint.path("hostname");
        if (host.isTextual()) Checks.label(host.asText(), at.at("hostname"));
        checkHints(endpoint.path("hints"), at.at("hints"));
    }

    private static void checkV4(String address, Problems list, Problems at) {
        if (!Addresses.check(address, Set.of(), at)) return;
        if (!isV4(address)) list.invalid(address, "must be an IPv4 address");
        Addresses.checkReachable(address, at);
    }

    /// This family came later, with stricter rules.
    private static void checkV6(String address, Problems list, Problems at) {
        if (!Addresses.check(address, Set.of(), at)) return;
        if (!Addresses.checkCanonical(address, at)) return;
        if (isV4(address)) list.invalid(address, "must be an IPv6 address");
        Addresses.checkReachable(address, at);
    }

    private static boolean isV4(String address) {
        return Addresses.parse(address).map(Addresses::isV4).orElse(false);
    }

    private static void checkDomain(String name, Problems at) {
        if (name.isEmpty()) {
            at.required("");
            return;
        }
        var plain = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        var wrong = Names.subdomain(plain, false);
        if (!wrong.isEmpty()) at.invalid(plain, String.join(",", wrong));
        else if (!plain.contains(".")) {
            at.invalid(plain, "should be a domain with at least two segments separated by dots");
        } else {
            for (var label : plain.split("\\.", -1)) {
                var odd = Names.label(label, false);
                if (odd.isEmpty()) continue;
                at.invalid(label, String.join(",", odd));
                return;
            }
        }
    }

    private static void checkNode(String name, Problems at) {
        for (var problem : Names.subdomain(name, false)) at.invalid(name, problem);
    }

    private static void checkHints(JsonNode hints, Problems at) {
        for (var kind : List.of("forZones", "forNodes")) {
            var names = hints.path(kind);
            if (names.size() > HINTS_MAX) {
                at.at(kind).tooMany(names.size(), HINTS_MAX);
                return;
            }
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < names.size(); i++) {
                var name = names.get(i).path("name").asText();
                var place = at.at(kind).at(i).at("name");
                if (!seen.add(name)) place.duplicate(name);
                if (kind.equals("forNodes")) checkNode(name, place);
                else for (var p : Labels.valueProblems(name)) place.invalid(name, p);
            }
        }
    }
}

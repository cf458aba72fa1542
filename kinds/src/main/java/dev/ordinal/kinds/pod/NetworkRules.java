package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Problems;
import dev.ordinal.kinds.Addresses;
import dev.ordinal.kinds.Checks;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// What a pod may ask for of names and addresses.
///
/// @see "upstream: pkg/apis/core/validation, validatePodDNSConfig and ValidateHostAliases"
final class NetworkRules {
    private static final int NAMESERVERS_MAX = 3;
    private static final int SEARCHES_MAX = 32;
    private static final int SEARCH_MAX = 2048;
    private static final int HOSTNAME_MAX = 64;
    private static final String SEARCH =
            "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*";
    private static final Pattern SEARCH_NAME = Pattern.compile(SEARCH);

    private NetworkRules() {}

    static void checkDns(JsonNode spec, Problems at) {
        boolean none = spec.path("dnsPolicy").asText().equals("None");
        var config = spec.path("dnsConfig");
        var place = at.at("dnsConfig");
        if (none && !config.isObject()) {
            place.required("must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if (!config.isObject()) return;
        var servers = config.path("nameservers");
        if (none && servers.isEmpty()) {
            place.at("nameservers")
                    .required("must provide at least one DNS nameserver when `dnsPolicy` is None");
        }
        if (servers.size() > NAMESERVERS_MAX) {
            place.at("nameservers").invalid(servers, "must not have more than 3 nameservers");
        }
        for (int i = 0; i < servers.size(); i++) {
            checkAddress(servers.get(i).asText(), place.at("nameservers").at(i));
        }
        checkSearches(config.path("searches"), place.at("searches"));
        for (int i = 0; i < config.path("options").size(); i++) {
            if (config.path("options").get(i).path("name").asText().isEmpty()) {
                place.at("options").at(i).required("must not be empty");
            }
        }
    }

    private static void checkSearches(JsonNode searches, Problems at) {
        if (searches.size() > SEARCHES_MAX) {
            at.invalid(searches, "must not have more than 32 search paths");
        }
        List<String> all = new ArrayList<>();
        searches.forEach(search -> all.add(search.asText()));
        if (String.join(" ", all).length() > SEARCH_MAX) {
            at.invalid(
                    searches,
                    "must not have more than 2048 characters (including spaces) in the search"
                            + " list");
        }
        for (int i = 0; i < all.size(); i++) {
            var name = all.get(i);
            var plain = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
            if (name.equals(".") || SEARCH_NAME.matcher(plain).matches()) continue;
            at.at(i)
                    .invalid(
                            name,
                            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
                                    + " characters, '_', '-' or '.', and must start and end with an"
                                    + " alphanumeric character (e.g. 'example.com', regex"
                                    + " used for validation is '%s')".formatted(SEARCH));
        }
    }

    private static void checkAddress(String address, Problems at) {
        if (Addresses.parse(address).isPresent()) return;
        at.invalid(address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }

    static void checkAliases(JsonNode aliases, Problems at) {
        for (int i = 0; i < aliases.size(); i++) {
            checkAddress(aliases.get(i).path("ip").asText(), at.at(i).at("ip"));
            var names = aliases.get(i).path("hostnames");
            for (int j = 0; j < names.size(); j++) {
                Checks.subdomain(names.get(j).asText(), at.at(i).at("hostnames").at(j));
            }
        }
    }

    static void checkOverride(JsonNode spec, Problems at) {
        var name = spec.path("hostnameOverride");
        if (!name.isTextual()) return;
        if (spec.path("setHostnameAsFQDN").asBoolean()) {
            at.forbidden("may not be specified when setHostnameAsFQDN is true");
        }
        if (spec.path("hostNetwork").asBoolean()) {
            at.forbidden("may not be specified when hostNetwork is true");
        }
        Checks.subdomain(name.asText(), at);
        if (name.asText().length() > HOSTNAME_MAX) {
            at.invalid(name, "must be no more than 64 characters");
        }
    }

    /// No two regular containers have the same port of the host.
    static void checkHostPorts(JsonNode containers, Problems at) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < containers.size(); i++) {
            var ports = containers.get(i).path("ports");
            for (int j = 0; j < ports.size(); j++) {
                var port = ports.get(j);
                if (port.path("hostPort").asInt() == 0) continue;
                var key =
                        "%s/%s/%d"
                                .formatted(
                                        port.path("protocol").asText(),
                                        port.path("hostIP").asText(),
                                        port.path("hostPort").asInt());
                if (!seen.add(key)) at.at(i).at("ports").at(j).at("hostPort").duplicate(key);
            }
        }
    }
}

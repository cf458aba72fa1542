package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Names;
import dev.ordinal.api.Quantity;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What is allowed in a new pod and probably not meant.
///
/// @see "upstream: pkg/api/pod/warnings.go"
final class PodWarnings {
    private final List<String> warnings = new ArrayList<>();

    private PodWarnings() {}

    static List<String> of(JsonNode pod, @Nullable JsonNode old) {
        if (old != null) return List.of();
        var found = new PodWarnings();
        found.name(pod.at("/metadata/name").asText());
        var spec = pod.path("spec");
        found.spread(spec.path("topologySpreadConstraints"));
        found.aliases(spec.path("hostAliases"));
        for (var list : List.of("initContainers", "containers")) {
            for (int i = 0; i < spec.path(list).size(); i++) {
                found.container(spec.path(list).get(i), "spec.%s[%d]".formatted(list, i));
            }
        }
        return found.warnings;
    }

    private void name(String name) {
        var faults = Names.label(name, false);
        if (faults.isEmpty()) return;
        warnings.add(
                "metadata.name: this is used in the Pod's hostname, which can result in surprising"
                        + " behavior; a DNS label is recommended: [%s]"
                                .formatted(String.join(" ", faults)));
    }

    private void spread(JsonNode constraints) {
        for (int i = 0; i < constraints.size(); i++) {
            if (constraints.get(i).has("labelSelector")) continue;
            var at = "spec.topologySpreadConstraints[%d].labelSelector".formatted(i);
            warnings.add(at + ": a null labelSelector results in matching no pod");
        }
    }

    private void aliases(JsonNode aliases) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < aliases.size(); i++) {
            var ip = aliases.get(i).path("ip").asText();
            if (seen.add(ip)) continue;
            warnings.add("spec.hostAliases[%d].ip: duplicate ip \"%s\"".formatted(i, ip));
        }
    }

    private void container(JsonNode container, String at) {
        for (var part : List.of("limits", "requests")) {
            for (var resource : List.of("memory", "ephemeral-storage")) {
                var amount = container.path("resources").path(part).path(resource).asText();
                var value = Quantity.parse(amount).map(Quantity::value);
                if (value.isEmpty() || value.get().stripTrailingZeros().scale() <= 0) continue;
                warnings.add(
                        "%s.resources.%s[%s]: fractional byte value \"%s\" is invalid, must be an integer"
                                .formatted(at, part, resource, amount));
            }
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < container.path("env").size(); i++) {
            var name = container.path("env").get(i).path("name").asText();
            if (names.add(name)) continue;
            warnings.add(
                    "%s.env[%d]: hides previous definition of \"%s\", which may be dropped when using apply"
                            .formatted(at, i, name));
        }
        ports(container.path("ports"), at + ".ports");
    }

    private void ports(JsonNode ports, String at) {
        Map<List<String>, Integer> seen = new HashMap<>();
        for (int i = 0; i < ports.size(); i++) {
            var port = ports.get(i);
            var before =
                    seen.putIfAbsent(
                            List.of(
                                    port.path("containerPort").asText(),
                                    port.path("protocol").asText(),
                                    port.path("hostPort").asText(),
                                    port.path("hostIP").asText()),
                            i);
            if (before == null) continue;
            warnings.add(
                    "%s[%d]: duplicate port definition with %s[%d]".formatted(at, i, at, before));
        }
    }
}

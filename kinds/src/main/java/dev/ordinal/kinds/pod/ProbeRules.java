package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Problems;
import dev.ordinal.kinds.Checks;

import java.util.List;

/// What probes and hooks must look like.
///
/// @see "upstream: pkg/apis/core/validation, validateProbe and validateHandler"
final class ProbeRules {
    private static final List<String> PROBES =
            List.of("livenessProbe", "readinessProbe", "startupProbe");
    private static final List<String> PROBE_HANDLERS =
            List.of("exec", "httpGet", "tcpSocket", "grpc");
    private static final List<String> HOOK_HANDLERS =
            List.of("exec", "httpGet", "tcpSocket", "sleep");
    private static final List<String> NUMBERS =
            List.of(
                    "initialDelaySeconds",
                    "timeoutSeconds",
                    "periodSeconds",
                    "successThreshold",
                    "failureThreshold");

    private ProbeRules() {}

    /// @param grace of the pod, in seconds
    static void check(JsonNode container, long grace, Problems at) {
        for (var hook : List.of("postStart", "preStop")) {
            var handler = container.path("lifecycle").path(hook);
            if (!handler.isObject()) continue;
            var place = at.at("lifecycle").at(hook);
            checkHandler(handler, HOOK_HANDLERS, place);
            var sleep = handler.at("/sleep/seconds");
            if (sleep.isNumber() && (sleep.asLong() < 0 || sleep.asLong() > grace)) {
                place.at("sleep")
                        .invalid(
                                sleep,
                                "must be non-negative and less than terminationGracePeriodSeconds"
                                        + " (%d)".formatted(grace));
            }
        }
        for (var probe : PROBES) {
            if (!container.has(probe)) continue;
            checkProbe(container.path(probe), !probe.equals("readinessProbe"), at.at(probe));
        }
    }

    /// An init container that ends has neither.
    static void refuse(JsonNode container, Problems at) {
        if (container.has("lifecycle")) refuse(at.at("lifecycle"));
        for (var probe : PROBES) {
            if (container.has(probe)) refuse(at.at(probe));
        }
    }

    private static void refuse(Problems at) {
        at.forbidden("may not be set for init containers without restartPolicy=Always");
    }

    private static void checkProbe(JsonNode probe, boolean restarts, Problems at) {
        checkHandler(probe, PROBE_HANDLERS, at);
        for (var field : NUMBERS) Checks.nonNegative(probe.path(field), at.at(field));
        var grace = probe.path("terminationGracePeriodSeconds");
        var place = at.at("terminationGracePeriodSeconds");
        if (restarts && grace.isNumber() && grace.asLong() <= 0) {
            place.invalid(grace, "must be greater than 0");
        }
        if (!restarts && grace.isNumber()) {
            place.invalid(grace, "must not be set for readinessProbes");
        }
        if (restarts && probe.path("successThreshold").asInt(1) != 1) {
            at.at("successThreshold").invalid(probe.path("successThreshold").asInt(), "must be 1");
        }
    }

    private static void checkHandler(JsonNode handler, List<String> kinds, Problems at) {
        var given = kinds.stream().filter(handler::has).toList();
        if (given.isEmpty()) at.required("must specify a handler type");
        for (int i = 1; i < given.size(); i++) {
            at.at(given.get(i)).forbidden("may not specify more than 1 handler type");
        }
        if (handler.has("exec") && handler.at("/exec/command").isEmpty()) {
            at.at("exec").at("command").required("");
        }
        for (var kind : List.of("httpGet", "tcpSocket")) {
            if (handler.has(kind) && given.indexOf(kind) == 0) {
                Checks.portOrName(handler.path(kind).path("port"), at.at(kind).at("port"));
            }
        }
        if (handler.has("httpGet")) {
            Checks.oneOf(
                    handler.at("/httpGet/scheme"),
                    List.of("HTTP", "HTTPS"),
                    at.at("httpGet").at("scheme"));
        }
    }
}

package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Problems;
import dev.ordinal.kinds.Checks;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// What a pod and its containers may be.
///
/// @see "upstream: pkg/apis/core/validation, validatePodSpecSecurityContext and
///     ValidateSecurityContext"
final class SecurityRules {
    private static final long ID_MAX = Integer.MAX_VALUE;
    private static final int SYSCTL_MAX = 253;
    private static final String SYSCTL =
            "([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    private static final Pattern SYSCTL_NAME = Pattern.compile(SYSCTL);
    private static final List<String> PROFILES =
            List.of("Localhost", "RuntimeDefault", "Unconfined");

    private SecurityRules() {}

    static void checkPod(JsonNode spec, Problems at) {
        var context = spec.path("securityContext");
        var place = at.at("securityContext");
        if (spec.path("hostNetwork").asBoolean()) checkHostPorts(spec, at);
        for (var id : List.of("fsGroup", "runAsUser", "runAsGroup")) {
            checkId(context.path(id), place.at(id));
        }
        var groups = context.path("supplementalGroups");
        for (int i = 0; i < groups.size(); i++) {
            checkId(groups.get(i), place.at("supplementalGroups").at(i));
        }
        checkSysctls(context.path("sysctls"), place.at("sysctls"));
        if (context.has("fsGroupChangePolicy")) {
            Checks.oneOf(
                    context.path("fsGroupChangePolicy"),
                    List.of("Always", "OnRootMismatch"),
                    place.at("fsGroupChangePolicy"));
        }
        checkProfile(context.path("seccompProfile"), place.at("seccompProfile"));
    }

    private static void checkHostPorts(JsonNode spec, Problems at) {
        for (var list : List.of("containers", "initContainers")) {
            for (int i = 0; i < spec.path(list).size(); i++) {
                var ports = spec.path(list).get(i).path("ports");
                for (int j = 0; j < ports.size(); j++) {
                    var port = ports.get(j).path("hostPort");
                    if (port.equals(ports.get(j).path("containerPort"))) continue;
                    if (port.asInt() == 0) continue;
                    at.at(list)
                            .at(i)
                            .at("ports")
                            .at(j)
                            .at("hostPort")
                            .invalid(port, "must match `containerPort` when `hostNetwork` is true");
                }
            }
        }
    }

    private static void checkId(JsonNode id, Problems at) {
        if (!id.isNumber() || (id.asLong() >= 0 && id.asLong() <= ID_MAX)) return;
        at.invalid(id, "must be between 0 and 2147483647, inclusive");
    }

    private static void checkSysctls(JsonNode sysctls, Problems at) {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < sysctls.size(); i++) {
            var name = sysctls.get(i).path("name").asText();
            var place = at.at(i).at("name");
            if (name.isEmpty()) place.required("");
            else if (name.length() > SYSCTL_MAX || !SYSCTL_NAME.matcher(name).matches()) {
                place.invalid(
                        name,
                        "must have at most 253 characters and match regex ^%s$".formatted(SYSCTL));
            } else if (!names.add(name)) place.duplicate(name);
        }
    }

    private static void checkProfile(JsonNode profile, Problems at) {
        if (!profile.isObject()) return;
        Checks.oneOf(profile.path("type"), PROFILES, at.at("type"));
        boolean local = profile.path("type").asText().equals("Localhost");
        if (local && profile.path("localhostProfile").asText().isEmpty()) {
            at.at("localhostProfile").required("must be set when seccomp type is Localhost");
        }
    }

    static void checkContainer(JsonNode context, boolean hostUsers, Problems at) {
        for (var id : List.of("runAsUser", "runAsGroup")) checkId(context.path(id), at.at(id));
        if (context.path("procMount").asText().equals("Unmasked") && hostUsers) {
            at.at("procMount").invalid("Unmasked", "`hostUsers` must be false to use `Unmasked`");
        }
        checkProfile(context.path("seccompProfile"), at.at("seccompProfile"));
        var escalation = context.path("allowPrivilegeEscalation");
        if (!escalation.isBoolean() || escalation.asBoolean()) return;
        if (context.path("privileged").asBoolean()) {
            at.invalid(
                    context,
                    "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        for (var added : context.at("/capabilities/add")) {
            if (!added.asText().equals("CAP_SYS_ADMIN")) continue;
            at.invalid(
                    context,
                    "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add`"
                            + " CAP_SYS_ADMIN");
        }
    }
}

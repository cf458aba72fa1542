package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Labels;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.kinds.Checks;

import org.jspecify.annotations.Nullable;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What a pod's spec must look like, in pods and in templates.
///
/// @see "upstream: pkg/apis/core/validation/validation.go"
public final class PodRules {
    private static final int RESTART_RULES_MAX = 20;
    private static final int EXIT_CODES_MAX = 255;
    private static final List<String> SYSTEMS = List.of("linux", "windows");

    private PodRules() {}

    static void check(JsonNode pod, @Nullable JsonNode old, Problems problems) {
        checkSpec(pod.path("spec"), Set.of(), problems.at("spec"));
        checkImages(pod.path("spec"), problems.at("spec"));
        if (old != null) checkUpdate(pod, old, problems);
        else checkNew(pod.path("spec"), problems.at("spec"));
    }

    private static void checkNew(JsonNode spec, Problems at) {
        if (!spec.path("ephemeralContainers").isEmpty()) {
            at.at("ephemeralContainers").forbidden("cannot be set on create");
        }
        if (!spec.path("nodeName").asText().isEmpty() && !spec.path("schedulingGates").isEmpty()) {
            at.at("nodeName")
                    .forbidden("cannot be set until all schedulingGates have been cleared");
        }
    }

    /// @param claims volume names that claim templates add
    public static void checkSpec(JsonNode spec, Set<String> claims, Problems at) {
        Set<String> volumes = new HashSet<>(claims);
        var list = spec.path("volumes");
        for (int i = 0; i < list.size(); i++)
            VolumeRules.check(list.get(i), volumes, at.at("volumes").at(i));
        Set<String> names = new HashSet<>();
        if (spec.path("containers").isEmpty()) at.at("containers").required("");
        checkContainers(spec, "containers", names, volumes, at);
        NetworkRules.checkHostPorts(spec.path("containers"), at.at("containers"));
        checkContainers(spec, "initContainers", names, volumes, at);
        var policy = spec.path("restartPolicy");
        Checks.oneOf(policy, List.of("Always", "OnFailure", "Never"), at.at("restartPolicy"));
        Checks.oneOf(
                spec.path("dnsPolicy"),
                List.of("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"),
                at.at("dnsPolicy"));
        Checks.labels(spec.path("nodeSelector"), at.at("nodeSelector"));
        SecurityRules.checkPod(spec, at);
        SchedulingRules.checkAffinity(spec.path("affinity"), at.at("affinity"));
        NetworkRules.checkDns(spec, at);
        var gates = spec.path("readinessGates");
        for (int i = 0; i < gates.size(); i++) {
            var type = gates.get(i).path("conditionType").asText();
            for (var fault : Labels.keyProblems(type)) {
                at.at("readinessGates").at(i).at("conditionType").invalid(type, fault);
            }
        }
        SchedulingRules.checkGates(spec.path("schedulingGates"), at.at("schedulingGates"));
        SchedulingRules.checkSpread(
                spec.path("topologySpreadConstraints"), at.at("topologySpreadConstraints"));
        var account = spec.path("serviceAccountName").asText();
        if (!account.isEmpty()) Checks.subdomain(account, at.at("serviceAccountName"));
        var active = spec.path("activeDeadlineSeconds");
        if (active.isNumber() && (active.asLong() < 1 || active.asLong() > Integer.MAX_VALUE)) {
            at.at("activeDeadlineSeconds")
                    .invalid(active, "must be between 1 and 2147483647, inclusive");
        }
        for (var field : List.of("hostname", "subdomain")) {
            if (!spec.path(field).asText().isEmpty())
                Checks.label(spec.path(field).asText(), at.at(field));
        }
        NetworkRules.checkOverride(spec, at.at("hostnameOverride"));
        SchedulingRules.checkTolerations(spec.path("tolerations"), at.at("tolerations"));
        NetworkRules.checkAliases(spec.path("hostAliases"), at.at("hostAliases"));
        if (spec.has("preemptionPolicy")) {
            Checks.oneOf(
                    spec.path("preemptionPolicy"),
                    List.of("PreemptLowerPriority", "Never"),
                    at.at("preemptionPolicy"));
        }
        var system = spec.at("/os/name").asText();
        if (!system.isEmpty() && !SYSTEMS.contains(system)) {
            at.at("os").notSupported(system, SYSTEMS);
        }
    }

    private static void checkContainers(
            JsonNode spec, String list, Set<String> names, Set<String> volumes, Problems at) {
        var containers = spec.path(list);
        boolean init = list.equals("initContainers");
        for (int i = 0; i < containers.size(); i++) {
            var container = containers.get(i);
            var place = at.at(list).at(i);
            checkContainer(spec, container, names, volumes, place);
            boolean ends = init && !container.path("restartPolicy").asText().equals("Always");
            if (ends) ProbeRules.refuse(container, place);
            else {
                long grace = spec.path("terminationGracePeriodSeconds").asLong();
                ProbeRules.check(container, grace, place);
            }
            checkRestarts(container, place);
        }
    }

    private static void checkContainer(
            JsonNode spec,
            JsonNode container,
            Set<String> names,
            Set<String> volumes,
            Problems at) {
        var name = container.path("name").asText();
        if (name.isEmpty()) at.at("name").required("");
        else {
            Checks.label(name, at.at("name"));
        }
        if (container.path("image").asText().isEmpty()) at.at("image").required("");
        Checks.oneOf(
                container.path("terminationMessagePolicy"),
                List.of("File", "FallbackToLogsOnError"),
                at.at("terminationMessagePolicy"));
        checkPorts(container.path("ports"), at.at("ports"));
        EnvironmentRules.check(container.path("env"), at.at("env"));
        checkMounts(container, volumes, at.at("volumeMounts"));
        Checks.oneOf(
                container.path("imagePullPolicy"),
                List.of("Always", "IfNotPresent", "Never"),
                at.at("imagePullPolicy"));
        ContainerResources.check(container.path("resources"), at.at("resources"));
        boolean hostUsers = spec.path("hostUsers").asBoolean(true);
        SecurityRules.checkContainer(
                container.path("securityContext"), hostUsers, at.at("securityContext"));
        if (!name.isEmpty() && !names.add(name)) at.at("name").duplicate(name);
    }

    private static void checkRestarts(JsonNode container, Problems at) {
        var policy = container.path("restartPolicy");
        if (policy.isTextual()) {
            Checks.oneOf(policy, List.of("Always", "Never", "OnFailure"), at.at("restartPolicy"));
        }
        var rules = container.path("restartPolicyRules");
        if (!rules.isEmpty() && !policy.isTextual()) {
            at.at("restartPolicy")
                    .required("must specify restartPolicy when restart rules are used");
        }
        if (rules.size() > RESTART_RULES_MAX) {
            at.at("restartPolicyRules").tooMany(rules.size(), RESTART_RULES_MAX);
        }
        for (int i = 0; i < rules.size(); i++) {
            var place = at.at("restartPolicyRules").at(i);
            Checks.oneOf(
                    rules.get(i).path("action"),
                    List.of("Restart", "RestartAllContainers"),
                    place.at("action"));
            var codes = rules.get(i).path("exitCodes");
            if (!codes.isObject()) place.at("exitCodes").required("must be specified");
            else {
                Checks.oneOf(
                        codes.path("operator"),
                        List.of("In", "NotIn"),
                        place.at("exitCodes").at("operator"));
                int values = codes.path("values").size();
                if (values > EXIT_CODES_MAX) {
                    place.at("exitCodes").at("values").tooMany(values, EXIT_CODES_MAX);
                }
            }
        }
    }

    /// What upstream does not ask of templates.
    private static void checkImages(JsonNode spec, Problems at) {
        for (var list : List.of("containers", "initContainers")) {
            for (int i = 0; i < spec.path(list).size(); i++) {
                var image = spec.path(list).get(i).path("image").asText();
                if (image.strip().equals(image)) continue;
                at.at(list)
                        .at(i)
                        .at("image")
                        .invalid(image, "must not have leading or trailing whitespace");
            }
        }
    }

    private static void checkPorts(JsonNode ports, Problems at) {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < ports.size(); i++) {
            var port = ports.get(i);
            var name = port.path("name").asText();
            if (!name.isEmpty()) {
                Checks.portName(name, at.at(i).at("name"));
                if (!names.add(name)) at.at(i).at("name").duplicate(name);
            }
            if (port.path("containerPort").asInt() == 0) at.at(i).at("containerPort").required("");
            else Checks.port(port.path("containerPort"), at.at(i).at("containerPort"));
            if (port.path("hostPort").asInt() != 0) {
                Checks.port(port.path("hostPort"), at.at(i).at("hostPort"));
            }
            Checks.oneOf(
                    port.path("protocol"), List.of("SCTP", "TCP", "UDP"), at.at(i).at("protocol"));
        }
    }

    /// Upstream names the list where it should name the mount.
    private static void checkMounts(JsonNode container, Set<String> volumes, Problems at) {
        var mounts = container.path("volumeMounts");
        Set<String> paths = new HashSet<>();
        for (int i = 0; i < mounts.size(); i++) {
            var mount = mounts.get(i);
            var name = mount.path("name").asText();
            if (name.isEmpty()) at.at(i).at("name").required("");
            else if (!volumes.contains(name)) at.at(i).at("name").notFound(name);
            var path = mount.path("mountPath").asText();
            if (path.isEmpty()) at.at(i).at("mountPath").required("");
            else if (!paths.add(path)) at.at(i).at("mountPath").invalid(path, "must be unique");
            var sub = mount.path("subPath").asText();
            for (var fault : EnvironmentRules.faultsOfPath(sub)) {
                at.at("subPath").invalid(sub, fault);
            }
            var expression = mount.path("subPathExpr").asText();
            if (!expression.isEmpty() && !sub.isEmpty()) {
                at.at(i)
                        .at("subPathExpr")
                        .invalid(expression, "subPathExpr and subPath are mutually exclusive");
            } else {
                for (var fault : EnvironmentRules.faultsOfPath(expression)) {
                    at.at("subPathExpr").invalid(expression, fault);
                }
            }
            boolean privileged = container.at("/securityContext/privileged").asBoolean();
            if (mount.path("mountPropagation").asText().equals("Bidirectional") && !privileged) {
                at.at("mountPropagation")
                        .forbidden(
                                "Bidirectional mount propagation is available only to privileged"
                                        + " containers");
            }
        }
    }

    private static void checkUpdate(JsonNode pod, JsonNode old, Problems problems) {
        var munged = (ObjectNode) pod.path("spec").deepCopy();
        var before = (ObjectNode) old.path("spec");
        for (var list : List.of("containers", "initContainers")) {
            var containers = munged.path(list);
            var oldContainers = before.path(list);
            if (containers.size() != oldContainers.size()) {
                problems.at("spec")
                        .at(list)
                        .forbidden("pod updates may not add or remove containers");
                return;
            }
            for (int i = 0; i < containers.size(); i++) {
                ((ObjectNode) containers.get(i)).set("image", oldContainers.get(i).path("image"));
            }
        }
        if (!checkDeadline(munged, before, problems.at("spec").at("activeDeadlineSeconds"))) return;
        if (!addsOnly(munged.path("tolerations"), before.path("tolerations"))) {
            problems.at("spec")
                    .at("tolerations")
                    .forbidden(
                            "existing toleration can not be modified except its tolerationSeconds");
        } else {
            SchedulingRules.checkTolerations(
                    munged.path("tolerations"), problems.at("spec").at("tolerations"));
        }
        SchedulingRules.checkGatesUpdate(
                munged.path("schedulingGates"),
                before.path("schedulingGates"),
                problems.at("spec").at("schedulingGates"));
        if (!before.path("schedulingGates").isEmpty()) {
            SchedulingRules.checkGatedUpdate(munged, before, problems.at("spec"));
        }
        var grace = before.path("terminationGracePeriodSeconds");
        if (grace.asLong() < 0 && munged.path("terminationGracePeriodSeconds").asLong() == 1) {
            munged.set("terminationGracePeriodSeconds", grace);
        }
        for (var field : List.of("tolerations", "activeDeadlineSeconds", "schedulingGates")) {
            Trees.copy(field, before, munged);
        }
        if (!Trees.same(munged, before)) {
            problems.at("spec")
                    .forbidden(
                            "pod updates may not change fields other than"
                                + " `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations`"
                                + " (only additions to existing"
                                + " tolerations),`spec.terminationGracePeriodSeconds` (allow it to"
                                + " be set to 1 if it was previously negative)\n"
                                    + Diffs.of(before, munged));
        }
    }

    /// It may be set, and lowered.
    ///
    /// @return false: nothing else is to be looked at
    private static boolean checkDeadline(JsonNode spec, JsonNode before, Problems at) {
        var now = spec.path("activeDeadlineSeconds");
        var old = before.path("activeDeadlineSeconds");
        if (!now.isNumber()) {
            if (old.isNumber()) {
                at.invalid(null, "must not update from a positive integer to nil value");
            }
            return true;
        }
        if (now.asLong() < 0 || now.asLong() > Integer.MAX_VALUE) {
            at.invalid(now, "must be between 0 and 2147483647, inclusive");
            return false;
        }
        if (old.isNumber() && old.asLong() < now.asLong()) {
            at.invalid(now, "must be less than or equal to previous value");
            return false;
        }
        return true;
    }

    private static boolean addsOnly(JsonNode tolerations, JsonNode before) {
        for (var old : before) {
            boolean kept = false;
            for (var toleration : tolerations)
                kept |= Trees.same(withoutSeconds(toleration), withoutSeconds(old));
            if (!kept) return false;
        }
        return true;
    }

    private static JsonNode withoutSeconds(JsonNode toleration) {
        var copy = toleration.deepCopy();
        if (copy instanceof ObjectNode object) object.remove("tolerationSeconds");
        return copy;
    }
}

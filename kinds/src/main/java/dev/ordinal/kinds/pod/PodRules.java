package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.kinds.Checks;

import org.jspecify.annotations.Nullable;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// What a pod's spec must look like, in pods and in templates.
///
/// @see "upstream: pkg/apis/core/validation/validation.go"
public final class PodRules {
    private static final long TOKEN_SECONDS_MIN = 600;
    private static final long TOKEN_SECONDS_MAX = 1L << 32;
    private static final Pattern ENV_NAME = Pattern.compile("[^=\\x00-\\x1f\\x7f]+");
    private static final List<String> HANDLERS = List.of("exec", "httpGet", "tcpSocket", "grpc");

    private PodRules() {}

    static void check(JsonNode pod, @Nullable JsonNode old, Problems problems) {
        checkSpec(pod.path("spec"), Set.of(), problems.at("spec"));
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
            checkVolume(list.get(i), volumes, at.at("volumes").at(i));
        Set<String> names = new HashSet<>();
        if (spec.path("containers").isEmpty()) at.at("containers").required("");
        checkContainers(spec, "containers", names, volumes, at);
        checkContainers(spec, "initContainers", names, volumes, at);
        var policy = spec.path("restartPolicy");
        Checks.oneOf(policy, List.of("Always", "OnFailure", "Never"), at.at("restartPolicy"));
        Checks.oneOf(
                spec.path("dnsPolicy"),
                List.of("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"),
                at.at("dnsPolicy"));
        Checks.nonNegative(
                spec.path("terminationGracePeriodSeconds"), at.at("terminationGracePeriodSeconds"));
        Checks.labels(spec.path("nodeSelector"), at.at("nodeSelector"));
        SchedulingRules.checkAffinity(spec.path("affinity"), at.at("affinity"));
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
        SchedulingRules.checkTolerations(spec.path("tolerations"), at.at("tolerations"));
        if (spec.has("preemptionPolicy")) {
            Checks.oneOf(
                    spec.path("preemptionPolicy"),
                    List.of("PreemptLowerPriority", "Never"),
                    at.at("preemptionPolicy"));
        }
    }

    private static void checkVolume(JsonNode volume, Set<String> names, Problems at) {
        var name = volume.path("name").asText();
        if (name.isEmpty()) at.at("name").required("");
        else {
            Checks.label(name, at.at("name"));
            if (!names.add(name)) at.at("name").duplicate(name);
        }
        if (volume.size() < 2) at.required("must specify a volume type");
        if (volume.size() > 2) {
            int seen = 0;
            for (var source : volume.properties()) {
                if (source.getKey().equals("name") || seen++ == 0) continue;
                at.at(source.getKey()).forbidden("may not specify more than 1 volume type");
            }
        }
        require(volume, "configMap", "name", at);
        require(volume, "secret", "secretName", at);
        require(volume, "persistentVolumeClaim", "claimName", at);
        require(volume, "hostPath", "path", at);
        var sources = volume.at("/projected/sources");
        for (int i = 0; i < sources.size(); i++) {
            var token = sources.get(i).get("serviceAccountToken");
            if (token != null) checkToken(token, i, at.at("projected"));
        }
    }

    private static void checkToken(JsonNode token, int index, Problems projected) {
        var at = projected.at("sources").at(index).at("serviceAccountToken");
        var seconds = token.path("expirationSeconds");
        if (seconds.asLong() < TOKEN_SECONDS_MIN) {
            at.at("expirationSeconds")
                    .invalid(seconds, "may not specify a duration less than 10 minutes");
        }
        if (seconds.asLong() > TOKEN_SECONDS_MAX) {
            at.at("expirationSeconds")
                    .invalid(seconds, "may not specify a duration larger than 2^32 seconds");
        }
        var path = token.path("path").asText();
        var place = projected.at("path");
        if (path.isEmpty()) place.required("");
        if (path.startsWith("/")) place.invalid(path, "must be a relative path");
        if (List.of(path.split("/", -1)).contains("..")) {
            place.invalid(path, "must not contain '..'");
        }
        if (path.startsWith("..") && !path.startsWith("../")) {
            place.invalid(path, "must not start with '..'");
        }
    }

    private static void require(JsonNode volume, String source, String field, Problems at) {
        if (volume.has(source) && volume.path(source).path(field).asText().isEmpty()) {
            at.at(source).at(field).required("");
        }
    }

    private static void checkContainers(
            JsonNode spec, String list, Set<String> names, Set<String> volumes, Problems at) {
        var containers = spec.path(list);
        for (int i = 0; i < containers.size(); i++) {
            checkContainer(containers.get(i), names, volumes, at.at(list).at(i));
        }
    }

    private static void checkContainer(
            JsonNode container, Set<String> names, Set<String> volumes, Problems at) {
        var name = container.path("name").asText();
        if (name.isEmpty()) at.at("name").required("");
        else {
            Checks.label(name, at.at("name"));
        }
        var image = container.path("image").asText();
        if (image.isEmpty()) at.at("image").required("");
        else if (!image.strip().equals(image)) {
            at.at("image").invalid(image, "must not have leading or trailing whitespace");
        }
        Checks.oneOf(
                container.path("imagePullPolicy"),
                List.of("Always", "IfNotPresent", "Never"),
                at.at("imagePullPolicy"));
        Checks.oneOf(
                container.path("terminationMessagePolicy"),
                List.of("FallbackToLogsOnError", "File"),
                at.at("terminationMessagePolicy"));
        checkPorts(container.path("ports"), at.at("ports"));
        checkEnv(container.path("env"), at.at("env"));
        checkMounts(container.path("volumeMounts"), volumes, at.at("volumeMounts"));
        Checks.resources(container.path("resources"), at.at("resources"));
        if (!name.isEmpty() && !names.add(name)) at.at("name").duplicate(name);
        for (var probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
            if (container.has(probe)) {
                checkProbe(container.path(probe), !probe.equals("readinessProbe"), at.at(probe));
            }
        }
        for (var hook : List.of("postStart", "preStop")) {
            var handler = container.path("lifecycle").path(hook);
            if (handler.isObject()) {
                checkHandler(
                        handler,
                        List.of("exec", "httpGet", "tcpSocket", "sleep"),
                        at.at("lifecycle").at(hook));
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

    private static void checkEnv(JsonNode env, Problems at) {
        for (int i = 0; i < env.size(); i++) {
            var variable = env.get(i);
            var name = variable.path("name").asText();
            if (name.isEmpty()) at.at(i).at("name").required("");
            else if (!ENV_NAME.matcher(name).matches()) {
                at.at(i)
                        .at("name")
                        .invalid(
                                name,
                                "a valid environment variable name must consist only of printable"
                                        + " ASCII characters other than '='");
            }
            var from = variable.path("valueFrom");
            if (!from.isObject()) continue;
            var place = at.at(i).at("valueFrom");
            if (from.isEmpty()) {
                place.invalid(
                        "",
                        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or"
                                + " `secretKeyRef`");
            } else if (!variable.path("value").asText().isEmpty()) {
                place.invalid("", "may not be specified when `value` is not empty");
            } else if (from.size() > 1) {
                place.invalid("", "may not have more than one field specified at a time");
            }
        }
    }

    private static void checkMounts(JsonNode mounts, Set<String> volumes, Problems at) {
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
            if (sub.startsWith("/")) at.at(i).at("subPath").invalid(sub, "must be a relative path");
            if (List.of(sub.split("/", -1)).contains("..")) {
                at.at(i).at("subPath").invalid(sub, "must not contain '..'");
            }
        }
    }

    private static void checkProbe(JsonNode probe, boolean oneSuccess, Problems at) {
        checkHandler(probe, HANDLERS, at);
        for (var field :
                List.of(
                        "initialDelaySeconds",
                        "timeoutSeconds",
                        "periodSeconds",
                        "successThreshold",
                        "failureThreshold")) {
            Checks.nonNegative(probe.path(field), at.at(field));
        }
        if (oneSuccess && probe.path("successThreshold").asInt(1) != 1) {
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
            if (handler.has(kind)) {
                Checks.portOrName(handler.path(kind).path("port"), at.at(kind).at("port"));
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

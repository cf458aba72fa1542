package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.List;

/// What a pod may ask for and this node cannot do. Pure.
final class PodLimits {
    private static final List<String> LISTS = List.of("initContainers", "containers");

    private PodLimits() {}

    /// Fields without which the pod would not be what it says: it is not started.
    static List<String> refused(JsonNode pod) {
        List<String> fields = new ArrayList<>();
        var spec = pod.path("spec");
        for (var flag : List.of("hostPID", "hostIPC", "shareProcessNamespace")) {
            if (spec.path(flag).asBoolean()) fields.add("spec." + flag);
        }
        if (spec.has("hostUsers") && !spec.path("hostUsers").asBoolean())
            fields.add("spec.hostUsers");
        if (!spec.path("runtimeClassName").asText().isEmpty()) fields.add("spec.runtimeClassName");
        for (var volume : spec.path("volumes")) {
            var type = volume.at("/hostPath/type").asText();
            if (type.equals("CharDevice") || type.equals("BlockDevice")) {
                fields.add("spec.volumes.hostPath.type " + type);
            }
        }
        if (!spec.path("resourceClaims").isEmpty()) fields.add("spec.resourceClaims");
        for (var list : LISTS) {
            var containers = spec.path(list);
            for (int i = 0; i < containers.size(); i++) {
                var at = "spec.%s[%d]".formatted(list, i);
                refused(containers.get(i), at, fields);
                if (spec.path("hostNetwork").asBoolean()) continue;
                for (var port : containers.get(i).path("ports")) {
                    if (port.path("hostPort").asInt() != 0) fields.add(at + ".ports.hostPort");
                }
            }
        }
        return fields;
    }

    private static void refused(JsonNode container, String at, List<String> fields) {
        if (!container.path("volumeDevices").isEmpty()) fields.add(at + ".volumeDevices");
        for (var rule : container.path("restartPolicyRules")) {
            if (!rule.path("action").asText().equals("Restart")) {
                fields.add(at + ".restartPolicyRules");
            }
        }
        for (var mount : container.path("volumeMounts")) {
            var propagation = mount.path("mountPropagation").asText("None");
            if (!propagation.equals("None")) fields.add(at + ".volumeMounts.mountPropagation");
            if (mount.path("recursiveReadOnly").asText().equals("Enabled")) {
                fields.add(at + ".volumeMounts.recursiveReadOnly");
            }
        }
        if (container.at("/securityContext/privileged").asBoolean()) {
            fields.add(at + ".securityContext.privileged");
        }
        if (container.at("/securityContext/procMount").asText().equals("Unmasked")) {
            fields.add(at + ".securityContext.procMount");
        }
    }

    /// Fields that would harden or ease the pod's life: it runs without, and an event says so.
    static List<String> reported(JsonNode pod) {
        List<String> fields = new ArrayList<>();
        hardening(pod.at("/spec/securityContext"), "spec.securityContext", fields);
        for (var list : LISTS) {
            var containers = pod.path("spec").path(list);
            for (int i = 0; i < containers.size(); i++) {
                var at = "spec.%s[%d]".formatted(list, i);
                var container = containers.get(i);
                hardening(container.path("securityContext"), at + ".securityContext", fields);
            }
        }
        return fields;
    }

    private static void hardening(JsonNode context, String at, List<String> fields) {
        var seccomp = context.at("/seccompProfile/type").asText("Unconfined");
        if (!seccomp.equals("Unconfined")) fields.add(at + ".seccompProfile");
        for (var field : List.of("appArmorProfile", "seLinuxOptions", "windowsOptions")) {
            if (context.has(field)) fields.add(at + "." + field);
        }
    }
}

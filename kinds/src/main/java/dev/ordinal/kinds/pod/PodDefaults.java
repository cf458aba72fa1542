package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.List;

/// Defaults of a pod's spec, in pods and in templates.
///
/// @see "upstream: pkg/apis/core/v1/defaults.go"
public final class PodDefaults {
    private PodDefaults() {}

    /// What pods and templates share.
    public static void fillTemplate(JsonNode specNode) {
        if (!(specNode instanceof ObjectNode spec)) return;
        absent(spec, "restartPolicy", "Always");
        absent(spec, "dnsPolicy", "ClusterFirst");
        absent(spec, "schedulerName", "default-scheduler");
        if (!spec.has("terminationGracePeriodSeconds"))
            spec.put("terminationGracePeriodSeconds", 30);
        if (!spec.has("securityContext")) spec.putObject("securityContext");
        var account = spec.path("serviceAccountName").asText();
        if (!account.isEmpty()) spec.put("serviceAccount", account);
        else if (!spec.path("serviceAccount").asText().isEmpty()) {
            spec.put("serviceAccountName", spec.path("serviceAccount").asText());
        }
        for (var list : List.of("initContainers", "containers", "ephemeralContainers")) {
            for (var container : spec.path(list)) fillContainer(container);
        }
        spec.path("volumes").forEach(PodDefaults::fillVolume);
    }

    private static void absent(ObjectNode object, String field, String value) {
        if (object.path(field).asText().isEmpty()) object.put(field, value);
    }

    private static void absent(ObjectNode object, String field, int value) {
        if (object.path(field).asInt() == 0) object.put(field, value);
    }

    private static void fillContainer(JsonNode node) {
        if (!(node instanceof ObjectNode container)) return;
        absent(container, "imagePullPolicy", latest(container) ? "Always" : "IfNotPresent");
        absent(container, "terminationMessagePath", "/dev/termination-log");
        absent(container, "terminationMessagePolicy", "File");
        for (var port : container.path("ports")) {
            if (port instanceof ObjectNode object) absent(object, "protocol", "TCP");
        }
        for (var probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
            if (container.path(probe) instanceof ObjectNode object) fillProbe(object);
        }
        fillAction(container.at("/lifecycle/postStart"));
        fillAction(container.at("/lifecycle/preStop"));
        for (var env : container.path("env")) {
            if (env.at("/valueFrom/fieldRef") instanceof ObjectNode ref) {
                absent(ref, "apiVersion", "v1");
            }
            if (env.at("/valueFrom/resourceFieldRef") instanceof ObjectNode ref
                    && !ref.has("divisor")) {
                ref.put("divisor", "0");
            }
        }
    }

    /// No tag or `latest`, and no digest.
    private static boolean latest(JsonNode container) {
        var image = container.path("image").asText();
        if (image.contains("@")) return false;
        var last = image.substring(image.lastIndexOf('/') + 1);
        int colon = last.indexOf(':');
        return colon < 0 || last.substring(colon + 1).equals("latest");
    }

    private static void fillProbe(ObjectNode probe) {
        absent(probe, "timeoutSeconds", 1);
        absent(probe, "periodSeconds", 10);
        absent(probe, "successThreshold", 1);
        absent(probe, "failureThreshold", 3);
        fillAction(probe);
        if (probe.path("grpc") instanceof ObjectNode grpc && !grpc.has("service")) {
            grpc.put("service", "");
        }
    }

    private static void fillAction(JsonNode action) {
        if (action.path("httpGet") instanceof ObjectNode get) {
            absent(get, "path", "/");
            absent(get, "scheme", "HTTP");
        }
    }

    private static void fillVolume(JsonNode node) {
        if (!(node instanceof ObjectNode volume)) return;
        if (volume.size() == 1) volume.putObject("emptyDir");
        for (var source : List.of("secret", "configMap", "downwardAPI", "projected")) {
            if (volume.path(source) instanceof ObjectNode object && !object.has("defaultMode")) {
                object.put("defaultMode", 0644);
            }
        }
        if (volume.path("hostPath") instanceof ObjectNode path && !path.has("type")) {
            path.put("type", "");
        }
        for (var item : volume.at("/downwardAPI/items")) fillFieldRef(item);
        for (var source : volume.at("/projected/sources")) {
            for (var item : source.at("/downwardAPI/items")) fillFieldRef(item);
            if (source.path("serviceAccountToken") instanceof ObjectNode token
                    && !token.has("expirationSeconds")) {
                token.put("expirationSeconds", 3600);
            }
        }
    }

    private static void fillFieldRef(JsonNode item) {
        if (item.path("fieldRef") instanceof ObjectNode ref) absent(ref, "apiVersion", "v1");
    }

    /// What only pods get.
    static void fillPod(ObjectNode pod) {
        if (!(pod.path("spec") instanceof ObjectNode spec)) return;
        fillTemplate(spec);
        if (!spec.has("enableServiceLinks")) spec.put("enableServiceLinks", true);
        boolean onHost = spec.path("hostNetwork").asBoolean();
        for (var list : List.of("initContainers", "containers")) {
            for (var container : spec.path(list)) {
                if (onHost) fillHostPorts(container.path("ports"));
                if (container.path("resources") instanceof ObjectNode resources) {
                    fillRequests(resources);
                }
            }
        }
    }

    private static void fillHostPorts(JsonNode ports) {
        for (var port : ports) {
            if (port instanceof ObjectNode object) {
                absent(object, "hostPort", object.path("containerPort").asInt());
            }
        }
    }

    /// A limit without a request asks for as much.
    private static void fillRequests(ObjectNode resources) {
        for (var limit : resources.path("limits").properties()) {
            if (!resources.path("requests").has(limit.getKey())) {
                resources.withObjectProperty("requests").set(limit.getKey(), limit.getValue());
            }
        }
    }
}

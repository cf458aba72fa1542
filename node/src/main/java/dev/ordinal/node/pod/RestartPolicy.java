package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

/// Whether a container that has ended is started again. Pure.
///
/// @see "upstream: pkg/kubelet/container, ShouldContainerBeRestarted; KEP-5307"
final class RestartPolicy {
    private RestartPolicy() {}

    /// The container's first rule for the exit code, else its policy, else the pod's.
    static boolean again(JsonNode pod, JsonNode container, int code) {
        for (var rule : container.path("restartPolicyRules")) {
            if (matches(rule.path("exitCodes"), code)) return true;
        }
        var usual = pod.at("/spec/restartPolicy").asText("Always");
        return switch (container.path("restartPolicy").asText(usual)) {
            case "Never" -> false;
            case "OnFailure" -> code != 0;
            default -> true;
        };
    }

    private static boolean matches(JsonNode codes, int code) {
        boolean listed = false;
        for (var value : codes.path("values")) listed |= value.asInt() == code;
        return codes.path("operator").asText().equals("NotIn") != listed;
    }

    /// An init container that runs beside the others.
    static boolean isSidecar(JsonNode initContainer) {
        return initContainer.path("restartPolicy").asText().equals("Always");
    }
}

package dev.ordinal.api;

import java.util.ArrayList;
import java.util.List;

/// Which container of a pod a request for its log or for a command in it means.
///
/// @see "upstream: validateContainer of pkg/registry/core/pod"
public final class PodContainers {
    private PodContainers() {}

    /// The named container, or the only one.
    ///
    /// @throws ApiException BadRequest: there is none of that name, or it is not clear which
    public static String named(Stored pod, String name) {
        var spec = pod.tree().path("spec");
        List<String> names = new ArrayList<>();
        for (var list : List.of("initContainers", "containers", "ephemeralContainers")) {
            spec.path(list).forEach(container -> names.add(container.path("name").asText()));
        }
        if (!name.isEmpty()) {
            if (names.contains(name)) return name;
            throw ApiException.badRequest(
                    "container %s is not valid for pod %s".formatted(name, pod.name()));
        }
        var containers = spec.path("containers");
        if (containers.size() == 1) return containers.path(0).path("name").asText();
        throw ApiException.badRequest(
                "a container name must be specified for pod %s, choose one of: [%s]"
                        .formatted(pod.name(), String.join(" ", names)));
    }

    public static boolean hasHost(Stored pod) {
        return !pod.tree().at("/spec/nodeName").asText().isEmpty();
    }

    /// @throws ApiException BadRequest: the pod has not been scheduled
    public static void requireHost(Stored pod) {
        if (hasHost(pod)) return;
        throw ApiException.badRequest("pod %s does not have a host assigned".formatted(pod.name()));
    }
}

package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.node.pod.PodStatusTree.Verdict;

import java.util.Optional;
import java.util.Set;

/// Pods that this node does not take: they have failed, and nothing tries again. Pure.
///
/// @see "upstream: pkg/kubelet/lifecycle and pkg/kubelet/sysctl"
final class PodRejection {
    /// Settings of the kernel that a pod may make for itself.
    private static final Set<String> SYSCTLS =
            Set.of(
                    "kernel.shm_rmid_forced",
                    "net.ipv4.ip_local_port_range",
                    "net.ipv4.ip_local_reserved_ports",
                    "net.ipv4.ip_unprivileged_port_start",
                    "net.ipv4.ping_group_range",
                    "net.ipv4.tcp_fin_timeout",
                    "net.ipv4.tcp_keepalive_intvl",
                    "net.ipv4.tcp_keepalive_probes",
                    "net.ipv4.tcp_keepalive_time",
                    "net.ipv4.tcp_rmem",
                    "net.ipv4.tcp_syncookies",
                    "net.ipv4.tcp_wmem");

    private PodRejection() {}

    static Optional<Verdict> of(JsonNode pod) {
        for (var sysctl : pod.at("/spec/securityContext/sysctls")) {
            var name = sysctl.path("name").asText().replace('/', '.');
            boolean known = SYSCTLS.contains(name);
            boolean hosts = name.startsWith("net.") && pod.at("/spec/hostNetwork").asBoolean();
            if (known && !hosts) continue;
            var why = known ? "not allowed with host net enabled" : "not allowlisted";
            return Optional.of(
                    new Verdict(
                            "SysctlForbidden", "forbidden sysctl: \"%s\" %s".formatted(name, why)));
        }
        if (pod.at("/spec/os/name").asText("linux").equals("linux")) return Optional.empty();
        var why = "Failed to admit pod as the OS field doesn't match node OS";
        return Optional.of(new Verdict("PodOSNotSupported", why));
    }
}

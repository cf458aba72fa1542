package dev.ordinal.kinds.scheduler;

import dev.ordinal.kinds.node.NodeTerms;
import dev.ordinal.kinds.node.Taints;
import dev.ordinal.kinds.scheduler.Refusal.Cause;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// What a node must have for a pod, apart from its claims.
///
/// @see "upstream: pkg/scheduler/framework/plugins"
final class Filters {
    private Filters() {}

    /// In upstream's order; the first one that refuses is heard.
    ///
    /// @param all every node
    /// @param storage refuses for the pod's claims
    /// @param namespaceLabels by the namespace's name
    static List<Filter> of(
            Pod pod,
            List<NodeLoad> all,
            Filter storage,
            Function<String, Map<String, String>> namespaceLabels) {
        var requests = Requests.of(pod);
        var ports = hostPorts(pod);
        return List.of(
                node -> cordon(pod, node),
                node -> taints(pod, node),
                node -> affinity(pod, node),
                node -> ports(ports, node),
                node -> room(requests, node),
                storage,
                Spread.of(pod, all),
                Company.of(pod, all, namespaceLabels));
    }

    private static Optional<Refusal> cordon(Pod pod, NodeLoad node) {
        if (!Boolean.TRUE.equals(node.node().getSpec().getUnschedulable())) return Optional.empty();
        if (Taints.tolerates(pod.getSpec().getTolerations(), Taints.UNSCHEDULABLE)) {
            return Optional.empty();
        }
        return Optional.of(Refusal.lasting(Cause.NODE, "node(s) were unschedulable"));
    }

    private static Optional<Refusal> taints(Pod pod, NodeLoad node) {
        boolean tolerated =
                Taints.keepingOff(node.node())
                        .allMatch(t -> Taints.tolerates(pod.getSpec().getTolerations(), t));
        return tolerated
                ? Optional.empty()
                : Optional.of(Refusal.lasting(Cause.NODE, "node(s) had untolerated taint(s)"));
    }

    private static Optional<Refusal> affinity(Pod pod, NodeLoad node) {
        return NodeTerms.suits(pod, node.node())
                ? Optional.empty()
                : Optional.of(
                        Refusal.lasting(
                                Cause.NODE, "node(s) didn't match Pod's node affinity/selector"));
    }

    private static List<ContainerPort> hostPorts(Pod pod) {
        var sidecars =
                pod.getSpec().getInitContainers().stream()
                        .filter(c -> "Always".equals(c.getRestartPolicy()));
        return Stream.concat(sidecars, pod.getSpec().getContainers().stream())
                .map(Container::getPorts)
                .flatMap(List::stream)
                .filter(port -> port.getHostPort() != null && port.getHostPort() > 0)
                .toList();
    }

    private static Optional<Refusal> ports(List<ContainerPort> wanted, NodeLoad node) {
        if (wanted.isEmpty()) return Optional.empty();
        boolean taken =
                node.pods().stream()
                        .flatMap(pod -> hostPorts(pod).stream())
                        .anyMatch(used -> wanted.stream().anyMatch(port -> collide(port, used)));
        return taken
                ? Optional.of(
                        Refusal.forPods(
                                Cause.ROOM,
                                "node(s) didn't have free ports for the requested pod ports"))
                : Optional.empty();
    }

    private static boolean collide(ContainerPort one, ContainerPort other) {
        return one.getHostPort().equals(other.getHostPort())
                && one.getProtocol().equals(other.getProtocol())
                && (everywhere(one)
                        || everywhere(other)
                        || one.getHostIP().equals(other.getHostIP()));
    }

    private static boolean everywhere(ContainerPort port) {
        return port.getHostIP() == null
                || port.getHostIP().isEmpty()
                || port.getHostIP().equals("0.0.0.0");
    }

    private static Optional<Refusal> room(Map<String, Long> requests, NodeLoad node) {
        List<String> reasons = new ArrayList<>();
        boolean otherPods = true;
        if (node.pods().size() + 1 > node.allocatable("pods")) reasons.add("Too many pods");
        for (var request : requests.entrySet()) {
            var resource = request.getKey();
            long wanted = request.getValue();
            if (wanted <= 0 || wanted <= node.allocatable(resource) - node.requested(resource)) {
                continue;
            }
            reasons.add("Insufficient " + resource);
            otherPods &= wanted <= node.allocatable(resource);
        }
        return reasons.isEmpty()
                ? Optional.empty()
                : Optional.of(new Refusal(reasons, Cause.ROOM, otherPods));
    }
}

package dev.ordinal.node.proxy;

import dev.ordinal.node.network.Cidr;
import dev.ordinal.node.proxy.Bind.Protocol;
import dev.ordinal.node.proxy.Bind.Side;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;

import org.jspecify.annotations.Nullable;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// What one Service wants of the proxy. Pure.
///
/// @param listeners in the order of the Service's ports
/// @param targets for each port
/// @param unsupported ports nothing is done for, as `5060/SCTP`
/// @see "upstream: pkg/proxy/topology.go, endpointslicecache.go"
record ServicePlan(
        Map<Bind, Listen> listeners, Map<PortId, Target> targets, List<String> unsupported) {
    static final String SERVICE_LABEL = "kubernetes.io/service-name";
    private static final String OTHER_PROXY = "service.kubernetes.io/service-proxy-name";
    private static final String HEADLESS = "service.kubernetes.io/headless";
    private static final ServicePlan NOTHING = new ServicePlan(Map.of(), Map.of(), List.of());
    private static final int AFFINITY_SECONDS = 10_800;

    /// A port of a Service: its name, empty for the only one, and protocol.
    record PortId(String name, Protocol protocol) {}

    /// @param sources clients that may connect; empty: all
    /// @param what for a message, as `node port`
    record Listen(PortId port, List<Cidr> sources, String what) {}

    /// Where listeners go besides the Service's own address.
    ///
    /// @param nodePorts addresses on which every node port is open
    /// @param balancer the Service's load-balancer address
    record Places(List<NodeAddress> nodePorts, Optional<String> balancer) {}

    record NodeAddress(Side side, String address) {}

    static ServicePlan of(
            @Nullable Service service, Collection<EndpointSlice> slices, Places places) {
        if (service == null || ignored(service)) return NOTHING;
        Map<Bind, Listen> listeners = new LinkedHashMap<>();
        Map<PortId, Target> targets = new LinkedHashMap<>();
        List<String> unsupported = new ArrayList<>();
        for (var port : orEmpty(service.getSpec().getPorts())) {
            if ("SCTP".equals(port.getProtocol())) {
                unsupported.add(port.getPort() + "/SCTP");
                continue;
            }
            var id = id(port);
            targets.put(id, target(id, slices, affinity(service)));
            listen(service, port, id, places, listeners);
        }
        return new ServicePlan(listeners, targets, unsupported);
    }

    private static boolean ignored(Service service) {
        var address = service.getSpec().getClusterIP();
        var labels = service.getMetadata().getLabels();
        return address == null
                || address.isEmpty()
                || address.equals("None")
                || "ExternalName".equals(service.getSpec().getType())
                || (labels != null && labels.containsKey(OTHER_PROXY));
    }

    private static PortId id(ServicePort port) {
        var name = Objects.requireNonNullElse(port.getName(), "");
        return new PortId(name, "UDP".equals(port.getProtocol()) ? Protocol.UDP : Protocol.TCP);
    }

    private static void listen(
            Service service,
            ServicePort port,
            PortId id,
            Places places,
            Map<Bind, Listen> listeners) {
        var address = service.getSpec().getClusterIP();
        var protocol = id.protocol();
        listeners.put(
                new Bind(Side.CLUSTER, address, port.getPort(), protocol),
                new Listen(id, List.of(), "cluster address"));
        if (port.getNodePort() != null && port.getNodePort() != 0) {
            for (var place : places.nodePorts()) {
                listeners.put(
                        new Bind(place.side(), place.address(), port.getNodePort(), protocol),
                        new Listen(id, List.of(), "node port"));
            }
        }
        places.balancer()
                .ifPresent(
                        balancer ->
                                listeners.put(
                                        new Bind(Side.HOST, balancer, port.getPort(), protocol),
                                        new Listen(id, sources(service), "load balancer")));
    }

    private static List<Cidr> sources(Service service) {
        List<Cidr> sources = new ArrayList<>();
        for (var range : orEmpty(service.getSpec().getLoadBalancerSourceRanges())) {
            if (!range.contains(":")) sources.add(Cidr.parse(range.strip()));
        }
        return sources;
    }

    private static Duration affinity(Service service) {
        var spec = service.getSpec();
        if (!"ClientIP".equals(spec.getSessionAffinity())) return Duration.ZERO;
        var config = spec.getSessionAffinityConfig();
        var client = config == null ? null : config.getClientIP();
        var seconds = client == null ? null : client.getTimeoutSeconds();
        return Duration.ofSeconds(seconds == null ? AFFINITY_SECONDS : seconds);
    }

    /// The union over all slices that have the port.
    static Target target(PortId id, Collection<EndpointSlice> slices, Duration affinity) {
        Set<InetSocketAddress> ready = new LinkedHashSet<>();
        Set<InetSocketAddress> draining = new LinkedHashSet<>();
        Set<InetSocketAddress> serving = new LinkedHashSet<>();
        for (var slice : slices) {
            var labels = slice.getMetadata().getLabels();
            if (!"IPv4".equals(slice.getAddressType())
                    || (labels != null && labels.containsKey(HEADLESS))) continue;
            for (var port : orEmpty(slice.getPorts())) {
                if (port.getPort() == null
                        || !id.name().equals(Objects.requireNonNullElse(port.getName(), ""))
                        || !id.protocol().name().equals(port.getProtocol())) continue;
                for (var endpoint : orEmpty(slice.getEndpoints())) {
                    if (orEmpty(endpoint.getAddresses()).isEmpty()) continue;
                    var at = Bind.socketAddress(endpoint.getAddresses().getFirst(), port.getPort());
                    var state = State.of(endpoint);
                    if (state.ready()) ready.add(at);
                    if (state.serving()) serving.add(at);
                    if (state.serving() && state.terminating()) draining.add(at);
                }
            }
        }
        serving.addAll(ready);
        var usable = ready.isEmpty() ? draining : ready;
        return new Target(List.copyOf(usable), serving, affinity);
    }

    /// Conditions that are not given count as ready, serving and not terminating.
    private record State(boolean ready, boolean serving, boolean terminating) {
        static State of(Endpoint endpoint) {
            var conditions = endpoint.getConditions();
            if (conditions == null) return new State(true, true, false);
            boolean ready = !Boolean.FALSE.equals(conditions.getReady());
            var serving = conditions.getServing();
            return new State(
                    ready,
                    serving == null ? ready : serving,
                    Boolean.TRUE.equals(conditions.getTerminating()));
        }
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }
}

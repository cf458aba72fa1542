package dev.ordinal.node.proxy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.control.Controller;
import dev.ordinal.control.ControllerLoop;
import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Lifetime;
import dev.ordinal.control.Types;
import dev.ordinal.node.network.ClusterNetwork;
import dev.ordinal.node.network.Sockets;
import dev.ordinal.node.proxy.Bind.Protocol;
import dev.ordinal.node.proxy.Bind.Side;
import dev.ordinal.node.proxy.ServicePlan.Listen;
import dev.ordinal.node.proxy.ServicePlan.NodeAddress;
import dev.ordinal.node.proxy.ServicePlan.Places;
import dev.ordinal.node.proxy.ServicePlan.PortId;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Listens for every Service and follows its EndpointSlices: on its cluster address inside the
/// cluster's network, on node ports and load-balancer addresses on the host.
///
/// Endpoints see connections come from the cluster's gateway, not from the client. A host address
/// that somebody else holds is a Warning event on the Service and is tried again every five
/// seconds.
public final class ServiceProxy implements Controller, AutoCloseable {
    /// The loadBalancerClass that asks for this proxy by name.
    public static final String CLASS = "ordinal.dev/loopback";

    private static final Logger LOG = LoggerFactory.getLogger(ServiceProxy.class);
    private static final WriteOptions WRITE = WriteOptions.by("kube-controller-manager");
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final Parts parts;
    private final Informer<Service> services;
    private final Informer<EndpointSlice> slices;
    private final LoadBalancerPool pool = new LoadBalancerPool(LoadBalancerPool.LOOPBACK);
    private final Connections connections = new Connections();
    private final Map<Bind, Open> open = new HashMap<>();
    private final Map<BalancerId, Balancer> balancers = new HashMap<>();
    private final Map<Key, Set<String>> complaints = new HashMap<>();
    private final Map<Key, Instant> retries = new HashMap<>();
    private final Map<Key, String> chosen = new HashMap<>();
    private final Map<Key, InetSocketAddress> onHost = new ConcurrentHashMap<>();
    private Consumer<Key> again = _ -> {};

    /// What the proxy works with.
    ///
    /// @param informers shared; the caller starts them before the proxy
    /// @param hostBind the address on which node ports are open besides the node's own
    /// @param events of component `service-controller` or `kube-proxy`
    public record Parts(
            Api api,
            Informers informers,
            ClusterNetwork network,
            String hostBind,
            EventRecorder events,
            InstantSource clock) {}

    private record Open(Key owner, Listener listener, PortId port, List<?> sources) {}

    private record BalancerId(Key service, PortId port) {}

    public ServiceProxy(Parts parts) {
        this.parts = parts;
        services = parts.informers().of(Types.SERVICES, Service.class);
        slices = parts.informers().of(Types.ENDPOINT_SLICES, EndpointSlice.class);
    }

    /// Follows the API until `life` ends; the listeners end with it.
    public void start(Lifetime life) {
        var loop = new ControllerLoop(this, parts.clock());
        life.own(this);
        loop.start(life, 1);
        for (var service : services.all()) again.accept(Key.of(service));
    }

    /// Leads a Service without selector to a program on the host, as the Service `kubernetes` to
    /// the API server.
    public void backend(Key service, InetSocketAddress address) {
        onHost.put(service, address);
        again.accept(service);
    }

    @Override
    public String name() {
        return "proxy";
    }

    @Override
    public void watch(Consumer<Key> look) {
        again = look;
        services.listen(change -> look.accept(Key.of(change.latest())));
        slices.listen(
                change ->
                        change.states()
                                .map(ServiceProxy::serviceOf)
                                .filter(Objects::nonNull)
                                .distinct()
                                .forEach(look));
    }

    private static @Nullable Key serviceOf(EndpointSlice slice) {
        var labels = slice.getMetadata().getLabels();
        var name = labels == null ? null : labels.get(ServicePlan.SERVICE_LABEL);
        return name == null ? null : new Key(slice.getMetadata().getNamespace(), name);
    }

    /// On the one worker thread, which owns all state.
    @Override
    public synchronized Optional<Duration> reconcile(Key key) throws InterruptedException {
        var service = services.get(key);
        Set<String> problems = new LinkedHashSet<>();
        var balancer =
                balanced(service) ? balancer(key, service, problems) : Optional.<String>empty();
        if (balancer.isEmpty()) chosen.remove(key);
        var plan = plan(key, service, balancer);
        plan.unsupported().forEach(port -> problems.add("port " + port + " is not supported"));
        boolean tryAgain = apply(key, plan, problems);
        if (service != null) {
            complain(key, service, problems);
            balancer.ifPresent(address -> announce(key, service, address));
        } else {
            complaints.remove(key);
            retries.remove(key);
        }
        tryAgain |= balanced(service) && balancer.isEmpty();
        return tryAgain ? retry(key) : Optional.empty();
    }

    /// One retry at a time, however often the Service changes.
    private Optional<Duration> retry(Key key) {
        var now = parts.clock().instant();
        var planned = retries.get(key);
        if (planned != null && planned.isAfter(now)) return Optional.empty();
        retries.put(key, now.plus(RETRY));
        return Optional.of(RETRY.plusMillis(1));
    }

    private ServicePlan plan(Key key, @Nullable Service service, Optional<String> balancer) {
        List<NodeAddress> nodePorts = new ArrayList<>();
        nodePorts.add(new NodeAddress(Side.HOST, parts.hostBind()));
        if (!parts.hostBind().equals("0.0.0.0")) {
            nodePorts.add(new NodeAddress(Side.HOST, parts.network().hostAddress()));
        }
        nodePorts.add(new NodeAddress(Side.CLUSTER, parts.network().gateway()));
        var mine =
                slices.in(key.namespace()).stream().filter(s -> key.equals(serviceOf(s))).toList();
        return ServicePlan.of(service, mine, new Places(nodePorts, balancer));
    }

    /// @return whether an address is taken
    private boolean apply(Key key, ServicePlan plan, Set<String> problems)
            throws InterruptedException {
        for (var bind : List.copyOf(open.keySet())) {
            var present = open.get(bind);
            if (present == null || !present.owner().equals(key)) continue;
            var wanted = plan.listeners().get(bind);
            if (wanted == null
                    || !wanted.port().equals(present.port())
                    || !wanted.sources().equals(present.sources())) close(bind);
        }
        balancers
                .keySet()
                .removeIf(id -> id.service().equals(key) && !plan.targets().containsKey(id.port()));
        plan.targets()
                .forEach((port, target) -> balancer(key, port).update(orOnHost(key, port, target)));
        boolean taken = false;
        for (var wanted : plan.listeners().entrySet()) {
            taken |= !listen(key, wanted.getKey(), wanted.getValue(), problems);
        }
        return taken;
    }

    private Target orOnHost(Key key, PortId port, Target target) {
        var address = onHost.get(key);
        if (address == null || port.protocol() != Protocol.TCP) return target;
        return new Target(List.of(address), Set.of(address), target.affinity());
    }

    private Balancer balancer(Key key, PortId port) {
        return balancers.computeIfAbsent(
                new BalancerId(key, port), _ -> new Balancer(parts.clock()));
    }

    private boolean listen(Key key, Bind bind, Listen wanted, Set<String> problems)
            throws InterruptedException {
        var present = open.get(bind);
        if (present != null && !present.owner().equals(key)) {
            reconcile(present.owner()); // it may have let go of the address already
            present = open.get(bind);
            if (present != null) {
                problems.add(
                        "%s %s belongs to Service %s"
                                .formatted(wanted.what(), bind, present.owner()));
                return false;
            }
        }
        try {
            if (present == null) {
                present = new Open(key, open(bind, key, wanted), wanted.port(), wanted.sources());
                open.put(bind, present);
            }
            present.listener().update();
            return true;
        } catch (IOException failure) {
            problems.add("%s %s: %s".formatted(wanted.what(), bind, failure.getMessage()));
            return false;
        }
    }

    private Listener open(Bind bind, Key key, Listen wanted) throws IOException {
        var here = bind.side() == Side.CLUSTER ? parts.network().sockets() : Sockets.host();
        var balancer = balancer(key, wanted.port());
        return bind.protocol() == Protocol.UDP
                ? new UdpListener(bind, here, this::toward, balancer)
                : new TcpListener(
                        bind, here, this::toward, balancer, wanted.sources(), connections);
    }

    /// Pods are reached inside the cluster, all else as the host reaches it.
    private Sockets toward(InetAddress endpoint) {
        var network = parts.network();
        return network.podCidr().contains(endpoint) ? network.sockets() : Sockets.host();
    }

    private void close(Bind bind) {
        var gone = open.remove(bind);
        if (gone == null) return;
        try {
            gone.listener().close();
        } catch (IOException failure) {
            LOG.warn("closing {}", bind, failure);
        }
    }

    private static boolean balanced(@Nullable Service service) {
        if (service == null || !"LoadBalancer".equals(service.getSpec().getType())) return false;
        var asked = service.getSpec().getLoadBalancerClass();
        return asked == null || asked.equals(CLASS);
    }

    /// The Service's own loopback address: the one in its status, else the first on which all of
    /// its ports are free.
    private Optional<String> balancer(Key key, @Nullable Service service, Set<String> problems) {
        if (service == null) return Optional.empty();
        var known = Optional.ofNullable(chosen.get(key)).or(() -> published(service));
        if (known.isPresent()) {
            chosen.put(key, known.get());
            return known;
        }
        Set<String> taken = new HashSet<>(chosen.values());
        services.all().forEach(other -> published(other).ifPresent(taken::add));
        var candidates = pool.candidates(service.getMetadata().getUid(), taken);
        for (var candidate : candidates) {
            if (free(service, candidate)) {
                chosen.put(key, candidate);
                return Optional.of(candidate);
            }
        }
        problems.add(
                "no load-balancer address: the Service's ports are in use on %d addresses from %s"
                        .formatted(candidates.size(), candidates.getFirst()));
        return Optional.empty();
    }

    private Optional<String> published(Service service) {
        var status = service.getStatus();
        var balancer = status == null ? null : status.getLoadBalancer();
        if (balancer == null || balancer.getIngress() == null) return Optional.empty();
        return balancer.getIngress().stream()
                .map(ingress -> ingress.getIp())
                .filter(ip -> ip != null && !ip.contains(":") && pool.contains(ip))
                .findFirst();
    }

    private static boolean free(Service service, String address) {
        for (var port : service.getSpec().getPorts()) {
            var at = Bind.socketAddress(address, port.getPort());
            try {
                switch (port.getProtocol()) {
                    case "TCP" -> Sockets.host().listen(at, 1).close();
                    case "UDP" -> Sockets.host().datagramSocket(at).close();
                    default -> {}
                }
            } catch (IOException _) {
                return false;
            }
        }
        return true;
    }

    /// Says where the load balancer is, unless the status says so already.
    private void announce(Key key, Service service, String address) {
        if (published(service).isPresent()) return;
        var patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("metadata").put("uid", service.getMetadata().getUid());
        patch.putObject("status")
                .putObject("loadBalancer")
                .putArray("ingress")
                .addObject()
                .put("ip", address)
                .put("ipMode", "VIP");
        parts.api()
                .patch(
                        Types.SERVICES,
                        key.namespace(),
                        key.name(),
                        "status",
                        new Api.Patch(
                                Api.Patch.MERGE, patch.toString().getBytes(StandardCharsets.UTF_8)),
                        WRITE);
        parts.events().normal(service, "EnsuredLoadBalancer", "Ensured load balancer");
    }

    private void complain(Key key, Service service, Set<String> problems) {
        var before = complaints.getOrDefault(key, Set.of());
        for (var problem : problems) {
            if (before.contains(problem)) continue;
            LOG.warn("Service {}: {}", key, problem);
            parts.events().warning(service, "ListenFailed", problem);
        }
        if (problems.isEmpty()) complaints.remove(key);
        else complaints.put(key, problems);
    }

    /// Stops listening and cuts what passes through.
    @Override
    public synchronized void close() {
        List.copyOf(open.keySet()).forEach(this::close);
        connections.close();
    }
}

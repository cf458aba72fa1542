package dev.ordinal.kinds.endpointslice;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Trees;
import dev.ordinal.control.Controller;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Selectors;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.pod.PodFacts;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Keeps the EndpointSlices of Services that select pods: at most 100 endpoints a slice, one set of
/// slices for each distinct list of resolved ports.
///
/// @see "upstream: staging endpointslice/reconciler.go"
public final class EndpointSliceController implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-controller-manager");
    private static final String SERVICE = "kubernetes.io/service-name";
    private static final String MANAGER = "endpointslice-controller.k8s.io";
    private static final int ENDPOINTS_MAX = 100;

    private final Api api;
    private final Informer<Service> services;
    private final Informer<Pod> pods;
    private final Informer<EndpointSlice> slices;
    private final Informer<Node> nodes;
    private volatile long lastWrite;

    public EndpointSliceController(Api api, Informers informers) {
        this.api = api;
        services = informers.of(Types.SERVICES, Service.class);
        pods = informers.of(Types.PODS, Pod.class);
        slices = informers.of(Types.ENDPOINT_SLICES, EndpointSlice.class);
        nodes = informers.of(Types.NODES, Node.class);
    }

    @Override
    public String name() {
        return "endpointslice";
    }

    @Override
    public void watch(Consumer<Key> again) {
        services.listen(change -> again.accept(Key.of(change.latest())));
        pods.listen(
                change -> {
                    var namespace = change.latest().getMetadata().getNamespace();
                    for (var service : services.in(namespace)) {
                        if (change.states().anyMatch(pod -> selects(service, pod))) {
                            again.accept(Key.of(service));
                        }
                    }
                });
        nodes.listen(
                change -> {
                    if (change.states().map(EndpointSliceController::zone).distinct().count() < 2
                            && change.states().count() > 1) return;
                    services.all().forEach(service -> again.accept(Key.of(service)));
                });
        slices.listen(
                change -> {
                    var slice = change.latest().getMetadata();
                    var service = slice.getLabels() == null ? null : slice.getLabels().get(SERVICE);
                    if (service != null) again.accept(new Key(slice.getNamespace(), service));
                });
    }

    /// Empty: it is not known.
    private static String zone(Node node) {
        var labels = node.getMetadata().getLabels();
        return labels == null ? "" : labels.getOrDefault("topology.kubernetes.io/zone", "");
    }

    private String zone(Pod pod) {
        var name = pod.getSpec().getNodeName();
        var node = name == null ? null : nodes.get(new Key("", name));
        return node == null ? "" : zone(node);
    }

    private static boolean selects(Service service, Pod pod) {
        var selector = service.getSpec().getSelector();
        var labels = pod.getMetadata().getLabels();
        return selector != null
                && !selector.isEmpty()
                && Selectors.includes(labels == null ? Map.of() : labels, selector);
    }

    @Override
    public Optional<Duration> reconcile(Key key) throws InterruptedException {
        slices.await(lastWrite);
        var service = services.get(key);
        var mine = mine(key);
        if (service == null
                || service.getSpec().getSelector() == null
                || service.getSpec().getSelector().isEmpty()
                || "ExternalName".equals(service.getSpec().getType())) {
            if (service == null) mine.forEach(this::delete);
            return Optional.empty();
        }
        var wanted = wanted(service);
        for (int i = 0; i < wanted.size(); i++) {
            if (i < mine.size()) update(mine.get(i), wanted.get(i));
            else create(service, wanted.get(i));
        }
        mine.stream().skip(wanted.size()).forEach(this::delete);
        return Optional.empty();
    }

    private List<EndpointSlice> mine(Key key) {
        return slices.in(key.namespace()).stream()
                .filter(
                        slice -> {
                            var labels = slice.getMetadata().getLabels();
                            return labels != null
                                    && key.name().equals(labels.get(SERVICE))
                                    && MANAGER.equals(
                                            labels.get("endpointslice.kubernetes.io/managed-by"));
                        })
                .toList();
    }

    /// What the slices of a Service should hold, without names.
    private List<ObjectNode> wanted(Service service) {
        Map<String, List<Pod>> byPorts = new TreeMap<>();
        Map<String, ArrayNode> portLists = new TreeMap<>();
        for (var pod : pods.in(service.getMetadata().getNamespace())) {
            if (!selects(service, pod) || address(pod).isEmpty() || PodFacts.ended(pod)) continue;
            var ports = ports(service, pod);
            byPorts.computeIfAbsent(ports.toString(), _ -> new ArrayList<>()).add(pod);
            portLists.put(ports.toString(), ports);
        }
        List<ObjectNode> wanted = new ArrayList<>();
        byPorts.forEach(
                (text, group) -> {
                    group.sort(Comparator.comparing(pod -> pod.getMetadata().getName()));
                    for (int from = 0; from < group.size(); from += ENDPOINTS_MAX) {
                        var part =
                                group.subList(from, Math.min(from + ENDPOINTS_MAX, group.size()));
                        wanted.add(
                                slice(service, Objects.requireNonNull(portLists.get(text)), part));
                    }
                });
        if (wanted.isEmpty())
            wanted.add(slice(service, JsonNodeFactory.instance.arrayNode(), List.of()));
        return wanted;
    }

    private static String address(Pod pod) {
        var status = pod.getStatus();
        return status == null || status.getPodIP() == null ? "" : status.getPodIP();
    }

    private static ArrayNode ports(Service service, Pod pod) {
        var ports = JsonNodeFactory.instance.arrayNode();
        if (service.getSpec().getPorts() == null) return ports;
        for (var port : service.getSpec().getPorts()) {
            resolve(port, pod)
                    .ifPresent(
                            number -> {
                                var entry = ports.addObject();
                                entry.put("name", port.getName() == null ? "" : port.getName());
                                entry.put("port", number).put("protocol", port.getProtocol());
                                if (port.getAppProtocol() != null) {
                                    entry.put("appProtocol", port.getAppProtocol());
                                }
                            });
        }
        return ports;
    }

    /// A number, or the container port of that name.
    private static Optional<Integer> resolve(ServicePort port, Pod pod) {
        var target = port.getTargetPort();
        if (target == null) return Optional.of(port.getPort());
        if (target.getIntVal() != null) return Optional.of(target.getIntVal());
        var sidecars =
                Objects.requireNonNullElse(pod.getSpec().getInitContainers(), List.<Container>of())
                        .stream()
                        .filter(container -> "Always".equals(container.getRestartPolicy()));
        return Stream.concat(pod.getSpec().getContainers().stream(), sidecars)
                .filter(container -> container.getPorts() != null)
                .flatMap(container -> container.getPorts().stream())
                .filter(
                        named ->
                                target.getStrVal().equals(named.getName())
                                        && port.getProtocol().equals(named.getProtocol()))
                .map(ContainerPort::getContainerPort)
                .findFirst();
    }

    private ObjectNode slice(Service service, ArrayNode ports, List<Pod> group) {
        var slice = JsonNodeFactory.instance.objectNode();
        var labels = slice.putObject("metadata").putObject("labels");
        if (service.getMetadata().getLabels() != null) {
            service.getMetadata().getLabels().forEach(labels::put);
        }
        labels.put(SERVICE, service.getMetadata().getName());
        labels.put("endpointslice.kubernetes.io/managed-by", MANAGER);
        if ("None".equals(service.getSpec().getClusterIP())) {
            labels.put("service.kubernetes.io/headless", "");
        }
        slice.put("addressType", "IPv4");
        slice.set("ports", ports);
        var endpoints = slice.putArray("endpoints");
        group.forEach(pod -> endpoint(endpoints.addObject(), service, pod));
        return slice;
    }

    private void endpoint(ObjectNode endpoint, Service service, Pod pod) {
        endpoint.putArray("addresses").add(address(pod));
        var zone = zone(pod);
        if (!zone.isEmpty()) endpoint.put("zone", zone);
        boolean serving = PodFacts.ready(pod);
        boolean terminating = PodFacts.terminating(pod);
        boolean always = Boolean.TRUE.equals(service.getSpec().getPublishNotReadyAddresses());
        endpoint.putObject("conditions")
                .put("ready", always || (serving && !terminating))
                .put("serving", serving)
                .put("terminating", terminating);
        if (always || (serving && !terminating)) hint(endpoint, service, pod, zone);
        var hostname = pod.getSpec().getHostname();
        if (hostname != null
                && !hostname.isEmpty()
                && service.getMetadata().getName().equals(pod.getSpec().getSubdomain())) {
            endpoint.put("hostname", hostname);
        }
        if (pod.getSpec().getNodeName() != null)
            endpoint.put("nodeName", pod.getSpec().getNodeName());
        endpoint.putObject("targetRef")
                .put("kind", "Pod")
                .put("namespace", pod.getMetadata().getNamespace())
                .put("name", pod.getMetadata().getName())
                .put("uid", pod.getMetadata().getUid());
    }

    /// Whom traffic should come from, when the Service says so.
    private static void hint(ObjectNode endpoint, Service service, Pod pod, String zone) {
        var wish = service.getSpec().getTrafficDistribution();
        if (wish == null || wish.isEmpty()) return;
        var hints = JsonNodeFactory.instance.objectNode();
        if (!zone.isEmpty()) hints.putArray("forZones").addObject().put("name", zone);
        var node = pod.getSpec().getNodeName();
        if (wish.equals("PreferSameNode") && node != null) {
            hints.putArray("forNodes").addObject().put("name", node);
        }
        if (!hints.isEmpty()) endpoint.set("hints", hints);
    }

    private void create(Service service, ObjectNode slice) {
        var metadata = (ObjectNode) slice.path("metadata");
        metadata.put("generateName", service.getMetadata().getName() + "-");
        metadata.putArray("ownerReferences")
                .addObject()
                .put("apiVersion", "v1")
                .put("kind", "Service")
                .put("name", service.getMetadata().getName())
                .put("uid", service.getMetadata().getUid())
                .put("controller", true)
                .put("blockOwnerDeletion", true);
        var written =
                api.create(
                        Types.ENDPOINT_SLICES,
                        service.getMetadata().getNamespace(),
                        new Api.Body.Tree(slice),
                        WRITE);
        lastWrite = written.object().revision();
    }

    private void update(EndpointSlice stored, ObjectNode wanted) {
        var key = Key.of(stored);
        var known = slices.stored(key);
        if (known == null) return;
        var copy = known.copy();
        boolean same = true;
        for (var field : List.of("ports", "endpoints")) {
            same &= sameList(copy.path(field), wanted.path(field));
            copy.set(field, wanted.path(field));
        }
        same &= Trees.same(copy.at("/metadata/labels"), wanted.at("/metadata/labels"));
        if (same) return;
        ((ObjectNode) copy.path("metadata")).set("labels", wanted.at("/metadata/labels"));
        var written =
                api.update(
                        Types.ENDPOINT_SLICES,
                        key.namespace(),
                        key.name(),
                        null,
                        new Api.Body.Tree(copy),
                        WRITE);
        lastWrite = written.object().revision();
    }

    private static boolean sameList(JsonNode stored, JsonNode wanted) {
        return (stored.isNull() && wanted.isEmpty()) || Trees.same(stored, wanted);
    }

    private void delete(EndpointSlice slice) {
        try {
            var deleted =
                    api.delete(
                            Types.ENDPOINT_SLICES,
                            slice.getMetadata().getNamespace(),
                            slice.getMetadata().getName(),
                            DeleteOptions.DEFAULT);
            lastWrite = deleted.object().revision();
        } catch (ApiException refused) {
            if (refused.code() != 404) throw refused;
        }
    }
}

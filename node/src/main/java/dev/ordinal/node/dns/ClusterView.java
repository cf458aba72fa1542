package dev.ordinal.node.dns;

import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Types;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;

import java.util.Collection;
import java.util.Optional;

/// The zone's view through caches of the API.
public final class ClusterView implements Zone.View {
    private final Informer<Namespace> namespaces;
    private final Informer<Service> services;
    private final Informer<EndpointSlice> slices;

    /// @param informers which the caller starts
    public ClusterView(Informers informers) {
        namespaces = informers.of(Types.NAMESPACES, Namespace.class);
        services = informers.of(Types.SERVICES, Service.class);
        slices = informers.of(Types.ENDPOINT_SLICES, EndpointSlice.class);
    }

    @Override
    public boolean namespace(String name) {
        return namespaces.get("", name) != null;
    }

    @Override
    public Optional<Service> service(String namespace, String name) {
        return Optional.ofNullable(services.get(namespace, name));
    }

    @Override
    public Collection<Service> services() {
        return services.all();
    }

    @Override
    public Collection<EndpointSlice> slices(String namespace, String service) {
        return slices.in(namespace).stream()
                .filter(
                        slice ->
                                slice.getMetadata().getLabels() != null
                                        && service.equals(
                                                slice.getMetadata()
                                                        .getLabels()
                                                        .get("kubernetes.io/service-name")))
                .toList();
    }

    @Override
    public Collection<EndpointSlice> slices() {
        return slices.all();
    }
}

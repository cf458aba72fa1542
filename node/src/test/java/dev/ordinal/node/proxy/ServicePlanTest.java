package dev.ordinal.node.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.node.network.Cidr;
import dev.ordinal.node.proxy.Bind.Protocol;
import dev.ordinal.node.proxy.Bind.Side;
import dev.ordinal.node.proxy.ServicePlan.Listen;
import dev.ordinal.node.proxy.ServicePlan.NodeAddress;
import dev.ordinal.node.proxy.ServicePlan.Places;
import dev.ordinal.node.proxy.ServicePlan.PortId;
import dev.ordinal.testing.Rule;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class ServicePlanTest {
    private static final PortId HTTP = new PortId("http", Protocol.TCP);
    private static final Places PLACES =
            new Places(List.of(new NodeAddress(Side.HOST, "127.0.0.1")), Optional.empty());

    private static ServiceBuilder service(String type, String address) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName("web")
                .endMetadata()
                .withNewSpec()
                .withType(type)
                .withClusterIP(address)
                .addNewPort()
                .withName("http")
                .withProtocol("TCP")
                .withPort(80)
                .endPort()
                .endSpec();
    }

    /// @param states an address each, with `+` ready, `-` not ready, `~` terminating and serving
    private static EndpointSlice slice(String port, int number, String... states) {
        var slice =
                new EndpointSliceBuilder()
                        .withNewMetadata()
                        .withName("web-1")
                        .endMetadata()
                        .withAddressType("IPv4")
                        .addNewPort()
                        .withName(port)
                        .withProtocol("TCP")
                        .withPort(number)
                        .endPort();
        for (var state : states) {
            boolean ready = state.startsWith("+");
            slice.addNewEndpoint()
                    .withAddresses(state.substring(1))
                    .withNewConditions()
                    .withReady(ready)
                    .withServing(!state.startsWith("-"))
                    .withTerminating(state.startsWith("~"))
                    .endConditions()
                    .endEndpoint();
        }
        return slice.build();
    }

    private static List<String> usable(EndpointSlice... slices) {
        return ServicePlan.target(HTTP, List.of(slices), Duration.ZERO).usable().stream()
                .map(ServicePlanTest::text)
                .toList();
    }

    private static String text(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    private static List<String> listeners(@Nullable Service service) {
        return ServicePlan.of(service, List.of(), PLACES).listeners().keySet().stream()
                .map(bind -> bind.side() + " " + bind)
                .toList();
    }

    @Rule("services 6")
    @Test
    void aServiceWithAnAddressIsListenedFor() {
        assertThat(listeners(service("ClusterIP", "10.96.1.2").build()))
                .containsExactly("CLUSTER 10.96.1.2:80/TCP");
        assertThat(listeners(service("ClusterIP", "None").build())).isEmpty();
        assertThat(listeners(service("ExternalName", "").build())).isEmpty();
        assertThat(listeners(null)).isEmpty();
    }

    @Rule({"services 6", "services 7.8"})
    @Test
    void nodePortsAreOpenOnTheNodesAddresses() {
        var service =
                service("NodePort", "10.96.1.2")
                        .editSpec()
                        .editFirstPort()
                        .withNodePort(30_080)
                        .endPort()
                        .withLoadBalancerSourceRanges("10.0.0.0/8")
                        .endSpec()
                        .build();
        assertThat(listeners(service))
                .containsExactly("CLUSTER 10.96.1.2:80/TCP", "HOST 127.0.0.1:30080/TCP");
        assertThat(ServicePlan.of(service, List.of(), PLACES).listeners().values())
                .as("ranges are for load balancers")
                .extracting(Listen::sources)
                .containsOnly(List.of());
    }

    @Rule("services 7.8")
    @Test
    void aLoadBalancerLetsItsRangesIn() {
        var service =
                service("LoadBalancer", "10.96.1.2")
                        .editSpec()
                        .withLoadBalancerSourceRanges(" 127.0.0.0/8 ")
                        .endSpec()
                        .build();
        var places = new Places(List.of(), Optional.of("127.96.0.1"));
        var plan = ServicePlan.of(service, List.of(), places);
        var listen = plan.listeners().get(new Bind(Side.HOST, "127.96.0.1", 80, Protocol.TCP));
        assertThat(listen).isNotNull();
        assertThat(listen.sources()).containsExactly(Cidr.parse("127.0.0.0/8"));
    }

    @Rule("services 6.3")
    @Test
    void whatBelongsToAnotherProxyIsLetAlone() {
        var service =
                service("ClusterIP", "10.96.1.2")
                        .editMetadata()
                        .addToLabels("service.kubernetes.io/service-proxy-name", "other")
                        .endMetadata()
                        .build();
        assertThat(listeners(service)).isEmpty();
        var slice =
                new EndpointSliceBuilder(slice("http", 8080, "+10.244.0.5"))
                        .editMetadata()
                        .withLabels(Map.of("service.kubernetes.io/headless", ""))
                        .endMetadata()
                        .build();
        assertThat(usable(slice)).isEmpty();
    }

    @Rule("services 7.1")
    @Test
    void endpointsOfAllSlicesWithThePortCount() {
        var odd =
                new EndpointSliceBuilder(slice("http", 1, "+10.244.0.9"))
                        .withAddressType("FQDN")
                        .build();
        var any = slice("http", 1, "+10.244.0.8");
        any.getPorts().getFirst().setPort(null);
        assertThat(
                        usable(
                                slice("http", 8080, "+10.244.0.5"),
                                slice("http", 9090, "+10.244.0.6"),
                                slice("http", 8080, "+10.244.0.5"),
                                slice("other", 1, "+10.244.0.7"),
                                odd,
                                any))
                .containsExactly("10.244.0.5:8080", "10.244.0.6:9090");
        var silent = slice("http", 8080, "+10.244.0.5");
        silent.getEndpoints().getFirst().setConditions(null);
        assertThat(usable(silent)).containsExactly("10.244.0.5:8080");
    }

    @Rule("services 7.2")
    @Test
    void terminatingEndpointsServeWhenNobodyIsReady() {
        assertThat(usable(slice("http", 80, "+10.244.0.5", "~10.244.0.6", "-10.244.0.7")))
                .containsExactly("10.244.0.5:80");
        assertThat(usable(slice("http", 80, "~10.244.0.6", "-10.244.0.7")))
                .containsExactly("10.244.0.6:80");
        assertThat(usable(slice("http", 80, "-10.244.0.7"))).isEmpty();
    }

    @Rule("services 7.11")
    @Test
    void sctpIsToldToBeUnsupported() {
        var service =
                service("ClusterIP", "10.96.1.2")
                        .editSpec()
                        .editFirstPort()
                        .withProtocol("SCTP")
                        .endPort()
                        .endSpec()
                        .build();
        var plan = ServicePlan.of(service, List.of(), PLACES);
        assertThat(plan.unsupported()).containsExactly("80/SCTP");
        assertThat(plan.listeners()).isEmpty();
    }
}

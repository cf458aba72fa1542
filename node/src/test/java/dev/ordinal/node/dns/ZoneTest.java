package dev.ordinal.node.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.node.network.Cidr;
import dev.ordinal.testing.Rule;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;

import org.junit.jupiter.api.Test;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class ZoneTest {
    private static final Service PLAIN =
            new ServiceBuilder()
                    .withNewMetadata()
                    .withNamespace("shop")
                    .withName("web")
                    .endMetadata()
                    .withNewSpec()
                    .withType("ClusterIP")
                    .withClusterIP("10.96.1.2")
                    .addNewPort()
                    .withName("http")
                    .withProtocol("TCP")
                    .withPort(80)
                    .endPort()
                    .endSpec()
                    .build();
    private static final Service HEADLESS =
            new ServiceBuilder()
                    .withNewMetadata()
                    .withNamespace("shop")
                    .withName("db")
                    .endMetadata()
                    .withNewSpec()
                    .withType("ClusterIP")
                    .withClusterIP("None")
                    .endSpec()
                    .build();
    private static final Service ELSEWHERE = alias("away", "example.org");
    private static final Service ALIAS = alias("alias", "web.shop.svc.cluster.local.");
    private static final Service LOOP = alias("loop", "loop.shop.svc.cluster.local");
    private static final EndpointSlice SLICE =
            new EndpointSliceBuilder()
                    .withNewMetadata()
                    .withNamespace("shop")
                    .withName("db-1")
                    .withLabels(Map.of("kubernetes.io/service-name", "db"))
                    .endMetadata()
                    .addNewPort()
                    .withName("sql")
                    .withProtocol("TCP")
                    .withPort(5432)
                    .endPort()
                    .addNewEndpoint()
                    .withAddresses("10.244.0.5")
                    .withHostname("db-0")
                    .withNewConditions()
                    .withReady(true)
                    .endConditions()
                    .endEndpoint()
                    .addNewEndpoint()
                    .withAddresses("10.244.0.6")
                    .withHostname("db-1")
                    .withNewConditions()
                    .withReady(false)
                    .endConditions()
                    .endEndpoint()
                    .addNewEndpoint()
                    .withAddresses("10.244.0.7")
                    .endEndpoint()
                    .build();

    private final Zone zone =
            new Zone(
                    new Zone.View() {
                        @Override
                        public boolean namespace(String name) {
                            return name.equals("shop");
                        }

                        @Override
                        public Optional<Service> service(String namespace, String name) {
                            return services().stream()
                                    .filter(s -> s.getMetadata().getName().equals(name))
                                    .findFirst();
                        }

                        @Override
                        public Collection<Service> services() {
                            return List.of(PLAIN, HEADLESS, ELSEWHERE, ALIAS, LOOP);
                        }

                        @Override
                        public Collection<EndpointSlice> slices(String namespace, String service) {
                            return service.equals("db") ? List.of(SLICE) : List.of();
                        }

                        @Override
                        public Collection<EndpointSlice> slices() {
                            return List.of(SLICE);
                        }
                    },
                    Cidr.parse("10.244.0.0/16"),
                    Cidr.parse("10.96.0.0/16"));

    private static Service alias(String name, String target) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withType("ExternalName")
                .withExternalName(target)
                .endSpec()
                .build();
    }

    private String ask(String name, int type) throws Exception {
        var answer = zone.answer(Name.fromString(name), type);
        if (answer.isEmpty()) return "elsewhere";
        if (answer.get().code() == Rcode.NXDOMAIN) return "unknown";
        return String.join(
                " ", answer.get().records().stream().map(Record::rdataToString).sorted().toList());
    }

    @Rule({"services 6", "services 8.1"})
    @Test
    void servicesHaveTheirAddress() throws Exception {
        assertThat(ask("web.shop.svc.cluster.local.", Type.A)).isEqualTo("10.96.1.2");
        assertThat(ask("WEB.Shop.svc.CLUSTER.local.", Type.A)).isEqualTo("10.96.1.2");
        assertThat(ask("web.shop.svc.cluster.local.", Type.AAAA)).isEmpty();
        assertThat(ask("_http._tcp.web.shop.svc.cluster.local.", Type.SRV))
                .isEqualTo("0 100 80 web.shop.svc.cluster.local.");
        assertThat(ask("_http._tcp.web.shop.svc.cluster.local.", Type.A)).isEqualTo("10.96.1.2");
        assertThat(ask("2.1.96.10.in-addr.arpa.", Type.PTR))
                .isEqualTo("web.shop.svc.cluster.local.");
    }

    @Rule({"statefulset 2.6", "services 6", "services 8.1", "services 8.2", "services 8.3"})
    @Test
    void headlessOnesHaveThoseOfTheirReadyPods() throws Exception {
        assertThat(ask("db.shop.svc.cluster.local.", Type.A)).isEqualTo("10.244.0.5 10.244.0.7");
        assertThat(ask("db-0.db.shop.svc.cluster.local.", Type.A)).isEqualTo("10.244.0.5");
        assertThat(ask("db-1.db.shop.svc.cluster.local.", Type.A))
                .as("not ready")
                .isEqualTo("unknown");
        assertThat(ask("10-244-0-7.db.shop.svc.cluster.local.", Type.A)).isEqualTo("10.244.0.7");
        assertThat(ask("_sql._tcp.db.shop.svc.cluster.local.", Type.SRV))
                .isEqualTo(
                        "0 50 5432 10-244-0-7.db.shop.svc.cluster.local. 0 50 5432"
                                + " db-0.db.shop.svc.cluster.local.");
        assertThat(ask("5.0.244.10.in-addr.arpa.", Type.PTR))
                .isEqualTo("db-0.db.shop.svc.cluster.local.");
    }

    @Rule({"services 6", "services 8.1"})
    @Test
    void externalNamesAreAliases() throws Exception {
        assertThat(ask("away.shop.svc.cluster.local.", Type.A)).isEqualTo("example.org.");
        assertThat(ask("away.shop.svc.cluster.local.", Type.CNAME)).isEqualTo("example.org.");
        assertThat(ask("alias.shop.svc.cluster.local.", Type.A))
                .isEqualTo("10.96.1.2 web.shop.svc.cluster.local.");
        assertThat(ask("alias.shop.svc.cluster.local.", Type.CNAME))
                .isEqualTo("web.shop.svc.cluster.local.");
        assertThat(ask("loop.shop.svc.cluster.local.", Type.A))
                .startsWith("loop.shop.svc.cluster.local.");
    }

    @Rule("services 8.1")
    @Test
    void podsHaveDashedNames() throws Exception {
        assertThat(ask("10-244-0-9.shop.pod.cluster.local.", Type.A)).isEqualTo("10.244.0.9");
        assertThat(ask("10-244-0-999.shop.pod.cluster.local.", Type.A)).isEqualTo("unknown");
        assertThat(ask("10-244-0-9.none.pod.cluster.local.", Type.A)).isEqualTo("unknown");
        assertThat(ask("nonsense.shop.pod.cluster.local.", Type.A)).isEqualTo("unknown");
    }

    @Rule({"services 8.4", "services 8.5", "services 8.6"})
    @Test
    void whatIsNotThereIsUnknownAndTheRestIsElsewhere() throws Exception {
        assertThat(ask("none.shop.svc.cluster.local.", Type.A)).isEqualTo("unknown");
        assertThat(ask("web.none.svc.cluster.local.", Type.A)).isEqualTo("unknown");
        assertThat(ask("a.b.c.d.web.shop.svc.cluster.local.", Type.A)).isEqualTo("unknown");
        assertThat(ask("svc.cluster.local.", Type.A)).isEmpty();
        assertThat(ask("shop.svc.cluster.local.", Type.A)).isEmpty();
        assertThat(ask("none.svc.cluster.local.", Type.A)).isEqualTo("unknown");
        assertThat(ask("web.shop.odd.cluster.local.", Type.A)).isEqualTo("unknown");
        assertThat(ask("cluster.local.", Type.A)).isEmpty();
        assertThat(ask("cluster.local.", Type.NS)).isEqualTo("ns.dns.cluster.local.");
        var unknown =
                zone.answer(Name.fromString("none.shop.svc.cluster.local."), Type.A).orElseThrow();
        assertThat(unknown.authority().getFirst().rdataToString())
                .startsWith("ns.dns.cluster.local. hostmaster.cluster.local.");
        assertThat(unknown.authority().getFirst().getTTL()).isEqualTo(5);
        assertThat(ask("dns-version.cluster.local.", Type.TXT)).isEqualTo("\"1.1.0\"");
        assertThat(ask("example.org.", Type.A)).isEqualTo("elsewhere");
        assertThat(ask("1.1.1.1.in-addr.arpa.", Type.PTR)).isEqualTo("elsewhere");
    }
}

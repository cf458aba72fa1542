package dev.ordinal.kinds.endpointslice;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.List;

/// What the slices of the headless Service `web` say of the pods of a set.
class EndpointSliceControllerTest {
    private final TestCluster cluster = new TestCluster(1);

    @BeforeEach
    void start() {
        cluster.run(EndpointSliceController::new);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void createService(String more) throws Exception {
        cluster.create(
                Types.SERVICES,
                "default",
                """
                {'metadata':{'name':'web','labels':{'a':'b'}},
                 'spec':{'clusterIP':'None','selector':{'app':'web'}%s}}
                """
                        .formatted(more));
        cluster.settle();
    }

    private void createPod(String name, String subdomain, boolean ready) throws Exception {
        cluster.create(
                Types.PODS,
                "default",
                """
                {'metadata':{'name':'%s','labels':{'app':'web'}},
                 'spec':{'hostname':'%s','subdomain':'%s','nodeName':'n',
                         'containers':[{'name':'c','image':'i:1'}]}}
                """
                        .formatted(name, name, subdomain));
        status(name, "Running", ready, "10.0.0.7");
    }

    private void status(String pod, String phase, boolean ready, String address) throws Exception {
        cluster.patch(
                Types.PODS,
                "default",
                pod,
                "status",
                "{'status':{'phase':'%s','podIP':'%s','podIPs':null,'conditions':[{'type':'Ready','status':'%s'}]}}"
                        .formatted(phase, address, ready ? "True" : "False"));
        cluster.settle();
    }

    private List<JsonNode> slices() {
        return cluster
                .api
                .list(Types.ENDPOINT_SLICES, "default", Api.ListOptions.ALL)
                .items()
                .stream()
                .map(Stored::tree)
                .map(JsonNode.class::cast)
                .toList();
    }

    private JsonNode endpoint() {
        return slices().getFirst().at("/endpoints/0");
    }

    /// ready, serving, terminating
    private String conditions() {
        var conditions = endpoint().path("conditions");
        return "%s %s %s"
                .formatted(
                        conditions.path("ready").asText(),
                        conditions.path("serving").asText(),
                        conditions.path("terminating").asText());
    }

    @Rule({"statefulset 13.2", "services 5.6"})
    @Test
    void aServiceWithoutPodsHasOneEmptySlice() throws Exception {
        createService("");

        var slice = slices().getFirst();
        assertThat(slices()).hasSize(1);
        assertThat(slice.path("endpoints").isEmpty()).isTrue();
        assertThat(slice.at("/metadata/name").asText()).matches("web-[a-z0-9]{5}");
        assertThat(slice.at("/metadata/labels"))
                .isEqualTo(
                        TestCluster.json(
                                """
                                {'a':'b','kubernetes.io/service-name':'web',
                                 'endpointslice.kubernetes.io/managed-by':
                                   'endpointslice-controller.k8s.io',
                                 'service.kubernetes.io/headless':''}
                                """));
        assertThat(slice.at("/metadata/ownerReferences/0/kind").asText()).isEqualTo("Service");
    }

    @Rule({"statefulset 13.2", "services 5.5"})
    @Test
    void aSliceHoldsAHundred() throws Exception {
        createService("");
        for (int i = 0; i < 101; i++) createPod("web-" + i, "web", true);

        assertThat(slices().stream().map(slice -> slice.path("endpoints").size()))
                .containsExactlyInAnyOrder(100, 1);
    }

    @Rule({"statefulset 13.2", "statefulset 13.4", "services 5.2"})
    @Test
    void aServiceWithoutSelectorOrOfAnotherNameHasNone() throws Exception {
        createService("");
        cluster.create(
                Types.SERVICES,
                "default",
                "{'metadata':{'name':'none'},'spec':{'clusterIP':'None'}}");
        cluster.create(
                Types.SERVICES,
                "default",
                "{'metadata':{'name':'alias'},"
                        + "'spec':{'type':'ExternalName','externalName':'example.org'}}");
        cluster.settle();

        assertThat(slices()).hasSize(1);
    }

    @Rule({"statefulset 2.6", "services 5.3"})
    @Test
    void aPodHasItsHostNameInItsOwnServiceOnly() throws Exception {
        createService("");
        createPod("web-0", "web", true);
        assertThat(endpoint().path("hostname").asText()).isEqualTo("web-0");
        assertThat(endpoint().at("/targetRef/name").asText()).isEqualTo("web-0");

        cluster.stopped("web-0");
        createPod("web-1", "other", true);
        assertThat(endpoint().has("hostname")).isFalse();
    }

    @Rule({"statefulset 13.3", "services 5.3"})
    @Test
    void theConditionsFollowThePod() throws Exception {
        createService("");
        createPod("web-0", "web", false);
        assertThat(conditions()).isEqualTo("false false false");

        status("web-0", "Running", true, "10.0.0.7");
        assertThat(conditions()).isEqualTo("true true false");
        cluster.api.delete(Types.PODS, "default", "web-0", Api.DeleteOptions.DEFAULT);
        cluster.settle();
        assertThat(conditions()).isEqualTo("false true true");
        cluster.stopped("web-0");
        cluster.settle();
        assertThat(slices().getFirst().path("endpoints").isEmpty()).isTrue();
    }

    @Rule({"statefulset 13.3", "services 5.3"})
    @Test
    void podsWithoutAddressOrAfterTheirEndAreLeftOut() throws Exception {
        createService("");
        createPod("web-0", "web", true);
        status("web-0", "Failed", false, "10.0.0.7");
        assertThat(endpoint().isMissingNode()).isTrue();

        createPod("web-1", "web", true);
        status("web-1", "Running", true, "");
        assertThat(endpoint().isMissingNode()).isTrue();
    }

    @Rule({"statefulset 13.3", "statefulset 13.5", "services 5.3"})
    @Test
    void peersCanBePublishedBeforeTheyAreReady() throws Exception {
        createService(",'publishNotReadyAddresses':true");
        createPod("web-0", "web", false);

        assertThat(conditions()).isEqualTo("true false false");
    }

    @Rule({"statefulset 13.4", "services 1.3"})
    @Test
    void theDefaultsOfAService() throws Exception {
        var spec =
                cluster.create(
                                Types.SERVICES,
                                "default",
                                "{'metadata':{'name':'plain'},"
                                        + "'spec':{'selector':{'a':'b'},'ports':[{'port':80}]}}")
                        .tree()
                        .path("spec");

        assertThat(spec.path("type").asText()).isEqualTo("ClusterIP");
        assertThat(spec.path("sessionAffinity").asText()).isEqualTo("None");
        assertThat(spec.path("internalTrafficPolicy").asText()).isEqualTo("Cluster");
        assertThat(spec.at("/ports/0/protocol").asText()).isEqualTo("TCP");
        assertThat(spec.at("/ports/0/targetPort").asInt()).isEqualTo(80);
    }
}

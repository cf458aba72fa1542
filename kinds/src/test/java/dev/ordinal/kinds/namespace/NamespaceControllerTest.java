package dev.ordinal.kinds.namespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;

/// How the namespace `shop` and what is in it go.
class NamespaceControllerTest {
    private final TestCluster cluster = new TestCluster(1);

    @BeforeEach
    void create() throws Exception {
        cluster.run((api, informers) -> new NamespaceController(api, informers, () -> cluster.now));
        cluster.create(Types.NAMESPACES, null, "{'metadata':{'name':'shop'}}");
        cluster.create(Types.SERVICE_ACCOUNTS, "shop", "{'metadata':{'name':'default'}}");
        cluster.create(Types.CONFIG_MAPS, "shop", "{'metadata':{'name':'map'}}");
        cluster.settle();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void createPod(String metadata) {
        cluster.create(
                Types.PODS,
                "shop",
                """
                {'metadata':{'name':'p'%s},
                 'spec':{'nodeName':'n','terminationGracePeriodSeconds':20,
                         'containers':[{'name':'c','image':'i:1'}]}}
                """
                        .formatted(metadata));
    }

    private void podStops() throws Exception {
        cluster.api.delete(
                Types.PODS, "shop", "p", new Api.DeleteOptions(0L, "", null, null, null, false));
        cluster.settle();
    }

    private void delete() throws Exception {
        cluster.api.delete(Types.NAMESPACES, null, "shop", Api.DeleteOptions.DEFAULT);
        cluster.settle();
    }

    private void later(int seconds) throws Exception {
        cluster.now = cluster.now.plus(Duration.ofSeconds(seconds));
        cluster.settle();
    }

    private JsonNode shop() {
        return cluster.api.get(Types.NAMESPACES, null, "shop").tree();
    }

    /// Status, reason and message of a condition.
    private String condition(String type) {
        for (var c : shop().at("/status/conditions")) {
            if (c.path("type").asText().equals(type)) {
                return c.path("status").asText()
                        + " "
                        + c.path("reason").asText()
                        + ": "
                        + c.path("message").asText();
            }
        }
        return "none";
    }

    private boolean exists() {
        return cluster.names(Types.NAMESPACES, null).contains("shop");
    }

    @Rule("namespace deletion")
    @Test
    void aNamespaceGoesWithAllThatIsInIt() throws Exception {
        assertThat(shop().at("/spec/finalizers/0").asText()).isEqualTo("kubernetes");
        assertThat(shop().at("/status/phase").asText()).isEqualTo("Active");

        delete();

        assertThat(exists()).isFalse();
        assertThat(cluster.names(Types.CONFIG_MAPS, "shop")).isEmpty();
        assertThat(cluster.names(Types.SERVICE_ACCOUNTS, "shop")).isEmpty();
    }

    @Rule({"namespace order", "namespace conditions"})
    @Test
    void podsGoFirstAndNothingElseIsTouchedMeanwhile() throws Exception {
        createPod("");
        delete();

        assertThat(shop().at("/status/phase").asText()).isEqualTo("Terminating");
        assertThat(cluster.names(Types.CONFIG_MAPS, "shop")).containsExactly("map");
        assertThat(condition("NamespaceDeletionDiscoveryFailure"))
                .isEqualTo("False ResourcesDiscovered: All resources successfully discovered");
        assertThat(condition("NamespaceDeletionGroupVersionParsingFailure"))
                .isEqualTo("False ParsedGroupVersions: All legacy kube types successfully parsed");
        assertThat(condition("NamespaceDeletionContentFailure"))
                .isEqualTo(
                        "False ContentDeleted: All content successfully deleted, may be waiting on"
                                + " finalization");
        assertThat(condition("NamespaceContentRemaining"))
                .as("not told while pods are left")
                .isEqualTo("False ContentRemoved: All content successfully removed");
        assertThat(condition("NamespaceFinalizersRemaining"))
                .isEqualTo(
                        "False ContentHasNoFinalizers: All content-preserving finalizers finished");

        podStops();
        assertThat(exists()).isFalse();
    }

    @Rule("namespace conditions")
    @Test
    void aPodThatOverstaysItsGracePeriodIsAFailure() throws Exception {
        createPod("");
        delete();

        later(11);
        assertThat(condition("NamespaceDeletionContentFailure")).startsWith("False");
        later(11);
        assertThat(condition("NamespaceDeletionContentFailure"))
                .isEqualTo(
                        "True ContentDeletionFailed: Failed to delete all resource types, 1"
                                + " remaining: unexpected items still remain in namespace: shop for"
                                + " gvr: /v1, Resource=pods");
        assertThat(cluster.names(Types.CONFIG_MAPS, "shop")).containsExactly("map");
    }

    @Rule({"namespace conditions", "namespace order"})
    @Test
    void whatIsHeldByFinalizersIsCounted() throws Exception {
        for (var name : new String[] {"a", "b"}) {
            cluster.create(
                    Types.CONFIG_MAPS,
                    "shop",
                    "{'metadata':{'name':'%s','finalizers':['example.org/hold']}}".formatted(name));
        }
        delete();

        assertThat(cluster.names(Types.CONFIG_MAPS, "shop")).containsExactly("a", "b");
        assertThat(condition("NamespaceContentRemaining"))
                .isEqualTo(
                        "True SomeResourcesRemain: Some resources are remaining: configmaps. has 2"
                                + " resource instances");
        assertThat(condition("NamespaceFinalizersRemaining"))
                .isEqualTo(
                        "True SomeFinalizersRemain: Some content in the namespace has finalizers"
                                + " remaining: example.org/hold in 2 resource instances");

        for (var name : new String[] {"a", "b"}) {
            cluster.patch(
                    Types.CONFIG_MAPS, "shop", name, null, "{'metadata':{'finalizers':null}}");
        }
        later(7);
        assertThat(exists()).as("looked at again after half of the estimated 15 s").isTrue();
        later(1);
        assertThat(exists()).isFalse();
    }

    @Rule("namespace conditions")
    @Test
    void aConditionChangesItsTimeOnlyWithItsStatus() throws Exception {
        createPod(",'finalizers':['example.org/hold']");
        delete();
        var before = shop().at("/status/conditions").toString();

        later(11);

        assertThat(shop().at("/status/conditions").toString()).isEqualTo(before);
    }

    @Rule("namespace deletion")
    @Test
    void finalizersOfOthersKeepTheEmptiedNamespace() throws Exception {
        var copy = cluster.api.get(Types.NAMESPACES, null, "shop").copy();
        copy.withObjectProperty("spec").withArrayProperty("finalizers").add("example.org/mine");
        cluster.api.update(
                Types.NAMESPACES,
                null,
                "shop",
                "finalize",
                new Api.Body.Tree(copy),
                Api.WriteOptions.by("test"));
        delete();

        assertThat(cluster.names(Types.CONFIG_MAPS, "shop")).isEmpty();
        assertThat(shop().at("/spec/finalizers").toString()).isEqualTo("[\"example.org/mine\"]");
    }

    @Rule("namespace deletion")
    @Test
    void aTerminatingNamespaceTakesNothingNew() throws Exception {
        createPod("");
        delete();

        assertThatThrownBy(
                        () ->
                                cluster.create(
                                        Types.CONFIG_MAPS, "shop", "{'metadata':{'name':'new'}}"))
                .matches(
                        e -> {
                            var status = ((ApiException) e).status();
                            return status.code() == 403
                                    && status.details()
                                            .causes()
                                            .getFirst()
                                            .reason()
                                            .equals("NamespaceTerminating");
                        });
    }
}

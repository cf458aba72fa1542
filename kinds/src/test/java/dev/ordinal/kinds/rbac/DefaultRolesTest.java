package dev.ordinal.kinds.rbac;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.access.Ask;
import dev.ordinal.api.access.User;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

/// The roles every cluster has, and the roles that gather others.
class DefaultRolesTest {
    private final TestCluster cluster = new TestCluster(1);

    @BeforeEach
    void reconcile() throws InterruptedException {
        for (var namespace : List.of("kube-system", "kube-public")) {
            cluster.create(
                    Types.NAMESPACES, null, "{'metadata':{'name':'%s'}}".formatted(namespace));
        }
        cluster.run((api, _) -> new AggregationController(api, cluster.roles));
        DefaultRoles.reconcile(cluster.api);
        cluster.settle();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private ObjectNode clusterRole(String name) {
        return cluster.api.get(RoleKinds.CLUSTER_ROLES.type(), null, name).copy();
    }

    private void update(ObjectNode role) throws InterruptedException {
        var name = role.at("/metadata/name").asText();
        cluster.api.update(
                RoleKinds.CLUSTER_ROLES.type(),
                null,
                name,
                null,
                new Api.Body.Tree(role),
                WriteOptions.by("test"));
        cluster.settle();
    }

    private int count(JsonNode rules, String resource) {
        int count = 0;
        for (var rule : rules) {
            for (var one : rule.path("resources")) if (one.asText().equals(resource)) count++;
        }
        return count;
    }

    @Rule("api 10.7")
    @Test
    void allAreThere() {
        assertThat(DefaultRoles.all()).hasSize(135);
        for (var role : DefaultRoles.all()) {
            assertThat(
                            cluster.api
                                    .list(role.kind().type(), role.namespace(), ListOptions.ALL)
                                    .items())
                    .anyMatch(item -> item.name().equals(role.name()));
        }
    }

    @Rule("api 10.7")
    @Test
    void adminGathersWhatEditAndViewMay() {
        var admin = clusterRole("admin").path("rules");
        assertThat(count(admin, "secrets")).isEqualTo(2);
        assertThat(count(admin, "rolebindings")).isEqualTo(1);
        assertThat(count(admin, "pods/log")).isEqualTo(1);
        assertThat(count(clusterRole("view").path("rules"), "secrets")).isZero();
    }

    @Rule("api 10.7")
    @Test
    void everybodyMayAskWhatThereIsAndWhoTheyAre() {
        var ann = new User("ann", "", List.of("system:authenticated"), Map.of());
        assertThat(cluster.roles.decide(Ask.path(ann, "get", "/apis/apps/v1")).allowed()).isTrue();
        var review =
                Ask.resource(
                        ann, "create", "", "authentication.k8s.io", "selfsubjectreviews", "", "");
        assertThat(cluster.roles.decide(review).allowed()).isTrue();
    }

    @Rule("api 10.7")
    @Test
    void whatWasTakenAwayIsPutBackAndWhatWasAddedStays() throws InterruptedException {
        var role = clusterRole("system:basic-user");
        var rules = (ArrayNode) role.path("rules");
        rules.remove(0);
        rules.add(rules.get(0).deepCopy());
        ((ObjectNode) rules.get(1)).putArray("resources").add("mine");
        update(role);
        DefaultRoles.reconcile(cluster.api);
        var after = clusterRole("system:basic-user").path("rules");
        assertThat(count(after, "selfsubjectaccessreviews")).isEqualTo(1);
        assertThat(count(after, "mine")).isEqualTo(1);
    }

    @Rule("api 10.7")
    @Test
    void oneThatSaysSoIsLeftAlone() throws InterruptedException {
        var role = clusterRole("system:basic-user");
        ((ObjectNode) role.at("/metadata/annotations"))
                .put("rbac.authorization.kubernetes.io/autoupdate", "false");
        role.putArray("rules");
        update(role);
        DefaultRoles.reconcile(cluster.api);
        assertThat(clusterRole("system:basic-user").path("rules")).isEmpty();
    }

    @Rule("api 10.7")
    @Test
    void reconcilingAgainWritesNothing() throws InterruptedException {
        long before = revision();
        DefaultRoles.reconcile(cluster.api);
        cluster.settle();
        assertThat(revision()).isEqualTo(before);
    }

    private long revision() {
        return cluster.api.list(RoleKinds.ROLES.type(), null, ListOptions.ALL).revision();
    }

    @Rule("api 10.7")
    @Test
    void aNewRoleWithTheLabelIsGathered() throws InterruptedException {
        cluster.create(
                RoleKinds.CLUSTER_ROLES.type(),
                null,
                "{'metadata':{'name':'more','labels':{'rbac.authorization.k8s.io/aggregate-to-view':"
                    + "'true'}},'rules':[{'verbs':['get'],'apiGroups':['x'],'resources':['y']}]}");
        cluster.settle();
        for (var name : List.of("view", "edit", "admin")) {
            assertThat(count(clusterRole(name).path("rules"), "y")).isEqualTo(1);
        }
    }
}

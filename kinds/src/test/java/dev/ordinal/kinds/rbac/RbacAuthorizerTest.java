package dev.ordinal.kinds.rbac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Kind;
import dev.ordinal.api.access.Ask;
import dev.ordinal.api.access.User;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/// What roles allow, and what nobody can give.
class RbacAuthorizerTest {
    private static final User ANN = new User("ann", "", List.of("crew"), Map.of());
    private static final User BOSS = new User("boss", "", List.of(), Map.of());

    private final TestCluster cluster = new TestCluster(1);

    @AfterEach
    void close() {
        cluster.close();
    }

    private void role(String namespace, String name, String rules) {
        create(
                kind(RoleKinds.ROLES, RoleKinds.CLUSTER_ROLES, namespace),
                namespace,
                name,
                "'rules':[" + rules + "]");
    }

    private void bind(String namespace, String name, String role, String subject) {
        create(
                kind(RoleKinds.ROLE_BINDINGS, RoleKinds.CLUSTER_ROLE_BINDINGS, namespace),
                namespace,
                name,
                "'roleRef':" + reference(role) + ",'subjects':[" + subject + "]");
    }

    private static String reference(String role) {
        var parts = role.split("/", 2);
        return "{'kind':'%s','name':'%s'}".formatted(parts[0], parts[1]);
    }

    private static Kind kind(Kind local, Kind global, @Nullable String namespace) {
        return namespace == null ? global : local;
    }

    private void create(Kind kind, @Nullable String namespace, String name, String more) {
        cluster.create(
                kind.type(), namespace, "{'metadata':{'name':'%s'},%s}".formatted(name, more));
    }

    private void createAs(User user, Kind kind, String name, String more) {
        var tree = TestCluster.json("{'metadata':{'name':'%s'},%s}".formatted(name, more));
        var options = new WriteOptions("test", "", false, false, user, "");
        cluster.api.create(kind.type(), "default", new Api.Body.Tree(tree), options);
    }

    private boolean may(User user, String verb, String namespace, String resource, String name) {
        var parts = resource.split("/", 2);
        var subresource = parts.length == 2 ? parts[1] : "";
        return cluster.roles
                .decide(Ask.resource(user, verb, namespace, "", parts[0], subresource, name))
                .allowed();
    }

    @Rule("api 10.5")
    @Test
    void aRuleAllowsItsVerbsOnItsResourcesInItsNamespace() {
        role(
                "default",
                "reader",
                "{'verbs':['get','list'],'apiGroups':[''],'resources':['pods','*/status']}");
        bind("default", "reader", "Role/reader", "{'kind':'User','name':'ann'}");
        assertThat(may(ANN, "get", "default", "pods", "a")).isTrue();
        assertThat(may(ANN, "get", "default", "nodes/status", "")).isTrue();
        assertThat(may(ANN, "get", "default", "pods/log", "a")).isFalse();
        assertThat(may(ANN, "delete", "default", "pods", "a")).isFalse();
        assertThat(may(ANN, "get", "other", "pods", "a")).isFalse();
        assertThat(may(BOSS, "get", "default", "pods", "a")).isFalse();
    }

    @Rule("api 10.5")
    @Test
    void aRuleWithNamesAllowsNothingWithoutOne() {
        role(
                "default",
                "one",
                "{'verbs':['*'],'apiGroups':['*'],'resources':['pods'],'resourceNames':['a']}");
        bind("default", "one", "Role/one", "{'kind':'Group','name':'crew'}");
        assertThat(may(ANN, "get", "default", "pods", "a")).isTrue();
        assertThat(may(ANN, "get", "default", "pods", "b")).isFalse();
        assertThat(may(ANN, "list", "default", "pods", "")).isFalse();
    }

    @Rule("api 10.5")
    @Test
    void pathsAreAllowedByClusterRoleBindingsOnly() {
        role(null, "paths", "{'verbs':['get'],'nonResourceURLs':['/a','/b/*']}");
        bind("default", "paths", "ClusterRole/paths", "{'kind':'User','name':'boss'}");
        bind(null, "paths", "ClusterRole/paths", "{'kind':'User','name':'ann'}");
        assertThat(cluster.roles.decide(Ask.path(ANN, "get", "/a")).allowed()).isTrue();
        assertThat(cluster.roles.decide(Ask.path(ANN, "get", "/b/c")).allowed()).isTrue();
        assertThat(cluster.roles.decide(Ask.path(ANN, "get", "/a/b")).allowed()).isFalse();
        assertThat(cluster.roles.decide(Ask.path(BOSS, "get", "/a")).allowed()).isFalse();
    }

    @Rule("api 10.5")
    @Test
    void itTellsWhatAllowsAndWhatIsMissing() {
        role("default", "reader", "{'verbs':['get'],'apiGroups':[''],'resources':['pods']}");
        bind("default", "mine", "Role/reader", "{'kind':'ServiceAccount','name':'web'}");
        bind("default", "lost", "ClusterRole/lost", "{'kind':'User','name':'ann'}");
        var web = User.account("default", "web");
        var asked = Ask.resource(web, "get", "default", "", "pods", "", "");
        assertThat(cluster.roles.decide(asked).reason())
                .isEqualTo(
                        "RBAC: allowed by RoleBinding \"mine/default\" of Role \"reader\" to"
                                + " ServiceAccount \"web/default\"");
        asked = Ask.resource(ANN, "get", "default", "", "pods", "", "");
        assertThat(cluster.roles.decide(asked).reason())
                .isEqualTo("RBAC: clusterrole.rbac.authorization.k8s.io \"lost\" not found");
    }

    @Rule("api 10.7")
    @Test
    void whoeverWouldBeRefusedBeforeTheDefaultRolesAreThereWaitsForThem() throws Exception {
        role("default", "reader", "{'verbs':['get'],'apiGroups':[''],'resources':['pods']}");
        var authorizer = new RbacAuthorizer();
        authorizer.load(cluster.api);
        try (var background = Executors.newVirtualThreadPerTaskExecutor()) {
            var asked = Ask.resource(ANN, "get", "default", "", "pods", "", "a");
            var decision = background.submit(() -> authorizer.decide(asked));
            authorizer.awaitNeed(Duration.ofSeconds(10));
            assertThat(decision.isDone()).isFalse();
            bind("default", "reader", "Role/reader", "{'kind':'User','name':'ann'}");
            authorizer.forget();
            authorizer.complete();
            assertThat(decision.get().allowed()).isTrue();
        }
    }

    @Rule("api 10.5")
    @Test
    void aDeletedBindingAllowsNothingAnyMore() {
        role("default", "reader", "{'verbs':['get'],'apiGroups':[''],'resources':['pods']}");
        bind("default", "reader", "Role/reader", "{'kind':'User','name':'ann'}");
        assertThat(may(ANN, "get", "default", "pods", "")).isTrue();
        cluster.api.delete(
                RoleKinds.ROLE_BINDINGS.type(), "default", "reader", Api.DeleteOptions.DEFAULT);
        assertThat(may(ANN, "get", "default", "pods", "")).isFalse();
    }

    @Rule("api 10.6")
    @Test
    void nobodyGivesMoreThanTheyHave() {
        role("default", "reader", "{'verbs':['get'],'apiGroups':[''],'resources':['pods']}");
        bind("default", "boss", "Role/reader", "{'kind':'User','name':'boss'}");
        createAs(
                BOSS,
                RoleKinds.ROLES,
                "same",
                "'rules':[{'verbs':['get'],'apiGroups':[''],'resources':['pods']}]");
        assertThatThrownBy(
                        () ->
                                createAs(
                                        BOSS,
                                        RoleKinds.ROLES,
                                        "more",
                                        "'rules':[{'verbs':['get','list'],'apiGroups':[''],"
                                                + "'resources':['pods','nodes']}]"))
                .isInstanceOf(ApiException.class)
                .hasMessage(
                        """
                        roles.rbac.authorization.k8s.io "more" is forbidden: user "boss" (groups=[]) is \
                        attempting to grant RBAC permissions not currently held:
                        {APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}
                        {APIGroups:[""], Resources:["pods"], Verbs:["list"]}\
                        """);
    }

    @Rule("api 10.6")
    @Test
    void theVerbsEscalateAndBindLetOneGiveMore() {
        role(
                "default",
                "giver",
                "{'verbs':['escalate'],'apiGroups':['rbac.authorization.k8s.io'],'resources':['roles']},"
                    + "{'verbs':['bind'],'apiGroups':['rbac.authorization.k8s.io'],"
                    + "'resources':['clusterroles'],'resourceNames':['all']}");
        role(null, "all", "{'verbs':['*'],'apiGroups':['*'],'resources':['*']}");
        role(null, "other", "{'verbs':['*'],'apiGroups':['*'],'resources':['*']}");
        bind("default", "boss", "Role/giver", "{'kind':'User','name':'boss'}");
        createAs(
                BOSS,
                RoleKinds.ROLES,
                "more",
                "'rules':[{'verbs':['get'],'apiGroups':[''],'resources':['nodes']}]");
        createAs(BOSS, RoleKinds.ROLE_BINDINGS, "all", "'roleRef':" + reference("ClusterRole/all"));
        assertThatThrownBy(
                        () ->
                                createAs(
                                        BOSS,
                                        RoleKinds.ROLE_BINDINGS,
                                        "other",
                                        "'roleRef':" + reference("ClusterRole/other")))
                .hasMessageContaining("{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}");
        assertThatThrownBy(
                        () ->
                                createAs(
                                        BOSS,
                                        RoleKinds.ROLE_BINDINGS,
                                        "none",
                                        "'roleRef':" + reference("Role/none")))
                .hasMessage("rolebindings.rbac.authorization.k8s.io \"none\" not found");
    }

    @Rule("api 10.8")
    @Test
    void itTellsAllRulesOfAUser() {
        role("default", "reader", "{'verbs':['get'],'apiGroups':[''],'resources':['pods']}");
        role(null, "paths", "{'verbs':['get'],'nonResourceURLs':['/a']}");
        bind("default", "reader", "Role/reader", "{'kind':'User','name':'ann'}");
        bind(null, "paths", "ClusterRole/paths", "{'kind':'User','name':'ann'}");
        var rules = cluster.roles.rules(ANN, "default");
        assertThat(rules.resources())
                .singleElement()
                .satisfies(rule -> assertThat(rule.resources()).containsExactly("pods"));
        assertThat(rules.paths())
                .singleElement()
                .satisfies(rule -> assertThat(rule.paths()).containsExactly("/a"));
        assertThat(rules.error()).isEmpty();
    }
}

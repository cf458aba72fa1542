package dev.ordinal.kinds.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.Patch;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Stored;
import dev.ordinal.api.Trees;
import dev.ordinal.api.select.LabelQuery;
import dev.ordinal.control.Controller;
import dev.ordinal.control.Key;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Gives ClusterRoles with an aggregationRule the rules of those it selects.
///
/// @see "upstream: pkg/controller/clusterroleaggregation"
public final class AggregationController implements Controller {
    private static final WriteOptions WRITE =
            new WriteOptions(
                    "clusterrole-aggregation-controller",
                    "",
                    false,
                    true,
                    "system:clusterrole-aggregation-controller");

    private final Api api;
    private final RbacAuthorizer roles;

    /// @param roles sees the writes of roles
    public AggregationController(Api api, RbacAuthorizer roles) {
        this.api = api;
        this.roles = roles;
    }

    @Override
    public String name() {
        return "clusterrole-aggregation";
    }

    @Override
    public void watch(Consumer<Key> again) {
        Runnable look =
                () -> {
                    for (var role : clusterRoles()) {
                        if (role.tree().has("aggregationRule"))
                            again.accept(new Key("", role.name()));
                    }
                };
        roles.whenClusterRolesChange(look);
        look.run();
    }

    private List<Stored> clusterRoles() {
        return api.list(RoleKinds.CLUSTER_ROLES.type(), null, ListOptions.ALL).items();
    }

    @Override
    public Optional<Duration> reconcile(Key key) {
        var all = clusterRoles();
        var role = all.stream().filter(r -> r.name().equals(key.name())).findFirst();
        if (role.isEmpty() || !role.get().tree().has("aggregationRule")) return Optional.empty();
        var rules = gathered(role.get(), all);
        if (Trees.same(rules, JsonNodeFactory.instance.arrayNode().addAll(list(role.get())))) {
            return Optional.empty();
        }
        apply(key.name(), rules);
        return Optional.empty();
    }

    private static ArrayNode list(Stored role) {
        return role.tree().path("rules") instanceof ArrayNode rules
                ? rules
                : JsonNodeFactory.instance.arrayNode();
    }

    /// The rules of the selected roles, each once.
    static ArrayNode gathered(Stored role, List<Stored> all) {
        var rules = JsonNodeFactory.instance.arrayNode();
        for (var selector : role.tree().at("/aggregationRule/clusterRoleSelectors")) {
            var query = LabelQuery.of(selector);
            for (var other : all) {
                if (other.name().equals(role.name()) || !query.matches(other.labels())) continue;
                for (var rule : list(other)) {
                    if (rules.valueStream().noneMatch(rule::equals)) rules.add(rule.deepCopy());
                }
            }
        }
        return rules;
    }

    private void apply(String name, JsonNode rules) {
        var config = JsonNodeFactory.instance.objectNode();
        config.put("apiVersion", RoleKinds.CLUSTER_ROLES.apiVersion()).put("kind", "ClusterRole");
        config.putObject("metadata").put("name", name);
        if (!rules.isEmpty()) config.set("rules", rules);
        var patch = new Patch(Patch.APPLY, config.toString().getBytes(StandardCharsets.UTF_8));
        try {
            api.patch(RoleKinds.CLUSTER_ROLES.type(), null, name, null, patch, WRITE);
        } catch (ApiException refused) {
            if (refused.code() != 404) throw refused;
        }
    }
}

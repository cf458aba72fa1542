package dev.ordinal.kinds.rbac;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Admission.Operation;
import dev.ordinal.api.Admission.Write;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Trees;
import dev.ordinal.api.access.Ask;
import dev.ordinal.api.access.User;

import java.util.List;

/// Keeps users from giving more than they have: a role may hold what its writer may do, unless the
/// writer has the verb `escalate`; a binding likewise, with the verb `bind`.
///
/// @see "upstream: pkg/registry/rbac/escalation_check.go and the policybased storages"
final class Escalation {
    private static final List<PolicyRule> EVERYTHING =
            List.of(
                    new PolicyRule(List.of("*"), List.of("*"), List.of("*"), List.of(), List.of()),
                    new PolicyRule(List.of("*"), List.of(), List.of(), List.of(), List.of("*")));

    private final RbacAuthorizer authorizer;

    Escalation(RbacAuthorizer authorizer) {
        this.authorizer = authorizer;
    }

    /// @throws ApiException Forbidden, with the rules that the writer lacks
    void check(Write write) {
        var object = write.object();
        var old = write.old();
        if (old != null && sameButLinks(object, old)) return;
        var reference = object.get("roleRef");
        if (reference != null) {
            if (mayBind(write, reference)) return;
            var role = reference.path("name").asText();
            var kind = reference.path("kind").asText();
            var rules = authorizer.policy().referenced(kind, role, write.namespace());
            // Upstream says of the role that there is no such binding.
            if (rules == null) throw ApiException.notFound(write.kind().type(), role);
            checkHeld(write, rules);
            return;
        }
        if (mayEscalate(write)) return;
        checkHeld(write, PolicyRule.of(object.path("rules")));
        boolean aggregates = aggregates(object) || (old != null && aggregates(old));
        if (aggregates && !missing(write, EVERYTHING).isEmpty()) {
            throw refusal(write, "must have cluster-admin privileges to use the aggregationRule");
        }
    }

    private static boolean aggregates(JsonNode role) {
        return !role.path("aggregationRule").path("clusterRoleSelectors").isEmpty();
    }

    /// Owners and finalizers may always be changed, so that the garbage collector can work.
    private static boolean sameButLinks(JsonNode object, JsonNode old) {
        return Trees.same(withoutLinks(object), withoutLinks(old));
    }

    private static JsonNode withoutLinks(JsonNode object) {
        var copy = (com.fasterxml.jackson.databind.node.ObjectNode) object.deepCopy();
        copy.withObjectProperty("metadata")
                .remove(
                        List.of(
                                "ownerReferences",
                                "finalizers",
                                "managedFields",
                                "resourceVersion",
                                "generation"));
        return copy;
    }

    private boolean mayBind(Write write, JsonNode reference) {
        var resource =
                switch (reference.path("kind").asText()) {
                    case "ClusterRole" -> "clusterroles";
                    case "Role" -> "roles";
                    default -> "";
                };
        return !resource.isEmpty()
                && may(
                        write.user(),
                        "bind",
                        write.namespace(),
                        reference.path("apiGroup").asText(),
                        resource,
                        reference.path("name").asText());
    }

    private boolean mayEscalate(Write write) {
        return may(
                write.user(),
                "escalate",
                write.namespace(),
                write.kind().group(),
                write.kind().plural(),
                write.operation() == Operation.CREATE ? "" : write.name());
    }

    private boolean may(
            User user, String verb, String namespace, String group, String resource, String name) {
        return authorizer
                .decide(Ask.resource(user, verb, namespace, group, resource, "", name))
                .allowed();
    }

    private List<PolicyRule> missing(Write write, List<PolicyRule> wanted) {
        var owned = authorizer.policy().rules(write.user(), write.namespace());
        return PolicyRule.missing(owned.rules(), wanted);
    }

    private void checkHeld(Write write, List<PolicyRule> wanted) {
        var missing = missing(write, wanted);
        if (missing.isEmpty()) return;
        var user = write.user();
        var error = authorizer.policy().rules(user, write.namespace()).error();
        throw refusal(
                write,
                "user \"%s\" (groups=%s) is attempting to grant RBAC permissions not currently held:\n%s%s"
                        .formatted(
                                user.name(),
                                PolicyRule.quoted(user.groups()),
                                PolicyRule.describe(missing),
                                error.isEmpty()
                                        ? ""
                                        : "; resolution errors: [%s]".formatted(error)));
    }

    private static ApiException refusal(Write write, String why) {
        return ApiException.forbidden(
                write.kind().type(), write.object().at("/metadata/name").asText(), why);
    }
}

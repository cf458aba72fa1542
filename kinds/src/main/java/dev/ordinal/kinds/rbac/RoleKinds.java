package dev.ordinal.kinds.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Column;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Names;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Columns;

import java.util.ArrayList;
import java.util.List;

/// Everything the API server knows about roles and bindings of `rbac.authorization.k8s.io/v1`.
public final class RoleKinds {
    static final String GROUP = "rbac.authorization.k8s.io";
    private static final String VERSION = GROUP + "/v1";

    public static final Kind CLUSTER_ROLES =
            role("clusterroles", "ClusterRole")
                    .clusterScoped()
                    .rules(RoleRules::clusterRole)
                    .build();

    public static final Kind ROLES = role("roles", "Role").rules(RoleRules::role).build();

    public static final Kind CLUSTER_ROLE_BINDINGS =
            binding("clusterrolebindings", "ClusterRoleBinding")
                    .clusterScoped()
                    .rules(RoleRules::clusterRoleBinding)
                    .build();

    public static final Kind ROLE_BINDINGS =
            binding("rolebindings", "RoleBinding").rules(RoleRules::roleBinding).build();

    private RoleKinds() {}

    private static Kind.Builder role(String plural, String kind) {
        return kind(plural, kind)
                .column(Columns.name())
                .column(
                        new Column(
                                "Created At",
                                "date",
                                "",
                                "When the object was created.",
                                0,
                                (role, _) -> role.at("/metadata/creationTimestamp").asText()));
    }

    private static Kind.Builder binding(String plural, String kind) {
        return kind(plural, kind)
                .defaulting(RoleKinds::fillGroups)
                .column(Columns.name())
                .column(
                        Columns.text(
                                "Role",
                                "What is allowed.",
                                b ->
                                        b.at("/roleRef/kind").asText()
                                                + "/"
                                                + name(b.path("roleRef"))))
                .column(Columns.age())
                .column(Columns.wide("Users", "Users it is for.", b -> subjects(b, "User")))
                .column(Columns.wide("Groups", "Groups it is for.", b -> subjects(b, "Group")))
                .column(
                        Columns.wide(
                                "ServiceAccounts",
                                "ServiceAccounts it is for.",
                                b -> subjects(b, "ServiceAccount")));
    }

    private static Kind.Builder kind(String plural, String kind) {
        return Kind.of(VERSION, plural, Schema.load(VERSION, kind))
                .createsOnUpdate()
                .name((name, _) -> Names.pathSegment(name));
    }

    private static String name(JsonNode object) {
        return object.path("name").asText();
    }

    private static void fillGroups(ObjectNode binding) {
        var reference = binding.withObjectProperty("roleRef");
        if (reference.path("apiGroup").asText().isEmpty()) reference.put("apiGroup", GROUP);
        for (var subject : binding.path("subjects")) {
            boolean bare = subject.path("apiGroup").asText().isEmpty();
            if (bare && List.of("User", "Group").contains(subject.path("kind").asText())) {
                ((ObjectNode) subject).put("apiGroup", GROUP);
            }
        }
    }

    private static String subjects(JsonNode binding, String kind) {
        List<String> names = new ArrayList<>();
        for (var subject : binding.path("subjects")) {
            if (!subject.path("kind").asText().equals(kind)) continue;
            var namespace = subject.path("namespace").asText();
            names.add(
                    kind.equals("ServiceAccount")
                            ? namespace + "/" + name(subject)
                            : name(subject));
        }
        return String.join(", ", names);
    }
}

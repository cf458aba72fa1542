package dev.ordinal.kinds.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.api.Names;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.kinds.Checks;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// What a role or a binding must look like.
///
/// @see "upstream: pkg/apis/rbac/validation/validation.go"
final class RoleRules {
    private static final List<String> SUBJECTS = List.of("ServiceAccount", "User", "Group");

    private RoleRules() {}

    static void role(JsonNode role, @Nullable JsonNode old, Problems problems) {
        rules(role, true, problems);
    }

    static void clusterRole(JsonNode role, @Nullable JsonNode old, Problems problems) {
        rules(role, false, problems);
        var aggregation = role.get("aggregationRule");
        if (aggregation == null) return;
        var selectors = aggregation.path("clusterRoleSelectors");
        var at = problems.at("aggregationRule").at("clusterRoleSelectors");
        if (selectors.isEmpty()) {
            at.required("at least one clusterRoleSelector required if aggregationRule is non-nil");
        }
        for (int i = 0; i < selectors.size(); i++) {
            int before = problems.causes().size();
            Checks.selector(selectors.get(i), at.at(i));
            if (problems.causes().size() > before)
                at.at(i).invalid(null, "invalid label selector.");
        }
    }

    private static void rules(JsonNode role, boolean namespaced, Problems problems) {
        var rules = role.path("rules");
        for (int i = 0; i < rules.size(); i++) {
            rule(rules.get(i), namespaced, problems.at("rules").at(i));
        }
    }

    private static void rule(JsonNode rule, boolean namespaced, Problems at) {
        if (rule.path("verbs").isEmpty()) {
            at.at("verbs").required("verbs must contain at least one value");
        }
        var paths = rule.path("nonResourceURLs");
        if (paths.isEmpty()) {
            if (rule.path("apiGroups").isEmpty()) {
                at.at("apiGroups").required("resource rules must supply at least one api group");
            }
            if (rule.path("resources").isEmpty()) {
                at.at("resources").required("resource rules must supply at least one resource");
            }
            return;
        }
        if (namespaced) {
            at.at("nonResourceURLs")
                    .invalid(paths, "namespaced rules cannot apply to non-resource URLs");
        }
        boolean both =
                List.of("apiGroups", "resources", "resourceNames").stream()
                        .anyMatch(field -> !rule.path(field).isEmpty());
        if (both) {
            at.at("nonResourceURLs")
                    .invalid(
                            paths,
                            "rules cannot apply to both regular resources and non-resource URLs");
        }
    }

    static void roleBinding(JsonNode binding, @Nullable JsonNode old, Problems problems) {
        binding(binding, old, List.of("Role", "ClusterRole"), true, problems);
    }

    static void clusterRoleBinding(JsonNode binding, @Nullable JsonNode old, Problems problems) {
        binding(binding, old, List.of("ClusterRole"), false, problems);
    }

    private static void binding(
            JsonNode binding,
            @Nullable JsonNode old,
            List<String> roles,
            boolean namespaced,
            Problems problems) {
        var reference = binding.path("roleRef");
        var at = problems.at("roleRef");
        group(reference, List.of(RoleKinds.GROUP), at);
        var kind = reference.path("kind").asText();
        if (!roles.contains(kind)) at.at("kind").notSupported(kind, roles);
        var name = reference.path("name").asText();
        if (name.isEmpty()) at.at("name").required("");
        for (var problem : Names.pathSegment(name)) at.at("name").invalid(name, problem);
        var subjects = binding.path("subjects");
        for (int i = 0; i < subjects.size(); i++) {
            subject(subjects.get(i), namespaced, problems.at("subjects").at(i));
        }
        if (old != null && !Trees.same(reference, old.path("roleRef"))) {
            at.invalid(shown(reference), "cannot change roleRef");
        }
    }

    /// With the field names that upstream has inside.
    private static JsonNode shown(JsonNode reference) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("APIGroup", reference.path("apiGroup").asText())
                .put("Kind", reference.path("kind").asText())
                .put("Name", reference.path("name").asText());
    }

    private static void group(JsonNode reference, List<String> supported, Problems at) {
        var group = reference.path("apiGroup").asText();
        if (!supported.contains(group)) at.at("apiGroup").notSupported(group, supported);
    }

    private static void subject(JsonNode subject, boolean namespaced, Problems at) {
        var name = subject.path("name").asText();
        if (name.isEmpty()) at.at("name").required("");
        var kind = subject.path("kind").asText();
        switch (kind) {
            case "ServiceAccount" -> {
                if (!name.isEmpty()) {
                    for (var problem : Names.subdomain(name, false)) {
                        at.at("name").invalid(name, problem);
                    }
                }
                group(subject, List.of(""), at);
                if (!namespaced && subject.path("namespace").asText().isEmpty()) {
                    at.at("namespace").required("");
                }
            }
            case "User", "Group" -> group(subject, List.of(RoleKinds.GROUP), at);
            default -> at.at("kind").notSupported(kind, SUBJECTS);
        }
    }
}

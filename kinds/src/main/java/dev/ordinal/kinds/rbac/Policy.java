package dev.ordinal.kinds.rbac;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Kind;
import dev.ordinal.api.access.Ask;
import dev.ordinal.api.access.User;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// All roles and bindings at one moment. Never changes.
///
/// A user may do what any rule of any role bound to them allows: rules add up, none takes away.
///
/// @param roles by namespace and name, those of the whole cluster by their name alone
/// @param bindings by namespace, those of the whole cluster under the empty one
/// @see "upstream: pkg/registry/rbac/validation/rule.go"
record Policy(Map<String, List<PolicyRule>> roles, Map<String, List<Binding>> bindings) {
    /// @param namespace empty: it holds everywhere
    record Binding(
            String namespace, String name, String roleKind, String role, List<Subject> subjects) {
        static Binding of(JsonNode binding) {
            var reference = binding.path("roleRef");
            return new Binding(
                    binding.at("/metadata/namespace").asText(),
                    binding.at("/metadata/name").asText(),
                    reference.path("kind").asText(),
                    reference.path("name").asText(),
                    binding.path("subjects").valueStream().map(Subject::of).toList());
        }

        /// The first subject that the user is.
        @Nullable Subject subject(User user) {
            for (var subject : subjects) if (subject.is(user, namespace)) return subject;
            return null;
        }

        private String describe(Subject subject) {
            return "%s \"%s\" of %s \"%s\" to %s"
                    .formatted(
                            namespace.isEmpty() ? "ClusterRoleBinding" : "RoleBinding",
                            namespace.isEmpty() ? name : name + "/" + namespace,
                            roleKind,
                            role,
                            subject.describe(namespace));
        }
    }

    record Subject(String kind, String namespace, String name) {
        static Subject of(JsonNode subject) {
            return new Subject(
                    subject.path("kind").asText(),
                    subject.path("namespace").asText(),
                    subject.path("name").asText());
        }

        boolean is(User user, String where) {
            var home = namespace.isEmpty() ? where : namespace;
            return switch (kind) {
                case "User" -> user.name().equals(name);
                case "Group" -> user.groups().contains(name);
                case "ServiceAccount" ->
                        !home.isEmpty() && user.name().equals(User.account(home, name).name());
                default -> false;
            };
        }

        private String describe(String where) {
            var home = namespace.isEmpty() ? where : namespace;
            return "%s \"%s\""
                    .formatted(kind, kind.equals("ServiceAccount") ? name + "/" + home : name);
        }
    }

    /// @param error a role that is bound and does not exist; empty: none
    record Found(List<PolicyRule> rules, String error) {}

    static final Policy NOTHING = new Policy(Map.of(), Map.of());

    static Policy read(Api api) {
        Map<String, List<PolicyRule>> roles = new HashMap<>();
        for (var kind : List.of(RoleKinds.ROLES, RoleKinds.CLUSTER_ROLES)) {
            for (var role : all(api, kind)) {
                var key = key(role.at("/metadata/namespace").asText(), name(role));
                roles.put(key, PolicyRule.of(role.path("rules")));
            }
        }
        Map<String, List<Binding>> bindings = new HashMap<>();
        for (var kind : List.of(RoleKinds.ROLE_BINDINGS, RoleKinds.CLUSTER_ROLE_BINDINGS)) {
            for (var tree : all(api, kind)) {
                var binding = Binding.of(tree);
                bindings.computeIfAbsent(binding.namespace, _ -> new ArrayList<>()).add(binding);
            }
        }
        return new Policy(Map.copyOf(roles), Map.copyOf(bindings));
    }

    private static List<? extends JsonNode> all(Api api, Kind kind) {
        return api.list(kind.type(), null, ListOptions.ALL).items().stream()
                .map(item -> item.tree())
                .toList();
    }

    private static String name(JsonNode object) {
        return object.at("/metadata/name").asText();
    }

    private static String key(String namespace, String name) {
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }

    /// Sees one rule of a user, or one role that is missing.
    private interface Visitor {
        /// @return whether to go on
        boolean rule(PolicyRule rule, Binding binding, Subject subject);

        void missing(String error);
    }

    /// What allows it, or why nothing does: the second is empty unless a role is missing.
    record Verdict(boolean allowed, String reason) {}

    Verdict decide(Ask ask) {
        List<String> why = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        visit(
                ask.user(),
                ask.namespace(),
                new Visitor() {
                    @Override
                    public boolean rule(PolicyRule rule, Binding binding, Subject subject) {
                        if (!rule.allows(ask)) return true;
                        why.add("RBAC: allowed by " + binding.describe(subject));
                        return false;
                    }

                    @Override
                    public void missing(String error) {
                        missing.add(error);
                    }
                });
        if (!why.isEmpty()) return new Verdict(true, why.getFirst());
        return new Verdict(false, missing.isEmpty() ? "" : "RBAC: " + joined(missing));
    }

    /// All rules a user has in a namespace.
    Found rules(User user, String namespace) {
        List<PolicyRule> rules = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        visit(
                user,
                namespace,
                new Visitor() {
                    @Override
                    public boolean rule(PolicyRule rule, Binding binding, Subject subject) {
                        rules.add(rule);
                        return true;
                    }

                    @Override
                    public void missing(String error) {
                        missing.add(error);
                    }
                });
        return new Found(rules, joined(missing));
    }

    private static String joined(List<String> errors) {
        var distinct = errors.stream().distinct().toList();
        return distinct.size() < 2
                ? String.join("", distinct)
                : distinct.stream().collect(Collectors.joining(", ", "[", "]"));
    }

    private void visit(User user, String namespace, Visitor visitor) {
        for (var where : namespace.isEmpty() ? List.of("") : List.of("", namespace)) {
            for (var binding : bindings.getOrDefault(where, List.of())) {
                var subject = binding.subject(user);
                if (subject == null) continue;
                var rules = referenced(binding.roleKind, binding.role, where);
                if (rules == null) {
                    visitor.missing(
                            "%s.%s \"%s\" not found"
                                    .formatted(
                                            binding.roleKind.toLowerCase(Locale.ROOT),
                                            RoleKinds.GROUP,
                                            binding.role));
                    continue;
                }
                for (var rule : rules) if (!visitor.rule(rule, binding, subject)) return;
            }
        }
    }

    /// The rules of the role that a binding names; null: there is no such role.
    @Nullable List<PolicyRule> referenced(String roleKind, String role, String namespace) {
        return roles.get(roleKind.equals("Role") ? key(namespace, role) : role);
    }
}

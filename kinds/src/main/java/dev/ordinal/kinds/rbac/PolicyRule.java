package dev.ordinal.kinds.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.api.access.Ask;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// One rule of a role: these verbs on these resources, or on these paths.
///
/// @param names of objects; empty: any
/// @param paths that are not resources
/// @see "upstream: pkg/apis/rbac/v1/evaluation_helpers.go"
record PolicyRule(
        List<String> verbs,
        List<String> groups,
        List<String> resources,
        List<String> names,
        List<String> paths) {
    private static final String ALL = "*";

    static List<PolicyRule> of(JsonNode rules) {
        List<PolicyRule> all = new ArrayList<>();
        for (var rule : rules) {
            all.add(
                    new PolicyRule(
                            texts(rule.path("verbs")),
                            texts(rule.path("apiGroups")),
                            texts(rule.path("resources")),
                            texts(rule.path("resourceNames")),
                            texts(rule.path("nonResourceURLs"))));
        }
        return List.copyOf(all);
    }

    private static List<String> texts(JsonNode list) {
        return list.valueStream().map(JsonNode::asText).toList();
    }

    boolean allows(Ask ask) {
        if (!has(verbs, ask.verb())) return false;
        if (!ask.isForResource()) {
            return paths.stream().anyMatch(path -> pathCovers(path, ask.path()));
        }
        return has(groups, ask.group())
                && (resources.contains(ALL)
                        || resources.contains(ask.combined())
                        || (!ask.subresource().isEmpty()
                                && resources.contains("*/" + ask.subresource())))
                && (names.isEmpty() || names.contains(ask.name()));
    }

    private static boolean has(List<String> allowed, String asked) {
        return allowed.contains(ALL) || allowed.contains(asked);
    }

    private static boolean pathCovers(String pattern, String path) {
        return pattern.equals(path)
                || (pattern.endsWith("*") && path.startsWith(pattern.replaceFirst("\\*+$", "")));
    }

    /// The parts of `wanted` that none of the `owned` rules covers, few rules with many verbs.
    ///
    /// @see "upstream: component-helpers, auth/rbac/validation/policy_comparator.go"
    static List<PolicyRule> missing(List<PolicyRule> owned, List<PolicyRule> wanted) {
        List<PolicyRule> missing = new ArrayList<>();
        for (var rule : wanted) {
            for (var part : rule.parts()) {
                if (owned.stream().noneMatch(own -> own.covers(part))) missing.add(part);
            }
        }
        return compact(missing);
    }

    /// Those of the wanted rules that the owned ones do not cover in full.
    static List<JsonNode> missingOf(List<PolicyRule> owned, JsonNode wanted) {
        return wanted.valueStream()
                .filter(
                        rule -> {
                            var one = JsonNodeFactory.instance.arrayNode().add(rule);
                            return !missing(owned, of(one)).isEmpty();
                        })
                .toList();
    }

    /// Rules of one verb and one resource, name or path each, which together allow the same.
    private List<PolicyRule> parts() {
        List<PolicyRule> parts = new ArrayList<>();
        for (var group : groups) {
            for (var resource : resources) {
                for (var verb : verbs) {
                    if (names.isEmpty()) parts.add(part(verb, group, resource, List.of()));
                    for (var name : names) parts.add(part(verb, group, resource, List.of(name)));
                }
            }
        }
        for (var path : paths) {
            for (var verb : verbs) {
                parts.add(
                        new PolicyRule(
                                List.of(verb), List.of(), List.of(), List.of(), List.of(path)));
            }
        }
        return parts;
    }

    private static PolicyRule part(String verb, String group, String resource, List<String> name) {
        return new PolicyRule(List.of(verb), List.of(group), List.of(resource), name, List.of());
    }

    /// @param part one of [#parts]
    private boolean covers(PolicyRule part) {
        return coversAll(verbs, part.verbs)
                && coversAll(groups, part.groups)
                && part.resources.stream().allMatch(this::coversResource)
                && (names.isEmpty() || (!part.names.isEmpty() && names.containsAll(part.names)))
                && part.paths.stream()
                        .allMatch(p -> paths.stream().anyMatch(o -> pathCovers(o, p)));
    }

    private static boolean coversAll(List<String> owned, List<String> wanted) {
        return owned.contains(ALL) || owned.containsAll(wanted);
    }

    private boolean coversResource(String resource) {
        int slash = resource.indexOf('/');
        return resources.contains(ALL)
                || resources.contains(resource)
                || (slash >= 0 && resources.contains("*" + resource.substring(slash)));
    }

    private static List<PolicyRule> compact(List<PolicyRule> parts) {
        Map<List<List<String>>, List<String>> verbs = new LinkedHashMap<>();
        List<PolicyRule> compacted = new ArrayList<>();
        for (var part : parts) {
            if (!part.paths.isEmpty()) compacted.add(part);
            else {
                var place = List.of(part.groups, part.resources, part.names);
                verbs.computeIfAbsent(place, _ -> new ArrayList<>()).addAll(part.verbs);
            }
        }
        verbs.forEach(
                (at, all) ->
                        compacted.add(
                                new PolicyRule(all, at.get(0), at.get(1), at.get(2), List.of())));
        return compacted;
    }

    /// `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`, one a line, sorted.
    static String describe(List<PolicyRule> rules) {
        return rules.stream()
                .map(PolicyRule::describe)
                .collect(Collectors.toCollection(TreeSet::new))
                .stream()
                .collect(Collectors.joining("\n"));
    }

    private String describe() {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        fields.put("APIGroups", groups);
        fields.put("Resources", resources);
        fields.put("NonResourceURLs", paths);
        fields.put("ResourceNames", names);
        fields.put("Verbs", verbs);
        return fields.entrySet().stream()
                .filter(field -> !field.getValue().isEmpty())
                .map(field -> field.getKey() + ":" + quoted(field.getValue()))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    /// As Go prints a list of strings with `%q`.
    static String quoted(List<String> texts) {
        return texts.stream()
                .map(text -> '"' + text + '"')
                .collect(Collectors.joining(" ", "[", "]"));
    }
}

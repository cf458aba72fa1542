package dev.ordinal.kinds.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Stored;
import dev.ordinal.api.Trees;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The roles and bindings that every cluster has. What somebody took away from them is put back,
/// what somebody added stays, and one annotated `autoupdate: "false"` is left alone.
///
/// @see "upstream: plugin/pkg/auth/authorizer/rbac/bootstrappolicy, and reconciliation"
public final class DefaultRoles {
    private static final String RESOURCE = "default-roles.txt";
    private static final String AUTO_UPDATE = "rbac.authorization.kubernetes.io/autoupdate";
    private static final String GROUPING = "rbac.authorization.k8s.io/aggregate-to-";
    private static final WriteOptions WRITE = WriteOptions.by("kube-apiserver");
    private static final Map<String, Kind> KINDS =
            Map.of(
                    "ClusterRole", RoleKinds.CLUSTER_ROLES,
                    "ClusterRoleBinding", RoleKinds.CLUSTER_ROLE_BINDINGS,
                    "Role", RoleKinds.ROLES,
                    "RoleBinding", RoleKinds.ROLE_BINDINGS);

    private DefaultRoles() {}

    /// One of them.
    ///
    /// @param namespace null: it is of the whole cluster
    record Default(Kind kind, @Nullable String namespace, String name, ObjectNode tree) {}

    static List<Default> all() {
        try (var in = DefaultRoles.class.getResourceAsStream(RESOURCE)) {
            var bytes = Objects.requireNonNull(in, RESOURCE).readAllBytes();
            return parse(new String(bytes, StandardCharsets.UTF_8));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    static List<Default> parse(String text) {
        List<Default> all = new ArrayList<>();
        for (var line : text.lines().toList()) {
            if (line.isBlank() || line.startsWith("#")) continue;
            if (line.startsWith(" ")) {
                all.getLast().tree.withArrayProperty("rules").add(rule(line.strip()));
            } else all.add(header(line));
        }
        return List.copyOf(all);
    }

    private static ObjectNode rule(String line) {
        var rule = JsonNodeFactory.instance.objectNode();
        var columns = line.split(" \\| ", -1);
        words(rule.putArray("verbs"), columns[0]);
        if (columns.length == 2) words(rule.putArray("nonResourceURLs"), columns[1]);
        else {
            words(rule.putArray("apiGroups"), columns[1]);
            words(rule.putArray("resources"), columns[2]);
            if (columns.length == 4) words(rule.putArray("resourceNames"), columns[3]);
        }
        return rule;
    }

    private static void words(ArrayNode list, String column) {
        for (var word : column.split(" ", -1)) list.add(word.equals("core") ? "" : word);
    }

    private static Default header(String line) {
        var words = List.of(line.split(" ", -1));
        var kind = Objects.requireNonNull(KINDS.get(words.getFirst()), line);
        int slash = words.get(1).indexOf('/');
        var namespace = slash < 0 ? null : words.get(1).substring(0, slash);
        var name = words.get(1).substring(slash + 1);
        var tree = JsonNodeFactory.instance.objectNode();
        var metadata = tree.putObject("metadata").put("name", name);
        metadata.putObject("annotations").put(AUTO_UPDATE, "true");
        metadata.putObject("labels").put("kubernetes.io/bootstrapping", "rbac-defaults");
        if (words.getFirst().endsWith("Binding")) bind(tree, words, name);
        else {
            tree.putArray("rules");
            gather(tree, words);
        }
        return new Default(kind, namespace, name, tree);
    }

    private static void gather(ObjectNode role, List<String> words) {
        for (int i = 2; i < words.size(); i += 2) {
            var label = GROUPING + words.get(i + 1);
            if (words.get(i).equals("to")) {
                ((ObjectNode) role.at("/metadata/labels")).put(label, "true");
            } else {
                role.withObjectProperty("aggregationRule")
                        .withArrayProperty("clusterRoleSelectors")
                        .addObject()
                        .putObject("matchLabels")
                        .put(label, "true");
            }
        }
    }

    private static void bind(ObjectNode binding, List<String> words, String name) {
        int of = words.indexOf("of");
        int to = words.indexOf("to");
        binding.putObject("roleRef")
                .put("apiGroup", RoleKinds.GROUP)
                .put("kind", words.getFirst().replace("Binding", ""))
                .put("name", of < 0 ? name : words.get(of + 1));
        if (to < 0) return;
        var subjects = binding.putArray("subjects");
        for (int i = to + 1; i < words.size(); i += 2) {
            var subject = words.get(i + 1).replaceFirst(",$", "");
            switch (words.get(i)) {
                case "user" -> subject(subjects, "User", subject).put("apiGroup", RoleKinds.GROUP);
                case "group" ->
                        subject(subjects, "Group", subject).put("apiGroup", RoleKinds.GROUP);
                default -> {
                    var account = subject.split("/", 2);
                    subject(subjects, "ServiceAccount", account[1]).put("namespace", account[0]);
                }
            }
        }
    }

    private static ObjectNode subject(ArrayNode subjects, String kind, String name) {
        return subjects.addObject().put("kind", kind).put("name", name);
    }

    /// Makes those that are missing and completes the others.
    public static void reconcile(Api api) {
        for (var wanted : all()) {
            try {
                reconcile(api, wanted);
            } catch (ApiException refused) {
                // Somebody else has made, changed or deleted it at this moment: they know best.
                if (refused.code() != 409 && refused.code() != 404) throw refused;
            }
        }
    }

    private static void reconcile(Api api, Default wanted) {
        var type = wanted.kind.type();
        Stored found;
        try {
            found = api.get(type, wanted.namespace, wanted.name);
        } catch (ApiException missing) {
            if (missing.code() != 404) throw missing;
            api.create(type, wanted.namespace, new Api.Body.Tree(wanted.tree), WRITE);
            return;
        }
        var object = found.copy();
        var annotation = object.path("metadata").path("annotations").path(AUTO_UPDATE).asText();
        if (annotation.equals("false")) return;
        if (!Trees.same(object.path("roleRef"), wanted.tree.path("roleRef"))) {
            api.delete(type, wanted.namespace, wanted.name, Api.DeleteOptions.uid(found.uid()));
            api.create(type, wanted.namespace, new Api.Body.Tree(wanted.tree), WRITE);
            return;
        }
        complete(object, wanted.tree);
        if (Trees.same(object, found.tree())) return;
        api.update(type, wanted.namespace, wanted.name, null, new Api.Body.Tree(object), WRITE);
    }

    private static void complete(ObjectNode object, ObjectNode wanted) {
        for (var field : List.of("labels", "annotations")) {
            var values = object.withObjectProperty("metadata").withObjectProperty(field);
            wanted.path("metadata").path(field).properties().stream()
                    .filter(entry -> !values.has(entry.getKey()))
                    .forEach(entry -> values.set(entry.getKey(), entry.getValue()));
        }
        if (wanted.has("aggregationRule")) {
            if (!object.has("aggregationRule")) {
                object.set("aggregationRule", wanted.path("aggregationRule"));
            }
        } else if (wanted.has("rules")) {
            var missing =
                    PolicyRule.missingOf(PolicyRule.of(object.path("rules")), wanted.path("rules"));
            if (!missing.isEmpty()) array(object, "rules").addAll(missing);
        }
        var subjects = object.path("subjects");
        for (var subject : wanted.path("subjects")) {
            boolean there = subjects.valueStream().anyMatch(known -> isSame(known, subject));
            if (!there) array(object, "subjects").add(subject);
        }
    }

    private static ArrayNode array(ObjectNode object, String field) {
        return object.get(field) instanceof ArrayNode list ? list : object.putArray(field);
    }

    private static boolean isSame(JsonNode a, JsonNode b) {
        return List.of("kind", "namespace", "name").stream()
                .allMatch(field -> a.path(field).asText().equals(b.path(field).asText()));
    }
}

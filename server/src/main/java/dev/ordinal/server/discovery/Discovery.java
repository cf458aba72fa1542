package dev.ordinal.server.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Which resources are served, in the plain and the aggregated form, and their OpenAPI documents.
/// Made when first asked for.
public final class Discovery {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final List<String> GROUP_ORDER =
            List.of(
                    "apps",
                    "events.k8s.io",
                    "authentication.k8s.io",
                    "authorization.k8s.io",
                    "rbac.authorization.k8s.io",
                    "storage.k8s.io",
                    "apiextensions.k8s.io",
                    "scheduling.k8s.io",
                    "coordination.k8s.io",
                    "discovery.k8s.io");
    private static final Set<String> READ_WRITE = new TreeSet<>(Set.of("get", "patch", "update"));
    private static final List<String> CUSTOM_VERBS =
            List.of(
                    "delete",
                    "deletecollection",
                    "get",
                    "list",
                    "patch",
                    "create",
                    "update",
                    "watch");

    private final Map<String, List<Kind>> byVersion = new LinkedHashMap<>();
    private final OpenApiDocuments openApi;

    public Discovery(List<Kind> kinds) {
        for (var kind : kinds) {
            byVersion.computeIfAbsent(kind.apiVersion(), _ -> new ArrayList<>()).add(kind);
        }
        openApi = new OpenApiDocuments(byVersion);
    }

    /// `GET /api`
    public ObjectNode coreVersions(String address) {
        var versions = NODES.objectNode();
        versions.put("kind", "APIVersions");
        versions.putArray("versions").add("v1");
        versions.putArray("serverAddressByClientCIDRs")
                .addObject()
                .put("clientCIDR", "0.0.0.0/0")
                .put("serverAddress", address);
        return versions;
    }

    /// `GET /apis`
    public ObjectNode groups() {
        var list = NODES.objectNode();
        list.put("kind", "APIGroupList").put("apiVersion", "v1");
        var groups = list.putArray("groups");
        groupNames().forEach(name -> group(name).ifPresent(groups::add));
        return list;
    }

    /// Those of custom resources come last, by name.
    private Set<String> groupNames() {
        Set<String> names = new LinkedHashSet<>(GROUP_ORDER);
        byVersion.values().stream()
                .map(kinds -> kinds.getFirst().group())
                .filter(name -> !name.isEmpty())
                .sorted()
                .forEach(names::add);
        return names;
    }

    /// `GET /apis/<group>`
    public Optional<ObjectNode> singleGroup(String name) {
        return group(name)
                .map(
                        group -> {
                            var whole = NODES.objectNode();
                            whole.put("kind", "APIGroup").put("apiVersion", "v1");
                            whole.setAll(group);
                            return whole;
                        });
    }

    private Optional<ObjectNode> group(String name) {
        var versions = byVersion.keySet().stream().filter(v -> v.startsWith(name + "/")).toList();
        if (versions.isEmpty()) return Optional.empty();
        var group = NODES.objectNode().put("name", name);
        var list = group.putArray("versions");
        versions.forEach(v -> version(list.addObject(), v));
        version(group.putObject("preferredVersion"), versions.getFirst());
        return Optional.of(group);
    }

    /// Whether it is a group of ours, not one of custom resources.
    public boolean isBuiltIn(String group) {
        return GROUP_ORDER.contains(group);
    }

    /// Where groups and versions are described.
    public Set<String> paths() {
        Set<String> paths = new TreeSet<>(Set.of("/api", "/api/v1", "/apis", "/apis/"));
        for (var version : byVersion.keySet()) {
            if (!version.contains("/")) continue;
            paths.add("/apis/" + version);
            paths.add("/apis/" + version.substring(0, version.indexOf('/')));
        }
        return paths;
    }

    private static void version(ObjectNode target, String groupVersion) {
        target.put("groupVersion", groupVersion)
                .put("version", groupVersion.substring(groupVersion.indexOf('/') + 1));
    }

    /// `GET /api/v1` and `/apis/<group>/<version>`
    public Optional<ObjectNode> resources(String groupVersion) {
        var kinds = byVersion.get(groupVersion);
        if (kinds == null) return Optional.empty();
        var list = NODES.objectNode();
        list.put("kind", "APIResourceList");
        if (!groupVersion.equals("v1")) list.put("apiVersion", "v1");
        list.put("groupVersion", groupVersion);
        var resources = list.putArray("resources");
        for (var kind : sorted(kinds)) {
            var resource = resources.addObject();
            resource.put("name", kind.plural())
                    .put("singularName", kind.singular())
                    .put("namespaced", kind.namespaced())
                    .put("kind", kind.kind());
            verbs(resource, kind);
            strings(resource, "shortNames", kind.shortNames());
            strings(resource, "categories", kind.categories());
            if (kind.answering() == null) resource.put("storageVersionHash", storageHash(kind));
            for (var sub : Subresource.of(kind)) {
                var entry = resources.addObject();
                entry.put("name", kind.plural() + "/" + sub.name)
                        .put("singularName", "")
                        .put("namespaced", kind.namespaced());
                if (!sub.group.equals(kind.group()) || !sub.version.equals(kind.type().version())) {
                    entry.put("group", sub.group).put("version", sub.version);
                }
                entry.put("kind", sub.kind);
                verbs(entry, sub.verbs);
            }
        }
        return Optional.of(list);
    }

    private static List<Kind> sorted(List<Kind> kinds) {
        return kinds.stream().sorted(java.util.Comparator.comparing(Kind::plural)).toList();
    }

    /// Those of custom resources come in an order of their own upstream.
    private static void verbs(ObjectNode target, Kind kind) {
        if (kind.form() == null) {
            verbs(target, kind.verbs());
            return;
        }
        var list = target.putArray("verbs");
        CUSTOM_VERBS.stream().filter(kind.verbs()::contains).forEach(list::add);
    }

    private static void verbs(ObjectNode target, Set<String> verbs) {
        var list = target.putArray("verbs");
        new TreeSet<>(verbs).forEach(list::add);
    }

    private static void strings(ObjectNode target, String field, List<String> values) {
        if (values.isEmpty()) return;
        ArrayNode list = target.putArray(field);
        values.forEach(list::add);
    }

    private static String storageHash(Kind kind) {
        var stored = kind.stored().type();
        var version = kind.kind().equals("CustomResourceDefinition") ? "v1beta1" : stored.version();
        var name = stored.group() + "/" + version + "/" + kind.kind();
        var hash = digest("SHA-256", name.getBytes(StandardCharsets.UTF_8));
        return Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(hash, 8));
    }

    private static byte[] digest(String algorithm, byte[] bytes) {
        try {
            return MessageDigest.getInstance(algorithm).digest(bytes);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// Upper-case SHA-512, as ETags and hashes of documents.
    public static String hash(byte[] document) {
        return HexFormat.of().withUpperCase().formatHex(digest("SHA-512", document));
    }

    /// Everything at once: `GET /api` (core) or `/apis` in the form `apidiscovery.k8s.io/v2`.
    public ObjectNode aggregated(boolean core) {
        var list = NODES.objectNode();
        list.put("kind", "APIGroupDiscoveryList").put("apiVersion", "apidiscovery.k8s.io/v2");
        list.putObject("metadata");
        var items = list.putArray("items");
        if (core) aggregate(items.addObject(), "", List.of("v1"));
        else {
            for (var name : groupNames()) {
                var versions =
                        byVersion.keySet().stream().filter(v -> v.startsWith(name + "/")).toList();
                if (!versions.isEmpty()) aggregate(items.addObject(), name, versions);
            }
        }
        return list;
    }

    private void aggregate(ObjectNode item, String group, List<String> versions) {
        var metadata = item.putObject("metadata");
        if (!group.isEmpty()) metadata.put("name", group);
        var list = item.putArray("versions");
        for (var groupVersion : versions) {
            var version = list.addObject();
            version.put("version", groupVersion.substring(groupVersion.indexOf('/') + 1));
            var resources = version.putArray("resources");
            for (var kind : sorted(byVersion.getOrDefault(groupVersion, List.of()))) {
                aggregate(resources.addObject(), kind);
            }
            version.put("freshness", "Current");
        }
    }

    private static void aggregate(ObjectNode resource, Kind kind) {
        resource.put("resource", kind.plural());
        responseKind(resource, kind, kind.group(), kind.type().version(), kind.kind());
        resource.put("scope", kind.namespaced() ? "Namespaced" : "Cluster");
        resource.put("singularResource", kind.singular());
        verbs(resource, kind);
        strings(resource, "shortNames", kind.shortNames());
        strings(resource, "categories", kind.categories());
        var subresources = Subresource.of(kind);
        if (subresources.isEmpty()) return;
        var list = resource.putArray("subresources");
        for (var sub : subresources) {
            var entry = list.addObject().put("subresource", sub.name);
            responseKind(entry, kind, sub.group, sub.version, sub.kind);
            verbs(entry, sub.verbs);
        }
    }

    /// A built-in kind of its own group and version says neither, as upstream does not.
    private static void responseKind(
            ObjectNode target, Kind of, String group, String version, String kind) {
        boolean said =
                of.form() != null
                        || !group.equals(of.group())
                        || !version.equals(of.type().version());
        target.putObject("responseKind")
                .put("group", said ? group : "")
                .put("version", said ? version : "")
                .put("kind", kind);
    }

    /// What can be asked below an object.
    record Subresource(String name, String group, String version, String kind, Set<String> verbs) {
        static List<Subresource> of(Kind kind) {
            List<Subresource> all = new ArrayList<>();
            for (var name : names(kind)) {
                var version = kind.type().version();
                all.add(
                        switch (name) {
                            case "scale" ->
                                    new Subresource(name, "autoscaling", "v1", "Scale", READ_WRITE);
                            case "binding" ->
                                    new Subresource(name, "", "v1", "Binding", Set.of("create"));
                            case "eviction" ->
                                    new Subresource(
                                            name, "policy", "v1", "Eviction", Set.of("create"));
                            case "token" ->
                                    new Subresource(
                                            name,
                                            "authentication.k8s.io",
                                            "v1",
                                            "TokenRequest",
                                            Set.of("create"));
                            case "exec", "attach", "portforward" ->
                                    new Subresource(
                                            name, "", "v1", options(name), Set.of("create", "get"));
                            case "log" -> new Subresource(name, "", "v1", "Pod", Set.of("get"));
                            case "finalize" ->
                                    new Subresource(
                                            name,
                                            kind.group(),
                                            version,
                                            kind.kind(),
                                            Set.of("update"));
                            default ->
                                    new Subresource(
                                            name, kind.group(), version, kind.kind(), READ_WRITE);
                        });
            }
            return all;
        }

        private static Set<String> names(Kind kind) {
            Set<String> names =
                    kind.form() == null
                            ? new TreeSet<>(kind.subresources())
                            : new LinkedHashSet<>();
            if (kind.hasStatus()) names.add("status");
            if (kind.scale() != null) names.add("scale");
            return names;
        }

        private static String options(String name) {
            return switch (name) {
                case "exec" -> "PodExecOptions";
                case "attach" -> "PodAttachOptions";
                default -> "PodPortForwardOptions";
            };
        }
    }

    /// The OpenAPI documents.
    public OpenApiDocuments openApi() {
        return openApi;
    }
}

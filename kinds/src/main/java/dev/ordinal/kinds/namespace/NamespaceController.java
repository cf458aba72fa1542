package dev.ordinal.kinds.namespace;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Kind;
import dev.ordinal.control.Controller;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Types;

import io.fabric8.kubernetes.api.model.Namespace;

import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// Empties a namespace that is being deleted, pods first, then lets it go.
///
/// @see "upstream: pkg/controller/namespace/deletion"
public final class NamespaceController implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("namespace-controller");
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

    private final Api api;
    private final Informer<Namespace> namespaces;
    private final InstantSource clock;

    public NamespaceController(Api api, Informers informers, InstantSource clock) {
        this.api = api;
        this.clock = clock;
        namespaces = informers.of(Types.NAMESPACES, Namespace.class);
    }

    @Override
    public String name() {
        return "namespace";
    }

    @Override
    public void watch(Consumer<Key> again) {
        namespaces.listen(
                change -> {
                    var latest = change.after();
                    if (latest != null && latest.getMetadata().getDeletionTimestamp() != null) {
                        again.accept(Key.of(latest));
                    }
                });
    }

    @Override
    public Optional<Duration> reconcile(Key key) {
        var namespace = namespaces.get(key);
        if (namespace == null || namespace.getMetadata().getDeletionTimestamp() == null) {
            return Optional.empty();
        }
        var rest = empty(key.name());
        report(key.name(), rest);
        if (!rest.isEmpty()) return Optional.of(LOOK_AGAIN);
        finish(key.name());
        return Optional.empty();
    }

    /// @return what is still there, by resource
    private Map<String, Integer> empty(String name) {
        Map<String, Integer> rest = new TreeMap<>();
        var kinds = api.kinds().stream().filter(Kind::namespaced).toList();
        var pods = kinds.stream().filter(k -> k.type().equals(Types.PODS)).toList();
        deleteAll(pods, name, rest);
        if (!rest.isEmpty()) return rest;
        deleteAll(kinds.stream().filter(k -> !k.type().equals(Types.PODS)).toList(), name, rest);
        return rest;
    }

    private void deleteAll(List<Kind> kinds, String namespace, Map<String, Integer> rest) {
        var background = new DeleteOptions(null, "Background", null, null, null, false);
        for (var kind : kinds) {
            api.deleteCollection(kind.type(), namespace, background, ListOptions.ALL);
            int left = api.list(kind.type(), namespace, ListOptions.ALL).items().size();
            if (left > 0) rest.put(kind.type().groupResource() + suffix(kind), left);
        }
    }

    private static String suffix(Kind kind) {
        return kind.group().isEmpty() ? "." : "";
    }

    private void report(String name, Map<String, Integer> rest) {
        try {
            var copy = api.get(Types.NAMESPACES, null, name).copy();
            var remaining =
                    rest.entrySet().stream()
                            .map(
                                    e ->
                                            "%s has %d resource instances"
                                                    .formatted(e.getKey(), e.getValue()))
                            .collect(Collectors.joining(", "));
            condition(
                    copy,
                    "NamespaceDeletionDiscoveryFailure",
                    false,
                    "ResourcesDiscovered",
                    "All resources successfully discovered");
            condition(
                    copy,
                    "NamespaceDeletionGroupVersionParsingFailure",
                    false,
                    "ParsedGroupVersions",
                    "All legacy kube types successfully parsed");
            condition(
                    copy,
                    "NamespaceDeletionContentFailure",
                    false,
                    "ContentDeleted",
                    "All content successfully deleted, may be waiting on finalization");
            condition(
                    copy,
                    "NamespaceContentRemaining",
                    !rest.isEmpty(),
                    rest.isEmpty() ? "ContentRemoved" : "SomeResourcesRemain",
                    rest.isEmpty()
                            ? "All content successfully removed"
                            : "Some resources are remaining: " + remaining);
            condition(
                    copy,
                    "NamespaceFinalizersRemaining",
                    false,
                    "ContentHasNoFinalizers",
                    "All content-preserving finalizers finished");
            api.update(Types.NAMESPACES, null, name, "status", new Api.Body.Tree(copy), WRITE);
        } catch (ApiException refused) {
            if (refused.code() != 404) throw refused;
        }
    }

    private void condition(
            ObjectNode namespace, String type, boolean holds, String reason, String message) {
        var conditions = namespace.withObjectProperty("status").withArrayProperty("conditions");
        var status = holds ? "True" : "False";
        for (var known : conditions) {
            if (!known.path("type").asText().equals(type)) continue;
            var condition = (ObjectNode) known;
            if (!condition.path("status").asText().equals(status)) {
                condition.put("lastTransitionTime", now());
            }
            condition.put("status", status).put("reason", reason).put("message", message);
            return;
        }
        conditions
                .addObject()
                .put("type", type)
                .put("status", status)
                .put("lastTransitionTime", now())
                .put("reason", reason)
                .put("message", message);
    }

    private String now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private void finish(String name) {
        try {
            var copy = api.get(Types.NAMESPACES, null, name).copy();
            copy.withObjectProperty("spec").putArray("finalizers");
            api.update(Types.NAMESPACES, null, name, "finalize", new Api.Body.Tree(copy), WRITE);
        } catch (ApiException refused) {
            if (refused.code() != 404) throw refused;
        }
    }
}

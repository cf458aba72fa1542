package dev.ordinal.kinds.namespace;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Status;
import dev.ordinal.control.Change;
import dev.ordinal.control.Controller;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Types;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// Empties a namespace that is being deleted, pods first, then lets it go.
///
/// @see "upstream: pkg/controller/namespace/deletion"
public final class NamespaceController implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-controller-manager");
    private static final long FINALIZER_ESTIMATE_SECONDS = 15;

    private final Api api;
    private final Informer<Namespace> namespaces;
    private final Informer<Pod> pods;
    private final Informer<PersistentVolumeClaim> claims;
    private final InstantSource clock;

    public NamespaceController(Api api, Informers informers, InstantSource clock) {
        this.api = api;
        this.clock = clock;
        namespaces = informers.of(Types.NAMESPACES, Namespace.class);
        pods = informers.of(Types.PODS, Pod.class);
        claims = informers.of(Types.CLAIMS, PersistentVolumeClaim.class);
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
        pods.listen(change -> contentChanged(change, again));
        claims.listen(change -> contentChanged(change, again));
    }

    /// What usually takes its time has gone: no need to wait for the estimate.
    private void contentChanged(Change<? extends HasMetadata> change, Consumer<Key> again) {
        if (!change.gone()) return;
        var namespace = namespaces.get("", change.latest().getMetadata().getNamespace());
        if (namespace != null && namespace.getMetadata().getDeletionTimestamp() != null) {
            again.accept(Key.of(namespace));
        }
    }

    @Override
    public Optional<Duration> reconcile(Key key) {
        var namespace = namespaces.get(key);
        if (namespace == null || namespace.getMetadata().getDeletionTimestamp() == null) {
            return Optional.empty();
        }
        var held = namespace.getSpec().getFinalizers();
        if (held == null || held.isEmpty()) return Optional.empty();
        var content = new Content();
        empty(namespace, content);
        report(key.name(), content);
        if (content.failure != null) throw content.failure;
        if (content.estimateSeconds > 0) {
            return Optional.of(Duration.ofSeconds(content.estimateSeconds / 2 + 1));
        }
        finish(key.name());
        return Optional.empty();
    }

    /// What one pass found: how much is left, what holds it, and how long that may take.
    private static final class Content {
        private final Map<String, Integer> remaining = new TreeMap<>();
        private final Map<String, Integer> finalizers = new TreeMap<>();
        private final Set<String> failures = new TreeSet<>();
        private long estimateSeconds;
        private @Nullable ApiException failure;

        private void fail(ApiException refused) {
            failures.add(String.valueOf(refused.getMessage()));
            if (failure == null) failure = refused;
        }
    }

    /// Pods first: while one is left, nothing else is touched, and what is left is not told yet.
    private void empty(Namespace namespace, Content content) {
        var pods = new Content();
        for (var kind : api.kinds()) {
            if (kind.type().equals(Types.PODS)) delete(kind, namespace, pods);
        }
        content.estimateSeconds = pods.estimateSeconds;
        content.failures.addAll(pods.failures);
        content.failure = pods.failure;
        if (!pods.remaining.isEmpty()) return;
        for (var kind : api.collections()) {
            boolean other = kind.namespaced() && !kind.type().equals(Types.PODS);
            if (other && kind.verbs().contains("delete")) delete(kind, namespace, content);
        }
    }

    private void delete(Kind kind, Namespace namespace, Content content) {
        var name = namespace.getMetadata().getName();
        long grace = kind.type().equals(Types.PODS) ? graceSeconds(namespace) : 0;
        try {
            var background = new DeleteOptions(null, "Background", null, null, null, false);
            api.deleteCollection(kind.type(), name, background, ListOptions.ALL);
            var left = api.list(kind.type(), name, ListOptions.ALL).items();
            if (left.isEmpty()) return;
            content.remaining.put(kind.plural() + "." + kind.group(), left.size());
            boolean held = false;
            for (var item : left) {
                for (var finalizer : item.tree().at("/metadata/finalizers")) {
                    content.finalizers.merge(finalizer.asText(), 1, Integer::sum);
                    held = true;
                }
            }
            if (grace == 0 && !held) throw unexpected(kind, name);
            long estimate = grace == 0 ? FINALIZER_ESTIMATE_SECONDS : grace;
            content.estimateSeconds = Math.max(content.estimateSeconds, estimate);
        } catch (ApiException refused) {
            content.fail(refused);
        }
    }

    private static ApiException unexpected(Kind kind, String namespace) {
        return new ApiException(
                new Status(
                        500,
                        "",
                        "unexpected items still remain in namespace: %s for gvr: %s/%s, Resource=%s"
                                .formatted(
                                        namespace,
                                        kind.group(),
                                        kind.type().version(),
                                        kind.plural()),
                        null));
    }

    /// The longest grace period of the pods that still run; 0 when it has passed.
    private long graceSeconds(Namespace namespace) {
        long longest = 0;
        var pods = api.list(Types.PODS, namespace.getMetadata().getName(), ListOptions.ALL);
        for (var pod : pods.items()) {
            var phase = pod.tree().at("/status/phase").asText();
            if (phase.equals("Succeeded") || phase.equals("Failed")) continue;
            longest =
                    Math.max(
                            longest, pod.tree().at("/spec/terminationGracePeriodSeconds").asLong());
        }
        var deleted = Instant.parse(namespace.getMetadata().getDeletionTimestamp());
        boolean passed = !clock.instant().isBefore(deleted.plusSeconds(longest));
        return passed ? 0 : longest;
    }

    private void report(String name, Content content) {
        try {
            var copy = api.get(Types.NAMESPACES, null, name).copy();
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
            boolean failed = !content.failures.isEmpty();
            condition(
                    copy,
                    "NamespaceDeletionContentFailure",
                    failed,
                    failed ? "ContentDeletionFailed" : "ContentDeleted",
                    failed
                            ? "Failed to delete all resource types, %d remaining: %s"
                                    .formatted(
                                            content.failures.size(),
                                            String.join(", ", content.failures))
                            : "All content successfully deleted, may be waiting on finalization");
            boolean rest = !content.remaining.isEmpty();
            condition(
                    copy,
                    "NamespaceContentRemaining",
                    rest,
                    rest ? "SomeResourcesRemain" : "ContentRemoved",
                    rest
                            ? "Some resources are remaining: "
                                    + list(content.remaining, "%s has %d resource instances")
                            : "All content successfully removed");
            boolean held = !content.finalizers.isEmpty();
            condition(
                    copy,
                    "NamespaceFinalizersRemaining",
                    held,
                    held ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
                    held
                            ? "Some content in the namespace has finalizers remaining: "
                                    + list(content.finalizers, "%s in %d resource instances")
                            : "All content-preserving finalizers finished");
            api.update(Types.NAMESPACES, null, name, "status", new Api.Body.Tree(copy), WRITE);
        } catch (ApiException refused) {
            if (refused.code() != 404) throw refused;
        }
    }

    private static String list(Map<String, Integer> counts, String format) {
        return counts.entrySet().stream()
                .map(e -> format.formatted(e.getKey(), e.getValue()))
                .collect(Collectors.joining(", "));
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
            var kept = copy.arrayNode();
            for (var finalizer : copy.at("/spec/finalizers")) {
                if (!finalizer.asText().equals("kubernetes")) kept.add(finalizer);
            }
            copy.withObjectProperty("spec").set("finalizers", kept);
            api.update(Types.NAMESPACES, null, name, "finalize", new Api.Body.Tree(copy), WRITE);
        } catch (ApiException refused) {
            if (refused.code() != 404) throw refused;
        }
    }
}

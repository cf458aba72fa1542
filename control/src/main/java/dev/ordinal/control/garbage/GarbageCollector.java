package dev.ordinal.control.garbage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.WatchOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Controller;
import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Key;
import dev.ordinal.control.Lifetime;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Deletes objects when all their owners are gone, and finishes foreground and orphaning deletions.
///
/// Each kind has a [Follower], in production on a thread of its own; all of them share one lock, so
/// that the graph has one writer. The keys are uids.
///
/// @see "Kubernetes documentation: Garbage Collection; upstream: pkg/controller/garbagecollector"
public final class GarbageCollector implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-controller-manager");
    private static final String ORPHAN = "orphan";
    private static final String FOREGROUND = "foregroundDeletion";
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Api api;
    private final Map<String, Node> nodes = new HashMap<>();
    private final Map<String, Set<String>> dependents = new HashMap<>();
    private final Map<GroupVersionResource, Follower> followers = new LinkedHashMap<>();
    private @Nullable Lifetime life;
    private final EventRecorder events;
    private Consumer<Key> again = _ -> {};

    public GarbageCollector(Api api, InstantSource clock) {
        this.api = api;
        events = new EventRecorder(api, "garbage-collector-controller", "", clock);
        follow();
        api.whenKindsChange(this::kindsChanged);
    }

    /// A follower for each collection there is, and none for one that is served no more.
    ///
    /// @return those that are new
    private synchronized List<Follower> follow() {
        Map<GroupVersionResource, Kind> wanted = new LinkedHashMap<>();
        for (var kind : api.collections()) {
            if (!kind.type().resource().equals("events")) wanted.put(kind.type(), kind);
        }
        for (var follower : List.copyOf(followers.values())) {
            if (wanted.containsKey(follower.type())) continue;
            followers.remove(follower.type());
            follower.close();
            replaceAll(follower.kind, List.of());
        }
        List<Follower> fresh = new ArrayList<>();
        for (var kind : wanted.values()) {
            if (followers.containsKey(kind.type())) continue;
            var follower = new Follower(kind);
            followers.put(kind.type(), follower);
            fresh.add(follower);
        }
        return fresh;
    }

    /// A new kind has no objects yet, or only some that nothing is decided about before all are
    /// known: the list is made before anybody can use the kind.
    private void kindsChanged() {
        for (var follower : follow()) {
            var running = life;
            if (running == null) continue;
            follower.relist();
            run(follower, running);
        }
    }

    @Override
    public String name() {
        return "garbage";
    }

    @Override
    public void watch(Consumer<Key> again) {
        this.again = again;
    }

    /// One object in the graph.
    private record Node(Kind kind, Stored object) {
        List<JsonNode> owners() {
            List<JsonNode> owners = new ArrayList<>();
            object.tree().at("/metadata/ownerReferences").forEach(owners::add);
            return owners;
        }

        boolean terminating() {
            return object.tree().path("metadata").has("deletionTimestamp");
        }

        boolean has(String finalizer) {
            for (var f : object.tree().at("/metadata/finalizers")) {
                if (f.asText().equals(finalizer)) return true;
            }
            return false;
        }

        String namespace() {
            return object.namespace();
        }

        boolean blocks(String owner) {
            return owners().stream()
                    .filter(o -> o.path("uid").asText().equals(owner))
                    .anyMatch(o -> o.path("blockOwnerDeletion").asBoolean());
        }

        /// What an event about it points at.
        ObjectNode reference() {
            var reference = JsonNodeFactory.instance.objectNode();
            reference.put("kind", kind.kind()).put("apiVersion", kind.apiVersion());
            if (kind.namespaced()) reference.put("namespace", namespace());
            return reference.put("name", object.name()).put("uid", object.uid());
        }
    }

    /// Makes the whole graph, then keeps it current, each kind on a thread of its own. Nothing may
    /// be decided on a part of it: dependents that are not known yet would not be orphaned.
    public void start(Lifetime life) throws InterruptedException {
        for (var follower : followers()) follower.pump(Duration.ZERO);
        this.life = life;
        for (var follower : followers()) run(follower, life);
    }

    private static void run(Follower follower, Lifetime life) {
        life.own(follower);
        life.run(
                "garbage-" + follower.kind.plural(),
                () -> {
                    while (!follower.closed) follower.pump(Duration.ofMinutes(1));
                });
    }

    /// For a simulation that pumps by hand.
    public synchronized List<Follower> followers() {
        return List.copyOf(followers.values());
    }

    /// Keeps one kind's part of the graph current, by list and watch. One thread pumps it.
    public final class Follower implements AutoCloseable {
        private final Kind kind;
        private volatile Api.@Nullable Watching watching;
        private volatile boolean closed;

        private Follower(Kind kind) {
            this.kind = kind;
        }

        public GroupVersionResource type() {
            return kind.type();
        }

        /// Takes in what has happened, waiting at most `patience` for something to happen. The
        /// first call lists; so does the first after a watch fell behind.
        ///
        /// @return whether anything changed
        public boolean pump(Duration patience) throws InterruptedException {
            if (closed) return false;
            var running = watching;
            if (running == null) return relist();
            try {
                var events = running.next(patience);
                for (var event : events) {
                    switch (event.type()) {
                        case ADDED, MODIFIED -> put(new Node(kind, event.object()));
                        case DELETED -> drop(event.object().uid());
                        case BOOKMARK -> {}
                    }
                }
                return !events.isEmpty();
            } catch (ApiException lost) {
                if (lost.code() != 410) throw lost;
                running.close();
                watching = null;
                return relist();
            }
        }

        private boolean relist() {
            var listing = api.list(kind.type(), null, ListOptions.ALL);
            replaceAll(kind, listing.items());
            var after = WatchOptions.after(Long.toString(listing.revision()));
            watching = api.watch(kind.type(), null, after);
            return true;
        }

        @Override
        public void close() {
            closed = true;
            var running = watching;
            if (running != null) running.close();
        }
    }

    private synchronized void replaceAll(Kind kind, List<Stored> items) {
        Set<String> present = new HashSet<>();
        for (var item : items) {
            present.add(item.uid());
            put(new Node(kind, item));
        }
        var gone =
                nodes.entrySet().stream()
                        .filter(e -> e.getValue().kind.type().equals(kind.type()))
                        .map(Map.Entry::getKey)
                        .filter(uid -> !present.contains(uid))
                        .toList();
        gone.forEach(this::drop);
    }

    private synchronized void put(Node node) {
        var uid = node.object.uid();
        var before = nodes.put(uid, node);
        if (before != null) unlink(before);
        for (var owner : node.owners()) {
            dependents.computeIfAbsent(owner.path("uid").asText(), _ -> new HashSet<>()).add(uid);
        }
        if (before == null) {
            for (var dependent : dependentsOf(uid)) reportForeignOwner(nodes.get(dependent), node);
        }
        if (before == null || !before.owners().equals(node.owners())) {
            for (var owner : node.owners()) {
                reportForeignOwner(node, nodes.get(owner.path("uid").asText()));
            }
            if (before != null) before.owners().forEach(o -> ask(o.path("uid").asText()));
        }
        boolean watched = !node.owners().isEmpty() || node.has(ORPHAN) || node.has(FOREGROUND);
        if (watched) ask(uid);
        if (node.terminating()) dependentsOf(uid).forEach(this::ask);
    }

    /// An owner has to live in its dependents' namespace, or in none.
    private void reportForeignOwner(@Nullable Node dependent, @Nullable Node owner) {
        if (dependent == null
                || owner == null
                || !owner.kind.namespaced()
                || owner.namespace().equals(dependent.namespace())) return;
        for (var reference : dependent.owners()) {
            if (!reference.path("uid").asText().equals(owner.object.uid())) continue;
            events.warning(
                    dependent.reference(),
                    "OwnerRefInvalidNamespace",
                    "ownerRef [%s/%s, namespace: %s, name: %s, uid: %s] does not exist in namespace \"%s\""
                            .formatted(
                                    reference.path("apiVersion").asText(),
                                    reference.path("kind").asText(),
                                    dependent.namespace(),
                                    reference.path("name").asText(),
                                    reference.path("uid").asText(),
                                    dependent.namespace()));
            return;
        }
    }

    private synchronized void drop(String uid) {
        var node = nodes.remove(uid);
        if (node != null) unlink(node);
        dependentsOf(uid).forEach(this::ask);
        if (node != null) node.owners().forEach(owner -> ask(owner.path("uid").asText()));
    }

    private void unlink(Node node) {
        for (var owner : node.owners()) {
            dependents.computeIfPresent(
                    owner.path("uid").asText(),
                    (_, uids) -> {
                        uids.remove(node.object.uid());
                        return uids.isEmpty() ? null : uids;
                    });
        }
    }

    private synchronized List<String> dependentsOf(String uid) {
        return List.copyOf(dependents.getOrDefault(uid, Set.of()));
    }

    private void ask(String uid) {
        again.accept(new Key("", uid));
    }

    @Override
    public Optional<Duration> reconcile(Key key) {
        var node = node(key.name());
        return node.isPresent() ? process(node.get()) : Optional.empty();
    }

    private Optional<Duration> process(Node node) {
        if (node.terminating() && node.has(ORPHAN)) orphan(node);
        else if (node.terminating() && node.has(FOREGROUND)) finishForeground(node);
        else if (!node.terminating() || node.has(FOREGROUND)) return collect(node);
        return Optional.empty();
    }

    /// The owner's name goes from its dependents, then the owner may go.
    private void orphan(Node owner) {
        for (var uid : dependentsOf(owner.object.uid())) {
            var dependent = node(uid);
            if (dependent.isPresent()) removeOwners(dependent.get(), Set.of(owner.object.uid()));
        }
        removeFinalizer(owner, ORPHAN);
    }

    private synchronized Optional<Node> node(String uid) {
        return Optional.ofNullable(nodes.get(uid));
    }

    /// Waits for dependents that block; they are deleted first.
    private void finishForeground(Node owner) {
        boolean blocked = false;
        for (var uid : dependentsOf(owner.object.uid())) {
            var dependent = node(uid);
            if (dependent.isEmpty()) continue;
            blocked |= dependent.get().blocks(owner.object.uid());
            ask(uid);
        }
        if (!blocked) removeFinalizer(owner, FOREGROUND);
    }

    private enum State {
        SOLID,
        WAITING,
        DANGLING,
        /// Nobody can tell: of an unknown kind, or in a namespace although the dependent is in
        /// none.
        UNKNOWN
    }

    private Optional<Duration> collect(Node node) {
        if (node.owners().isEmpty()) return Optional.empty();
        Set<String> others = new HashSet<>();
        boolean solid = false;
        boolean waiting = false;
        for (var owner : node.owners()) {
            var state = state(node, owner);
            if (state == State.UNKNOWN) return Optional.empty();
            solid |= state == State.SOLID;
            waiting |= state == State.WAITING;
            if (state != State.SOLID) others.add(owner.path("uid").asText());
        }
        if (solid) {
            if (!others.isEmpty()) removeOwners(node, others);
            return Optional.empty();
        }
        if (node.terminating()) return Optional.empty();
        var below = dependentsOf(node.object.uid());
        if (waiting && !below.isEmpty()) {
            boolean circle = below.stream().anyMatch(this::waitsForDependents);
            var latest = circle ? unblock(node) : Optional.of(node);
            return latest.flatMap(n -> delete(n, "Foreground"));
        }
        var policy =
                node.has(ORPHAN) ? "Orphan" : node.has(FOREGROUND) ? "Foreground" : "Background";
        return delete(node, policy);
    }

    private boolean waitsForDependents(String uid) {
        return node(uid).filter(n -> n.terminating() && n.has(FOREGROUND)).isPresent();
    }

    /// Breaks a circle of owners that wait for each other: the node no longer blocks its own.
    ///
    /// @return the node as it is now; empty when it is gone
    private Optional<Node> unblock(Node node) {
        return change(
                        node,
                        tree -> {
                            for (var owner : tree.at("/metadata/ownerReferences")) {
                                if (owner.path("blockOwnerDeletion").asBoolean()) {
                                    ((ObjectNode) owner).put("blockOwnerDeletion", false);
                                }
                            }
                        })
                .map(written -> new Node(node.kind, written));
    }

    /// Looked up live: the graph may be behind.
    private State state(Node node, JsonNode owner) {
        var kind =
                api.kinds().stream()
                        .filter(k -> k.apiVersion().equals(owner.path("apiVersion").asText()))
                        .filter(k -> k.kind().equals(owner.path("kind").asText()))
                        .findFirst();
        if (kind.isEmpty()) return State.UNKNOWN;
        if (kind.get().namespaced() && !node.kind.namespaced()) return State.UNKNOWN;
        try {
            var found =
                    api.get(
                            kind.get().type(),
                            kind.get().namespaced() ? node.namespace() : null,
                            owner.path("name").asText());
            if (!found.uid().equals(owner.path("uid").asText())) return State.DANGLING;
            var live = new Node(kind.get(), found);
            return live.terminating() && live.has(FOREGROUND) ? State.WAITING : State.SOLID;
        } catch (ApiException missing) {
            if (missing.code() == 404) return State.DANGLING;
            throw missing;
        }
    }

    private Optional<Duration> delete(Node node, String policy) {
        try {
            api.delete(
                    node.kind.type(),
                    node.kind.namespaced() ? node.namespace() : null,
                    node.object.name(),
                    new DeleteOptions(
                            null,
                            policy,
                            null,
                            node.object.uid(),
                            Long.toString(node.object.revision()),
                            false));
            return Optional.empty();
        } catch (ApiException refused) {
            if (refused.code() == 404) return Optional.empty();
            if (!refused.is("Conflict")) throw refused;
            // A newer version is on its way through the watch and asks for another look.
            return Optional.of(RETRY);
        }
    }

    private void removeOwners(Node node, Set<String> uids) {
        change(
                node,
                tree -> {
                    var kept = tree.arrayNode();
                    for (var owner : tree.at("/metadata/ownerReferences")) {
                        if (!uids.contains(owner.path("uid").asText())) kept.add(owner);
                    }
                    ((ObjectNode) tree.path("metadata")).set("ownerReferences", kept);
                });
    }

    private void removeFinalizer(Node node, String finalizer) {
        change(
                node,
                tree -> {
                    var kept = tree.arrayNode();
                    for (var f : tree.at("/metadata/finalizers")) {
                        if (!f.asText().equals(finalizer)) kept.add(f);
                    }
                    ((ObjectNode) tree.path("metadata")).set("finalizers", kept);
                });
    }

    /// @return empty when it is gone
    private Optional<Stored> change(Node node, Consumer<ObjectNode> change) {
        var namespace = node.kind.namespaced() ? node.namespace() : null;
        try {
            var fresh = api.get(node.kind.type(), namespace, node.object.name());
            if (!fresh.uid().equals(node.object.uid())) return Optional.empty();
            var copy = fresh.copy();
            change.accept(copy);
            var written =
                    api.update(
                            node.kind.type(),
                            namespace,
                            node.object.name(),
                            null,
                            new Api.Body.Tree(copy),
                            WRITE);
            return Optional.of(written.object());
        } catch (ApiException refused) {
            if (refused.code() != 404) throw refused;
            return Optional.empty();
        }
    }
}

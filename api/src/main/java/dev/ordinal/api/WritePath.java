package dev.ordinal.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Admission.Operation;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.Api.Written;
import dev.ordinal.api.apply.Managed;
import dev.ordinal.store.StaleException;
import dev.ordinal.store.Store;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/// The one way of every write, once its body has been decoded: default, note who owns what, admit,
/// check, commit.
final class WritePath {
    private static final String SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private static final int SUFFIX_LENGTH = 5;
    private static final int GENERATED_BASE_MAX = 58;
    private static final Set<String> KEEPS_SPEC = Set.of("binding", "status");

    private final Registry registry;
    private final Store<Stored> store;
    private final RandomGenerator random;

    WritePath(Registry registry, Store<Stored> store, RandomGenerator random) {
        this.registry = registry;
        this.store = store;
        this.random = random;
    }

    /// How the entries of `managedFields` of a new state come about.
    enum Owners {
        /// The writer has an entry of what it changes.
        NOTED,
        /// The state has its entries already.
        GIVEN
    }

    /// Creates an object whose body has been decoded.
    Written insert(
            Kind kind,
            ObjectNode object,
            Owners owners,
            WriteOptions options,
            List<String> warnings)
            throws TakenException {
        var metadata = Metadata.of(object);
        for (var field :
                List.of(
                        "creationTimestamp",
                        "uid",
                        "deletionTimestamp",
                        "deletionGracePeriodSeconds",
                        "selfLink",
                        "resourceVersion")) {
            metadata.remove(field);
        }
        kind.defaulting(object);
        if (owners == Owners.NOTED) {
            registry.fieldManager(kind, null).update(null, object, options.manager());
        }
        metadata.put("uid", uid());
        metadata.put("creationTimestamp", registry.now().toString());
        if (metadata.path("name").asText().isEmpty()) {
            var base = metadata.path("generateName").asText();
            if (!base.isEmpty()) metadata.put("name", generatedName(base));
        }
        if (kind.hasStatus()) object.remove("status");
        if (kind.countsGenerations()) metadata.put("generation", 1);
        kind.preparing().forEach(step -> step.prepare(object, null, null));
        var name = metadata.path("name").asText();
        var namespace = metadata.path("namespace").asText();
        var attempt =
                new Attempt(
                        registry,
                        Operation.CREATE,
                        kind,
                        null,
                        namespace,
                        name,
                        object,
                        null,
                        options);
        boolean done = false;
        try {
            attempt.admit(registry.admissions());
            kind.defaulting(object);
            var problems = new Problems();
            Metadata.checkNew(kind, object, problems);
            kind.rules().forEach(rule -> rule.check(object, null, problems));
            if (!problems.isEmpty()) throw invalid(kind, name, problems);
            var told = concat(warnings, kind.warnings(object, null));
            var shaped = kind.shape(object);
            var key = Registry.key(kind, namespace, name);
            var existing = store.latest().get(key);
            if (existing != null) throw new TakenException(name, existing.value());
            if (options.dryRun()) return new Written(Stored.encode(0, shaped), true, told);
            var stored = store.put(key, 0, revision -> encode(shaped, revision));
            done = true;
            return new Written(stored, true, told);
        } catch (StaleException _) {
            var winner = store.latest().get(Registry.key(kind, namespace, name));
            throw new TakenException(name, winner == null ? null : winner.value());
        } finally {
            attempt.end(done);
        }
    }

    /// Tells the group of the stored object, whichever it was asked for in.
    private static ApiException invalid(Kind kind, String name, Problems problems) {
        return problems.invalid(kind.kind(), kind.stored().group(), name);
    }

    private static List<String> concat(List<String> first, List<String> second) {
        if (second.isEmpty()) return first;
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    static Stored encode(ObjectNode tree, long revision) {
        Metadata.of(tree).put("resourceVersion", Long.toString(revision));
        return Stored.encode(revision, tree);
    }

    /// Puts a new state in the place of the one it was computed from.
    ///
    /// @throws StaleException another write came first
    Written replace(
            Kind kind,
            Stored current,
            ObjectNode object,
            @Nullable String subresource,
            Owners owners,
            WriteOptions options,
            List<String> warnings)
            throws StaleException {
        var old = kind.read(current);
        var entries = Metadata.of(object).get("managedFields");
        restore(kind, object, old, subresource);
        kind.defaulting(object);
        if (entries == null) Metadata.of(object).remove("managedFields");
        else Metadata.of(object).set("managedFields", entries);
        if (owners == Owners.NOTED) {
            registry.fieldManager(kind, subresource).update(old, object, options.manager());
        }
        kind.preparing().forEach(step -> step.prepare(object, old, subresource));
        boolean changesSpec = subresource == null || !KEEPS_SPEC.contains(subresource);
        if (changesSpec) countGeneration(kind, object, old);
        var attempt =
                new Attempt(
                        registry,
                        Operation.UPDATE,
                        kind,
                        subresource,
                        current.namespace(),
                        current.name(),
                        object,
                        old,
                        options);
        boolean done = false;
        try {
            attempt.admit(registry.admissions());
            if (changesSpec) kind.defaulting(object);
            check(kind, current.name(), old, object, subresource);
            var told =
                    subresource == null ? concat(warnings, kind.warnings(object, old)) : warnings;
            var shaped = kind.shape(object);
            Metadata.of(shaped).put("resourceVersion", Long.toString(current.revision()));
            if (isSame(shaped, current.tree())) return new Written(current, false, told);
            if (options.dryRun()) {
                return new Written(Stored.encode(current.revision(), shaped), false, told);
            }
            var key = Registry.key(kind, current.namespace(), current.name());
            if (registry.isFinished(kind, shaped)) {
                var last = Stored.encode(current.revision(), shaped.deepCopy());
                store.delete(key, current.revision(), r -> encode(shaped, r));
                done = true;
                return new Written(last, false, told);
            }
            var stored = store.put(key, current.revision(), r -> encode(shaped, r));
            done = true;
            return new Written(stored, false, told);
        } finally {
            attempt.end(done);
        }
    }

    /// Times alone that owners have changed something do not make another state.
    private static boolean isSame(ObjectNode shaped, ObjectNode current) {
        return Managed.sameButTimes(
                        shaped.path("metadata").path("managedFields"),
                        current.path("metadata").path("managedFields"))
                && Trees.same(Managed.dropped(shaped), Managed.dropped(current));
    }

    /// Puts back what no update may change.
    private static void restore(
            Kind kind, ObjectNode object, ObjectNode old, @Nullable String subresource) {
        var metadata = Metadata.of(object);
        var before = Metadata.of(old);
        for (var field :
                List.of(
                        "uid",
                        "creationTimestamp",
                        "deletionTimestamp",
                        "generation",
                        "deletionGracePeriodSeconds",
                        "namespace")) {
            Trees.copy(field, before, metadata);
        }
        metadata.remove("selfLink");
        if (!kind.hasStatus()) return;
        if (subresource == null) Trees.copy("status", old, object);
        else if (subresource.equals("status")) {
            for (var field : old.properties()) {
                if (!field.getKey().equals("status") && !field.getKey().equals("metadata")) {
                    object.set(field.getKey(), field.getValue().deepCopy());
                }
            }
            if (kind.form() == null) return;
            Trees.copy("metadata", old, object);
            object.properties().removeIf(f -> !f.getKey().equals("status") && !old.has(f.getKey()));
        }
    }

    private static void countGeneration(Kind kind, ObjectNode object, ObjectNode old) {
        if (!kind.countsGenerations()) return;
        var after = kind.shape(object.deepCopy());
        if (!Trees.same(content(kind, after), content(kind, old))) {
            var metadata = Metadata.of(object);
            metadata.put("generation", metadata.path("generation").asLong() + 1);
        }
    }

    /// All that is wanted: neither metadata nor status.
    private static ObjectNode content(Kind kind, ObjectNode object) {
        ObjectNode content = object.objectNode().setAll(object);
        content.remove(List.of("metadata", "apiVersion"));
        if (kind.generationsCountLabels()) {
            content.set("labels", object.path("metadata").path("labels"));
        }
        if (kind.hasStatus()) content.remove("status");
        return content;
    }

    private static void check(
            Kind kind,
            String name,
            ObjectNode old,
            ObjectNode object,
            @Nullable String subresource) {
        var problems = new Problems();
        // Upstream looks at the metadata of every update twice, and tells all causes.
        Metadata.checkChanged(kind, object, old, problems);
        Metadata.checkChanged(kind, object, old, problems);
        var rules =
                switch (subresource) {
                    case "status" -> kind.statusRules();
                    case "binding" -> List.<Kind.Rule>of();
                    case null, default -> kind.rules();
                };
        rules.forEach(rule -> rule.check(object, old, problems));
        if (!problems.isEmpty()) {
            throw invalid(kind, name, problems);
        }
    }

    private String generatedName(String base) {
        var name =
                new StringBuilder(
                        base.length() > GENERATED_BASE_MAX
                                ? base.substring(0, GENERATED_BASE_MAX)
                                : base);
        synchronized (random) {
            for (int i = 0; i < SUFFIX_LENGTH; i++) {
                name.append(SUFFIX_ALPHABET.charAt(random.nextInt(SUFFIX_ALPHABET.length())));
            }
        }
        return name.toString();
    }

    private String uid() {
        synchronized (random) {
            long high = (random.nextLong() & ~0xf000L) | 0x4000L;
            long low = (random.nextLong() & ~(3L << 62)) | (2L << 62);
            return new UUID(high, low).toString();
        }
    }
}

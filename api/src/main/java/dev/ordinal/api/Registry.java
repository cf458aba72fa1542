package dev.ordinal.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Admission.Operation;
import dev.ordinal.api.apply.FieldManager;
import dev.ordinal.api.apply.Managed;
import dev.ordinal.store.StaleException;
import dev.ordinal.store.Store;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The one way a read or write takes: decode, default, admit, check, commit.
///
/// Writes are computed outside the store's writer and committed by compare-and-set; one that lost a
/// race is computed again, unless the client named the version it expects.
public final class Registry implements Api {
    private static final String SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private static final Set<String> KEEPS_SPEC = Set.of("binding", "status");
    private static final int GENERATED_BASE_MAX = 58;
    private static final int GENERATED_TRIES = 8;

    private final List<Kind> builtIn;
    private final List<Runnable> kindListeners = new CopyOnWriteArrayList<>();
    private volatile Served served;
    private final List<Admission> admissions;
    private final Store<Stored> store;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Lists lists;
    private final Deletions deletions;

    /// @param admissions in the order they see a write
    public Registry(
            List<Kind> kinds,
            List<Admission> admissions,
            Store<Stored> store,
            InstantSource clock,
            RandomGenerator random) {
        builtIn = List.copyOf(kinds);
        served = Served.of(builtIn);
        this.admissions = List.copyOf(admissions);
        this.store = store;
        this.clock = clock;
        this.random = random;
        lists = new Lists(store);
        deletions = new Deletions(this, clock);
    }

    @Override
    public List<Kind> kinds() {
        return served.kinds;
    }

    @Override
    public void whenKindsChange(Runnable listener) {
        kindListeners.add(listener);
    }

    /// Serves these kinds besides the built-in ones, instead of those of the call before. Requests
    /// that have begun end with the kinds they began with.
    public void serve(List<Kind> custom) {
        served = Served.of(Stream.concat(builtIn.stream(), custom.stream()).toList());
        kindListeners.forEach(Runnable::run);
    }

    /// All that is served at one moment.
    private record Served(List<Kind> kinds, Map<GroupVersionResource, Kind> byType) {
        static Served of(List<Kind> kinds) {
            return new Served(
                    kinds, kinds.stream().collect(Collectors.toMap(Kind::type, kind -> kind)));
        }
    }

    /// @throws ApiException NotFound for a resource that is not served
    Kind kind(GroupVersionResource type) {
        var kind = served.byType.get(type);
        if (kind != null) return kind;
        throw new ApiException(
                new Status(
                        404,
                        "NotFound",
                        "the server could not find the requested resource",
                        Status.Details.empty()));
    }

    /// Where an object lives in the store.
    static String key(Kind kind, @Nullable String namespace, String name) {
        return prefix(kind, kind.namespaced() ? Objects.requireNonNull(namespace) : null) + name;
    }

    static String prefix(Kind shown, @Nullable String namespace) {
        var kind = shown.stored();
        var group = kind.group().isEmpty() ? "core" : kind.group();
        var collection = "/" + group + "/" + kind.plural() + "/";
        return namespace == null || namespace.isEmpty() || !kind.namespaced()
                ? collection
                : collection + namespace + "/";
    }

    @Override
    public Stored get(GroupVersionResource type, @Nullable String namespace, String name) {
        var kind = kind(type);
        return kind.shown(find(kind, namespace, name));
    }

    Stored find(Kind kind, @Nullable String namespace, String name) {
        var entry = store.latest().get(key(kind, namespace, name));
        if (entry == null) throw ApiException.notFound(kind.type(), name);
        return entry.value();
    }

    @Override
    public Stored get(
            GroupVersionResource type,
            @Nullable String namespace,
            String name,
            String subresource) {
        var kind = kind(type);
        var object = find(kind, namespace, name);
        var scale = kind.scale();
        return subresource.equals("scale") && scale != null
                ? ScaleView.of(kind, scale, object)
                : kind.shown(object);
    }

    @Override
    public Listing list(
            GroupVersionResource type, @Nullable String namespace, ListOptions options) {
        var kind = kind(type);
        return lists.list(kind, namespace, options).map(kind::shown);
    }

    @Override
    public Watching watch(
            GroupVersionResource type, @Nullable String namespace, WatchOptions options) {
        return lists.watch(kind(type), namespace, options);
    }

    @Override
    public Written create(
            GroupVersionResource type,
            @Nullable String namespace,
            Body body,
            WriteOptions options) {
        var kind = kind(type);
        OptionChecks.check("CreateOptions", options);
        var decoded = Decoding.decode(kind, body, options.fieldValidation());
        var metadata = Metadata.of(decoded.tree());
        Decoding.placeIn(kind, namespace, metadata);
        var answering = kind.answering();
        if (answering != null) {
            fieldManager(kind, null).update(null, decoded.tree(), options.manager());
            var posting = new Kind.Posting(this, namespace, "", options, now());
            var answer = answering.answer(decoded.tree(), posting);
            return new Written(Stored.encode(0, answer), true, decoded.warnings());
        }
        if (!metadata.path("resourceVersion").asText("0").matches("0?")) {
            throw new ApiException(
                    new Status(
                            500,
                            "",
                            "resourceVersion should not be set on objects to be created",
                            null));
        }
        boolean generated =
                metadata.path("name").asText().isEmpty() && metadata.has("generateName");
        for (int attempt = 1; ; attempt++) {
            try {
                var object = kind.toStored(decoded.tree().deepCopy());
                return insert(kind, object, Owners.NOTED, options, decoded.warnings())
                        .map(kind::shown);
            } catch (TakenException taken) {
                if (!generated) throw taken.refusal(kind);
                if (attempt == GENERATED_TRIES) throw taken.generatedRefusal(kind);
            }
        }
    }

    /// Creates an object whose body has been decoded.
    private Written insert(
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
            fieldManager(kind, null).update(null, object, options.manager());
        }
        metadata.put("uid", uid());
        metadata.put("creationTimestamp", now().toString());
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
                        this, Operation.CREATE, kind, null, namespace, name, object, null, options);
        boolean done = false;
        try {
            attempt.admit(admissions);
            kind.defaulting(object);
            var problems = new Problems();
            Metadata.checkNew(kind, object, problems);
            kind.rules().forEach(rule -> rule.check(object, null, problems));
            if (!problems.isEmpty()) throw invalid(kind, name, problems);
            var told = concat(warnings, kind.warnings(object, null));
            var shaped = kind.shape(object);
            var key = key(kind, namespace, name);
            var existing = store.latest().get(key);
            if (existing != null) throw new TakenException(name, existing.value());
            if (options.dryRun()) return new Written(Stored.encode(0, shaped), true, told);
            var stored = store.put(key, 0, revision -> encode(shaped, revision));
            done = true;
            return new Written(stored, true, told);
        } catch (StaleException _) {
            var winner = store.latest().get(key(kind, namespace, name));
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

    private String generatedName(String base) {
        var name =
                new StringBuilder(
                        base.length() > GENERATED_BASE_MAX
                                ? base.substring(0, GENERATED_BASE_MAX)
                                : base);
        synchronized (random) {
            for (int i = 0; i < 5; i++) {
                name.append(SUFFIX_ALPHABET.charAt(random.nextInt(SUFFIX_ALPHABET.length())));
            }
        }
        return name.toString();
    }

    private String uid() {
        synchronized (random) {
            long high = (random.nextLong() & ~0xf000L) | 0x4000L;
            long low = (random.nextLong() & ~(3L << 62)) | (2L << 62);
            return new java.util.UUID(high, low).toString();
        }
    }

    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }

    @Override
    public Written create(
            GroupVersionResource type,
            @Nullable String namespace,
            String name,
            String subresource,
            Body body,
            WriteOptions options) {
        var kind = kind(type);
        return switch (subresource) {
            case "binding" -> PodVerbs.bind(this, kind, namespace, name, body, options);
            case "eviction" -> PodVerbs.evict(this, kind, namespace, name, body, options);
            default -> post(kind, namespace, name, subresource, body, options);
        };
    }

    private Written post(
            Kind kind,
            @Nullable String namespace,
            String name,
            String subresource,
            Body body,
            WriteOptions options) {
        var post = kind.post(subresource);
        if (post == null) throw methodNotAllowed(kind, "create");
        OptionChecks.check("CreateOptions", options);
        var schema = post.body();
        var decoded =
                Decoding.decode(
                        schema,
                        schema.kind(),
                        schema.apiVersion(),
                        body,
                        options.fieldValidation());
        Decoding.placeIn(kind, namespace, Metadata.of(decoded.tree()));
        var answer =
                post.answering()
                        .answer(
                                decoded.tree(),
                                new Kind.Posting(this, namespace, name, options, now()));
        return new Written(Stored.encode(0, answer), true, decoded.warnings());
    }

    static ApiException methodNotAllowed(Kind kind, String action) {
        return new ApiException(
                new Status(
                        405,
                        "MethodNotAllowed",
                        "%s is not supported on resources of kind \"%s\""
                                .formatted(action, kind.type().groupResource()),
                        Status.Details.of("", kind.group(), kind.plural())));
    }

    @Override
    public Written update(
            GroupVersionResource type,
            @Nullable String namespace,
            String name,
            @Nullable String subresource,
            Body body,
            WriteOptions options) {
        var kind = kind(type);
        OptionChecks.check("UpdateOptions", options);
        var scale = kind.scale();
        if ("scale".equals(subresource) && scale != null) {
            return ScaleView.update(this, kind, scale, namespace, name, body, options);
        }
        var decoded = Decoding.decode(kind, body, options.fieldValidation());
        var metadata = Metadata.of(decoded.tree());
        Decoding.placeIn(kind, namespace, metadata);
        var given = metadata.path("name").asText();
        if (given.isEmpty()) metadata.put("name", name);
        else if (!given.equals(name)) {
            throw ApiException.badRequest(
                    "the name of the object (%s) does not match the name on the URL (%s)"
                            .formatted(given, name));
        }
        var entry = store.latest().get(key(kind, namespace, name));
        if (entry == null && kind.createsOnUpdate() && subresource == null) {
            try {
                var object = kind.toStored(decoded.tree().deepCopy());
                return insert(kind, object, Owners.NOTED, options, decoded.warnings())
                        .map(kind::shown);
            } catch (TakenException _) {
                // Somebody else has just created it: go on with the update.
            }
        }
        boolean conditional = !metadata.path("resourceVersion").asText("0").matches("0?");
        if (!conditional && !kind.updatesUnconditionally()) {
            var problems = new Problems();
            problems.at("metadata")
                    .at("resourceVersion")
                    .invalid(0, "must be specified for an update");
            throw problems.invalid(kind.plural(), kind.group(), name);
        }
        Change change = _ -> kind.toStored(decoded.tree().deepCopy());
        if (conditional) {
            // It is stored at the first attempt or never.
            var object = kind.toStored(decoded.tree());
            change = _ -> object;
        }
        return modify(
                kind,
                namespace,
                name,
                subresource,
                change,
                Owners.NOTED,
                options,
                decoded.warnings());
    }

    @Override
    public Written patch(
            GroupVersionResource type,
            @Nullable String namespace,
            String name,
            @Nullable String subresource,
            Patch patch,
            WriteOptions options) {
        var kind = kind(type);
        OptionChecks.checkPatch(patch, options);
        if (!kind.patchTypes().contains(patch.mediaType())) {
            throw Decoding.unsupported(kind.patchTypes());
        }
        var scale = kind.scale();
        if ("scale".equals(subresource) && scale != null) {
            return ScaleView.patch(this, kind, scale, namespace, name, patch, options);
        }
        if (patch.mediaType().equals(Patch.APPLY)) {
            return apply(kind, namespace, name, subresource, patch, options);
        }
        List<String> warnings = new ArrayList<>();
        return modify(
                kind,
                namespace,
                name,
                subresource,
                current -> {
                    warnings.clear();
                    return kind.toStored(
                            Decoding.patched(kind, kind.shown(current), patch, options, warnings));
                },
                Owners.NOTED,
                options,
                warnings);
    }

    /// Puts a configuration over an object, or makes one of it.
    private Written apply(
            Kind kind,
            @Nullable String namespace,
            String name,
            @Nullable String subresource,
            Patch patch,
            WriteOptions options) {
        List<String> doubles = new ArrayList<>();
        var config = Decoding.configuration(patch, doubles::add);
        var warnings = options.fieldValidation().equals("Ignore") ? List.<String>of() : doubles;
        var manager = fieldManager(kind, subresource);
        while (true) {
            if (store.latest().get(key(kind, namespace, name)) != null) {
                Change change =
                        current -> {
                            var tree =
                                    manager.apply(
                                            kind.read(current),
                                            config,
                                            options.fieldManager(),
                                            options.force());
                            checkDoubles(doubles, options);
                            var applied = Decoding.applied(kind, tree);
                            Decoding.checkIdentity(kind, current, applied);
                            return applied;
                        };
                return modify(
                        kind,
                        namespace,
                        name,
                        subresource,
                        change,
                        Owners.GIVEN,
                        options,
                        warnings);
            }
            var tree = manager.apply(null, config, options.fieldManager(), options.force());
            checkDoubles(doubles, options);
            var applied = Decoding.applied(kind, tree);
            Decoding.checkApplied(kind, namespace, name, applied);
            if (subresource != null && !kind.createsOnUpdate()) {
                throw ApiException.notFound(kind.type(), name);
            }
            try {
                return insert(kind, applied, Owners.GIVEN, options, warnings).map(kind::shown);
            } catch (TakenException _) {
                // Somebody else has just created it: apply to that.
            }
        }
    }

    static void checkDoubles(List<String> doubles, WriteOptions options) {
        if (doubles.isEmpty() || !options.fieldValidation().equals("Strict")) return;
        throw ApiException.badRequest(
                "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal"
                        + " errors:\n"
                        + "  "
                        + doubles.getFirst());
    }

    /// @param subresource null: the object itself
    FieldManager fieldManager(Kind kind, @Nullable String subresource) {
        var own = kind.version(subresource);
        var at = subresource == null ? "" : subresource;
        return new FieldManager(
                own, named -> version(kind, subresource, named), kind.empty(), at, now());
    }

    /// Another version of a kind, if it is served. One of another group is another kind here, as
    /// upstream, although it shows the same objects.
    private FieldManager.@Nullable Version version(
            Kind kind, @Nullable String subresource, String apiVersion) {
        if (apiVersion.equals(kind.apiVersion())) return kind.version(subresource);
        var other = served.byType.get(GroupVersionResource.of(apiVersion, kind.plural()));
        return other != null && other.group().equals(kind.group())
                ? other.version(subresource)
                : null;
    }

    /// How the entries of `managedFields` of a new state come about.
    enum Owners {
        /// The writer has an entry of what it changes.
        NOTED,
        /// The state has its entries already.
        GIVEN
    }

    /// What an object should become; called again when another write came first.
    @FunctionalInterface
    interface Change {
        ObjectNode of(Stored current);
    }

    /// Reads, changes and writes one object.
    Written modify(
            Kind kind,
            @Nullable String namespace,
            String name,
            @Nullable String subresource,
            Change change,
            Owners owners,
            WriteOptions options,
            List<String> warnings) {
        while (true) {
            var current = find(kind, namespace, name);
            var proposed = change.of(current);
            checkPreconditions(kind, name, current, proposed);
            try {
                return replace(kind, current, proposed, subresource, owners, options, warnings)
                        .map(kind::shown);
            } catch (StaleException _) {
                if (store.latest().get(key(kind, namespace, name)) == null) {
                    throw ApiException.notFound(kind.type(), name);
                }
            }
        }
    }

    private static void checkPreconditions(
            Kind kind, String name, Stored current, ObjectNode proposed) {
        var metadata = Metadata.of(proposed);
        var uid = metadata.path("uid").asText();
        if (!uid.isEmpty() && !uid.equals(current.uid())) {
            throw ApiException.conflict(
                    kind.type(),
                    name,
                    "StorageError: invalid object, Code: 4, Key: %s, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: %s, UID in object meta: %s"
                            .formatted(
                                    "/registry/%s/%s%s"
                                            .formatted(
                                                    kind.plural(),
                                                    kind.namespaced()
                                                            ? current.namespace() + "/"
                                                            : "",
                                                    name),
                                    uid,
                                    current.uid()));
        }
        var version = metadata.path("resourceVersion").asText();
        if (!version.isEmpty()
                && !version.equals("0")
                && !version.equals(Long.toString(current.revision()))) {
            throw ApiException.conflict(
                    kind.type(),
                    name,
                    "the object has been modified; please apply your changes to the latest version"
                            + " and try again");
        }
    }

    private Written replace(
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
            fieldManager(kind, subresource).update(old, object, options.manager());
        }
        kind.preparing().forEach(step -> step.prepare(object, old, subresource));
        boolean changesSpec = subresource == null || !KEEPS_SPEC.contains(subresource);
        if (changesSpec) countGeneration(kind, object, old);
        var attempt =
                new Attempt(
                        this,
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
            attempt.admit(admissions);
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
            var key = key(kind, current.namespace(), current.name());
            if (deletions.isFinished(kind, shaped)) {
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

    @Override
    public Deleted delete(
            GroupVersionResource type,
            @Nullable String namespace,
            String name,
            DeleteOptions options) {
        var kind = kind(type);
        OptionChecks.check(options);
        var deleted = deletions.delete(kind, namespace, name, options);
        return new Deleted(kind.shown(deleted.object()), deleted.gone());
    }

    @Override
    public Listing deleteCollection(
            GroupVersionResource type,
            @Nullable String namespace,
            DeleteOptions options,
            ListOptions selection) {
        var kind = kind(type);
        OptionChecks.check(options);
        var listing = lists.list(kind, namespace, selection);
        for (var item : listing.items()) {
            try {
                deletions.delete(
                        kind, kind.namespaced() ? item.namespace() : null, item.name(), options);
            } catch (ApiException refused) {
                if (refused.code() != 404) throw refused;
            }
        }
        return listing.map(kind::shown);
    }

    Store<Stored> store() {
        return store;
    }

    List<Admission> admissions() {
        return admissions;
    }

    /// The name is in use.
    private static final class TakenException extends Exception {
        private static final long serialVersionUID = 1;

        private final String name;
        private final boolean deleting;

        TakenException(String name, @Nullable Stored winner) {
            this.name = name;
            deleting = winner != null && winner.tree().path("metadata").has("deletionTimestamp");
        }

        ApiException refusal(Kind kind) {
            var taken = ApiException.alreadyExists(kind.type(), name);
            if (!deleting) return taken;
            var status = taken.status();
            return new ApiException(
                    new Status(
                            status.code(),
                            status.reason(),
                            "object is being deleted: " + status.message(),
                            status.details()));
        }

        ApiException generatedRefusal(Kind kind) {
            return new ApiException(
                    new Status(
                            409,
                            "AlreadyExists",
                            "%s \"%s\" already exists, the server was not able to generate a unique name for the object"
                                    .formatted(kind.type().groupResource(), name),
                            new Status.Details(
                                    name, kind.group(), kind.plural(), "", List.of(), 1)));
        }
    }
}

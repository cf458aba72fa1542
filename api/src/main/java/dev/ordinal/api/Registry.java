package dev.ordinal.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.apply.FieldManager;
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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The verbs of the API on the store: what they ask for is decoded here and goes the one way of
/// every write, [WritePath].
///
/// Writes are computed outside the store's writer and committed by compare-and-set; one that lost a
/// race is computed again, unless the client named the version it expects.
public final class Registry implements Api {
    private static final int GENERATED_TRIES = 8;

    private final List<Kind> builtIn;
    private final List<Runnable> kindListeners = new CopyOnWriteArrayList<>();
    private volatile Served served;
    private final List<Admission> admissions;
    private final Store<Stored> store;
    private final InstantSource clock;
    private final WritePath writes;
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
        writes = new WritePath(this, store, random);
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
        throw ApiException.resourceNotFound();
    }

    /// Where an object lives in the store.
    ///
    /// @throws ApiException BadRequest for a name that no object can have
    static String key(Kind kind, @Nullable String namespace, String name) {
        var wrong = Names.pathSegment(name);
        if (!wrong.isEmpty()) {
            throw ApiException.badRequest(
                    "Name parameter invalid: %s: %s"
                            .formatted(Problems.quote(name), String.join(";", wrong)));
        }
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
                return writes.insert(
                                kind, object, WritePath.Owners.NOTED, options, decoded.warnings())
                        .map(kind::shown);
            } catch (TakenException taken) {
                if (!generated) throw taken.refusal(kind);
                if (attempt == GENERATED_TRIES) throw taken.generatedRefusal(kind);
            }
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
        if (post == null) throw ApiException.methodNotAllowed(kind.type(), "create");
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
                return writes.insert(
                                kind, object, WritePath.Owners.NOTED, options, decoded.warnings())
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
                WritePath.Owners.NOTED,
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
                WritePath.Owners.NOTED,
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
                        WritePath.Owners.GIVEN,
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
                return writes.insert(kind, applied, WritePath.Owners.GIVEN, options, warnings)
                        .map(kind::shown);
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
            WritePath.Owners owners,
            WriteOptions options,
            List<String> warnings) {
        while (true) {
            var current = find(kind, namespace, name);
            var proposed = change.of(current);
            checkPreconditions(kind, name, current, proposed);
            try {
                return writes.replace(
                                kind, current, proposed, subresource, owners, options, warnings)
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

    /// Whether an object has nothing left to wait for and goes with this write.
    boolean isFinished(Kind kind, ObjectNode object) {
        return deletions.isFinished(kind, object);
    }

    Store<Stored> store() {
        return store;
    }

    List<Admission> admissions() {
        return admissions;
    }
}

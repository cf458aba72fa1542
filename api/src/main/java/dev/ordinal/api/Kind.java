package dev.ordinal.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.apply.FieldManager;
import dev.ordinal.api.apply.FieldSet;
import dev.ordinal.api.apply.Shape;
import dev.ordinal.api.schema.Decoder;
import dev.ordinal.api.schema.Defaults;
import dev.ordinal.api.schema.Schema;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// Everything the API server knows about one kind. Built once, never changed; routes, discovery,
/// tables and OpenAPI follow from it.
public final class Kind {
    private final GroupVersionResource type;
    private final String kind;
    private final String singular;
    private final boolean namespaced;
    private final Schema schema;
    private final List<String> shortNames;
    private final List<String> categories;
    private final Set<String> verbs;
    private final Set<String> subresources;
    private final @Nullable Scale scale;
    private final boolean hasStatus;
    private final boolean countsGenerations;
    private final boolean generationsCountLabels;
    private final boolean updatesUnconditionally;
    private final boolean createsOnUpdate;
    private final boolean returnsDeleted;
    private final NameRule nameRule;
    private final List<Defaulting> defaulting;
    private final List<Preparing> preparing;
    private final List<Rule> rules;
    private final List<Rule> statusRules;
    private final List<Warnings> warnings;
    private final List<Column> columns;
    private final Map<String, Function<JsonNode, String>> selectableFields;
    private final boolean holdsContent;
    private final @Nullable Graceful graceful;
    private final @Nullable Twin twin;
    private final @Nullable Form form;
    private final @Nullable Kind storage;
    private final @Nullable Deleting deleting;
    private final @Nullable String deprecation;
    private final @Nullable Answering answering;
    private final Map<String, Post> posts;
    private final boolean anyFinalizer;
    private final Map<String, FieldManager.Version> versions;
    private final ObjectNode empty;

    private Kind(Builder b) {
        type = b.type;
        kind = b.schema.kind();
        singular = b.singular.isEmpty() ? kind.toLowerCase(java.util.Locale.ROOT) : b.singular;
        namespaced = b.namespaced;
        schema = b.schema;
        shortNames = List.copyOf(b.shortNames);
        categories = List.copyOf(b.categories);
        verbs = Set.copyOf(b.verbs);
        Set<String> below = new HashSet<>(b.subresources);
        below.addAll(b.posts.keySet());
        subresources = Set.copyOf(below);
        scale = b.scale;
        hasStatus = b.hasStatus;
        countsGenerations = b.countsGenerations;
        generationsCountLabels = b.generationsCountLabels;
        updatesUnconditionally = b.updatesUnconditionally;
        createsOnUpdate = b.createsOnUpdate;
        returnsDeleted = b.returnsDeleted;
        nameRule = b.nameRule;
        defaulting = List.copyOf(b.defaulting);
        preparing = List.copyOf(b.preparing);
        rules = List.copyOf(b.rules);
        statusRules = List.copyOf(b.statusRules);
        warnings = List.copyOf(b.warnings);
        columns = List.copyOf(b.columns);
        selectableFields = Map.copyOf(b.selectableFields);
        holdsContent = b.holdsContent;
        graceful = b.graceful;
        twin = b.twin;
        form = b.form;
        storage = b.storage;
        deleting = b.deleting;
        deprecation = b.deprecation;
        answering = b.answering;
        posts = Map.copyOf(b.posts);
        anyFinalizer = b.anyFinalizer || b.form != null;
        versions = versions(b.restoredInStatus);
        empty = twin == null ? nothing() : twin.of.empty;
    }

    /// As requests for the object itself and its subresources see its fields.
    ///
    /// @see "upstream: the GetResetFields of each strategy"
    private Map<String, FieldManager.Version> versions(Set<String> restoredInStatus) {
        var owned = form == null ? Shape.of(schema.root()) : form.applied();
        Set<String> restored = new HashSet<>(restoredInStatus);
        restored.add("spec");
        if (form != null) restored.add("metadata");
        var status = hasStatus ? FieldSet.of("status") : new FieldSet();
        return Map.of(
                "", version(owned, status),
                "status", version(owned, FieldSet.of(restored.toArray(String[]::new))),
                "finalize", version(owned, FieldSet.of("status")));
    }

    private FieldManager.Version version(Shape owned, FieldSet reset) {
        return new FieldManager.Version(
                apiVersion(), kind, owned, reset, form != null, this::fromStored, this::toStored);
    }

    private ObjectNode fromStored(ObjectNode object) {
        boolean shows = twin != null || form != null;
        return shows && !object.path("apiVersion").asText().equals(apiVersion())
                ? shown(object)
                : object;
    }

    private ObjectNode nothing() {
        var nothing = JsonNodeFactory.instance.objectNode();
        nothing.put("apiVersion", apiVersion()).put("kind", kind);
        return form == null ? Decoder.normalize(schema, nothing) : nothing;
    }

    /// For the owners of its fields.
    ///
    /// @param subresource null: the object itself
    FieldManager.Version version(@Nullable String subresource) {
        var version = versions.get(subresource == null ? "" : subresource);
        return version == null ? Objects.requireNonNull(versions.get("")) : version;
    }

    /// An object of which nothing is said. Shared: never change it.
    ObjectNode empty() {
        return empty;
    }

    /// @param plural as in the URL: `statefulsets`
    /// @param schema its root names the Kind, e.g. `StatefulSet`
    public static Builder of(String apiVersion, String plural, Schema schema) {
        return new Builder(GroupVersionResource.of(apiVersion, plural), schema);
    }

    public GroupVersionResource type() {
        return type;
    }

    public String group() {
        return type.group();
    }

    public String apiVersion() {
        return type.apiVersion();
    }

    public String plural() {
        return type.resource();
    }

    /// `StatefulSet`
    public String kind() {
        return kind;
    }

    public String singular() {
        return singular;
    }

    public boolean namespaced() {
        return namespaced;
    }

    public Schema schema() {
        return schema;
    }

    public List<String> shortNames() {
        return shortNames;
    }

    public List<String> categories() {
        return categories;
    }

    public Set<String> verbs() {
        return verbs;
    }

    /// Besides `status` and `scale`: `log`, `exec`, `binding`, `finalize`, ...
    public Set<String> subresources() {
        return subresources;
    }

    public @Nullable Scale scale() {
        return scale;
    }

    public boolean hasStatus() {
        return hasStatus;
    }

    /// metadata.generation is 1 on create and grows with each change of the spec.
    public boolean countsGenerations() {
        return countsGenerations;
    }

    /// The generation grows with each change of the labels too.
    boolean generationsCountLabels() {
        return generationsCountLabels;
    }

    /// A PUT without resourceVersion is allowed.
    public boolean updatesUnconditionally() {
        return updatesUnconditionally;
    }

    /// A PUT of a missing object creates it.
    public boolean createsOnUpdate() {
        return createsOnUpdate;
    }

    /// DELETE answers with the object instead of a Status.
    public boolean returnsDeleted() {
        return returnsDeleted;
    }

    public NameRule nameRule() {
        return nameRule;
    }

    /// The kind whose objects these are: itself, unless it shows those of a kind of another group
    /// or of another version.
    public Kind stored() {
        if (twin != null) return twin.of;
        return storage == null ? this : storage;
    }

    /// The form of a custom resource; null for all other kinds.
    public @Nullable Form form() {
        return form;
    }

    /// The media types of patches it takes.
    public List<String> patchTypes() {
        return form == null
                ? List.of(Api.Patch.JSON, Api.Patch.MERGE, Api.Patch.STRATEGIC, Api.Patch.APPLY)
                : List.of(Api.Patch.JSON, Api.Patch.MERGE, Api.Patch.APPLY);
    }

    /// A tree as it came, without what the kind does not know.
    ///
    /// @param unknown hears the path of each such field
    /// @throws Decoder.TypeException a value cannot be of its field's type
    ObjectNode decode(ObjectNode tree, Consumer<String> unknown) throws Decoder.TypeException {
        var decoded =
                form == null ? Decoder.decode(schema, tree, unknown) : form.decode(tree, unknown);
        var owners = tree.path("metadata").path("managedFields");
        // An empty list is not as good as none: it says that nobody owns anything any more.
        if (owners.isArray() && owners.isEmpty()) {
            Metadata.of(decoded).putArray("managedFields");
        }
        return decoded;
    }

    /// A stored object as writes of this kind see it.
    ObjectNode read(Stored object) {
        return form == null ? object.tree() : shown(object).tree();
    }

    /// Its finalizers only have to be qualified names.
    boolean takesAnyFinalizer() {
        return anyFinalizer;
    }

    /// Not null: its objects are questions, which are answered and not stored.
    public @Nullable Answering answering() {
        return answering;
    }

    /// What answers a POST to a subresource; null: it is not of this kind's own.
    @Nullable Post post(String subresource) {
        return posts.get(subresource);
    }

    /// It is not deleted in steps of its own: no grace period, no new generation.
    boolean marksItself() {
        return deleting != null;
    }

    /// What each request for it is answered with as a warning; null: it is not deprecated.
    public @Nullable String deprecation() {
        return deprecation;
    }

    /// What the first request to delete changes besides the usual.
    void deleting(ObjectNode object, Instant now) {
        if (deleting != null) deleting.mark(object, now);
    }

    /// An object of this kind as it is stored; the given tree may become part of it.
    ObjectNode toStored(ObjectNode object) {
        return twin == null ? object : twin.of.shape(twin.toStored.apply(object));
    }

    /// A stored object as this kind shows it.
    Stored shown(Stored object) {
        if (form == null && twin == null) return object;
        var shown = shown(object.tree());
        return shown.equals(object.tree()) ? object : Stored.encode(object.revision(), shown);
    }

    /// Its description may have changed since it was stored.
    private ObjectNode shown(ObjectNode object) {
        if (form == null) {
            var copy = object.deepCopy();
            var shown = twin == null ? copy : twin.fromStored.apply(copy);
            return Decoder.normalize(schema, shown)
                    .put("apiVersion", apiVersion())
                    .put("kind", kind);
        }
        ObjectNode pruned;
        try {
            pruned = form.decode(object, _ -> {});
        } catch (Decoder.TypeException damaged) {
            throw new IllegalStateException(kind + ": " + damaged.getMessage(), damaged);
        }
        form.fillDefaults(pruned);
        return form.shape(pruned.put("apiVersion", apiVersion()).put("kind", kind));
    }

    /// Fills in every default; doing it again changes nothing.
    public void defaulting(ObjectNode object) {
        if (form != null) {
            form.fillDefaults(object);
            return;
        }
        if (twin != null) {
            twin.of.defaulting(object);
            return;
        }
        Defaults.fill(schema, object);
        defaulting.forEach(step -> step.fill(object));
    }

    /// The object in its canonical form, ready to be stored.
    public ObjectNode shape(ObjectNode object) {
        if (twin != null) return twin.of.shape(object);
        object.put("apiVersion", stored().apiVersion()).put("kind", kind);
        if (form != null) return form.shape(object);
        return Decoder.normalize(schema, object);
    }

    /// Its spec.finalizers hold it while other objects live in it: a namespace.
    public boolean holdsContent() {
        return holdsContent;
    }

    public List<Preparing> preparing() {
        return preparing;
    }

    public List<Rule> rules() {
        return rules;
    }

    public List<Rule> statusRules() {
        return statusRules;
    }

    /// What the client should know of an object that is accepted nevertheless.
    public List<String> warnings(JsonNode object, @Nullable JsonNode old) {
        return warnings.stream().flatMap(w -> w.of(object, old).stream()).toList();
    }

    public List<Column> columns() {
        return columns;
    }

    /// Field selector keys besides metadata.name and metadata.namespace.
    public Map<String, Function<JsonNode, String>> selectableFields() {
        return selectableFields;
    }

    public @Nullable Graceful graceful() {
        return graceful;
    }

    @Override
    public String toString() {
        return type.groupResource();
    }

    /// Where the scale subresource reads and writes, as JSON pointers.
    ///
    /// @param specReplicas of the wanted number
    /// @param statusReplicas of the observed number
    /// @param selector of the selector, a LabelSelector object or its text; null: there is none
    public record Scale(String specReplicas, String statusReplicas, @Nullable String selector) {}

    /// The rule for metadata.name; answers what is wrong with it, or nothing.
    @FunctionalInterface
    public interface NameRule {
        /// @param prefix true for a generateName, where a trailing dash is fine
        List<String> problems(String name, boolean prefix);
    }

    /// Fills in defaults that depend on other fields; plain ones stand in the schema.
    @FunctionalInterface
    public interface Defaulting {
        void fill(ObjectNode object);
    }

    /// Drops what a client may not write; runs before admission. The general part (status,
    /// generation,
    /// system metadata) happens anyway.
    @FunctionalInterface
    public interface Preparing {
        /// @param old null for a create
        /// @param subresource null for the object itself
        void prepare(ObjectNode object, @Nullable JsonNode old, @Nullable String subresource);
    }

    /// Collects what is wrong with an object.
    @FunctionalInterface
    public interface Rule {
        /// @param old null for a create
        void check(JsonNode object, @Nullable JsonNode old, Problems problems);
    }

    /// Collects what is allowed and yet unwise.
    @FunctionalInterface
    public interface Warnings {
        /// @param old null for a create
        List<String> of(JsonNode object, @Nullable JsonNode old);
    }

    /// The kind whose objects another one shows, and the way there and back. Both functions may
    /// change the tree they get.
    private record Twin(
            Kind of, UnaryOperator<ObjectNode> toStored, UnaryOperator<ObjectNode> fromStored) {}

    /// Deletion in two steps, as for pods.
    @FunctionalInterface
    public interface Graceful {
        /// The period in seconds this delete asks for; 0 removes at once.
        long periodSeconds(JsonNode object, @Nullable Long asked);
    }

    /// Marks an object whose deletion begins, besides the general part.
    @FunctionalInterface
    public interface Deleting {
        void mark(ObjectNode object, Instant now);
    }

    /// Answers what is posted, in place of storing it.
    @FunctionalInterface
    public interface Answering {
        /// @param posted decoded; may become the answer
        /// @throws ApiException it is refused
        ObjectNode answer(ObjectNode posted, Posting posting);
    }

    /// A subresource to post to.
    record Post(Schema body, Answering answering) {}

    /// Where something is posted, and by whom.
    ///
    /// @param namespace null: outside of namespaces
    /// @param name of the object whose subresource it is posted to; empty: of none
    public record Posting(
            Api api,
            @Nullable String namespace,
            String name,
            Api.WriteOptions options,
            Instant now) {}

    public static final class Builder {
        private final GroupVersionResource type;
        private Schema schema;
        private String singular = "";
        private boolean namespaced = true;
        private List<String> shortNames = List.of();
        private List<String> categories = List.of();
        private Set<String> verbs = Api.ALL_VERBS;
        private Set<String> subresources = Set.of();
        private @Nullable Scale scale;
        private boolean hasStatus;
        private boolean countsGenerations;
        private boolean generationsCountLabels;
        private boolean updatesUnconditionally = true;
        private boolean createsOnUpdate;
        private boolean returnsDeleted;
        private NameRule nameRule = Names::subdomain;
        private final List<Defaulting> defaulting = new ArrayList<>();
        private final List<Preparing> preparing = new ArrayList<>();
        private final List<Rule> rules = new ArrayList<>();
        private final List<Rule> statusRules = new ArrayList<>();
        private final List<Warnings> warnings = new ArrayList<>();
        private final List<Column> columns = new ArrayList<>();
        private final Map<String, Function<JsonNode, String>> selectableFields =
                new LinkedHashMap<>();
        private boolean holdsContent;
        private @Nullable Graceful graceful;
        private @Nullable Twin twin;
        private @Nullable Form form;
        private @Nullable Kind storage;
        private @Nullable Deleting deleting;
        private @Nullable String deprecation;
        private @Nullable Answering answering;
        private final Map<String, Post> posts = new LinkedHashMap<>();
        private boolean anyFinalizer;
        private Set<String> restoredInStatus = Set.of();

        private Builder(GroupVersionResource type, Schema schema) {
            this.type = type;
            this.schema = schema;
        }

        public Builder singular(String name) {
            singular = name;
            return this;
        }

        public Builder clusterScoped() {
            namespaced = false;
            return this;
        }

        public Builder shortNames(String... names) {
            shortNames = List.of(names);
            return this;
        }

        public Builder categories(String... names) {
            categories = List.of(names);
            return this;
        }

        public Builder verbs(Set<String> served) {
            verbs = served;
            return this;
        }

        public Builder subresources(String... names) {
            subresources = Set.of(names);
            return this;
        }

        public Builder scale(
                String specReplicas, String statusReplicas, @Nullable String selector) {
            scale = new Scale(specReplicas, statusReplicas, selector);
            return this;
        }

        public Builder status() {
            hasStatus = true;
            return this;
        }

        /// What a write of the status cannot change, besides the spec.
        ///
        /// @param fields dots for fields: `metadata.ownerReferences`
        public Builder restoredInStatus(String... fields) {
            restoredInStatus = Set.of(fields);
            return this;
        }

        public Builder generations() {
            countsGenerations = true;
            return this;
        }

        /// Also with each change of the labels.
        public Builder generationsOfLabels() {
            generationsCountLabels = true;
            return generations();
        }

        public Builder conditionalUpdates() {
            updatesUnconditionally = false;
            return this;
        }

        public Builder createsOnUpdate() {
            createsOnUpdate = true;
            return this;
        }

        public Builder returnsDeleted() {
            returnsDeleted = true;
            return this;
        }

        public Builder name(NameRule rule) {
            nameRule = rule;
            return this;
        }

        /// Everything a client can see of a field in one line.
        ///
        /// @param path dots for fields, `[]` for elements: `spec.ports[].protocol`
        public Builder field(String path, UnaryOperator<Schema.Field> change) {
            schema = schema.with(path, change);
            return this;
        }

        public Builder defaulting(Defaulting step) {
            defaulting.add(step);
            return this;
        }

        public Builder preparing(Preparing step) {
            preparing.add(step);
            return this;
        }

        public Builder rules(Rule rule) {
            rules.add(rule);
            return this;
        }

        public Builder statusRules(Rule rule) {
            statusRules.add(rule);
            return this;
        }

        public Builder warnings(Warnings warning) {
            warnings.add(warning);
            return this;
        }

        public Builder column(Column column) {
            columns.add(column);
            return this;
        }

        public Builder selectable(String field, Function<JsonNode, String> value) {
            selectableFields.put(field, value);
            return this;
        }

        public Builder holdsContent() {
            holdsContent = true;
            return this;
        }

        public Builder graceful(Graceful period) {
            graceful = period;
            return this;
        }

        /// Objects of another kind in the shape of this one: `events.k8s.io` Events. Rules and
        /// selectable fields of this kind read the stored object; defaults, preparation and
        /// columns are the other's.
        ///
        /// @param toStored makes the stored object of one in this shape; may change what it gets
        /// @param fromStored the way back; may change what it gets
        public Builder showing(
                Kind of, UnaryOperator<ObjectNode> toStored, UnaryOperator<ObjectNode> fromStored) {
            twin = new Twin(of, toStored, fromStored);
            preparing.addAll(of.preparing);
            for (var column : of.columns) {
                column(column.reading(shown -> toStored.apply(((ObjectNode) shown).deepCopy())));
            }
            return this;
        }

        /// A custom resource: its objects have this form.
        ///
        /// @param storage the kind of the version that is stored; null: this one
        public Builder form(Form described, @Nullable Kind storage) {
            form = described;
            this.storage = storage;
            return this;
        }

        public Builder anyFinalizer() {
            anyFinalizer = true;
            return this;
        }

        /// @param warning for whoever asks for it
        public Builder deprecated(String warning) {
            deprecation = warning;
            return this;
        }

        /// @param change is made to the object when its deletion is first asked for
        public Builder deleting(Deleting change) {
            deleting = change;
            return this;
        }

        /// Its objects are questions: they can be created, are answered, and are not stored.
        public Builder answering(Answering answer) {
            answering = answer;
            verbs = Set.of("create");
            return this;
        }

        /// A subresource besides [#subresources] that takes POSTs only.
        ///
        /// @param body what is posted
        public Builder posting(String subresource, Schema body, Answering answer) {
            posts.put(subresource, new Post(body, answer));
            return this;
        }

        public Kind build() {
            return new Kind(this);
        }
    }
}

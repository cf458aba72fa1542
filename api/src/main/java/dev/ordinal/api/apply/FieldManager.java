package dev.ordinal.api.apply;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.Json;
import dev.ordinal.api.Status;
import dev.ordinal.api.Trees;
import dev.ordinal.api.apply.FieldSet.MalformedException;
import dev.ordinal.api.apply.Managed.Entry;
import dev.ordinal.api.apply.Shape.MisfitException;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/// Keeps the `managedFields` of one object up to date during one request, and applies
/// configurations.
///
/// Objects are handed over as they are stored. One made for a request is used by its thread alone.
///
/// @see "upstream: apimachinery/pkg/util/managedfields, structured-merge-diff/merge/update.go"
public final class FieldManager {
    private static final int UPDATERS_MAX = 10;
    private static final int ANNOTATIONS_MAX = 256 * 1024;
    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
    private static final ObjectMapper SORTED =
            JsonMapper.builder(Json.FACTORY)
                    .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                    .build();

    /// What nobody owns.
    private static final FieldSet NEVER_OWNED =
            FieldSet.of(
                    "apiVersion",
                    "kind",
                    "metadata",
                    "metadata.name",
                    "metadata.namespace",
                    "metadata.creationTimestamp",
                    "metadata.selfLink",
                    "metadata.uid",
                    "metadata.clusterName",
                    "metadata.generation",
                    "metadata.managedFields",
                    "metadata.resourceVersion");

    private final Version own;
    private final Versions versions;
    private final ObjectNode empty;
    private final String subresource;
    private final Instant now;

    /// How objects of one kind look in one version.
    ///
    /// @param kind `StatefulSet`
    /// @param reset what a request of this kind may not change
    /// @param changeable the shape may have been another when an entry was written
    /// @param shown a stored object in this version; may be the same
    /// @param stored the way back
    public record Version(
            String apiVersion,
            String kind,
            Shape shape,
            FieldSet reset,
            boolean changeable,
            UnaryOperator<ObjectNode> shown,
            UnaryOperator<ObjectNode> stored) {}

    /// The versions that are served of the kind.
    @FunctionalInterface
    public interface Versions {
        /// Null: it is not served.
        @Nullable Version named(String apiVersion);
    }

    /// @param own the version of the request
    /// @param empty a stored object of which nothing is said; never changed
    /// @param subresource empty for the object itself
    /// @param now in whole seconds
    public FieldManager(
            Version own, Versions versions, ObjectNode empty, String subresource, Instant now) {
        this.own = own;
        this.versions = versions;
        this.empty = empty;
        this.subresource = subresource;
        this.now = now;
    }

    /// Notes who has changed what in a write other than apply: replaces the entries in `changed`.
    ///
    /// @param stored null: there is none yet
    /// @param changed what is to be stored, with the entries that came with it
    public void update(@Nullable ObjectNode stored, ObjectNode changed, String manager) {
        var live = stored == null ? empty : stored;
        var list = live.path("metadata").get("managedFields");
        try {
            var managed = given(list, changed.path("metadata").get("managedFields"));
            if (!managed.isEmpty() || stored == null) {
                var writer = Manager.updating(manager, own.apiVersion, subresource);
                note(Managed.dropped(live), Managed.dropped(changed), managed, writer);
                managed.cap(UPDATERS_MAX);
            }
            managed.writeTo(changed);
        } catch (MisfitException _) {
            // As upstream: an object that does not fit its shape has no entries.
            new Managed().writeTo(changed);
        }
    }

    /// The entries to start from: the client's, where it sent any that make sense.
    private Managed given(@Nullable JsonNode live, @Nullable JsonNode sent) {
        if (!subresource.isEmpty() || sent == null || sent.equals(live))
            return Managed.readable(live);
        if (Managed.isReset(sent)) return new Managed();
        try {
            var managed = Managed.decode(sent, true);
            return managed.isEmpty() ? Managed.readable(live) : managed;
        } catch (MalformedException _) {
            return Managed.readable(live);
        }
    }

    private void note(ObjectNode live, ObjectNode changed, Managed managed, Manager writer)
            throws MisfitException {
        bringUpToDate(managed);
        var changes = new Changes(live, changed);
        var comparison = changes.in(own);
        var gained = comparison.modified().union(comparison.added()).difference(NEVER_OWNED);
        if (gained.isEmpty() && comparison.removed().isEmpty()) return;
        changes.takeFrom(managed, null);
        if (gained.isEmpty()) return;
        var before = managed.entries().get(writer);
        var fields = before == null ? gained : gained.union(before.fields());
        managed.entries().put(writer, new Entry(own.apiVersion, now.toString(), fields));
    }

    /// Entries of versions that are not served any more go; those of shapes that have changed
    /// follow them.
    private void bringUpToDate(Managed managed) {
        for (var held : List.copyOf(managed.entries().entrySet())) {
            var entry = held.getValue();
            var version = versions.named(entry.apiVersion());
            if (version == null) managed.entries().remove(held.getKey());
            else if (version.changeable) {
                var fields = entry.fields().agreeing(version.shape);
                managed.entries().put(held.getKey(), entry.with(fields));
            }
        }
    }

    /// What one write changes, as each version sees it.
    private final class Changes {
        private final ObjectNode live;
        private final ObjectNode changed;
        private final Map<String, Comparison> byVersion = new HashMap<>();

        /// @param live and the next one as they are stored
        Changes(ObjectNode live, ObjectNode changed) {
            this.live = live;
            this.changed = changed;
        }

        Comparison in(Version version) throws MisfitException {
            var known = byVersion.get(version.apiVersion);
            if (known == null) {
                known =
                        Comparison.of(
                                        version.shape,
                                        version.shown.apply(live),
                                        version.shown.apply(changed))
                                .without(version.reset);
                byVersion.put(version.apiVersion, known);
            }
            return known;
        }

        /// What others own of that which changes.
        Map<Manager, FieldSet> conflicts(Managed managed, @Nullable Manager except)
                throws MisfitException {
            Map<Manager, FieldSet> conflicts = new TreeMap<>();
            for (var other : managed.entries().entrySet()) {
                var version = versions.named(other.getValue().apiVersion());
                if (version == null || other.getKey().equals(except)) continue;
                var comparison = in(version);
                var changing = comparison.modified().union(comparison.added());
                if (!other.getValue().mayShare(changing)) continue;
                var shared = other.getValue().fields().intersection(changing);
                if (!shared.isEmpty()) conflicts.put(other.getKey(), shared);
            }
            return conflicts;
        }

        /// Takes all that changes from everybody else.
        void takeFrom(Managed managed, @Nullable Manager except) throws MisfitException {
            var conflicts = conflicts(managed, except);
            for (var other : List.copyOf(managed.entries().entrySet())) {
                var version = versions.named(other.getValue().apiVersion());
                if (version == null || other.getKey().equals(except)) continue;
                var entry = other.getValue();
                var lost = conflicts.get(other.getKey());
                if (lost != null) entry = entry.with(entry.fields().difference(lost));
                var removed = in(version).removed();
                if (entry.mayShare(removed)) {
                    entry = entry.with(entry.fields().difference(removed));
                }
                if (entry != other.getValue()) managed.entries().put(other.getKey(), entry);
            }
            managed.entries().values().removeIf(Entry::isEmpty);
        }
    }

    /// Puts a configuration over an object.
    ///
    /// @param stored null: there is none yet
    /// @param config as the client sent it
    /// @return the object in the version of the request, with its entries; not yet defaulted
    /// @throws ApiException BadRequest for one of another kind, Conflict when others own what would
    ///     change
    public ObjectNode apply(
            @Nullable ObjectNode stored, ObjectNode config, String manager, boolean force) {
        checkKind(config);
        var live = stored == null ? empty : stored;
        Managed managed;
        try {
            managed = Managed.decode(live.path("metadata").get("managedFields"), false);
        } catch (MalformedException damaged) {
            throw failed("failed to decode managed fields: " + damaged.getMessage());
        }
        var writer = Manager.applying(manager, subresource);
        var plain = Managed.dropped(live);
        Applied applied;
        try {
            applied = apply(plain, config, managed.copy(), writer, force);
        } catch (ConflictException conflict) {
            var remaining = conflict.conflicts;
            if (manager.equals("kubectl")) remaining = withoutLastApplied(plain, remaining);
            if (!remaining.isEmpty()) throw refusal(remaining);
            try {
                applied = apply(plain, config, managed.copy(), writer, true);
            } catch (ConflictException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
        if (manager.equals("kubectl")) updateLastApplied(applied.object, config);
        applied.managed.writeTo(applied.object);
        return applied.object;
    }

    private record Applied(ObjectNode object, Managed managed) {}

    private void checkKind(ObjectNode config) {
        var version = config.path("apiVersion").asText();
        var kind = config.path("kind").asText();
        if (version.equals(own.apiVersion) && kind.equals(own.kind)) return;
        throw ApiException.badRequest("invalid object type: " + shown(version, kind));
    }

    /// As upstream prints group, version and kind.
    private static String shown(String apiVersion, String kind) {
        return (apiVersion.contains("/") ? apiVersion : "/" + apiVersion) + ", Kind=" + kind;
    }

    private Applied apply(
            ObjectNode live, ObjectNode config, Managed managed, Manager writer, boolean force)
            throws ConflictException {
        try {
            if (managed.isEmpty()) {
                var first = Manager.updating("before-first-apply", own.apiVersion, subresource);
                note(empty, live, managed, first);
            }
            if (config.path("metadata").path("managedFields").isArray()) {
                throw ApiException.badRequest("metadata.managedFields must be nil");
            }
            checkFit(config);
            return merged(live, config, managed, writer, force);
        } catch (MisfitException misfit) {
            throw failed(String.valueOf(misfit.getMessage()));
        }
    }

    private void checkFit(ObjectNode config) {
        try {
            Fitting.check(own.shape, config);
        } catch (MisfitException misfit) {
            var metadata = config.path("metadata");
            throw failed(
                    "failed to create typed patch object (%s/%s; %s): %s"
                            .formatted(
                                    metadata.path("namespace").asText(),
                                    metadata.path("name").asText(),
                                    shown(own.apiVersion, own.kind),
                                    misfit.getMessage()));
        }
    }

    private static ApiException failed(String message) {
        return new ApiException(new Status(500, "", message, null));
    }

    private Applied merged(
            ObjectNode live, ObjectNode config, Managed managed, Manager writer, boolean force)
            throws MisfitException, ConflictException {
        bringUpToDate(managed);
        var before = own.shown.apply(live);
        var last = managed.entries().get(writer);
        var fields = Fields.of(own.shape, config).recursiveDifference(own.reset);
        var time = last == null ? "" : last.time();
        managed.entries().put(writer, new Entry(own.apiVersion, time, fields));
        var object = object(Merging.merge(own.shape, before, config));
        if (last != null && !last.fields().isEmpty()) {
            object = new Pruning(managed, last).prune(object);
        }
        var changes = new Changes(live, own.stored.apply(object.deepCopy()));
        var _ =
                changes.byVersion.put(
                        own.apiVersion,
                        Comparison.of(own.shape, before, object).without(own.reset));
        if (!force) {
            var conflicts = changes.conflicts(managed, writer);
            if (!conflicts.isEmpty()) throw new ConflictException(conflicts);
        }
        changes.takeFrom(managed, writer);
        var owned = fields.difference(NEVER_OWNED);
        boolean same = Trees.same(before, object);
        if (owned.isEmpty()) managed.entries().remove(writer);
        else {
            var entry = new Entry(own.apiVersion, same ? time : now.toString(), owned);
            managed.entries().put(writer, entry);
        }
        return new Applied(object.deepCopy(), managed);
    }

    private static ObjectNode object(@Nullable JsonNode value) {
        return value instanceof ObjectNode object ? object : Merging.NODES.objectNode();
    }

    /// Takes away what the last configuration of a manager said, this one does not, and nobody else
    /// owns.
    private final class Pruning {
        private final Managed managed;
        private final Entry last;

        Pruning(Managed managed, Entry last) {
            this.managed = managed;
            this.last = last;
        }

        /// @param merged in the version of the request
        ObjectNode prune(ObjectNode merged) throws MisfitException {
            var version = versions.named(last.apiVersion());
            if (version == null) return merged;
            var all = new Seen(merged, own).in(version);
            var shape = version.shape;
            var named = last.fields().withNamedFields(shape);
            var rest = new Seen(object(Fields.without(named, shape, all.object)), version);
            rest = withOwned(all, rest, version);
            var kept = fields(rest.in(version));
            var dropped = fields(all).difference(kept).intersection(named);
            var pruned = object(Fields.without(dropped, shape, all.object));
            return new Seen(pruned, version).in(own).object;
        }

        /// Adds back what somebody owns, in whichever version.
        private Seen withOwned(Seen all, Seen rest, Version first) throws MisfitException {
            Map<String, FieldSet> owned = new TreeMap<>();
            for (var entry : managed.entries().values()) {
                owned.merge(entry.apiVersion(), entry.fields(), FieldSet::union);
            }
            List<String> order = new ArrayList<>(owned.keySet());
            if (order.remove(first.apiVersion)) order.addFirst(first.apiVersion);
            for (var name : order) {
                var version = versions.named(name);
                if (version == null) continue;
                all = all.in(version);
                rest = rest.in(version);
                var held = Objects.requireNonNull(owned.get(name)).withNamedFields(version.shape);
                var dropped = fields(all).difference(fields(rest).union(held));
                rest =
                        new Seen(
                                object(Fields.without(dropped, version.shape, all.object)),
                                version);
            }
            return rest;
        }

        private FieldSet fields(Seen seen) throws MisfitException {
            var shape = seen.version.shape;
            return Fields.of(shape, seen.object).withNamedFields(shape);
        }
    }

    /// An object in one of its versions.
    private record Seen(ObjectNode object, Version version) {
        Seen in(Version other) {
            if (version.apiVersion.equals(other.apiVersion)) return this;
            return new Seen(other.shown.apply(version.stored.apply(object.deepCopy())), other);
        }
    }

    private static final class ConflictException extends Exception {
        private static final long serialVersionUID = 1;

        private final transient Map<Manager, FieldSet> conflicts;

        ConflictException(Map<Manager, FieldSet> conflicts) {
            this.conflicts = conflicts;
        }
    }

    private static ApiException refusal(Map<Manager, FieldSet> conflicts) {
        List<Status.Cause> causes = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        conflicts.forEach(
                (manager, fields) -> {
                    lines.add("conflicts with " + manager.shown() + ":");
                    fields.forEach(
                            path -> {
                                var field = FieldSet.text(path);
                                lines.add("- " + field);
                                causes.add(
                                        new Status.Cause(
                                                "FieldManagerConflict",
                                                "conflict with " + manager.shown(),
                                                field));
                            });
                });
        var message =
                causes.size() == 1
                        ? "Apply failed with 1 conflict: %s: %s"
                                .formatted(causes.getFirst().message(), causes.getFirst().field())
                        : "Apply failed with %d conflicts: %s"
                                .formatted(causes.size(), String.join("\n", lines));
        var details = new Status.Details("", "", "", "", causes, 0);
        return new ApiException(new Status(409, "Conflict", message, details));
    }

    /// Conflicts over fields that are still as client-side apply left them do not count.
    ///
    /// @see "upstream: managedfields/internal/lastappliedmanager.go"
    private Map<Manager, FieldSet> withoutLastApplied(
            ObjectNode live, Map<Manager, FieldSet> conflicts) {
        var text = live.path("metadata").path("annotations").path(LAST_APPLIED).asText();
        if (text.isEmpty()) return conflicts;
        try {
            var last = SORTED.readTree(text);
            if (!last.path("apiVersion").asText().equals(own.apiVersion)) return conflicts;
            Fitting.check(own.shape, last);
            var comparison = Comparison.of(own.shape, last, own.shown.apply(live));
            var allowed =
                    Fields.of(own.shape, last)
                            .difference(comparison.modified())
                            .difference(comparison.added())
                            .difference(comparison.removed());
            Map<Manager, FieldSet> remaining = new TreeMap<>();
            conflicts.forEach(
                    (manager, fields) -> {
                        var left = fields.difference(allowed);
                        if (!left.isEmpty()) remaining.put(manager, left);
                    });
            return remaining;
        } catch (JsonProcessingException | MisfitException _) {
            return conflicts;
        }
    }

    /// Client-side apply goes on from what server-side apply of kubectl has said last.
    private static void updateLastApplied(ObjectNode object, ObjectNode config) {
        var held = object.path("metadata").path("annotations");
        if (held.path(LAST_APPLIED).asText().isEmpty()) return;
        var said = config.deepCopy();
        if (said.path("metadata").path("annotations") instanceof ObjectNode annotations) {
            annotations.remove(LAST_APPLIED);
        }
        try {
            var sorted = SORTED.treeToValue(said, Object.class);
            var annotations = (ObjectNode) held;
            annotations.put(
                    LAST_APPLIED, PathElement.asGo(SORTED.writeValueAsString(sorted)) + "\n");
            long size = 0;
            for (var annotation : annotations.properties()) {
                size += bytes(annotation.getKey()) + bytes(annotation.getValue().asText());
            }
            if (size > ANNOTATIONS_MAX) annotations.remove(LAST_APPLIED);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static long bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}

package dev.ordinal.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.Deleted;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.store.StaleException;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/// How objects go: at once, after a grace period, or when their finalizers are done.
///
/// @see "upstream: apiserver/pkg/registry/generic/registry/store.go, Delete and BeforeDelete"
final class Deletions {
    private static final String ORPHAN = "orphan";
    private static final String FOREGROUND = "foregroundDeletion";

    private final Registry registry;
    private final InstantSource clock;

    Deletions(Registry registry, InstantSource clock) {
        this.registry = registry;
        this.clock = clock;
    }

    Deleted delete(Kind kind, @Nullable String namespace, String name, DeleteOptions options) {
        while (true) {
            var current = registry.find(kind, namespace, name);
            checkPreconditions(kind, current, options);
            var write = new WriteOptions("", "", options.dryRun(), false, "");
            var attempt =
                    new Attempt(
                            registry,
                            Admission.Operation.DELETE,
                            kind,
                            null,
                            current.namespace(),
                            name,
                            current.copy(),
                            current.tree(),
                            write);
            boolean done = false;
            try {
                attempt.admit(registry.admissions());
                var deleted = step(kind, current, options);
                done = deleted.gone() && !options.dryRun();
                return deleted;
            } catch (StaleException _) {
                // Somebody wrote meanwhile: look again.
            } finally {
                attempt.end(done);
            }
        }
    }

    static void checkPreconditions(Kind kind, Stored current, DeleteOptions options) {
        var uid = options.uid();
        var groupKind = kind.group().isEmpty() ? kind.kind() : kind.kind() + "." + kind.group();
        if (uid != null && !uid.equals(current.uid())) {
            throw conflict(
                    kind,
                    groupKind,
                    current.name(),
                    "the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted and then recreated"
                            .formatted(uid, current.uid()));
        }
        var version = options.resourceVersion();
        if (version != null && !version.equals(Long.toString(current.revision()))) {
            throw conflict(
                    kind,
                    groupKind,
                    current.name(),
                    "the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%d). The object might have been modified"
                            .formatted(version, current.revision()));
        }
    }

    private static ApiException conflict(Kind kind, String groupKind, String name, String why) {
        return new ApiException(
                new Status(
                        409,
                        "Conflict",
                        "Operation cannot be fulfilled on %s \"%s\": %s"
                                .formatted(groupKind, name, why),
                        Status.Details.of(name, kind.group(), kind.kind())));
    }

    private Deleted step(Kind kind, Stored current, DeleteOptions options) throws StaleException {
        var object = current.copy();
        var metadata = Metadata.of(object);
        boolean terminating = metadata.has("deletionTimestamp");
        var graceful = kind.graceful();
        if (graceful != null) {
            long asked = graceful.periodSeconds(object, options.gracePeriodSeconds());
            long pending = metadata.path("deletionGracePeriodSeconds").asLong();
            boolean over = terminating && pending == 0 && asked == 0 && !isHeld(kind, object);
            if (terminating && !over) {
                if (options.gracePeriodSeconds() == null || (pending == 0 && asked != 0)) {
                    return new Deleted(current, false);
                }
                if (asked >= pending && pending != 0) return new Deleted(current, false);
                if (asked != 0) return shorten(kind, current, object, asked, options);
            } else if (asked > 0) {
                setFinalizers(metadata, options);
                mark(object, asked);
                return new Deleted(write(kind, current, object, options), false);
            }
        }
        if (!terminating) kind.deleting(object, now());
        if (!terminating || graceful == null) setFinalizers(metadata, options);
        if (isHeld(kind, object)) {
            if (terminating
                    && (kind.marksItself()
                            || metadata.path("deletionGracePeriodSeconds").asLong() == 0)) {
                return new Deleted(write(kind, current, object, options), false);
            }
            if (terminating) metadata.put("deletionGracePeriodSeconds", 0);
            else if (kind.holdsContent()) {
                metadata.put("deletionTimestamp", now().toString());
                object.withObjectProperty("status").put("phase", "Terminating");
            } else if (kind.marksItself()) {
                metadata.put("deletionTimestamp", now().toString());
            } else mark(object, 0);
            return new Deleted(write(kind, current, object, options), false);
        }
        if (options.dryRun()) return new Deleted(current, true);
        var marked = graceful == null ? current : marked(kind, current, object, options);
        var key = Registry.key(kind, current.namespace(), current.name());
        var last =
                registry.store().delete(key, marked.revision(), r -> WritePath.encode(object, r));
        return new Deleted(last, true);
    }

    /// Watchers see that the grace period is over before they see the end.
    private Stored marked(Kind kind, Stored current, ObjectNode object, DeleteOptions options)
            throws StaleException {
        var metadata = Metadata.of(object);
        if (!metadata.has("deletionTimestamp")) mark(object, 0);
        else if (metadata.path("deletionGracePeriodSeconds").asLong() != 0) {
            long pending = metadata.path("deletionGracePeriodSeconds").asLong();
            var end = Instant.parse(metadata.path("deletionTimestamp").asText());
            metadata.put("deletionTimestamp", end.minusSeconds(pending).toString());
            metadata.put("deletionGracePeriodSeconds", 0);
        }
        return write(kind, current, object, options);
    }

    private void mark(ObjectNode object, long graceSeconds) {
        var metadata = Metadata.of(object);
        metadata.put("deletionTimestamp", now().plusSeconds(graceSeconds).toString());
        metadata.put("deletionGracePeriodSeconds", graceSeconds);
        if (metadata.path("generation").asLong() > 0) {
            metadata.put("generation", metadata.path("generation").asLong() + 1);
        }
    }

    /// A repeated delete may only bring the end nearer.
    private Deleted shorten(
            Kind kind, Stored current, ObjectNode object, long asked, DeleteOptions options)
            throws StaleException {
        var metadata = Metadata.of(object);
        var end = Instant.parse(metadata.path("deletionTimestamp").asText());
        long pending = metadata.path("deletionGracePeriodSeconds").asLong();
        var newEnd = end.minusSeconds(pending).plusSeconds(asked);
        long grace = asked;
        if (newEnd.isBefore(now())) {
            newEnd = now();
            grace = 1;
        }
        metadata.put("deletionTimestamp", newEnd.toString());
        metadata.put("deletionGracePeriodSeconds", grace);
        return new Deleted(write(kind, current, object, options), false);
    }

    private static void setFinalizers(ObjectNode metadata, DeleteOptions options) {
        var policy = options.propagationPolicy();
        var orphan = options.orphanDependents();
        if (policy.isEmpty() && orphan == null) return;
        boolean orphans = policy.equals("Orphan") || Boolean.TRUE.equals(orphan);
        List<String> finalizers = new ArrayList<>(Metadata.strings(metadata.path("finalizers")));
        finalizers.removeAll(List.of(ORPHAN, FOREGROUND));
        if (orphans) finalizers.add(ORPHAN);
        if (policy.equals("Foreground")) finalizers.add(FOREGROUND);
        if (finalizers.isEmpty()) metadata.remove("finalizers");
        else {
            ArrayNode list = metadata.putArray("finalizers");
            finalizers.forEach(list::add);
        }
    }

    private static boolean isHeld(Kind kind, ObjectNode object) {
        return !Metadata.of(object).path("finalizers").isEmpty()
                || (kind.holdsContent() && !object.path("spec").path("finalizers").isEmpty());
    }

    /// An update has removed the last thing that held a deleted object.
    boolean isFinished(Kind kind, ObjectNode object) {
        var metadata = Metadata.of(object);
        return metadata.has("deletionTimestamp")
                && metadata.path("deletionGracePeriodSeconds").asLong() == 0
                && !isHeld(kind, object);
    }

    private Stored write(Kind kind, Stored current, ObjectNode object, DeleteOptions options)
            throws StaleException {
        var shaped = kind.shape(object);
        if (Trees.same(shaped, current.tree())) return current;
        if (options.dryRun()) return Stored.encode(current.revision(), shaped);
        var key = Registry.key(kind, current.namespace(), current.name());
        return registry.store().put(key, current.revision(), r -> WritePath.encode(shaped, r));
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}

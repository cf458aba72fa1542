package dev.ordinal.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.access.User;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/// What a client may do with objects, in process. The HTTP server, the controllers, the scheduler
/// and the node all come through here; a refusal is an [ApiException] with upstream's Status.
///
/// A `namespace` is null for cluster-scoped kinds, and for lists and watches over all namespaces.
public interface Api {
    /// All served kinds, in discovery order.
    List<Kind> kinds();

    /// One kind for each collection of the store, however many groups and versions show it: the
    /// first that is served.
    default List<Kind> collections() {
        Map<String, Kind> first = new LinkedHashMap<>();
        for (var kind : kinds()) {
            if (kind.answering() != null) continue;
            first.putIfAbsent(kind.stored().type().groupResource(), kind);
        }
        return List.copyOf(first.values());
    }

    /// Tells of every later change of [#kinds], after it is visible, on the thread that made it.
    void whenKindsChange(Runnable listener);

    /// @throws ApiException NotFound
    Stored get(GroupVersionResource type, @Nullable String namespace, String name);

    /// A view of an object: `status` (the object itself) or `scale`.
    ///
    /// @throws ApiException NotFound
    Stored get(
            GroupVersionResource type, @Nullable String namespace, String name, String subresource);

    Listing list(GroupVersionResource type, @Nullable String namespace, ListOptions options);

    /// Events in revision order; the caller closes it.
    Watching watch(GroupVersionResource type, @Nullable String namespace, WatchOptions options);

    Written create(
            GroupVersionResource type, @Nullable String namespace, Body body, WriteOptions options);

    /// POSTs to a subresource: a pod's `binding` or `eviction`. The answer is a Status.
    Written create(
            GroupVersionResource type,
            @Nullable String namespace,
            String name,
            String subresource,
            Body body,
            WriteOptions options);

    /// @param subresource `status`, `scale`, `finalize`; null for the object itself
    Written update(
            GroupVersionResource type,
            @Nullable String namespace,
            String name,
            @Nullable String subresource,
            Body body,
            WriteOptions options);

    Written patch(
            GroupVersionResource type,
            @Nullable String namespace,
            String name,
            @Nullable String subresource,
            Patch patch,
            WriteOptions options);

    Deleted delete(
            GroupVersionResource type,
            @Nullable String namespace,
            String name,
            DeleteOptions options);

    /// Deletes one by one what the list options select; the answer is the list as it was.
    Listing deleteCollection(
            GroupVersionResource type,
            @Nullable String namespace,
            DeleteOptions options,
            ListOptions selection);

    /// A request body: text as it came, or a tree that is already decoded.
    sealed interface Body {
        /// @param mediaType `application/json` or `application/yaml`
        record Text(byte[] bytes, String mediaType) implements Body {}

        /// Owned by the callee from now on.
        record Tree(ObjectNode tree) implements Body {}
    }

    /// @param mediaType e.g. `application/merge-patch+json`
    record Patch(String mediaType, byte[] bytes) {
        public static final String JSON = "application/json-patch+json";
        public static final String MERGE = "application/merge-patch+json";
        public static final String STRATEGIC = "application/strategic-merge-patch+json";
        public static final String APPLY = "application/apply-patch+yaml";
    }

    /// Empty strings and null mean "not given"; texts are as in the query, unparsed.
    ///
    /// @param sendInitialEvents only to be refused: it is for watches
    record ListOptions(
            String labelSelector,
            String fieldSelector,
            String resourceVersion,
            String resourceVersionMatch,
            int limit,
            String continueToken,
            boolean sendInitialEvents) {
        public static final ListOptions ALL = new ListOptions("", "", "", "", 0, "");

        public ListOptions(
                String labelSelector,
                String fieldSelector,
                String resourceVersion,
                String resourceVersionMatch,
                int limit,
                String continueToken) {
            this(
                    labelSelector,
                    fieldSelector,
                    resourceVersion,
                    resourceVersionMatch,
                    limit,
                    continueToken,
                    false);
        }

        public static ListOptions labels(String selector) {
            return new ListOptions(selector, "", "", "", 0, "");
        }
    }

    record WatchOptions(
            String labelSelector,
            String fieldSelector,
            String resourceVersion,
            String resourceVersionMatch,
            boolean allowWatchBookmarks,
            @Nullable Boolean sendInitialEvents) {
        /// Everything after a list's resourceVersion.
        public static WatchOptions after(String resourceVersion) {
            return new WatchOptions("", "", resourceVersion, "", false, null);
        }
    }

    /// @param fieldManager empty: what the user agent begins with
    /// @param fieldValidation ``, `Ignore`, `Warn` or `Strict`
    /// @param user who writes
    /// @param userAgent `kubectl/v1.36.2 (linux/amd64)`, or empty
    record WriteOptions(
            String fieldManager,
            String fieldValidation,
            boolean dryRun,
            boolean force,
            User user,
            String userAgent) {
        private static final int MANAGER_MAX = 128;

        public WriteOptions(
                String fieldManager,
                String fieldValidation,
                boolean dryRun,
                boolean force,
                String user) {
            this(fieldManager, fieldValidation, dryRun, force, User.trusted(user), "");
        }

        /// Who owns the fields that are written.
        public String manager() {
            if (!fieldManager.isEmpty()) return fieldManager;
            var name = userAgent.split("/", 2)[0];
            var manager = new StringBuilder();
            int length = 0;
            for (int c : name.codePoints().toArray()) {
                if (!isPrintable(c)) continue;
                length += Character.toString(c).getBytes(StandardCharsets.UTF_8).length;
                if (length > MANAGER_MAX) break;
                manager.appendCodePoint(c);
            }
            return manager.isEmpty() ? "unknown" : manager.toString();
        }

        private static boolean isPrintable(int c) {
            if (c == ' ') return true;
            return Character.isDefined(c)
                    && !Character.isISOControl(c)
                    && !Character.isWhitespace(c)
                    && !Character.isSpaceChar(c);
        }

        /// For our own controllers.
        public static WriteOptions by(String manager) {
            return new WriteOptions(manager, "", false, false, "system:" + manager);
        }
    }

    /// @param propagationPolicy `Background`, `Foreground`, `Orphan` or empty
    record DeleteOptions(
            @Nullable Long gracePeriodSeconds,
            String propagationPolicy,
            @Nullable Boolean orphanDependents,
            @Nullable String uid,
            @Nullable String resourceVersion,
            boolean dryRun) {
        public static final DeleteOptions DEFAULT =
                new DeleteOptions(null, "", null, null, null, false);

        public static DeleteOptions uid(String uid) {
            return new DeleteOptions(null, "", null, uid, null, false);
        }
    }

    /// @param remaining items after this page, or null when unknown
    record Listing(
            GroupVersionResource type,
            long revision,
            List<Stored> items,
            String continueToken,
            @Nullable Long remaining) {
        Listing map(UnaryOperator<Stored> change) {
            var changed = items.stream().map(change).toList();
            return new Listing(type, revision, changed, continueToken, remaining);
        }
    }

    /// @param created true: 201
    /// @param object a dry run's object has not been stored
    record Written(Stored object, boolean created, List<String> warnings) {
        Written map(UnaryOperator<Stored> change) {
            return new Written(change.apply(object), created, warnings);
        }
    }

    /// @param gone false: finalizers or a grace period keep the object for now
    record Deleted(Stored object, boolean gone) {}

    /// A running watch. One reader.
    interface Watching extends AutoCloseable {
        /// The next events, at least one, waiting at most `patience`; empty when none came.
        List<WatchEvent> next(Duration patience) throws InterruptedException;

        /// Every matching event up to here has been handed out: what a bookmark says.
        long revision();

        /// A BOOKMARK's object for [#revision].
        Stored bookmark();

        @Override
        void close();
    }

    /// @param type ADDED, MODIFIED, DELETED or BOOKMARK
    /// @param object for a BOOKMARK an object of the kind with its metadata only
    record WatchEvent(Type type, Stored object) {
        public enum Type {
            ADDED,
            MODIFIED,
            DELETED,
            BOOKMARK
        }
    }

    /// The verbs of a kind that has all of them.
    Set<String> ALL_VERBS =
            Set.of(
                    "create",
                    "delete",
                    "deletecollection",
                    "get",
                    "list",
                    "patch",
                    "update",
                    "watch");
}

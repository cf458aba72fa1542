package dev.ordinal.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.Listing;
import dev.ordinal.api.Api.WatchOptions;
import dev.ordinal.api.Api.Watching;
import dev.ordinal.api.select.FieldQuery;
import dev.ordinal.api.select.LabelQuery;
import dev.ordinal.store.CompactedException;
import dev.ordinal.store.Snapshot;
import dev.ordinal.store.Store;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Lists at one revision, in pages, and the beginnings of watches.
///
/// @see "Kubernetes documentation: API Concepts, resource versions"
final class Lists {
    private static final int CHUNK = 500;

    private final Store<Stored> store;

    Lists(Store<Stored> store) {
        this.store = store;
    }

    /// Which objects a request means.
    record Selection(String prefix, @Nullable String name, LabelQuery labels, FieldQuery fields) {
        static Selection of(
                Kind kind, @Nullable String namespace, String labelSelector, String fieldSelector) {
            var labels = LabelQuery.parse(labelSelector);
            var fields = FieldQuery.parse(fieldSelector, kind);
            return new Selection(
                    Registry.prefix(kind, namespace), fields.name().orElse(null), labels, fields);
        }

        boolean matches(Stored object) {
            return (name == null || object.name().equals(name))
                    && (labels.isAll() || labels.matches(object.labels()))
                    && (fields.isAll() || fields.matches(object.tree()));
        }

        boolean isAll() {
            return labels.isAll() && fields.isAll();
        }
    }

    Listing list(Kind kind, @Nullable String namespace, ListOptions options) {
        OptionChecks.check(options);
        var selection =
                Selection.of(kind, namespace, options.labelSelector(), options.fieldSelector());
        if (!options.continueToken().isEmpty()) return next(kind, selection, options);
        var version = options.resourceVersion();
        boolean exact =
                options.resourceVersionMatch().equals("Exact")
                        || (options.resourceVersionMatch().isEmpty() && options.limit() > 0);
        var snapshot =
                version.isEmpty() || version.equals("0")
                        ? store.latest()
                        : at(listed(version), exact);
        int limit = version.equals("0") ? 0 : options.limit();
        return page(kind, selection, snapshot, null, limit);
    }

    private Snapshot<Stored> at(long revision, boolean exact) {
        var latest = store.latest();
        if (revision > latest.revision()) throw tooLarge(revision, latest.revision());
        if (!exact) return latest;
        try {
            return store.at(revision);
        } catch (CompactedException _) {
            throw expired("The resourceVersion for the provided list is too old.", "");
        }
    }

    private Listing next(Kind kind, Selection selection, ListOptions options) {
        if (!options.resourceVersion().isEmpty() && !options.resourceVersion().equals("0")) {
            throw ApiException.badRequest(
                    "specifying resource version is not allowed when using continue");
        }
        var token = Token.parse(options.continueToken());
        var after = selection.prefix + token.start;
        if (token.revision < 0) {
            return page(kind, selection, store.latest(), after, options.limit());
        }
        try {
            return page(kind, selection, store.at(token.revision), after, options.limit());
        } catch (CompactedException _) {
            throw expired(
                    "The provided continue parameter is too old to display a consistent list"
                        + " result. You can start a new list without the continue parameter, or use"
                        + " the continue token in this response to retrieve the remainder of the"
                        + " results. Continuing with the provided token results in an inconsistent"
                        + " list - objects that were created, modified, or deleted between the time"
                        + " the first chunk was returned and now may show up in the list.",
                    new Token(-1, token.start).text());
        }
    }

    private Listing page(
            Kind kind,
            Selection selection,
            Snapshot<Stored> snapshot,
            @Nullable String after,
            int limit) {
        List<Stored> items = new ArrayList<>();
        var from = after;
        while (true) {
            var chunk = snapshot.range(selection.prefix, from, limit == 0 ? 0 : CHUNK);
            for (var entry : chunk) {
                if (limit > 0 && items.size() == limit) {
                    return unfinished(kind, selection, snapshot, items);
                }
                if (selection.matches(entry.value())) items.add(entry.value());
            }
            if (limit == 0 || chunk.size() < CHUNK) break;
            from = chunk.getLast().key();
        }
        return new Listing(kind.type(), snapshot.revision(), items, "", null);
    }

    /// At least one more key follows; whether it matches is left to the next page.
    private static Listing unfinished(
            Kind kind, Selection selection, Snapshot<Stored> snapshot, List<Stored> items) {
        var last = items.getLast();
        var lastKey = Registry.key(kind, last.namespace(), last.name());
        var token = new Token(snapshot.revision(), lastKey.substring(selection.prefix.length()));
        var rest = snapshot.range(selection.prefix, lastKey, 0);
        if (rest.stream().noneMatch(entry -> selection.matches(entry.value()))) {
            return new Listing(kind.type(), snapshot.revision(), items, "", null);
        }
        return new Listing(
                kind.type(),
                snapshot.revision(),
                items,
                token.text(),
                selection.isAll() ? (long) rest.size() : null);
    }

    Watching watch(Kind kind, @Nullable String namespace, WatchOptions options) {
        OptionChecks.check(options);
        var selection =
                Selection.of(kind, namespace, options.labelSelector(), options.fieldSelector());
        var version = options.resourceVersion();
        boolean unset = version.isEmpty() || version.equals("0");
        var sendInitial = options.sendInitialEvents();
        boolean initial = sendInitial == null ? unset : sendInitial;
        try {
            var latest = store.latest();
            if (!unset && watched(version) > latest.revision()) {
                throw tooLarge(watched(version), latest.revision());
            }
            if (!initial) {
                long after = unset ? latest.revision() : watched(version);
                return new Watcher(
                        kind, selection, store.watch(selection.prefix, after), List.of(), false);
            }
            var watch = store.watch(selection.prefix, latest.revision());
            var items =
                    latest.range(selection.prefix, null, 0).stream()
                            .map(entry -> entry.value())
                            .filter(selection::matches)
                            .toList();
            boolean bookmark = sendInitial != null && options.allowWatchBookmarks();
            return new Watcher(kind, selection, watch, items, bookmark);
        } catch (CompactedException lost) {
            return new Watcher.Expired(lost.asked(), lost.oldest());
        }
    }

    static ApiException expired(String message, String continueToken) {
        return new ApiException(new Status(410, "Expired", message, null, continueToken));
    }

    private static ApiException tooLarge(long asked, long current) {
        return new ApiException(
                new Status(
                        504,
                        "Timeout",
                        "Timeout: Too large resource version: %d, current: %d"
                                .formatted(asked, current),
                        new Status.Details(
                                "",
                                "",
                                "",
                                "",
                                List.of(
                                        new Status.Cause(
                                                "ResourceVersionTooLarge",
                                                "Too large resource version",
                                                "")),
                                1)));
    }

    private static long listed(String version) {
        return parse(version)
                .orElseThrow(
                        () ->
                                ApiException.badRequest(
                                        "invalid resource version: " + malformed(version)));
    }

    private static long watched(String version) {
        return parse(version)
                .orElseThrow(() -> new ApiException(new Status(500, "", malformed(version), null)));
    }

    private static OptionalLong parse(String version) {
        try {
            return OptionalLong.of(Long.parseUnsignedLong(version));
        } catch (NumberFormatException _) {
            return OptionalLong.empty();
        }
    }

    private static String malformed(String version) {
        return "resourceVersion: Invalid value: \"%s\": strconv.ParseUint: parsing \"%s\": invalid syntax"
                .formatted(version, version);
    }

    /// An object of the kind that carries nothing but a resourceVersion.
    static Stored bookmark(Kind kind, long revision, boolean initialEventsEnd) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("kind", kind.kind()).put("apiVersion", kind.apiVersion());
        var metadata = object.putObject("metadata");
        metadata.put("resourceVersion", Long.toString(revision));
        if (initialEventsEnd) {
            metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
        }
        return Stored.encode(revision, object);
    }

    /// @param revision -1: whatever is newest
    /// @param start key of the last item handed out, without the collection's prefix
    private record Token(long revision, String start) {
        String text() {
            var json = JsonNodeFactory.instance.objectNode();
            json.put("v", "meta.k8s.io/v1").put("rv", revision).put("start", start + "\0");
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(json.toString().getBytes(StandardCharsets.UTF_8));
        }

        static Token parse(String text) {
            return read(text)
                    .filter(json -> json.path("v").asText().equals("meta.k8s.io/v1"))
                    .filter(json -> json.path("start").asText().endsWith("\0"))
                    .map(
                            json -> {
                                var start = json.path("start").asText();
                                return new Token(
                                        json.path("rv").asLong(),
                                        start.substring(0, start.length() - 1));
                            })
                    .orElseThrow(
                            () ->
                                    ApiException.badRequest(
                                            "invalid continue token: continue key is not valid:"
                                                    + " illegal token"));
        }

        private static Optional<JsonNode> read(String text) {
            try {
                return Optional.of(Json.MAPPER.readTree(Base64.getUrlDecoder().decode(text)));
            } catch (IOException | IllegalArgumentException _) {
                return Optional.empty();
            }
        }
    }
}

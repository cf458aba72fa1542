package dev.ordinal.api;

import dev.ordinal.api.Api.WatchEvent;
import dev.ordinal.api.Api.WatchEvent.Type;
import dev.ordinal.api.Lists.Selection;
import dev.ordinal.store.CompactedException;
import dev.ordinal.store.Event;
import dev.ordinal.store.Watch;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Turns the store's events into what a selection of objects sees of them: objects that come to
/// match
/// are added, those that stop matching are deleted.
final class Watcher implements Api.Watching {
    private final Kind kind;
    private final Selection selection;
    private final Watch<Stored> watch;
    private final List<WatchEvent> first = new ArrayList<>();

    /// @param bookmark tell the end of the initial events
    Watcher(
            Kind kind,
            Selection selection,
            Watch<Stored> watch,
            List<Stored> initial,
            boolean bookmark) {
        this.kind = kind;
        this.selection = selection;
        this.watch = watch;
        initial.forEach(item -> first.add(new WatchEvent(Type.ADDED, kind.shown(item))));
        if (bookmark) {
            first.add(new WatchEvent(Type.BOOKMARK, Lists.bookmark(kind, watch.revision(), true)));
        }
    }

    @Override
    public List<WatchEvent> next(Duration patience) throws InterruptedException {
        if (!first.isEmpty()) {
            var events = List.copyOf(first);
            first.clear();
            return events;
        }
        var deadline = Instant.now().plus(patience);
        while (true) {
            var left = Duration.between(Instant.now(), deadline);
            List<WatchEvent> events = new ArrayList<>();
            List<Event<Stored>> raw;
            try {
                raw = watch.next(left.isNegative() ? Duration.ZERO : left);
            } catch (CompactedException lost) {
                throw tooOld(lost.asked(), lost.oldest());
            }
            raw.forEach(event -> select(event).ifPresent(events::add));
            if (!events.isEmpty() || raw.isEmpty()) return events;
        }
    }

    private Optional<WatchEvent> select(Event<Stored> event) {
        return switch (event) {
            case Event.Put<Stored>(_, _, var value, var previous) -> {
                boolean before = previous != null && selection.matches(previous);
                boolean now = selection.matches(value);
                if (now) {
                    yield told(before ? Type.MODIFIED : Type.ADDED, value);
                }
                yield before ? told(Type.DELETED, leaving(previous, value)) : Optional.empty();
            }
            case Event.Deleted<Stored>(_, _, var last, var previous) ->
                    selection.matches(previous) ? told(Type.DELETED, last) : Optional.empty();
        };
    }

    private Optional<WatchEvent> told(Type type, Stored object) {
        return Optional.of(new WatchEvent(type, kind.shown(object)));
    }

    /// The old content under the new resourceVersion.
    private static Stored leaving(Stored previous, Stored value) {
        return WritePath.encode(previous.copy(), value.revision());
    }

    @Override
    public long revision() {
        return watch.revision();
    }

    @Override
    public Stored bookmark() {
        return Lists.bookmark(kind, revision(), false);
    }

    @Override
    public void close() {
        watch.close();
    }

    private static ApiException tooOld(long asked, long oldest) {
        return Lists.expired("too old resource version: %d (%d)".formatted(asked, oldest), "");
    }

    /// A watch that began too late: it only says so.
    record Expired(long asked, long oldest) implements Api.Watching {
        @Override
        public List<WatchEvent> next(Duration patience) {
            throw tooOld(asked, oldest);
        }

        @Override
        public long revision() {
            return asked;
        }

        @Override
        public Stored bookmark() {
            throw tooOld(asked, oldest);
        }

        @Override
        public void close() {}
    }
}

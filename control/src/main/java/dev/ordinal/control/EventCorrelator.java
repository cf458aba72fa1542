package dev.ordinal.control;

import dev.ordinal.api.RecentMap;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;

/// Keeps one source from flooding the API with events: similar ones become one, and of those about
/// one object only so many are written.
///
/// @see "upstream: client-go/tools/record/events_cache.go"
final class EventCorrelator {
    private static final int REMEMBERED = 4096;
    private static final int COMBINED_FROM = 10;
    private static final Duration SIMILAR_WITHIN = Duration.ofMinutes(10);
    private static final String COMBINED = "(combined from similar events): ";
    private static final int BURST = 25;
    private static final Duration REFILL = Duration.ofMinutes(5);

    private final Map<Similar, Group> groups = RecentMap.of(REMEMBERED);
    private final Map<Source, Bucket> buckets = RecentMap.of(REMEMBERED);

    /// What happened.
    ///
    /// @param fieldPath of the object, or empty
    record Happening(String uid, String fieldPath, String type, String reason, String message) {}

    /// Which event tells it.
    ///
    /// @param key of the event that is to count up, or to be made
    /// @param dropped it is not written, although it counts
    record Verdict(Object key, String message, boolean combined, boolean dropped) {}

    synchronized Verdict judge(Happening happening, Instant now) {
        var similar = new Similar(happening.uid, happening.type, happening.reason);
        var group = groups.computeIfAbsent(similar, _ -> new Group());
        boolean combined = group.isCrowded(happening.message, now);
        var source = new Source(happening.uid, happening.type);
        boolean dropped = !buckets.computeIfAbsent(source, _ -> new Bucket(now)).takes(now);
        return combined
                ? new Verdict(similar, COMBINED + happening.message, true, dropped)
                : new Verdict(happening, happening.message, false, dropped);
    }

    private record Similar(String uid, String type, String reason) {}

    private record Source(String uid, String type) {}

    /// The messages of similar events.
    private static final class Group {
        private final SequencedSet<String> messages = new LinkedHashSet<>();
        private Instant last = Instant.MIN;

        boolean isCrowded(String message, Instant now) {
            if (now.minus(SIMILAR_WITHIN).isAfter(last)) messages.clear();
            last = now;
            messages.add(message);
            if (messages.size() < COMBINED_FROM) return false;
            messages.removeFirst();
            return true;
        }
    }

    /// Holds a token for each event that may be written at once.
    private static final class Bucket {
        private double tokens = BURST;
        private Instant filled;

        Bucket(Instant now) {
            filled = now;
        }

        boolean takes(Instant now) {
            double since = (double) Duration.between(filled, now).toNanos() / REFILL.toNanos();
            tokens = Math.min(BURST, tokens + since);
            filled = now;
            if (tokens < 1) return false;
            tokens--;
            return true;
        }
    }
}

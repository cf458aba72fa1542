package dev.ordinal.conformance;

import dev.ordinal.conformance.Journal.Change;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Writes down what happened, step by step. Ids and times are masked; who is meant by an id is
/// kept. Not safe for several threads; copies are independent.
final class Transcript {
    private final Masks masks;
    private final boolean full;
    private final Map<Key, Map<String, String>> known;

    /// An object, in the order of the kinds.
    private record Key(Resource resource, String name) implements Comparable<Key> {
        private static final Comparator<Key> ORDER =
                Comparator.comparing(Key::resource).thenComparing(Key::name);

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }

        @Override
        public String toString() {
            return resource.word + " " + name;
        }
    }

    Transcript(String namespace, boolean full) {
        this(new Masks(namespace), full, new TreeMap<>());
    }

    private Transcript(Masks masks, boolean full, Map<Key, Map<String, String>> known) {
        this.masks = masks;
        this.full = full;
        this.known = known;
    }

    Transcript copy() {
        return new Transcript(masks.copy(), full, new TreeMap<>(known));
    }

    /// @param refusals what the requests of the step were told
    /// @param changes in the order they were written
    String step(Scenario.Step step, List<String> refusals, List<Change> changes) {
        var text = new StringBuilder("## ").append(step.text()).append('\n');
        refusals.forEach(line -> text.append("! ").append(masks.text(line)).append('\n'));
        List<String> order = new ArrayList<>();
        Map<String, List<String>> events = new TreeMap<>();
        Map<Key, List<Entry>> objects = new TreeMap<>();
        for (var change : changes) {
            if (change.resource() == Resource.EVENT) {
                events.computeIfAbsent(source(change), _ -> new ArrayList<>()).add(event(change));
                continue;
            }
            if (change.type().equals("ADDED")) masks.learn(change);
            var key = new Key(change.resource(), masks.text(change.name()));
            var entry = entry(key, change);
            if (entry.sign().equals("~") && entry.after().equals(entry.before())) continue;
            objects.computeIfAbsent(key, _ -> new ArrayList<>()).add(entry);
            if (!entry.turn().isEmpty()) order.add(entry.turn() + key);
        }
        if (!step.anyOrder() && order.size() > 1) {
            text.append("order: ").append(String.join(", ", order)).append('\n');
        }
        objects.forEach(
                (key, entries) -> {
                    text.append(key).append('\n');
                    for (var entry : step.anyOrder() ? merged(entries) : entries) {
                        text.append(entry.text(masks, full));
                    }
                });
        events.forEach(
                (source, lines) -> {
                    text.append("events of ").append(source).append('\n');
                    for (var line : step.anyOrder() ? new TreeSet<>(lines) : lines) {
                        text.append("  ").append(line).append('\n');
                    }
                });
        return text.append('\n').toString();
    }

    private Entry entry(Key key, Change change) {
        @Nullable Map<String, String> before = known.get(key);
        if (change.type().equals("DELETED")) {
            known.remove(key);
            return new Entry(change.resource(), "-", before, Map.of());
        }
        var after = Fields.of(change.object());
        known.put(key, after);
        return new Entry(
                change.resource(), change.type().equals("ADDED") ? "+" : "~", before, after);
    }

    /// Neighbouring changes of one object as one. Of an object that is gone by the end only what
    /// happened before it went for the first time is told, without its status and the marks of its
    // deletion.
    private static List<Entry> merged(List<Entry> entries) {
        List<Entry> merged = new ArrayList<>();
        for (var entry : entries) {
            boolean joins =
                    entry.sign().equals("~")
                            && !merged.isEmpty()
                            && merged.getLast().sign().equals("~");
            if (joins) {
                var first = merged.removeLast();
                merged.add(new Entry(entry.resource(), "~", first.before(), entry.after()));
            } else {
                merged.add(entry);
            }
        }
        boolean gone = merged.getLast().sign().equals("-");
        boolean born = merged.getFirst().sign().equals("+");
        if (gone && !born) {
            int end = merged.stream().map(Entry::sign).toList().indexOf("-");
            merged.subList(end + 1, merged.size()).clear();
            merged.replaceAll(Entry::lasting);
        }
        merged.removeIf(entry -> entry.sign().equals("~") && entry.after().equals(entry.before()));
        return merged;
    }

    private static String source(Change event) {
        var component = event.object().path("source").path("component").asText();
        return component.isEmpty() ? event.object().path("reportingComponent").asText() : component;
    }

    private String event(Change change) {
        var event = change.object();
        var about = event.path("involvedObject");
        return masks.text(
                "%s%s %s of %s %s: %s"
                        .formatted(
                                change.type().equals("ADDED") ? "" : "again: ",
                                event.path("type").asText(),
                                event.path("reason").asText(),
                                about.path("kind").asText(),
                                about.path("name").asText(),
                                event.path("message").asText().strip()));
    }

    /// One write to one object.
    ///
    /// @param sign `+` made, `~` changed, `-` gone
    private record Entry(
            Resource resource,
            String sign,
            @Nullable Map<String, String> before,
            Map<String, String> after) {
        private static final List<String> FLEETING =
                List.of(
                        "status.",
                        "metadata.deletion",
                        "metadata.finalizers",
                        "metadata.generation");
        private static final String DELETION = "metadata.deletionTimestamp";

        /// What is worth knowing of an object that has gone.
        Entry lasting() {
            return new Entry(resource, sign, lasting(before), lasting(after));
        }

        private static Map<String, String> lasting(@Nullable Map<String, String> fields) {
            Map<String, String> kept = new TreeMap<>(fields == null ? Map.of() : fields);
            kept.keySet().removeIf(path -> FLEETING.stream().anyMatch(path::startsWith));
            return kept;
        }

        /// Its part in the order of things: made, told to go, gone; or empty.
        String turn() {
            if (!sign.equals("~")) return sign;
            boolean told =
                    after.containsKey(DELETION)
                            && (before == null || !before.containsKey(DELETION));
            return told ? "x" : "";
        }

        String text(Masks masks, boolean full) {
            if (sign.equals("-")) return "  -\n";
            List<String> lines = new ArrayList<>();
            var old = before == null || sign.equals("+") ? Map.<String, String>of() : before;
            after.forEach(
                    (path, value) -> {
                        var was = old.get(path);
                        if (value.equals(was)) return;
                        if (sign.equals("+") && !full && Fields.dullAtBirth(resource, path)) return;
                        var now = masks.text(value);
                        lines.add(
                                masks.text(path)
                                        + ": "
                                        + (was == null ? now : masks.text(was) + " -> " + now));
                    });
            old.forEach(
                    (path, _) -> {
                        if (!after.containsKey(path)) lines.add(masks.text(path) + ": gone");
                    });
            if (lines.isEmpty()) lines.add("nothing else");
            return lines.stream()
                    .sorted()
                    .collect(Collectors.joining("\n    ", "  " + sign + " ", "\n"));
        }
    }
}

package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/// ControllerRevisions: their data, names and order, and which one a set should use. Pure.
///
/// @see "upstream: pkg/controller/history and getStatefulSetRevisions of
///     pkg/controller/statefulset"
final class History {
    static final String HASH = "controller.kubernetes.io/hash";

    /// Order of age: revision number, then creation, then name.
    static final Comparator<Revision> AGE =
            Comparator.comparingLong(Revision::number)
                    .thenComparing(Revision::created)
                    .thenComparing(Revision::name);

    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private static final ObjectWriter GO_JSON = goWriter();

    private History() {}

    /// One stored ControllerRevision.
    ///
    /// @param data in canonical form, see [#canonical]
    record Revision(String name, long number, String created, String data, JsonNode tree) {
        static Revision of(ControllerRevision stored, JsonNode tree) {
            var created = stored.getMetadata().getCreationTimestamp();
            return new Revision(
                    stored.getMetadata().getName(),
                    stored.getRevision() == null ? 0 : stored.getRevision(),
                    created == null ? "" : created,
                    canonical(tree.path("data")),
                    tree);
        }

        /// The pod template it holds.
        JsonNode template() {
            var template = tree.path("data").path("spec").path("template").deepCopy();
            if (template instanceof ObjectNode object) object.remove("$patch");
            return template;
        }
    }

    /// What to do to have a revision of the wanted data.
    sealed interface Choice {
        /// Use it as it is.
        record Use(Revision revision) implements Choice {}

        /// A rollback: the old object returns under a new, highest number.
        record Renumber(Revision revision, long number) implements Choice {}

        record Create(long number) implements Choice {}
    }

    /// @param sorted by [#AGE]
    /// @param restored the data a revision has after another trip through the set: equal data means
    ///     that only its form is old, e.g. from a version with fewer defaults
    static Choice choose(List<Revision> sorted, String data, Function<Revision, String> restored) {
        long next = sorted.isEmpty() ? 1 : sorted.getLast().number() + 1;
        @Nullable Revision equal = null;
        for (var revision : sorted) {
            if (revision.data().equals(data)) equal = revision;
        }
        if (equal == null) {
            return !sorted.isEmpty() && restored.apply(sorted.getLast()).equals(data)
                    ? new Choice.Use(sorted.getLast())
                    : new Choice.Create(next);
        }
        return sorted.getLast().data().equals(data)
                ? new Choice.Use(sorted.getLast())
                : new Choice.Renumber(equal, next);
    }

    /// The oldest revisions that nobody uses, beyond the limit.
    ///
    /// @param sorted by [#AGE]
    /// @param live names in use: current, update, and those of pods
    /// @param limit negative keeps all
    static List<Revision> surplus(List<Revision> sorted, Set<String> live, int limit) {
        var unused =
                new ArrayList<>(sorted.stream().filter(r -> !live.contains(r.name())).toList());
        if (limit < 0 || unused.size() <= limit) return List.of();
        return unused.subList(0, unused.size() - limit);
    }

    /// The data of the revision that a template stands for.
    ///
    /// @param template as stored, fully defaulted
    static ObjectNode data(JsonNode template) {
        var patch = JsonNodeFactory.instance.objectNode();
        var copy = patch.putObject("spec").putObject("template");
        copy.put("$patch", "replace");
        copy.setAll((ObjectNode) template.deepCopy());
        if (copy.path("metadata") instanceof ObjectNode metadata) {
            if (metadata.path("creationTimestamp").isNull()) metadata.remove("creationTimestamp");
        }
        return (ObjectNode) sorted(patch);
    }

    /// A new revision object.
    ///
    /// @param collisions the set's collisionCount
    static ObjectNode newRevision(
            StatefulSet set, ObjectNode data, long number, int collisions, String hashLabel) {
        var metadata = set.getMetadata();
        var revision = JsonNodeFactory.instance.objectNode();
        revision.put("apiVersion", "apps/v1").put("kind", "ControllerRevision");
        var meta = revision.putObject("metadata");
        meta.put("name", name(metadata.getName(), hash(canonical(data), collisions)));
        meta.put("namespace", metadata.getNamespace());
        var labels = meta.putObject("labels");
        var template = set.getSpec().getTemplate().getMetadata();
        if (template != null && template.getLabels() != null)
            template.getLabels().forEach(labels::put);
        labels.put(HASH, hashLabel);
        if (metadata.getAnnotations() != null && !metadata.getAnnotations().isEmpty()) {
            var annotations = meta.putObject("annotations");
            metadata.getAnnotations().forEach(annotations::put);
        }
        meta.putArray("ownerReferences").add(Identity.controllerReference(set));
        revision.set("data", data);
        revision.put("revision", number);
        return revision;
    }

    static String name(String set, String hash) {
        return (set.length() > 223 ? set.substring(0, 223) : set) + "-" + hash;
    }

    /// FNV-1 over data and collision count, spelled without vowels.
    static String hash(String data, int collisions) {
        int hash = 0x811c9dc5;
        for (byte b : (data + collisions).getBytes(StandardCharsets.UTF_8)) {
            hash *= 0x01000193;
            hash ^= b & 0xff;
        }
        var spelled = new StringBuilder();
        for (char digit : Integer.toUnsignedString(hash).toCharArray()) {
            spelled.append(ALPHABET.charAt(digit % ALPHABET.length()));
        }
        return spelled.toString();
    }

    /// Compact JSON, keys sorted at every level, escaped as Go does.
    static String canonical(JsonNode node) {
        try {
            return GO_JSON.writeValueAsString(sorted(node));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static JsonNode sorted(JsonNode node) {
        return switch (node) {
            case ObjectNode object -> {
                var copy = JsonNodeFactory.instance.objectNode();
                Set<String> names = new TreeSet<>();
                object.fieldNames().forEachRemaining(names::add);
                names.forEach(name -> copy.set(name, sorted(object.path(name))));
                yield copy;
            }
            case ArrayNode array -> {
                var copy = JsonNodeFactory.instance.arrayNode();
                array.forEach(element -> copy.add(sorted(element)));
                yield copy;
            }
            default -> node;
        };
    }

    private static ObjectWriter goWriter() {
        var mapper = new ObjectMapper();
        mapper.getFactory().setCharacterEscapes(new GoEscapes());
        return mapper.writer();
    }

    /// Go's encoder also escapes the characters that are special in HTML.
    private static final class GoEscapes extends CharacterEscapes {
        private static final long serialVersionUID = 1;

        private final int[] ascii = standardAsciiEscapesForJSON();

        GoEscapes() {
            for (char special : "<>&".toCharArray()) ascii[special] = ESCAPE_CUSTOM;
        }

        @Override
        public int[] getEscapeCodesForAscii() {
            return ascii.clone();
        }

        @Override
        public @Nullable SerializableString getEscapeSequence(int character) {
            boolean escaped = character < 0x80 || character == 0x2028 || character == 0x2029;
            return escaped ? new SerializedString("\\u%04x".formatted(character)) : null;
        }
    }
}

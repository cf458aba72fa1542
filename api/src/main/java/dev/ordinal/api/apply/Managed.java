package dev.ordinal.api.apply;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import com.fasterxml.jackson.databind.util.RawValue;

import dev.ordinal.api.Json;
import dev.ordinal.api.apply.FieldSet.MalformedException;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// The entries of `metadata.managedFields`: who owns which fields, and since when.
///
/// In the trees of objects a set stays the text it is written as, one value for the whole of
/// `fieldsV1`: it takes a tenth of the room of its nodes, and copying an object does not copy it.
/// [#expanded] makes plain nodes of them for those who look inside.
public final class Managed {
    private static final String FIELD = "managedFields";

    private final TreeMap<Manager, Entry> entries = new TreeMap<>();

    /// What one manager owns, of which version, and since when (empty: not known). The set is read
    /// when it is asked for.
    static final class Entry {
        private final String apiVersion;
        private final String time;
        private @Nullable String text;
        private @Nullable FieldSet fields;

        Entry(String apiVersion, String time, FieldSet fields) {
            this.apiVersion = apiVersion;
            this.time = time;
            this.fields = fields;
        }

        private Entry(String apiVersion, String time, String text) {
            this.apiVersion = apiVersion;
            this.time = time;
            this.text = text;
        }

        String apiVersion() {
            return apiVersion;
        }

        String time() {
            return time;
        }

        FieldSet fields() {
            var known = fields;
            if (known != null) return known;
            try {
                known = FieldSet.parse(text());
            } catch (MalformedException damaged) {
                throw new IllegalStateException(damaged);
            }
            fields = known;
            return known;
        }

        String text() {
            var known = text;
            if (known != null) return known;
            known = Objects.requireNonNull(fields).text();
            text = known;
            return known;
        }

        boolean isEmpty() {
            return fields == null ? text().equals("{}") : fields.isEmpty();
        }

        /// Whether the set may have paths of the other one; no is certain. So a set that is not
        /// concerned is not read.
        boolean mayShare(FieldSet other) {
            return !other.isEmpty() && (fields != null || other.mayShare(text()));
        }

        Entry with(FieldSet changed) {
            return new Entry(apiVersion, time, changed);
        }
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /// In the order of the managers; free to change.
    Map<Manager, Entry> entries() {
        return entries;
    }

    Managed copy() {
        var copy = new Managed();
        copy.entries.putAll(entries);
        return copy;
    }

    /// The given list says that all ownership is to be forgotten.
    static boolean isReset(@Nullable JsonNode list) {
        if (list == null || !list.isArray()) return false;
        return list.isEmpty() || (list.size() == 1 && list.get(0).isEmpty());
    }

    /// @param checked also the sets, which have come from outside
    /// @throws MalformedException an entry makes no sense
    static Managed decode(@Nullable JsonNode list, boolean checked) throws MalformedException {
        var managed = new Managed();
        if (list == null) return managed;
        for (int i = 0; i < list.size(); i++) {
            var entry = list.get(i);
            var operation = entry.path("operation").asText();
            if (!operation.equals("Apply") && !operation.equals("Update")) {
                throw new MalformedException("operation must be `Apply` or `Update`");
            }
            var version = entry.path("apiVersion").asText();
            if (version.isEmpty()) throw new MalformedException("apiVersion must not be empty");
            var type = entry.path("fieldsType").asText();
            if (!type.equals("FieldsV1")) {
                throw new MalformedException(
                        type.isEmpty()
                                ? "missing fieldsType in managed fields entry " + i
                                : "invalid fieldsType %s in managed fields entry %d"
                                        .formatted(PathElement.quoted(type), i));
            }
            boolean applies = operation.equals("Apply");
            var manager =
                    new Manager(
                            entry.path("manager").asText(),
                            applies,
                            applies ? "" : version,
                            entry.path("subresource").asText());
            var time = entry.path("time").asText("");
            var text = text(entry.get("fieldsV1"));
            managed.entries.put(
                    manager,
                    checked
                            ? new Entry(version, time, FieldSet.parse(text))
                            : new Entry(version, time, text));
        }
        return managed;
    }

    /// The entries of a stored object; none when they make no sense.
    static Managed readable(@Nullable JsonNode list) {
        try {
            return decode(list, false);
        } catch (MalformedException _) {
            return new Managed();
        }
    }

    private static String text(@Nullable JsonNode fields) {
        if (fields == null || fields.isNull()) return "{}";
        return fields instanceof POJONode node && node.getPojo() instanceof RawValue raw
                ? (String) raw.rawValue()
                : fields.toString();
    }

    /// As the list is written: who applied first, then by time.
    ArrayNode list() {
        Comparator<Map.Entry<Manager, Entry>> order =
                Comparator.comparing(e -> e.getKey().operation());
        order =
                order.thenComparing(e -> e.getValue().time)
                        .thenComparing(e -> e.getKey().name())
                        .thenComparing(e -> e.getValue().apiVersion)
                        .thenComparing(e -> e.getKey().subresource());
        var list = Merging.NODES.arrayNode(entries.size());
        entries.entrySet().stream()
                .sorted(order)
                .forEach(e -> list.add(node(e.getKey(), e.getValue())));
        return list;
    }

    private static ObjectNode node(Manager manager, Entry entry) {
        var node = Merging.NODES.objectNode();
        if (!manager.name().isEmpty()) node.put("manager", manager.name());
        node.put("operation", manager.operation()).put("apiVersion", entry.apiVersion);
        if (!entry.time.isEmpty()) node.put("time", entry.time);
        node.put("fieldsType", "FieldsV1").set("fieldsV1", compact(entry.text()));
        if (!manager.subresource().isEmpty()) node.put("subresource", manager.subresource());
        return node;
    }

    private static JsonNode compact(String text) {
        return new POJONode(new RawValue(text));
    }

    /// Writes the entries down in an object's metadata.
    void writeTo(ObjectNode object) {
        var metadata = object.withObjectProperty("metadata");
        if (entries.isEmpty()) metadata.remove(FIELD);
        else metadata.set(FIELD, list());
    }

    /// Reads an object as it is stored.
    public static ObjectNode read(byte[] bytes) throws IOException {
        try (var parser = Json.MAPPER.createParser(bytes)) {
            parser.nextToken();
            return object(
                    parser,
                    field -> field.equals("metadata") ? metadata(parser, bytes) : value(parser));
        }
    }

    private static JsonNode metadata(JsonParser parser, byte[] bytes) throws IOException {
        return object(
                parser, field -> field.equals(FIELD) ? entries(parser, bytes) : value(parser));
    }

    private static ArrayNode entries(JsonParser parser, byte[] bytes) throws IOException {
        var list = Merging.NODES.arrayNode();
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            list.add(
                    object(
                            parser,
                            field ->
                                    field.equals("fieldsV1")
                                            ? compact(text(parser, bytes))
                                            : value(parser)));
        }
        return list;
    }

    /// Reads a value or a field that has been found.
    private interface Reading {
        JsonNode of(String field) throws IOException;
    }

    private static ObjectNode object(JsonParser parser, Reading fields) throws IOException {
        var object = Merging.NODES.objectNode();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var name = parser.currentName();
            parser.nextToken();
            object.set(name, fields.of(name));
        }
        return object;
    }

    private static JsonNode value(JsonParser parser) throws IOException {
        return parser.readValueAsTree();
    }

    /// The text of the value that begins here.
    private static String text(JsonParser parser, byte[] bytes) throws IOException {
        int from = (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        int to = (int) parser.currentLocation().getByteOffset();
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }

    /// The same tree with plain nodes in place of the texts.
    public static JsonNode expanded(JsonNode tree) {
        return switch (tree) {
            case ObjectNode object -> {
                var copy = Merging.NODES.objectNode();
                object.properties().forEach(f -> copy.set(f.getKey(), expanded(f.getValue())));
                yield copy;
            }
            case ArrayNode array -> {
                var copy = Merging.NODES.arrayNode(array.size());
                array.forEach(item -> copy.add(expanded(item)));
                yield copy;
            }
            case POJONode node -> parsed(text(node));
            default -> tree;
        };
    }

    private static JsonNode parsed(String text) {
        try {
            return Json.MAPPER.readTree(text);
        } catch (JsonProcessingException damaged) {
            throw new IllegalStateException(damaged);
        }
    }

    /// The same object without the entries.
    public static ObjectNode dropped(ObjectNode object) {
        if (!object.path("metadata").has(FIELD)) return object;
        var metadata = Merging.NODES.objectNode();
        metadata.setAll((ObjectNode) object.path("metadata"));
        metadata.remove(FIELD);
        var copy = Merging.NODES.objectNode();
        copy.setAll(object);
        copy.set("metadata", metadata);
        return copy;
    }

    /// Whether two lists say the same but for the times.
    public static boolean sameButTimes(JsonNode left, JsonNode right) {
        if (left.size() != right.size()) return false;
        for (int i = 0; i < left.size(); i++) {
            if (!timeless(left.get(i)).equals(timeless(right.get(i)))) return false;
        }
        return true;
    }

    private static List<String> timeless(JsonNode entry) {
        List<String> parts = new ArrayList<>();
        for (var field : List.of("manager", "operation", "apiVersion", "subresource")) {
            parts.add(entry.path(field).asText());
        }
        parts.add(text(entry.get("fieldsV1")));
        return parts;
    }

    /// The older entries of those who wrote without applying become one for each version, when
    /// there are too many.
    ///
    /// @see "upstream: managedfields/internal/capmanagers.go"
    void cap(int most) {
        var updaters =
                new ArrayList<>(entries.keySet().stream().filter(m -> !m.applies()).toList());
        if (updaters.size() <= most) return;
        updaters.sort(
                Comparator.comparing((Manager manager) -> entry(manager).time)
                        .thenComparing(Comparator.naturalOrder()));
        Map<String, Manager> first = new TreeMap<>();
        int remaining = updaters.size();
        for (var manager : updaters) {
            if (remaining <= most) return;
            var entry = entry(manager);
            var earlier = first.putIfAbsent(entry.apiVersion, manager);
            if (earlier == null) continue;
            var bucket = Manager.updating("ancient-changes", entry.apiVersion, "");
            var held = entries.get(bucket);
            if (held == null) held = Objects.requireNonNull(entries.remove(earlier));
            entries.remove(manager);
            entries.put(
                    bucket,
                    new Entry(entry.apiVersion, entry.time, entry.fields().union(held.fields())));
            remaining--;
        }
    }

    private Entry entry(Manager manager) {
        return Objects.requireNonNull(entries.get(manager));
    }
}

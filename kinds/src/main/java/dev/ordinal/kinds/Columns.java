package dev.ordinal.kinds;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Column;
import dev.ordinal.api.table.Ages;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The columns and texts that several kinds share.
///
/// @see "upstream: pkg/printers/internalversion/printers.go"
public final class Columns {
    public static final String NONE = "<none>";
    public static final String UNSET = "<unset>";

    private static final List<Map.Entry<String, String>> MODES =
            List.of(
                    Map.entry("ReadWriteOnce", "RWO"),
                    Map.entry("ReadOnlyMany", "ROX"),
                    Map.entry("ReadWriteMany", "RWX"),
                    Map.entry("ReadWriteOncePod", "RWOP"));

    private Columns() {}

    public static Column name() {
        return name(object -> object.at("/metadata/name").asText());
    }

    public static Column name(Function<JsonNode, String> cell) {
        return new Column(
                "Name",
                "string",
                "name",
                "Unique within its namespace; chosen at creation, never changed.",
                0,
                (object, _) -> cell.apply(object));
    }

    public static Column age() {
        return new Column(
                "Age",
                "string",
                "",
                "How long ago the object was created.",
                0,
                (object, now) -> Ages.since(object.at("/metadata/creationTimestamp"), now));
    }

    public static Column text(String name, String description, Function<JsonNode, String> cell) {
        return new Column(name, "string", "", description, 0, (object, _) -> cell.apply(object));
    }

    /// Shown with `-o wide` only.
    public static Column wide(String name, String description, Function<JsonNode, String> cell) {
        return new Column(name, "string", "", description, 1, (object, _) -> cell.apply(object));
    }

    /// A number under a column that says string, as upstream has it.
    public static Column count(String name, String description, Function<JsonNode, Long> cell) {
        return new Column(name, "string", "", description, 0, (object, _) -> cell.apply(object));
    }

    public static Function<JsonNode, String> at(String pointer) {
        return object -> object.at(pointer).asText("");
    }

    public static Function<JsonNode, String> at(String pointer, String otherwise) {
        return object -> {
            var text = object.at(pointer).asText("");
            return text.isEmpty() ? otherwise : text;
        };
    }

    /// `k=v` sorted, or `<none>`.
    public static String labels(JsonNode map) {
        var text =
                map.properties().stream()
                        .map(e -> e.getKey() + "=" + e.getValue().asText())
                        .sorted()
                        .collect(Collectors.joining(","));
        return text.isEmpty() ? NONE : text;
    }

    public static String joined(JsonNode list, String field) {
        List<String> texts = new ArrayList<>();
        list.forEach(item -> texts.add(item.path(field).asText()));
        return String.join(",", texts);
    }

    public static String accessModes(JsonNode modes) {
        var given = new TreeSet<String>();
        modes.forEach(mode -> given.add(mode.asText()));
        return MODES.stream()
                .filter(mode -> given.contains(mode.getKey()))
                .map(Map.Entry::getValue)
                .collect(Collectors.joining(","));
    }

    /// At most three, then how many more.
    public static String few(List<String> all, String otherwise) {
        if (all.isEmpty()) return otherwise;
        var shown = String.join(",", all.subList(0, Math.min(3, all.size())));
        return all.size() <= 3 ? shown : shown + " + " + (all.size() - 3) + " more...";
    }
}

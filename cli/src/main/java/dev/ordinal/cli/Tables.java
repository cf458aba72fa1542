package dev.ordinal.cli;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.List;

/// Prints the tables the server makes, as kubectl does.
final class Tables {
    private static final int GAP = 3;

    private Tables() {}

    /// @param prefix before each name, as `pod/`; may be empty
    /// @param wide whether columns of lower priority are shown
    /// @param namespaces whether each row begins with its namespace
    static String text(JsonNode table, String prefix, boolean wide, boolean namespaces) {
        List<List<String>> rows = new ArrayList<>();
        List<String> heads = new ArrayList<>();
        List<Integer> shown = new ArrayList<>();
        if (namespaces) heads.add("NAMESPACE");
        var columns = table.path("columnDefinitions");
        for (int i = 0; i < columns.size(); i++) {
            if (!wide && columns.get(i).path("priority").asInt() > 0) continue;
            shown.add(i);
            heads.add(columns.get(i).path("name").asText().toUpperCase(java.util.Locale.ROOT));
        }
        rows.add(heads);
        for (var row : table.path("rows")) {
            List<String> cells = new ArrayList<>();
            if (namespaces) cells.add(row.at("/object/metadata/namespace").asText());
            for (int i : shown) {
                var text = row.path("cells").path(i).asText();
                cells.add(
                        columns.get(i).path("name").asText().equals("Name") ? prefix + text : text);
            }
            rows.add(cells);
        }
        return aligned(rows);
    }

    private static String aligned(List<List<String>> rows) {
        int columns = rows.getFirst().size();
        var widths = new int[columns];
        for (var row : rows) {
            for (int i = 0; i < columns; i++)
                widths[i] = Math.max(widths[i], row.get(i).length() + GAP);
        }
        var text = new StringBuilder();
        for (var row : rows) {
            for (int i = 0; i < columns; i++) {
                text.append(row.get(i));
                if (i < columns - 1) text.repeat(' ', widths[i] - row.get(i).length());
            }
            text.append('\n');
        }
        return text.toString();
    }
}

package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// A path of printer columns and selectable fields: `.spec.hosts[0].name`,
/// `.metadata.annotations.example\.com/a`, `.status.conditions[?(@.type=="Ready")].status`.
///
/// Fields, quoted fields, indices (negative ones from the end), `*` and filters that compare a path
/// with a literal are understood.
///
/// @see "Kubernetes documentation: JSONPath support"
final class JsonPath {
    private static final Pattern FILTER =
            Pattern.compile("\\?\\(\\s*@(\\S*?)\\s*(==|!=)\\s*(.+?)\\s*\\)");

    private final List<Step> steps;

    private JsonPath(List<Step> steps) {
        this.steps = steps;
    }

    private sealed interface Step {
        record Child(String name) implements Step {}

        record Index(int index) implements Step {}

        record All() implements Step {}

        /// @param literal as text
        record Filter(JsonPath left, boolean equal, String literal) implements Step {}
    }

    /// Empty for a path that is not understood.
    static Optional<JsonPath> parse(String path) {
        List<Step> steps = new ArrayList<>();
        int at = 0;
        while (at < path.length()) {
            if (path.charAt(at) == '.') {
                var name = new StringBuilder();
                at++;
                while (at < path.length() && ".[".indexOf(path.charAt(at)) < 0) {
                    if (path.charAt(at) == '\\' && at + 1 < path.length()) at++;
                    name.append(path.charAt(at++));
                }
                if (name.toString().equals("*")) steps.add(new Step.All());
                else if (!name.isEmpty()) steps.add(new Step.Child(name.toString()));
            } else if (path.charAt(at) == '[') {
                int end = closing(path, at);
                if (end < 0) return Optional.empty();
                var step = bracket(path.substring(at + 1, end));
                if (step.isEmpty()) return Optional.empty();
                steps.add(step.get());
                at = end + 1;
            } else return Optional.empty();
        }
        return Optional.of(new JsonPath(steps));
    }

    /// The bracket that closes the one at a place, quotes and nested ones aside; -1: none does.
    private static int closing(String path, int open) {
        int depth = 0;
        char quote = 0;
        for (int i = open; i < path.length(); i++) {
            char c = path.charAt(i);
            if (quote != 0) {
                if (c == quote) quote = 0;
            } else if (c == '\'' || c == '"') quote = c;
            else if (c == '[') depth++;
            else if (c == ']' && --depth == 0) return i;
        }
        return -1;
    }

    private static Optional<Step> bracket(String inside) {
        if (inside.equals("*")) return Optional.of(new Step.All());
        if (inside.matches("-?[0-9]{1,9}")) {
            return Optional.of(new Step.Index(Integer.parseInt(inside)));
        }
        if (isQuoted(inside)) return Optional.of(new Step.Child(unquoted(inside)));
        var filter = FILTER.matcher(inside);
        if (!filter.matches()) return Optional.empty();
        var literal = filter.group(3);
        return parse(filter.group(1))
                .map(
                        left ->
                                new Step.Filter(
                                        left,
                                        filter.group(2).equals("=="),
                                        isQuoted(literal) ? unquoted(literal) : literal));
    }

    private static boolean isQuoted(String text) {
        return text.length() >= 2
                && (text.charAt(0) == '\'' || text.charAt(0) == '"')
                && text.charAt(text.length() - 1) == text.charAt(0);
    }

    private static String unquoted(String text) {
        return text.substring(1, text.length() - 1);
    }

    /// What it leads to, in order.
    List<JsonNode> find(JsonNode root) {
        List<JsonNode> found = List.of(root);
        for (var step : steps) {
            List<JsonNode> next = new ArrayList<>();
            for (var node : found) take(step, node, next);
            found = next;
        }
        return found;
    }

    private static void take(Step step, JsonNode node, List<JsonNode> next) {
        switch (step) {
            case Step.Child(var name) -> {
                var child = node.get(name);
                if (child != null) next.add(child);
            }
            case Step.Index(int index) -> {
                var child = node.get(index < 0 ? node.size() + index : index);
                if (child != null) next.add(child);
            }
            case Step.All() -> node.forEach(next::add);
            case Step.Filter(var left, boolean equal, var literal) -> {
                for (var item : node) {
                    var values = left.find(item);
                    if (values.isEmpty()) continue;
                    if (values.getFirst().asText().equals(literal) == equal) next.add(item);
                }
            }
        }
    }
}

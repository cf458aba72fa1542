package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// The path below a schema that a rule blames: `.spec.name` or `.labels['a/b']`.
///
/// @see "upstream: apiextensions-apiserver/pkg/apiserver/schema/cel, ValidFieldPath"
final class FieldPath {
    private static final Pattern STEP =
            Pattern.compile("\\.(?<name>[^.\\[\\]]+)|\\['(?<key>(?:[^'\\\\]|\\\\.)*)'\\]");
    private static final Map<Character, String> ESCAPES =
            Map.of(
                    'a', "\u0007", 'b', "\b", 'f', "\f", 'n', "\n", 'r', "\r", 't', "\t", 'v',
                    "\u000b", '\'', "'", '\\', "\\");

    private FieldPath() {}

    /// The path as it stands in complaints; empty: it leads to no described field.
    static Optional<String> of(String path, JsonNode schema) {
        var shown = new StringBuilder();
        var at = schema;
        int read = 0;
        for (var step = STEP.matcher(path); read < path.length(); read = step.end()) {
            if (!step.find(read) || step.start() != read) return Optional.empty();
            var name = step.group("name");
            if (name == null) {
                var key = unescape(step.group("key"));
                if (key.isEmpty()) return Optional.empty();
                name = key.get();
            }
            var property = at.path("properties").get(name);
            var others = at.path("additionalProperties");
            if (property != null) {
                if (!shown.isEmpty()) shown.append('.');
                shown.append(name);
                at = property;
            } else if (!at.has("properties") && others.isObject()) {
                shown.append('[').append(name).append(']');
                at = others;
            } else return Optional.empty();
        }
        return Optional.of(shown.toString());
    }

    private static Optional<String> unescape(String key) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < key.length(); i++) {
            if (key.charAt(i) != '\\') {
                parts.add(key.substring(i, i + 1));
                continue;
            }
            var meant = ESCAPES.get(key.charAt(++i));
            if (meant == null) return Optional.empty();
            parts.add(meant);
        }
        return Optional.of(String.join("", parts));
    }
}

package dev.ordinal.api;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.schema.Text;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Values and failures in the words of Go, where upstream's messages show them.
public final class GoValues {
    private static final Pattern MISMATCH =
            Pattern.compile(
                    "json: cannot unmarshal (\\S+).* into Go struct field \\S+ of type (\\S+)");

    private GoValues() {}

    /// What Go's `%v` makes of a JSON text, such as `map[spec:map[replicas:many]]`.
    static String text(byte[] json) {
        try {
            return text(Text.json(json, _ -> {}));
        } catch (Text.MalformedException malformed) {
            throw new IllegalArgumentException(malformed);
        }
    }

    /// What Go's `%v` makes of a JSON value.
    public static String text(JsonNode value) {
        if (value.isNull()) return "<nil>";
        if (value.isArray()) {
            List<String> items = new ArrayList<>();
            value.forEach(item -> items.add(text(item)));
            return "[" + String.join(" ", items) + "]";
        }
        if (!value.isObject()) return value.asText();
        var sorted = new TreeMap<String, String>();
        value.properties().forEach(field -> sorted.put(field.getKey(), text(field.getValue())));
        List<String> fields = new ArrayList<>();
        sorted.forEach((name, field) -> fields.add(name + ":" + field));
        return "map[" + String.join(" ", fields) + "]";
    }

    /// How upstream's converter of patched objects says what the decoder of bodies says otherwise.
    ///
    /// @see "upstream: apimachinery/pkg/runtime/converter.go, fromUnstructured"
    static Optional<String> restoreFailure(String mismatch) {
        var match = MISMATCH.matcher(mismatch);
        if (!match.matches()) return Optional.empty();
        var found =
                switch (match.group(1)) {
                    case "object" -> "map";
                    case "array" -> "slice";
                    case "number" -> "int64";
                    default -> match.group(1);
                };
        var wanted = match.group(2);
        if (wanted.startsWith("[]")) return Optional.of("cannot restore slice from " + found);
        if (wanted.startsWith("map[")) return Optional.of("cannot restore map from " + found);
        if (wanted.contains(".")) return Optional.of("cannot restore struct from: " + found);
        return Optional.of("unrecognized type: " + wanted);
    }
}

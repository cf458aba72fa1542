package dev.ordinal.server.discovery;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/// What the documents say of each definition and field, in words, and which fields are required.
///
/// The resource `descriptions.txt` has a line `definition: words` for each definition, without the
/// beginning that all names share, and below it one line for each field: two blanks, the name, `!`
/// when it is required, `{A|B}` when only these values are allowed, a colon and the words. What
/// stands under `*` holds for fields of this name that have no line of their own.
final class Descriptions {
    private static final Pattern SHARED =
            Pattern.compile("^io\\.k8s\\.(api|apimachinery\\.pkg(\\.apis|\\.api|\\.util)?)\\.");
    private static final Pattern LINE =
            Pattern.compile("( *)([^ :!{]+)(!?)(?:\\{([^}]*)})?: ?(.*)");

    private final Map<String, Entry> entries = new HashMap<>();

    /// @param choices the allowed values, or empty
    record Entry(String words, boolean required, List<String> choices) {
        private static final Entry NONE = new Entry("", false, List.of());
    }

    private Descriptions() {}

    static Descriptions read() {
        var descriptions = new Descriptions();
        try (var in = Descriptions.class.getResourceAsStream("descriptions.txt")) {
            descriptions.add(Objects.requireNonNull(in));
        } catch (IOException damaged) {
            throw new UncheckedIOException(damaged);
        }
        return descriptions;
    }

    private void add(InputStream in) throws IOException {
        var definition = "";
        for (var line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
            if (line.isEmpty()) continue;
            var match = LINE.matcher(line);
            if (!match.matches()) throw new IOException("not a description: " + line);
            @Nullable String choices = match.group(4);
            var entry =
                    new Entry(
                            match.group(5),
                            !match.group(3).isEmpty(),
                            choices == null ? List.of() : List.of(choices.split("\\|", -1)));
            boolean field = !match.group(1).isEmpty();
            if (!field) definition = match.group(2);
            entries.put(field ? definition + " " + match.group(2) : definition, entry);
        }
    }

    /// Empty when it is not described.
    String of(String definition) {
        return entries.getOrDefault(shortened(definition), Entry.NONE).words;
    }

    Entry of(String definition, String field) {
        var own = entries.get(shortened(definition) + " " + field);
        return own != null ? own : entries.getOrDefault("* " + field, Entry.NONE);
    }

    private static String shortened(String definition) {
        return SHARED.matcher(definition).replaceFirst("");
    }
}

package dev.ordinal.server;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// One clause of an Accept header.
///
/// @param parameters lower-case keys, `q` left out
record Accept(String mediaType, Map<String, String> parameters, double quality) {
    /// Best first; an empty header means anything.
    static List<Accept> parse(String header) {
        if (header.isBlank()) return List.of(new Accept("*/*", Map.of(), 1));
        List<Accept> clauses = new ArrayList<>();
        for (var part : header.split(",", -1)) {
            var pieces = part.split(";", -1);
            Map<String, String> parameters = new HashMap<>();
            double quality = 1;
            for (int i = 1; i < pieces.length; i++) {
                int equals = pieces[i].indexOf('=');
                if (equals < 0) continue;
                var key = pieces[i].substring(0, equals).strip().toLowerCase(Locale.ROOT);
                var value = pieces[i].substring(equals + 1).strip();
                if (key.equals("q")) quality = number(value);
                else parameters.put(key, value);
            }
            clauses.add(
                    new Accept(pieces[0].strip().toLowerCase(Locale.ROOT), parameters, quality));
        }
        clauses.sort(Comparator.comparingDouble(Accept::quality).reversed());
        return clauses;
    }

    private static double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException _) {
            return 0;
        }
    }

    boolean json() {
        return List.of("application/json", "*/*").contains(mediaType);
    }

    boolean yaml() {
        return mediaType.equals("application/yaml");
    }

    boolean pretty() {
        return parameters.getOrDefault("pretty", "").equals("1");
    }

    String as() {
        return parameters.getOrDefault("as", "");
    }
}

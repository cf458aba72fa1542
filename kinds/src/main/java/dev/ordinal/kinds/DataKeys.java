package dev.ordinal.kinds;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Problems;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/// The keys of ConfigMaps and Secrets, and how much they may hold.
public final class DataKeys {
    private static final Pattern KEY = Pattern.compile("[-._a-zA-Z0-9]+");
    private static final int SIZE_MAX = 1024 * 1024;

    private DataKeys() {}

    public static void check(JsonNode object, String field, Problems problems) {
        for (var entry : object.path(field).properties()) {
            var key = entry.getKey();
            var at = problems.at(field).key(key);
            if (key.length() > 253) at.invalid(key, "must be no more than 253 characters");
            if (!KEY.matcher(key).matches()) {
                at.invalid(
                        key,
                        "a valid config key must consist of alphanumeric characters, '-', '_' or"
                            + " '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used"
                            + " for validation is '[-._a-zA-Z0-9]+')");
            }
            if (key.equals(".")) at.invalid(key, "must not be '.'");
            else if (key.equals("..")) at.invalid(key, "must not be '..'");
            else if (key.startsWith("..")) at.invalid(key, "must not start with '..'");
        }
    }

    /// How many bytes the texts of a map are.
    public static long textBytes(JsonNode map) {
        long size = 0;
        for (var text : map) size += text.asText().getBytes(StandardCharsets.UTF_8).length;
        return size;
    }

    /// How many bytes a map of base64 stands for.
    public static long decodedBytes(JsonNode map) {
        long size = 0;
        for (var text : map) {
            var encoded = text.asText();
            int padding = encoded.endsWith("==") ? 2 : encoded.endsWith("=") ? 1 : 0;
            size += encoded.length() / 4 * 3L - padding;
        }
        return size;
    }

    public static void checkSize(long bytes, Problems at) {
        if (bytes > SIZE_MAX) at.tooLong("may not be more than 1048576 bytes");
    }
}

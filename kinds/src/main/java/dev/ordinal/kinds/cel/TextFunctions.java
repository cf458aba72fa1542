package dev.ordinal.kinds.cel;

import com.google.re2j.Pattern;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;

import java.util.ArrayList;
import java.util.List;

/// What a regular expression finds, and replacing texts without making them endless.
///
/// @see "upstream: apiserver/pkg/cel/library/regex.go"
final class TextFunctions {
    private static final int LENGTH_MAX = 10_000_000;

    private TextFunctions() {}

    static Functions all() {
        List<CelType> texts = List.of(SimpleType.STRING, SimpleType.STRING);
        List<Class<?>> classes = List.of(String.class, String.class);
        return new Functions()
                .member(
                        "find",
                        "string_find_string",
                        SimpleType.STRING,
                        texts,
                        classes,
                        args -> find((String) args[0], (String) args[1]))
                .member(
                        "findAll",
                        "string_find_all_string",
                        ListType.create(SimpleType.STRING),
                        texts,
                        classes,
                        args -> findAll((String) args[0], (String) args[1], -1))
                .member(
                        "findAll",
                        "string_find_all_string_int",
                        ListType.create(SimpleType.STRING),
                        List.of(SimpleType.STRING, SimpleType.STRING, SimpleType.INT),
                        List.of(String.class, String.class, Long.class),
                        args -> findAll((String) args[0], (String) args[1], (Long) args[2]))
                .member(
                        "replace",
                        "string_replace_string_string",
                        SimpleType.STRING,
                        List.of(SimpleType.STRING, SimpleType.STRING, SimpleType.STRING),
                        List.of(String.class, String.class, String.class),
                        args -> replace((String) args[0], (String) args[1], (String) args[2], -1))
                .member(
                        "replace",
                        "string_replace_string_string_int",
                        SimpleType.STRING,
                        List.of(
                                SimpleType.STRING,
                                SimpleType.STRING,
                                SimpleType.STRING,
                                SimpleType.INT),
                        List.of(String.class, String.class, String.class, Long.class),
                        args ->
                                replace(
                                        (String) args[0],
                                        (String) args[1],
                                        (String) args[2],
                                        (Long) args[3]));
    }

    private static String find(String text, String pattern) {
        var match = Pattern.compile(pattern).matcher(text);
        return match.find() ? match.group() : "";
    }

    /// @param most how many at most; negative: all
    private static List<String> findAll(String text, String pattern, long most) {
        List<String> found = new ArrayList<>();
        var match = Pattern.compile(pattern).matcher(text);
        while ((most < 0 || found.size() < most) && match.find()) found.add(match.group());
        return found;
    }

    /// @param most how often at most; negative: everywhere
    private static String replace(String text, String old, String with, long most) {
        var result = new StringBuilder();
        int read = 0;
        for (long done = 0; most < 0 || done < most; done++) {
            int found = text.indexOf(old, old.isEmpty() && done > 0 ? next(text, read) : read);
            if (found < 0 || (old.isEmpty() && done > 0 && read >= text.length())) break;
            result.append(text, read, found).append(with);
            read = found + old.length();
            if (result.length() > LENGTH_MAX) {
                throw new IllegalArgumentException("the replaced text is too long");
            }
        }
        return result.append(text.substring(read)).toString();
    }

    private static int next(String text, int at) {
        return at < text.length() ? text.offsetByCodePoints(at, 1) : at;
    }
}

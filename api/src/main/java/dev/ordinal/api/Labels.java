package dev.ordinal.api;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// What label keys and values may look like, with upstream's texts.
public final class Labels {
    private static final Pattern NAME = Pattern.compile("([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]");
    private static final Pattern VALUE =
            Pattern.compile("(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?");
    private static final String NAME_TEXT =
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with"
                + " an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex"
                + " used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private Labels() {}

    /// For label and annotation keys, finalizers and other qualified names.
    public static List<String> keyProblems(String key) {
        List<String> problems = new ArrayList<>();
        var parts = key.split("/", -1);
        if (parts.length > 2) {
            return List.of(
                    "a valid label key "
                            + NAME_TEXT
                            + " with an optional DNS subdomain prefix and '/' (e.g."
                            + " 'example.com/MyName')");
        }
        if (parts.length == 2) {
            if (parts[0].isEmpty()) problems.add("prefix part must be non-empty");
            else {
                Names.subdomain(parts[0], false).forEach(p -> problems.add("prefix part " + p));
            }
        }
        var name = parts[parts.length - 1];
        if (name.isEmpty()) problems.add("name part must be non-empty");
        else if (name.length() > 63) problems.add("name part must be no more than 63 bytes");
        if (!NAME.matcher(name).matches()) problems.add("name part " + NAME_TEXT);
        return problems;
    }

    public static List<String> valueProblems(String value) {
        List<String> problems = new ArrayList<>();
        if (value.length() > 63) problems.add("must be no more than 63 bytes");
        if (!VALUE.matcher(value).matches()) {
            problems.add(
                    "a valid label must be an empty string or consist of alphanumeric characters,"
                        + " '-', '_' or '.', and must start and end with an alphanumeric character"
                        + " (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation"
                        + " is '"
                            + VALUE.pattern()
                            + "')");
        }
        return problems;
    }
}

package dev.ordinal.api;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The name rules of upstream's `validation` package, with its texts.
public final class Names {
    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final Pattern DNS_LABEL = Pattern.compile(LABEL);
    private static final Pattern DNS_SUBDOMAIN = Pattern.compile(LABEL + "(\\." + LABEL + ")*");

    private Names() {}

    /// A name may be anything that is one part of a path.
    public static List<String> pathSegment(String name) {
        if (name.equals(".") || name.equals("..")) return List.of("may not be '" + name + "'");
        List<String> problems = new ArrayList<>();
        for (var part : List.of("/", "%")) {
            if (name.contains(part)) problems.add("may not contain '" + part + "'");
        }
        return problems;
    }

    /// RFC 1123 subdomain, at most 253 characters: most kinds.
    public static List<String> subdomain(String name, boolean prefix) {
        List<String> problems = new ArrayList<>();
        var checked = masked(name, prefix);
        if (checked.length() > 253) problems.add("must be no more than 253 characters");
        if (!DNS_SUBDOMAIN.matcher(checked).matches()) {
            problems.add(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
                            + " characters, '-' or '.', and must start and end with an alphanumeric"
                            + " character (e.g. 'example.com', regex used for validation is '"
                            + DNS_SUBDOMAIN.pattern()
                            + "')");
        }
        return problems;
    }

    /// RFC 1123 label, at most 63 characters: namespaces, StatefulSets.
    public static List<String> label(String name, boolean prefix) {
        List<String> problems = new ArrayList<>();
        var checked = masked(name, prefix);
        if (checked.length() > 63) problems.add("must be no more than 63 characters");
        if (!DNS_LABEL.matcher(checked).matches()) {
            if (DNS_SUBDOMAIN.matcher(checked).matches()) problems.add("must not contain dots");
            else {
                problems.add(
                        "a lowercase RFC 1123 label must consist of lower case alphanumeric"
                            + " characters or '-', and must start and end with an alphanumeric"
                            + " character (e.g. 'my-name',  or '123-abc', regex used for validation"
                            + " is '"
                                + LABEL
                                + "')");
            }
        }
        return problems;
    }

    private static String masked(String name, boolean prefix) {
        return prefix && name.length() > 1 && name.endsWith("-")
                ? name.substring(0, name.length() - 2) + "a"
                : name;
    }
}

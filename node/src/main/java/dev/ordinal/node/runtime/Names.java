package dev.ordinal.node.runtime;

import java.util.regex.Pattern;

/// Checks names before they become parts of paths.
public final class Names {
    private static final Pattern UID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9-]{0,127}");
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final Pattern SUBDOMAIN =
            Pattern.compile(
                    "(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*");

    private Names() {}

    /// Returns `uid` if it has only letters, digits and dashes.
    public static String checkUid(String uid) {
        return check(UID, uid, "a uid");
    }

    /// Returns `name` if it is a DNS label.
    public static String checkLabel(String name) {
        return check(LABEL, name, "a DNS label");
    }

    /// Returns `name` if it is a DNS subdomain.
    public static String checkSubdomain(String name) {
        return check(SUBDOMAIN, name, "a DNS subdomain");
    }

    private static String check(Pattern pattern, String name, String what) {
        if (!pattern.matcher(name).matches()) {
            throw new IllegalArgumentException("\"" + name + "\" is not " + what);
        }
        return name;
    }
}

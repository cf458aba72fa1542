package dev.ordinal.node.image;

import java.util.Optional;
import java.util.regex.Pattern;

/// What the names of images mean.
///
/// @see "upstream: github.com/distribution/reference"
public final class ImageName {
    private static final String LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
    private static final String DOMAIN = LABEL + "(?:\\." + LABEL + ")*(?::[0-9]+)?";
    private static final String PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
    private static final String TAG = "(?::[\\w][\\w.-]{0,127})?";
    private static final String DIGEST =
            "(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?";
    private static final Pattern REFERENCE =
            Pattern.compile("(?:%s/)?%s(?:/%s)*%s%s".formatted(DOMAIN, PART, PART, TAG, DIGEST));
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    private ImageName() {}

    /// What is wrong with a name.
    public static Optional<String> fault(String name) {
        var format = "invalid reference format";
        if (HEX.matcher(name).matches()) {
            return Optional.of(
                    "invalid repository name (%s), cannot specify 64-byte hexadecimal strings"
                            .formatted(name));
        }
        if (REFERENCE.matcher(name).matches()) return Optional.empty();
        var path = path(name);
        if (path.equals(path.toLowerCase(java.util.Locale.ROOT))) return Optional.of(format);
        var repository = hasDomain(name) || path.contains("/") ? path : "library/" + path;
        return Optional.of(
                "%s: repository name (%s) must be lowercase".formatted(format, repository));
    }

    /// Without registry, tag and digest.
    private static String path(String name) {
        var path = hasDomain(name) ? name.substring(name.indexOf('/') + 1) : name;
        int at = path.indexOf('@');
        if (at >= 0) path = path.substring(0, at);
        int colon = path.lastIndexOf(':');
        return colon > path.lastIndexOf('/') ? path.substring(0, colon) : path;
    }

    /// A name with its tag; `latest` when it has none.
    public static String withTag(String name) {
        if (name.contains("@")) return name;
        var last = name.substring(name.lastIndexOf('/') + 1);
        return last.contains(":") ? name : name + ":latest";
    }

    /// With registry and tag: `web` is `docker.io/library/web:latest`.
    static String full(String name) {
        var tagged = withTag(name);
        if (!hasDomain(tagged)) {
            return "docker.io/" + (tagged.contains("/") ? tagged : "library/" + tagged);
        }
        if (tagged.startsWith("index.docker.io/")) {
            return full(tagged.substring("index.docker.io/".length()));
        }
        var rest = tagged.substring(tagged.indexOf('/') + 1);
        return tagged.startsWith("docker.io/") && !rest.contains("/")
                ? "docker.io/library/" + rest
                : tagged;
    }

    /// What stands before the first slash is a registry when it has a dot or a colon, or is
    /// `localhost`.
    private static boolean hasDomain(String name) {
        int slash = name.indexOf('/');
        if (slash < 0) return false;
        var first = name.substring(0, slash);
        return first.contains(".") || first.contains(":") || first.equals("localhost");
    }
}

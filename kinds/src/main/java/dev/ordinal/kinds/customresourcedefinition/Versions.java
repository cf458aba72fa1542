package dev.ordinal.kinds.customresourcedefinition;

import org.jspecify.annotations.Nullable;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.regex.Pattern;

/// The order of versions: `v10`, `v2`, `v1`, `v11beta2`, `v10beta3`, `v3alpha1`, then others by
/// name.
///
/// @see "Kubernetes documentation: Versions in CustomResourceDefinitions, version priority"
final class Versions {
    static final Comparator<String> NEWEST = Versions::compare;

    private static final Pattern KNOWN = Pattern.compile("v([0-9]+)(?:(alpha|beta)([0-9]+))?");

    private Versions() {}

    private static int compare(String a, String b) {
        var left = KNOWN.matcher(a);
        var right = KNOWN.matcher(b);
        if (!left.matches() || !right.matches()) {
            if (left.matches() != right.matches()) return left.matches() ? -1 : 1;
            return a.compareTo(b);
        }
        int stage = Integer.compare(stage(right.group(2)), stage(left.group(2)));
        if (stage != 0) return stage;
        int major = number(right.group(1)).compareTo(number(left.group(1)));
        return major != 0 ? major : number(right.group(3)).compareTo(number(left.group(3)));
    }

    private static int stage(@Nullable String name) {
        if (name == null) return 2;
        return name.equals("beta") ? 1 : 0;
    }

    private static BigInteger number(@Nullable String digits) {
        return digits == null ? BigInteger.ZERO : new BigInteger(digits);
    }
}

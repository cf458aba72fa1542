package dev.ordinal.kinds.customresourcedefinition;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// The formats of texts that are checked; all others are ignored.
///
/// @see "Kubernetes documentation: CustomResourceDefinition, formats of OpenAPI"
final class Formats {
    private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final Pattern IPV4 = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");
    private static final Pattern MAC = Pattern.compile("([0-9a-fA-F]{2}[:-]){5}([0-9a-fA-F]{2})");
    private static final Pattern HOST_NAME =
            Pattern.compile("(?=.{1,255}$)[\\p{L}\\p{S}0-9]([-\\p{L}\\p{S}0-9]{0,62}\\.?)*");
    private static final Pattern DURATION =
            Pattern.compile("[-+]?([0-9]+(\\.[0-9]*)?\\s*(ns|us|µs|ms|s|m|h|d|w)\\s*)+|0");
    private static final Pattern EMAIL = Pattern.compile("[^@\\s]+@[^@\\s]+");
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern SUBDOMAIN =
            Pattern.compile(
                    "(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
    private static final Set<String> IGNORED =
            Set.of(
                    "",
                    "password",
                    "int32",
                    "int64",
                    "float",
                    "double",
                    "bsonobjectid",
                    "isbn",
                    "isbn10",
                    "isbn13",
                    "creditcard",
                    "ssn",
                    "hexcolor",
                    "rgbcolor");

    private Formats() {}

    /// Whether upstream would check it.
    static boolean isKnown(String format) {
        return IGNORED.contains(format) || known(normal(format));
    }

    private static String normal(String format) {
        return format.startsWith("k8s-") ? format : format.replace("-", "");
    }

    private static boolean known(String format) {
        return Set.of(
                        "uri",
                        "email",
                        "hostname",
                        "ipv4",
                        "ipv6",
                        "cidr",
                        "mac",
                        "uuid",
                        "uuid3",
                        "uuid4",
                        "uuid5",
                        "byte",
                        "date",
                        "duration",
                        "datetime",
                        "k8s-short-name",
                        "k8s-long-name")
                .contains(format);
    }

    static boolean matches(String format, String value) {
        return switch (normal(format)) {
            case "uri" -> uri(value);
            case "email" -> EMAIL.matcher(value).matches();
            case "hostname" -> HOST_NAME.matcher(value).matches();
            case "ipv4" -> IPV4.matcher(value).matches();
            case "ipv6" -> IPV6.matcher(value).matches();
            case "cidr" -> cidr(value);
            case "mac" -> MAC.matcher(value).matches();
            case "uuid" -> uuid(value, "[0-9a-f]", "[0-9a-f]");
            case "uuid3" -> uuid(value, "3", "[0-9a-f]");
            case "uuid4" -> uuid(value, "4", "[89ab]");
            case "uuid5" -> uuid(value, "5", "[89ab]");
            case "byte" -> base64(value);
            case "date" -> parses(() -> LocalDate.parse(value));
            case "datetime" -> parses(() -> OffsetDateTime.parse(value.replace(' ', 'T')));
            case "duration" -> DURATION.matcher(value).matches();
            case "k8s-short-name" -> LABEL.matcher(value).matches();
            case "k8s-long-name" -> SUBDOMAIN.matcher(value).matches();
            default -> true;
        };
    }

    private static boolean parses(Runnable parsing) {
        try {
            parsing.run();
            return true;
        } catch (DateTimeException _) {
            return false;
        }
    }

    private static boolean uri(String value) {
        try {
            return new URI(value).isAbsolute() || value.startsWith("/");
        } catch (URISyntaxException _) {
            return false;
        }
    }

    private static boolean cidr(String value) {
        int slash = value.indexOf('/');
        if (slash < 0 || !value.substring(slash + 1).matches("[0-9]{1,3}")) return false;
        int bits = Integer.parseInt(value.substring(slash + 1));
        var address = value.substring(0, slash);
        return IPV4.matcher(address).matches()
                ? bits <= 32
                : IPV6.matcher(address).matches() && bits <= 128;
    }

    private static boolean base64(String value) {
        try {
            Base64.getDecoder().decode(value);
            return true;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    private static boolean uuid(String value, String version, String variant) {
        var hex = "[0-9a-f]";
        return value.toLowerCase(Locale.ROOT)
                .matches(
                        "%1$s{8}-?%1$s{4}-?%2$s%1$s{3}-?%3$s%1$s{3}-?%1$s{12}"
                                .formatted(hex, version, variant));
    }
}

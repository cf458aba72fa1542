package dev.ordinal.kinds;

import dev.ordinal.api.Problems;

import org.jspecify.annotations.Nullable;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// IP addresses and blocks in fields that are older than upstream's strict rules for them: what an
/// object has already may stay, what is new must be unambiguous, and what is merely unusual is
/// warned of.
///
/// @see "upstream: IsValidIPForLegacyField, IsValidCIDRForLegacyField, GetWarningsForIP"
public final class Addresses {
    private static final String BAD_ADDRESS =
            "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    private static final String BAD_BLOCK =
            "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

    /// @param length in bits
    private record Block(InetAddress address, String text, int length) {
        /// Of all bits behind the length.
        boolean hasLooseBits() {
            var bytes = address.getAddress();
            for (int bit = length; bit < bytes.length * 8; bit++) {
                if ((bytes[bit / 8] >> (7 - bit % 8) & 1) == 1) return true;
            }
            return false;
        }
    }

    private Addresses() {}

    /// As upstream's lenient parser reads it: decimal parts of IPv4 may begin with zeros.
    public static Optional<InetAddress> parse(String text) {
        if (text.indexOf(':') < 0) return fourParts(text);
        if (text.startsWith("[") || text.indexOf('%') >= 0) return Optional.empty();
        return literal(text);
    }

    private static Optional<InetAddress> fourParts(String text) {
        var parts = text.split("\\.", -1);
        if (parts.length != 4) return Optional.empty();
        var plain = new StringBuilder();
        for (var part : parts) {
            if (!part.matches("[0-9]{1,9}") || Integer.parseInt(part) > 255) {
                return Optional.empty();
            }
            plain.append('.').append(Integer.parseInt(part));
        }
        return literal(plain.substring(1));
    }

    private static Optional<InetAddress> literal(String text) {
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /// An IPv4 address written as one of IPv6 counts as IPv4, as upstream has it.
    public static boolean isV4(InetAddress address) {
        return address instanceof Inet4Address;
    }

    /// @param known addresses that the object has had before
    /// @return whether it is one
    public static boolean check(String text, Collection<String> known, Problems at) {
        if (known.contains(text)) return true;
        var address = parse(text);
        if (address.isEmpty()) {
            at.invalid(text, BAD_ADDRESS);
            return false;
        }
        var doubt = doubt(text, address.get(), "must not have leading 0s", "must not be");
        if (doubt == null) return true;
        at.invalid(text, doubt);
        return false;
    }

    private static @Nullable String doubt(
            String text, InetAddress address, String zeros, String mapped) {
        if (!isV4(address)) return null;
        if (text.indexOf(':') >= 0) return mapped + " an IPv4-mapped IPv6 address";
        return text.equals(address.getHostAddress()) ? null : zeros;
    }

    /// @return whether it is written as it is usually written
    public static boolean checkCanonical(String text, Problems at) {
        var address = parse(text).orElseThrow();
        var usual = isV4(address) ? address.getHostAddress() : canonical(address);
        if (usual.equals(text)) return true;
        at.invalid(text, "must be in canonical form (\"%s\")".formatted(usual));
        return false;
    }

    /// Of an address that traffic can go to.
    public static void checkReachable(String text, Problems at) {
        var address = parse(text).orElseThrow();
        if (address.isAnyLocalAddress()) at.invalid(text, "may not be unspecified (" + text + ")");
        if (address.isLoopbackAddress()) {
            at.invalid(text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
        }
        if (address.isLinkLocalAddress()) {
            at.invalid(text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
        }
        if (address.isMCLinkLocal()) {
            at.invalid(
                    text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
        }
    }

    /// @param known blocks that the object has had before
    public static void checkBlock(String text, Collection<String> known, Problems at) {
        if (known.contains(text)) return;
        var block = block(text).orElse(null);
        if (block == null) {
            at.invalid(text, BAD_BLOCK);
            return;
        }
        var doubt =
                doubt(
                        block.text,
                        block.address,
                        "must not have leading 0s in IP or prefix length",
                        "must not have");
        if (doubt == null && !text.endsWith("/" + block.length)) {
            doubt = "must not have leading 0s in IP or prefix length";
        }
        if (doubt == null && block.hasLooseBits()) {
            doubt = "must not have bits set beyond the prefix length";
        }
        if (doubt != null) at.invalid(text, doubt);
    }

    private static Optional<Block> block(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) return Optional.empty();
        var length = text.substring(slash + 1);
        var address = parse(text.substring(0, slash));
        if (address.isEmpty() || !length.matches("[0-9]{1,9}")) return Optional.empty();
        int bits = Integer.parseInt(length);
        return bits > address.get().getAddress().length * 8
                ? Optional.empty()
                : Optional.of(new Block(address.get(), text.substring(0, slash), bits));
    }

    /// What is unusual about an address of IPv6.
    ///
    /// @param path of its field
    public static List<String> warnings(String path, String text) {
        var address = parse(text).orElse(null);
        if (address == null || isV4(address)) return List.of();
        var usual = canonical(address);
        return usual.equals(text)
                ? List.of()
                : List.of(
                        "%s: IPv6 address \"%s\" should be in RFC 5952 canonical format (\"%s\")"
                                .formatted(path, text, usual));
    }

    /// The longest run of at least two zero groups is left out.
    private static String canonical(InetAddress address) {
        var bytes = address.getAddress();
        var groups = new int[8];
        for (int i = 0; i < 8; i++)
            groups[i] = (bytes[2 * i] & 255) << 8 | (bytes[2 * i + 1] & 255);
        int best = 0;
        int longest = 1;
        for (int i = 0; i < 8; i++) {
            int end = i;
            while (end < 8 && groups[end] == 0) end++;
            if (end - i > longest) {
                best = i;
                longest = end - i;
            }
        }
        if (longest == 1) return joined(groups, 0, 8);
        return joined(groups, 0, best) + "::" + joined(groups, best + longest, 8);
    }

    private static String joined(int[] groups, int from, int to) {
        var text = new StringBuilder();
        for (int i = from; i < to; i++) {
            if (i > from) text.append(':');
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}

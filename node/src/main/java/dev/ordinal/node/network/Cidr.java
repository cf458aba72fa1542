package dev.ordinal.node.network;

import java.net.Inet4Address;
import java.net.InetAddress;

/// A block of IPv4 addresses, such as `10.244.0.0/16`.
///
/// @param network the first address, as a number
/// @param bits of the prefix, 0 to 32
public record Cidr(int network, int bits) {
    public Cidr {
        if (bits < 0 || bits > 32) throw new IllegalArgumentException("prefix of " + bits);
        network &= mask(bits);
    }

    /// @throws IllegalArgumentException not `a.b.c.d/n`
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) throw new IllegalArgumentException("no address block: " + text);
        return new Cidr(
                number(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
    }

    private static int mask(int bits) {
        return bits == 0 ? 0 : -1 << (32 - bits);
    }

    /// The 32 bits of an address in dotted form.
    ///
    /// @throws IllegalArgumentException it is none
    public static int number(String address) {
        if (!(InetAddress.ofLiteral(address) instanceof Inet4Address ipv4)) {
            throw new IllegalArgumentException("no IPv4 address: " + address);
        }
        int number = 0;
        for (byte part : ipv4.getAddress()) number = (number << 8) | (part & 0xff);
        return number;
    }

    /// An address in dotted form.
    public static String text(int address) {
        return "%d.%d.%d.%d"
                .formatted(
                        address >>> 24,
                        (address >>> 16) & 0xff,
                        (address >>> 8) & 0xff,
                        address & 0xff);
    }

    /// How many addresses there are.
    public long size() {
        return 1L << (32 - bits);
    }

    /// The address `offset` places after the first.
    public String at(long offset) {
        if (offset < 0 || offset >= size()) throw new IllegalArgumentException("beyond " + this);
        return text(network + (int) offset);
    }

    public boolean contains(int address) {
        return (address & mask(bits)) == network;
    }

    /// False for what is no IPv4 address.
    public boolean contains(InetAddress address) {
        return address instanceof Inet4Address && contains(number(address.getHostAddress()));
    }

    public boolean overlaps(Cidr other) {
        return contains(other.network) || other.contains(network);
    }

    @Override
    public String toString() {
        return text(network) + "/" + bits;
    }
}

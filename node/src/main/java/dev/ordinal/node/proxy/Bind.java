package dev.ordinal.node.proxy;

import dev.ordinal.node.network.Cidr;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/// Where something listens.
record Bind(Side side, String address, int port, Protocol protocol) {
    /// The network it belongs to.
    enum Side {
        CLUSTER,
        HOST
    }

    enum Protocol {
        TCP,
        UDP
    }

    InetSocketAddress socketAddress() {
        return socketAddress(address, port);
    }

    static InetSocketAddress socketAddress(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(Cidr.text(Cidr.number(address))), port);
    }

    @Override
    public String toString() {
        return "%s:%d/%s".formatted(address, port, protocol);
    }
}

package dev.ordinal.node.proxy;

import dev.ordinal.node.network.Cidr;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.zip.CRC32;

/// Loopback addresses for Services of type LoadBalancer.
///
/// @param block such as `127.96.0.0/16`
record LoadBalancerPool(Cidr block) {
    static final Cidr LOOPBACK = Cidr.parse("127.96.0.0/16");
    private static final int TRIES = 16;

    boolean contains(String address) {
        return block.contains(Cidr.number(address));
    }

    /// Addresses a Service may try, always the same ones for the same uid.
    ///
    /// @param taken by other Services of this cluster
    List<String> candidates(String serviceUid, Set<String> taken) {
        var hash = new CRC32();
        hash.update(serviceUid.getBytes(StandardCharsets.UTF_8));
        long usable = block.size() - 2;
        return LongStream.range(0, usable)
                .mapToObj(i -> block.at(1 + (hash.getValue() + i) % usable))
                .filter(address -> !taken.contains(address))
                .limit(TRIES)
                .toList();
    }
}

package dev.ordinal.node.network;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/// Gives out the pod addresses of a block in order, around and around: an address comes back as
/// late as possible. The block's first address, its gateway and its last are never given.
final class AddressPool {
    private static final int RESERVED_FIRST = 2;
    private static final int RESERVED_LAST = 1;

    private final Cidr block;
    private final Set<Integer> used = new HashSet<>();
    private long sequence;

    /// @param sequence as it was left, see [#sequence]
    AddressPool(Cidr block, long sequence) {
        if (block.size() < 4) throw new IllegalArgumentException("too small: " + block);
        this.block = block;
        this.sequence = sequence;
    }

    /// The address of the bridge.
    String gateway() {
        return block.at(1);
    }

    /// Counts every address that was ever given; never the same after [#take].
    synchronized long sequence() {
        return sequence;
    }

    /// @throws IOException every address is in use
    synchronized Taken take() throws IOException {
        long pods = block.size() - RESERVED_FIRST - RESERVED_LAST;
        for (long tried = 0; tried < pods; tried++) {
            long number = sequence++;
            int address = block.network() + (int) (RESERVED_FIRST + number % pods);
            if (used.add(address)) return new Taken(number, Cidr.text(address));
        }
        throw new IOException("all %d pod addresses of %s are in use".formatted(pods, block));
    }

    /// Marks an address as given.
    synchronized void keep(String address) {
        used.add(Cidr.number(address));
    }

    synchronized void giveBack(String address) {
        used.remove(Cidr.number(address));
    }

    /// @param number given once in the life of the cluster's network
    record Taken(long number, String address) {}
}

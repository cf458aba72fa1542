package dev.ordinal.node.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What the host's IPv4 routing table reaches already, without the default route.
record HostRoutes(List<Cidr> blocks) {
    private static final Path TABLE = Path.of("/proc/net/route");

    static HostRoutes read() throws IOException {
        return parse(Files.readAllLines(TABLE));
    }

    /// @param lines of `/proc/net/route`
    static HostRoutes parse(List<String> lines) {
        List<Cidr> blocks = new ArrayList<>();
        for (var line : lines.subList(Math.min(1, lines.size()), lines.size())) {
            var fields = line.trim().split("\\s+", -1);
            if (fields.length < 8) continue;
            int bits = Integer.bitCount(hex(fields[7]));
            if (bits > 0) blocks.add(new Cidr(Integer.reverseBytes(hex(fields[1])), bits));
        }
        return new HostRoutes(List.copyOf(blocks));
    }

    private static int hex(String number) {
        return Integer.parseUnsignedInt(number, 16);
    }

    boolean free(Cidr block) {
        return blocks.stream().noneMatch(block::overlaps);
    }
}

package dev.ordinal.node.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

class AddressPoolTest {
    private final Cidr block = Cidr.parse("10.244.0.0/28");

    @Test
    void leavesOutTheNetworkTheGatewayAndTheLast() throws Exception {
        var pool = new AddressPool(block, 0);
        List<String> given = new ArrayList<>();
        for (int i = 0; i < 13; i++) given.add(pool.take().address());

        assertEquals("10.244.0.2", given.getFirst());
        assertEquals("10.244.0.14", given.getLast());
        assertEquals(13, new HashSet<>(given).size());
        assertThrows(IOException.class, pool::take);
    }

    @Test
    void aReturnedAddressComesBackLast() throws Exception {
        var pool = new AddressPool(block, 0);
        var first = pool.take();
        pool.giveBack(first.address());
        for (int i = 0; i < 12; i++) assertEquals(block.at(3 + i), pool.take().address());
        var again = pool.take();

        assertEquals(first.address(), again.address());
        assertEquals(13, again.number());
    }

    @Test
    void stepsOverWhatAFormerServerGave() throws Exception {
        var pool = new AddressPool(block, 12);
        pool.keep("10.244.0.2");

        assertEquals("10.244.0.14", pool.take().address());
        assertEquals("10.244.0.3", pool.take().address());
    }

    @Test
    void hostRoutesAreReadFromTheKernelsTable() {
        var routes =
                HostRoutes.parse(
                        List.of(
                                "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask",
                                "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
                                "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0"));

        assertEquals(List.of(Cidr.parse("192.0.2.0/24")), routes.blocks());
    }

    @Test
    void blocksOverlapWhenOneHoldsTheOther() {
        assertEquals(true, Cidr.parse("10.0.0.0/8").overlaps(Cidr.parse("10.244.0.0/16")));
        assertEquals(false, Cidr.parse("10.245.0.0/16").overlaps(Cidr.parse("10.244.0.0/16")));
        assertEquals("10.255.255.255", Cidr.parse("10.1.2.3/8").at((1 << 24) - 1));
    }
}

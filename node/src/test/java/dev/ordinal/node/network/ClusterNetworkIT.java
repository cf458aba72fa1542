package dev.ordinal.node.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Real namespaces; needs root.
class ClusterNetworkIT {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    @TempDir Path folder;
    private final List<ClusterNetwork> opened = new ArrayList<>();

    private ClusterNetwork open(String name) throws Exception {
        var network =
                ClusterNetwork.open(
                        new ClusterNetwork.Settings(
                                name,
                                Cidr.parse("10.244.0.0/16"),
                                Cidr.parse("10.96.0.0/16"),
                                folder.resolve(name)));
        opened.add(network);
        return network;
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        for (var network : opened) {
            network.destroy();
            assertThat(namespaces()).noneMatch(file -> file.startsWith(network.name()));
            var link = network.name().replace("ordinal", "ord");
            assertThat(NetworkInterface.getByName(link)).isNull();
        }
    }

    private static List<String> namespaces() throws IOException {
        try (var files = Files.list(Path.of("/run/netns"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static InetSocketAddress at(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }

    private static void exchange(Sockets server, String address, Sockets client) throws Exception {
        try (var listener = server.listen(at(address, 8080), 5);
                var near = client.connect(at(address, 8080), PATIENCE);
                var far = listener.accept()) {
            near.write(ByteBuffer.wrap(new byte[] {42}));
            var got = ByteBuffer.allocate(1);
            far.read(got);
            assertEquals(42, got.get(0));
        }
    }

    @Test
    void podsReachEachOtherAndServiceAddresses() throws Exception {
        var network = open("one");
        var first = network.add("uid-1");
        var second = network.add("uid-2");
        assertNotEquals(first.address(), second.address());

        try (var a = new NamespaceSockets(first.namespace());
                var b = new NamespaceSockets(second.namespace())) {
            exchange(a, first.address(), b);
            exchange(network.sockets(), "10.96.7.7", a);
            exchange(a, first.address(), network.sockets());
            exchange(a, first.address(), Sockets.host());
        }
        assertThrows(
                ConnectException.class,
                () -> network.sockets().connect(at(first.address(), 81), PATIENCE));
    }

    @Test
    void thePodsOfAFormerServerAreTakenOver() throws Exception {
        var former = open("one");
        var kept = former.add("uid-1");
        var gone = former.add("uid-2");
        former.remove("uid-2");
        former.close();

        var next = open("one");
        assertEquals(List.of(kept), next.all());
        assertEquals(kept, next.add("uid-1"));
        var added = next.add("uid-3");
        assertThat(added.address()).isNotIn(kept.address(), gone.address());
        try (var pod = new NamespaceSockets(kept.namespace());
                var other = new NamespaceSockets(added.namespace())) {
            exchange(pod, kept.address(), other);
            exchange(pod, kept.address(), next.sockets());
        }
    }

    @Test
    void aNamespaceWithoutRecordIsClearedAway() throws Exception {
        var former = open("one");
        var pod = former.add("uid-1");
        former.close();
        Files.delete(folder.resolve("one/pods/uid-1"));

        var next = open("one");
        assertEquals(List.of(), next.all());
        assertThat(pod.namespace()).doesNotExist();
    }

    @Test
    void twoClustersWithTheSameAddressesDoNotMeet() throws Exception {
        var one = open("one");
        var two = open("two");
        var inOne = one.add("uid");
        var inTwo = two.add("uid");
        assertEquals(inOne.address(), inTwo.address());
        assertNotEquals(one.hostAddress(), two.hostAddress());

        try (var a = new NamespaceSockets(inOne.namespace());
                var b = new NamespaceSockets(inTwo.namespace());
                var first = a.listen(at(inOne.address(), 80), 5);
                var second = b.listen(at(inTwo.address(), 80), 5);
                var _ = two.sockets().connect(at(inTwo.address(), 80), PATIENCE);
                var accepted = second.accept()) {
            first.configureBlocking(false);
            assertThat(first.accept()).isNull();
            assertThat(accepted.isConnected()).isTrue();
        }
    }

    @Test
    void podsReachTheHostOverTheLink() throws Exception {
        var network = open("one");
        var pod = network.add("uid-1");
        try (var inside = new NamespaceSockets(pod.namespace())) {
            assertThrows(
                    ConnectException.class,
                    () -> inside.connect(at(network.hostAddress(), 1), PATIENCE));
            exchange(network.sockets(), network.gateway(), inside);
        }
        assertThat(network.hostAddress()).startsWith("100.");
    }
}

package dev.ordinal.node.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.node.network.Sockets;
import dev.ordinal.node.proxy.Bind.Protocol;
import dev.ordinal.node.proxy.Bind.Side;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// On the loopback of this machine.
@Timeout(30)
class ListenersTest {
    private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");

    private final Balancer balancer = new Balancer(InstantSource.system());
    private final Connections connections = new Connections();

    @AfterEach
    void stop() {
        connections.close();
    }

    private void endpoints(int... ports) {
        var all = Arrays.stream(ports).mapToObj(p -> new InetSocketAddress(HERE, p)).toList();
        balancer.update(new Target(all, Set.copyOf(all), Duration.ZERO));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, HERE)) {
            return socket.getLocalPort();
        }
    }

    private static void exchange(Socket client, Socket server, String text) throws IOException {
        var sent = text.getBytes(StandardCharsets.UTF_8);
        client.getOutputStream().write(sent);
        assertThat(server.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
        server.getOutputStream().write(sent);
        assertThat(client.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
    }

    @Rule({"services 7.4", "services 7.6", "services 7.10"})
    @Test
    void aConnectionOutlivesItsEndpointAndANewOneIsRefused() throws Exception {
        int port = freePort();
        var bind = new Bind(Side.HOST, "127.0.0.1", port, Protocol.TCP);
        try (var endpoint = new ServerSocket(0, 1, HERE);
                var listener =
                        new TcpListener(
                                bind,
                                Sockets.host(),
                                _ -> Sockets.host(),
                                balancer,
                                List.of(),
                                connections)) {
            endpoints(endpoint.getLocalPort());
            listener.update();
            try (var client = new Socket(HERE, port);
                    var server = endpoint.accept()) {
                exchange(client, server, "before");
                endpoints();
                listener.update();
                exchange(client, server, "after");
                assertThatThrownBy(() -> new Socket(HERE, port).close())
                        .isInstanceOf(ConnectException.class);
                endpoints(endpoint.getLocalPort());
                listener.update();
                try (var next = new Socket(HERE, port);
                        var nextServer = endpoint.accept()) {
                    exchange(next, nextServer, "again");
                }
            }
        }
    }

    @Rule("services 7.10")
    @Test
    void aClientThatKeepsItsPortReachesTheNextEndpoint() throws Exception {
        int port = freePort();
        var bind = new Bind(Side.HOST, "127.0.0.1", port, Protocol.UDP);
        try (var first = new DatagramSocket(0, HERE);
                var second = new DatagramSocket(0, HERE);
                var client = new DatagramSocket(0, HERE);
                var listener =
                        new UdpListener(bind, Sockets.host(), _ -> Sockets.host(), balancer)) {
            endpoints(first.getLocalPort());
            listener.update();
            assertThat(received(client, port, first)).isEqualTo("hello");
            endpoints();
            listener.update();
            endpoints(second.getLocalPort());
            listener.update();
            assertThat(received(client, port, second)).isEqualTo("hello");
        }
    }

    private static String received(DatagramSocket client, int port, DatagramSocket endpoint)
            throws IOException {
        var text = "hello".getBytes(StandardCharsets.UTF_8);
        client.send(new DatagramPacket(text, text.length, HERE, port));
        var packet = new DatagramPacket(new byte[64], 64);
        endpoint.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
    }
}

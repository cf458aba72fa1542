package dev.ordinal.node.proxy;

import dev.ordinal.node.network.Sockets;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.LinkedHashMap;
import java.util.function.Function;

/// A UDP port of a Service. Each client address is a flow with its own socket towards one endpoint;
/// a flow ends when its endpoint no longer serves, or when `FLOWS_MAX` others are younger.
final class UdpListener implements Listener {
    private static final Logger LOG = LoggerFactory.getLogger(UdpListener.class);
    private static final int FLOWS_MAX = 1024;
    private static final int DATAGRAM_MAX = 65_535;

    private final Bind bind;
    private final Sockets here;
    private final Function<InetAddress, Sockets> toward;
    private final Balancer balancer;
    private final LinkedHashMap<InetSocketAddress, Flow> flows =
            new LinkedHashMap<>(16, 0.75f, true);
    private @Nullable DatagramChannel listening;
    private boolean forwarding;

    private record Flow(InetSocketAddress endpoint, DatagramChannel socket) {}

    UdpListener(Bind bind, Sockets here, Function<InetAddress, Sockets> toward, Balancer balancer) {
        this.bind = bind;
        this.here = here;
        this.toward = toward;
        this.balancer = balancer;
    }

    @Override
    public synchronized void update() throws IOException {
        var serving = balancer.serving();
        flows.values()
                .removeIf(
                        flow -> {
                            boolean over = !serving.contains(flow.endpoint());
                            if (over) close(flow.socket());
                            return over;
                        });
        if (balancer.open() && listening == null) {
            var channel = here.datagramSocket(bind.socketAddress());
            listening = channel;
            forwarding = true;
            Thread.ofVirtual().name("datagrams " + bind).start(() -> forward(channel));
        } else if (!balancer.open()) {
            stop();
        }
    }

    /// The address is free when the thread has let go of it.
    private synchronized void stop() {
        var channel = listening;
        listening = null;
        if (channel != null) close(channel);
        try {
            while (forwarding) wait();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        flows.values().forEach(flow -> close(flow.socket()));
        flows.clear();
    }

    private void forward(DatagramChannel channel) {
        try {
            forwardAll(channel);
        } finally {
            synchronized (this) {
                forwarding = false;
                notifyAll();
            }
        }
    }

    private void forwardAll(DatagramChannel channel) {
        var buffer = ByteBuffer.allocateDirect(DATAGRAM_MAX);
        while (channel.isOpen()) {
            try {
                buffer.clear();
                var client = (InetSocketAddress) channel.receive(buffer);
                buffer.flip();
                var flow = flow(channel, client);
                if (flow != null) flow.socket().write(buffer);
            } catch (IOException failure) {
                LOG.debug("{}: {}", bind, failure.getMessage());
            }
        }
    }

    private synchronized @Nullable Flow flow(DatagramChannel channel, InetSocketAddress client)
            throws IOException {
        var present = flows.get(client);
        if (present != null && present.socket().isOpen()) return present;
        for (var endpoint : balancer.order(client.getAddress())) {
            var socket = toward.apply(endpoint.getAddress()).datagramSocket();
            socket.connect(endpoint);
            var flow = new Flow(endpoint, socket);
            flows.put(client, flow);
            balancer.connected(client.getAddress(), endpoint);
            Thread.ofVirtual().name("replies " + bind).start(() -> back(channel, flow, client));
            if (flows.size() > FLOWS_MAX) {
                var eldest = flows.pollFirstEntry();
                if (eldest != null) close(eldest.getValue().socket());
            }
            return flow;
        }
        return null;
    }

    private void back(DatagramChannel channel, Flow flow, InetSocketAddress client) {
        var buffer = ByteBuffer.allocate(DATAGRAM_MAX);
        try {
            while (flow.socket().read(buffer) >= 0) {
                channel.send(buffer.flip(), client);
                buffer.clear();
            }
        } catch (IOException _) {
            close(flow.socket()); // the endpoint is gone: the next datagram chooses again
        }
    }

    private static void close(DatagramChannel socket) {
        try {
            socket.close();
        } catch (IOException alreadyGone) {
            LOG.debug("closing a flow", alreadyGone);
        }
    }

    @Override
    public synchronized void close() {
        stop();
    }
}

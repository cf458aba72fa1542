package dev.ordinal.node.proxy;

import dev.ordinal.node.network.Cidr;
import dev.ordinal.node.network.Sockets;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/// A TCP port of a Service. Its address is held from the start by a bound socket; without usable
/// endpoints nothing listens on it, so that the kernel refuses at once.
final class TcpListener implements Listener {
    private static final Logger LOG = LoggerFactory.getLogger(TcpListener.class);
    private static final int BACKLOG = 1024;
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final Bind bind;
    private final Sockets here;
    private final Function<InetAddress, Sockets> toward;
    private final Balancer balancer;
    private final List<Cidr> sources;
    private final Connections connections;
    private final SocketChannel held;
    private @Nullable Listening listening;

    /// @param thread that accepts
    private record Listening(ServerSocketChannel channel, Thread thread) {}

    /// @param toward the network an endpoint is reached in
    /// @throws java.net.BindException somebody else has the address
    TcpListener(
            Bind bind,
            Sockets here,
            Function<InetAddress, Sockets> toward,
            Balancer balancer,
            List<Cidr> sources,
            Connections connections)
            throws IOException {
        this.bind = bind;
        this.here = here;
        this.toward = toward;
        this.balancer = balancer;
        this.sources = sources;
        this.connections = connections;
        held = here.socket();
        try {
            held.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            held.bind(bind.socketAddress());
        } catch (IOException | RuntimeException failure) {
            held.close();
            throw failure;
        }
    }

    @Override
    public void update() throws IOException {
        if (balancer.open() && listening == null) {
            var channel = here.listen(bind.socketAddress(), BACKLOG);
            var thread = Thread.ofVirtual().name("accept " + bind).start(() -> accept(channel));
            listening = new Listening(channel, thread);
        } else if (!balancer.open()) {
            stop();
        }
    }

    /// The address is free when the thread has let go of it.
    private void stop() throws IOException {
        var present = listening;
        listening = null;
        if (present == null) return;
        present.channel.close();
        present.thread.interrupt();
        try {
            present.thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept(ServerSocketChannel channel) {
        try {
            while (channel.isOpen()) {
                connections.await();
                SocketChannel client;
                try {
                    client = channel.accept();
                } catch (ClosedChannelException _) {
                    connections.forgo();
                    return;
                } catch (IOException failure) {
                    connections.forgo();
                    LOG.warn("accepting on {}: {}", bind, failure.getMessage());
                    Thread.sleep(PAUSE); // out of descriptors, most likely: others must end first
                    continue;
                }
                connections.serve(client, this::serve);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(SocketChannel client) {
        try {
            var from = ((InetSocketAddress) client.getRemoteAddress()).getAddress();
            if (!sources.isEmpty() && sources.stream().noneMatch(s -> s.contains(from))) {
                Connections.reset(client);
                return;
            }
            var server = connect(from);
            if (server == null) Connections.reset(client);
            else connections.join(client, server);
        } catch (IOException _) {
            Connections.reset(client);
        }
    }

    /// Tries one endpoint after the other, those that become ready meanwhile too.
    private @Nullable SocketChannel connect(InetAddress client) {
        Set<InetSocketAddress> tried = new HashSet<>();
        while (true) {
            var next = balancer.order(client).stream().filter(e -> !tried.contains(e)).findFirst();
            if (next.isEmpty()) return null;
            var endpoint = next.get();
            tried.add(endpoint);
            try {
                var server = toward.apply(endpoint.getAddress()).connect(endpoint, CONNECT);
                balancer.connected(client, endpoint);
                return server;
            } catch (IOException refused) {
                LOG.debug("{} to {}: {}", bind, endpoint, refused.getMessage());
            }
        }
    }

    @Override
    public void close() throws IOException {
        stop();
        held.close();
    }
}

package dev.ordinal.node.proxy;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/// The TCP connections that pass through, at most `CONNECTIONS_MAX`; more wait to be accepted.
final class Connections implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
    private static final int CONNECTIONS_MAX = 8192;
    private static final int BUFFER_BYTES = 16 * 1024;

    private final Semaphore room = new Semaphore(CONNECTIONS_MAX);
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /// Waits for room for one more.
    void await() throws InterruptedException {
        room.acquire();
    }

    /// Room that was waited for is not needed.
    void forgo() {
        room.release();
    }

    /// Takes a connection over, with the room that was waited for.
    void serve(SocketChannel client, Consumer<SocketChannel> work) {
        open.add(client);
        Thread.ofVirtual()
                .name("connection")
                .start(
                        () -> {
                            try {
                                if (closed) reset(client);
                                else work.accept(client);
                            } catch (RuntimeException broken) {
                                LOG.error("a connection failed", broken);
                                reset(client);
                            } finally {
                                open.remove(client);
                                room.release();
                            }
                        });
    }

    /// Copies both ways until both sides have ended; a side's end is passed on as such. Closes
    /// both.
    void join(SocketChannel client, SocketChannel server) {
        open.add(server);
        try {
            if (closed) throw new IOException("closing");
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            server.setOption(StandardSocketOptions.TCP_NODELAY, true);
            var back =
                    Thread.ofVirtual()
                            .name("connection-back")
                            .start(() -> copyOrReset(server, client));
            copyOrReset(client, server);
            back.join();
            client.close();
            server.close();
        } catch (IOException _) {
            reset(client);
            reset(server);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            reset(client);
            reset(server);
        } finally {
            open.remove(server);
        }
    }

    private static void copyOrReset(SocketChannel from, SocketChannel to) {
        try {
            var buffer = ByteBuffer.allocate(BUFFER_BYTES);
            while (from.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) to.write(buffer);
                buffer.clear();
            }
            to.shutdownOutput();
        } catch (IOException _) {
            reset(from);
            reset(to);
        }
    }

    /// Ends a connection as a refusal does.
    static void reset(SocketChannel socket) {
        try {
            if (socket.isOpen()) socket.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException _) {
            // closed is closed
        }
        try {
            socket.close();
        } catch (IOException alreadyGone) {
            LOG.debug("closing a connection", alreadyGone);
        }
    }

    int count() {
        return CONNECTIONS_MAX - room.availablePermits();
    }

    /// Cuts every connection.
    @Override
    public void close() {
        closed = true;
        open.forEach(Connections::reset);
    }
}

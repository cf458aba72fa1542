package dev.ordinal.conformance;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.Set;

/// A port that leads to another one, and can be cut: what runs through it breaks, and what comes is
/// turned away until it is mended.
final class Wire implements AutoCloseable {
    private final ServerSocket listening;
    private final int to;
    private final Set<Socket> open = new HashSet<>();
    private boolean cut;

    Wire(int to) throws IOException {
        this.to = to;
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("wire").start(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    synchronized void cut() throws IOException {
        cut = true;
        for (var socket : open) socket.close();
        open.clear();
    }

    synchronized void mend() {
        cut = false;
    }

    private void accept() {
        while (true) {
            try {
                join(listening.accept());
            } catch (IOException _) {
                if (listening.isClosed()) return;
            }
        }
    }

    private synchronized void join(Socket client) throws IOException {
        if (cut) {
            client.close();
            return;
        }
        open.add(client);
        var server = new Socket(InetAddress.getLoopbackAddress(), to);
        open.add(server);
        Thread.ofVirtual().start(() -> pass(client, server));
        Thread.ofVirtual().start(() -> pass(server, client));
    }

    private static void pass(Socket from, Socket onto) {
        try (from;
                onto) {
            from.getInputStream().transferTo(onto.getOutputStream());
        } catch (IOException _) {
            // One side has hung up, which closes the other.
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut();
    }
}

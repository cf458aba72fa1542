package dev.ordinal.node.network;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Connections to `localhost` as a pod's processes see it: the old protocol first, then IPv6.
public final class PodLoopback {
    /// The namespace of the host, for pods that are in it.
    public static final Path HOST = Path.of("/proc/self/ns/net");

    private static final byte[] IPV4 = {127, 0, 0, 1};
    private static final byte[] IPV6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

    private PodLoopback() {}

    /// @param namespace the pod's, or the process's own
    /// @throws IOException nobody listens there: in words of upstream's runtimes
    public static SocketChannel connect(Path namespace, String podUid, int port)
            throws IOException {
        try {
            return connect(namespace, StandardProtocolFamily.INET, IPV4, port);
        } catch (IOException first) {
            try {
                return connect(namespace, StandardProtocolFamily.INET6, IPV6, port);
            } catch (IOException | UnsupportedOperationException second) {
                throw new IOException(
                        ("failed to connect to localhost:%d inside namespace \"%s\", IPv4: dial"
                             + " tcp4 127.0.0.1:%d: connect: %s IPv6 dial tcp6 [::1]:%d: connect:"
                             + " %s")
                                .formatted(port, podUid, port, words(first), port, words(second)),
                        first);
            }
        }
    }

    private static String words(Exception refused) {
        return String.valueOf(refused.getMessage()).toLowerCase(Locale.ROOT);
    }

    private static SocketChannel connect(
            Path namespace, StandardProtocolFamily family, byte[] address, int port)
            throws IOException {
        var socket = open(namespace, family);
        try {
            socket.connect(new InetSocketAddress(InetAddress.getByAddress(address), port));
            return socket;
        } catch (IOException | RuntimeException refused) {
            socket.close();
            throw refused;
        }
    }

    /// Goes on when the thread is interrupted: the socket would have no owner.
    private static SocketChannel open(Path namespace, StandardProtocolFamily family)
            throws IOException {
        var made =
                new FutureTask<>(
                        () -> {
                            Namespace.enter(namespace);
                            return SocketChannel.open(family);
                        });
        Thread.ofPlatform().daemon().name("in " + namespace.getFileName()).start(made);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return made.get();
                } catch (InterruptedException _) {
                    interrupted = true;
                } catch (ExecutionException failed) {
                    throw Namespace.unwrap(failed);
                }
            }
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }
}

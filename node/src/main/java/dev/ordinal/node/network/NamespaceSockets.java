package dev.ordinal.node.network;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/// Sockets of another network namespace. One platform thread lives there and makes them; a socket
/// belongs to the namespace it was made in, whoever uses it.
public final class NamespaceSockets implements Sockets, AutoCloseable {
    private final ExecutorService resident;

    /// @param file such as `/run/netns/ordinal-1f2e3d4c`
    /// @throws IOException it cannot be entered
    public NamespaceSockets(Path file) throws IOException {
        var name = "sockets-" + file.getFileName();
        resident =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().daemon().name(name).factory());
        try {
            there(
                    () -> {
                        Namespace.enter(file);
                        return true;
                    });
        } catch (IOException failure) {
            resident.shutdown();
            throw failure;
        }
    }

    private <T> T there(Callable<T> work) throws IOException {
        boolean interrupted = false;
        try {
            var result = resident.submit(work);
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException _) {
                    interrupted = true;
                } catch (ExecutionException failed) {
                    throw Namespace.unwrap(failed);
                }
            }
        } catch (RejectedExecutionException closed) {
            throw new IOException("the network is closed", closed);
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    @Override
    public ServerSocketChannel serverSocket() throws IOException {
        return there(() -> ServerSocketChannel.open(StandardProtocolFamily.INET));
    }

    @Override
    public SocketChannel socket() throws IOException {
        return there(() -> SocketChannel.open(StandardProtocolFamily.INET));
    }

    @Override
    public DatagramChannel datagramSocket() throws IOException {
        return there(() -> DatagramChannel.open(StandardProtocolFamily.INET));
    }

    /// Sockets made earlier stay open.
    @Override
    public void close() {
        resident.shutdown();
    }
}

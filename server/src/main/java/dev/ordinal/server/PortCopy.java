package dev.ordinal.server;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;

/// Joins a client's streams with a connection to a pod.
final class PortCopy {
    private static final Logger LOG = LoggerFactory.getLogger(PortCopy.class);

    private PortCopy() {}

    /// Copies both ways until the pod's side ends. The end of what the client sends is passed on; a
    /// client that breaks off takes the connection with it.
    ///
    /// @param input is closed, as `pod` is
    /// @throws IOException one of the sides broke off
    static void run(InputStream input, OutputStream output, SocketChannel pod)
            throws IOException, InterruptedException {
        var inward = Thread.ofVirtual().name("port-forward-in").start(() -> copyIn(input, pod));
        try (pod) {
            Channels.newInputStream(pod).transferTo(output);
        } finally {
            input.close();
            inward.join();
        }
    }

    private static void copyIn(InputStream input, SocketChannel pod) {
        try {
            input.transferTo(Channels.newOutputStream(pod));
            pod.shutdownOutput();
        } catch (IOException ended) {
            LOG.debug("a forwarded connection ended: {}", ended.getMessage());
            try {
                pod.close();
            } catch (IOException failure) {
                LOG.debug("a forwarded connection was not closed", failure);
            }
        }
    }
}

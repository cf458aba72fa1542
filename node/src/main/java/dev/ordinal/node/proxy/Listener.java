package dev.ordinal.node.proxy;

import java.io.IOException;

/// Something that listens while its Service port has endpoints, and refuses while it has none.
sealed interface Listener extends AutoCloseable permits TcpListener, UdpListener {
    /// The endpoints have changed.
    ///
    /// @throws java.net.BindException somebody else has the address
    void update() throws IOException;

    /// Connections that were made go on.
    @Override
    void close() throws IOException;
}

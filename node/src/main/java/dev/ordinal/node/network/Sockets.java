package dev.ordinal.node.network;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/// Opens IPv4 sockets in one network. What it hands out is used on any thread and closed by the
/// caller.
public interface Sockets {
    /// An unbound listener.
    ServerSocketChannel serverSocket() throws IOException;

    /// An unconnected socket.
    SocketChannel socket() throws IOException;

    /// An unbound datagram socket.
    DatagramChannel datagramSocket() throws IOException;

    /// The network of the server's own process.
    static Sockets host() {
        return new Sockets() {
            @Override
            public ServerSocketChannel serverSocket() throws IOException {
                return ServerSocketChannel.open(StandardProtocolFamily.INET);
            }

            @Override
            public SocketChannel socket() throws IOException {
                return SocketChannel.open(StandardProtocolFamily.INET);
            }

            @Override
            public DatagramChannel datagramSocket() throws IOException {
                return DatagramChannel.open(StandardProtocolFamily.INET);
            }
        };
    }

    /// @param backlog connections that may wait to be accepted
    /// @throws java.net.BindException the address is taken or not of this network
    default ServerSocketChannel listen(InetSocketAddress address, int backlog) throws IOException {
        var listener = serverSocket();
        try {
            return listener.bind(address, backlog);
        } catch (IOException | RuntimeException failure) {
            listener.close();
            throw failure;
        }
    }

    /// @throws java.net.ConnectException refused
    /// @throws java.net.SocketTimeoutException no answer in time
    default SocketChannel connect(InetSocketAddress address, Duration patience) throws IOException {
        var socket = socket();
        try {
            socket.socket().connect(address, (int) Math.max(1, patience.toMillis()));
            return socket;
        } catch (IOException | RuntimeException failure) {
            socket.close();
            throw failure;
        }
    }

    /// @throws java.net.BindException the address is taken or not of this network
    default DatagramChannel datagramSocket(InetSocketAddress address) throws IOException {
        var socket = datagramSocket();
        try {
            return socket.bind(address);
        } catch (IOException | RuntimeException failure) {
            socket.close();
            throw failure;
        }
    }
}

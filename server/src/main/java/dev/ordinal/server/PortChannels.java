package dev.ordinal.server;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.PodStreams.Ports;
import dev.ordinal.server.spdy.Inbox;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// One connection to each wanted port of a pod over a WebSocket without SPDY: the first byte of a
/// message is its channel, two of them for each port, for data and for what went wrong.
///
/// @see "upstream: staging/src/k8s.io/cri-streaming/pkg/streaming/portforward/websocket.go"
final class PortChannels implements BinarySocket.Use {
    private static final Logger LOG = LoggerFactory.getLogger(PortChannels.class);
    private static final int PORT_MAX = 65535;

    /// Two channels each, numbered by one byte.
    private static final int PORTS_MAX = 127;

    private final String podUid;
    private final Ports ports;
    private final List<Integer> wanted;
    private final List<Inbox> inboxes = new ArrayList<>();

    PortChannels(String podUid, Ports ports, List<Integer> wanted) {
        this.podUid = podUid;
        this.ports = ports;
        this.wanted = List.copyOf(wanted);
        for (var _ : wanted) inboxes.add(new Inbox());
    }

    /// The ports a request asks for.
    ///
    /// @param values of its parameter `ports`, each one or several
    /// @throws ApiException BadRequest
    static List<Integer> wanted(List<String> values) {
        List<Integer> wanted = new ArrayList<>();
        for (var value : values) {
            for (var port : value.split(",", -1)) wanted.add(port(port));
        }
        if (wanted.isEmpty()) {
            throw ApiException.badRequest("query parameter \"port\" is required");
        }
        if (wanted.size() > PORTS_MAX) {
            throw ApiException.badRequest("more than %d ports".formatted(PORTS_MAX));
        }
        return wanted;
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port == 0) throw ApiException.badRequest("port \"0\" must be > 0");
            if (port > 0 && port <= PORT_MAX) return port;
        } catch (NumberFormatException _) {
            // As one that is out of range.
        }
        throw ApiException.badRequest("unable to parse \"%s\" as a port".formatted(text));
    }

    @Override
    public void run(BinarySocket socket) throws IOException, InterruptedException {
        for (int i = 0; i < wanted.size(); i++) {
            int port = wanted.get(i);
            byte[] bytes = {(byte) port, (byte) (port >>> 8)};
            channel(socket, 2 * i).write(bytes);
            channel(socket, 2 * i + 1).write(bytes);
        }
        var receiver = Thread.ofVirtual().name("port-forward").start(() -> receive(socket));
        List<Thread> forwards = new ArrayList<>();
        for (int i = 0; i < wanted.size(); i++) {
            int index = i;
            forwards.add(Thread.startVirtualThread(() -> forward(socket, index)));
        }
        try {
            for (var forward : forwards) forward.join();
        } finally {
            receiver.interrupt();
        }
    }

    private void receive(BinarySocket socket) {
        try {
            socket.receive(
                    (channel, bytes) -> {
                        boolean known = channel % 2 == 0 && channel / 2 < inboxes.size();
                        if (known) inboxes.get(channel / 2).put(bytes);
                    });
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            inboxes.forEach(inbox -> inbox.fail("the client is gone"));
        }
    }

    private void forward(BinarySocket socket, int index) {
        int port = wanted.get(index);
        try {
            SocketChannel pod;
            try {
                pod = ports.connect(port);
            } catch (IOException refused) {
                var words = PortForwards.words(podUid, port, refused);
                channel(socket, 2 * index + 1).write(words.getBytes(StandardCharsets.UTF_8));
                return;
            }
            PortCopy.run(inboxes.get(index), channel(socket, 2 * index), pod);
        } catch (IOException gone) {
            LOG.debug("port {}: {}", port, gone.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Each write becomes one message.
    private static OutputStream channel(BinarySocket socket, int number) {
        return new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                var message = ByteBuffer.allocate(length + 1).put((byte) number);
                socket.send(message.put(bytes, offset, length).flip());
            }
        };
    }
}

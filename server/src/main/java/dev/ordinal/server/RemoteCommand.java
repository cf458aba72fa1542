package dev.ordinal.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.Json;
import dev.ordinal.api.PodStreams.ExecOptions;
import dev.ordinal.api.PodStreams.Session;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Exec and attach over a WebSocket: the first byte of a message is its channel.
///
/// @see "upstream: k8s.io/cri-streaming, remotecommand/websocket.go; KEP-4006"
final class RemoteCommand implements BinarySocket.Use {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteCommand.class);
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;
    private static final int RESIZE = 4;
    private static final int CLOSE = 255;
    private static final int BUFFER_BYTES = 32 * 1024;

    private final Session session;
    private final ExecOptions options;
    private final boolean closes;

    /// @param closes whether the client can tell the end of its input, as in protocol v5
    RemoteCommand(Session session, ExecOptions options, boolean closes) {
        this.session = session;
        this.options = options;
        this.closes = closes;
    }

    /// Interrupted when the client has gone; what copies then ends with the session.
    @Override
    public void run(BinarySocket socket) throws IOException, InterruptedException {
        Thread receiver = null;
        try (session) {
            int first = options.stdout() ? STDOUT : options.stderr() ? STDERR : ERROR;
            send(socket, first, new byte[0], 0); // it is connected
            // A write to somebody who does not read can block the thread in native code.
            receiver = Thread.ofPlatform().daemon().name("stdin").start(() -> receive(socket));
            List<Thread> copies = new ArrayList<>();
            var errors = session.stderr();
            if (errors != null && options.stderr()) copies.add(copy(socket, STDERR, errors));
            if (options.stdout()) copies.add(copy(socket, STDOUT, session.stdout()));
            for (var copy : copies) copy.join();
            var status = outcome().toString().getBytes(StandardCharsets.UTF_8);
            send(socket, ERROR, status, status.length);
        } finally {
            if (receiver != null) receiver.interrupt();
        }
    }

    private static Thread copy(BinarySocket socket, int channel, InputStream from) {
        return Thread.ofVirtual()
                .name("channel-" + channel)
                .start(
                        () -> {
                            var buffer = new byte[BUFFER_BYTES];
                            try {
                                for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                                    send(socket, channel, buffer, n);
                                }
                            } catch (IOException end) {
                                LOG.debug("channel {} ended: {}", channel, end.getMessage());
                            }
                        });
    }

    private static void send(BinarySocket socket, int channel, byte[] bytes, int length)
            throws IOException {
        var message = ByteBuffer.allocate(length + 1).put((byte) channel).put(bytes, 0, length);
        socket.send(message.flip());
    }

    private ObjectNode outcome() throws InterruptedException {
        try {
            return status(session.await());
        } catch (ApiException failed) {
            return failed.status().tree();
        }
    }

    private static ObjectNode status(int code) {
        var status = JsonNodeFactory.instance.objectNode();
        status.putObject("metadata");
        if (code == 0) return status.put("status", "Success");
        status.put("status", "Failure");
        status.put("message", "command terminated with non-zero exit code: exit status " + code);
        status.put("reason", "NonZeroExitCode");
        status.putObject("details")
                .putArray("causes")
                .addObject()
                .put("reason", "ExitCode")
                .put("message", Integer.toString(code));
        return status;
    }

    private void receive(BinarySocket socket) {
        try {
            socket.receive(this::take);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void take(int channel, byte[] bytes) {
        var stdin = session.stdin();
        try {
            switch (channel) {
                case STDIN -> {
                    if (stdin == null) return;
                    stdin.write(bytes);
                    stdin.flush();
                }
                case RESIZE -> resize(bytes);
                case CLOSE -> {
                    boolean input = bytes.length == 1 && bytes[0] == STDIN;
                    if (closes && input && stdin != null) stdin.close();
                }
                default -> {}
            }
        } catch (IOException ended) {
            // The process no longer reads: what is typed now is lost, as on a terminal.
            LOG.debug("stdin ended: {}", ended.getMessage());
        }
    }

    private void resize(byte[] bytes) {
        try {
            var size = Json.MAPPER.readTree(new String(bytes, StandardCharsets.UTF_8));
            session.resize(size.path("Width").asInt(), size.path("Height").asInt());
        } catch (JsonProcessingException malformed) {
            LOG.debug("a malformed terminal size: {}", malformed.getMessage());
        }
    }
}

package dev.ordinal.cli;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLEncoder;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/// One command in a container, over the WebSocket protocol `v5.channel.k8s.io`.
///
/// @see "KEP-4006"
final class ExecSession {
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int RESULT = 3;
    private static final int RESIZE = 4;
    private static final int CLOSE = 255;
    private static final int BUFFER_BYTES = 8192;

    private final Client client;
    private final String namespace;
    private final String pod;
    private final String container;
    private final List<String> command;

    ExecSession(
            Client client, String namespace, String pod, String container, List<String> command) {
        this.client = client;
        this.namespace = namespace;
        this.pod = pod;
        this.container = container;
        this.command = command;
    }

    /// @return the command's exit code
    int run(@Nullable InputStream in, OutputStream out, OutputStream err, boolean tty)
            throws IOException, InterruptedException {
        var query =
                new StringBuilder(
                        "stdout=true&stderr=%s&stdin=%s&tty=%s".formatted(!tty, in != null, tty));
        if (!container.isEmpty()) query.append("&container=").append(container);
        for (var word : command)
            query.append("&command=").append(URLEncoder.encode(word, StandardCharsets.UTF_8));
        var uri =
                client.uri("/api/v1/namespaces/%s/pods/%s/exec?%s".formatted(namespace, pod, query))
                        .toString()
                        .replaceFirst("^http", "ws");
        var listener = new Listener(out, err);
        if (tty) terminal("raw -echo");
        try {
            var socket =
                    client.http()
                            .newWebSocketBuilder()
                            .subprotocols("v5.channel.k8s.io")
                            .buildAsync(java.net.URI.create(uri), listener)
                            .join();
            if (tty) resize(socket);
            if (in != null) Thread.ofVirtual().name("stdin").start(() -> copy(in, socket));
            return listener.exit.join();
        } catch (CompletionException failed) {
            throw new IOException("the command cannot be started: " + why(failed), failed);
        } finally {
            if (tty) terminal("sane");
        }
    }

    private static String why(CompletionException failed) throws IOException {
        if (failed.getCause() instanceof java.net.http.WebSocketHandshakeException refused) {
            return "the server answered " + refused.getResponse().statusCode();
        }
        return String.valueOf(
                failed.getCause() == null ? failed.getMessage() : failed.getCause().getMessage());
    }

    private static void terminal(String mode) throws IOException, InterruptedException {
        new ProcessBuilder("/bin/sh", "-c", "stty " + mode + " </dev/tty")
                .inheritIO()
                .start()
                .waitFor();
    }

    private static void resize(WebSocket socket) throws IOException {
        var size = new ProcessBuilder("/bin/sh", "-c", "stty size </dev/tty").start();
        var words =
                new String(size.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                        .strip()
                        .split(" ", -1);
        if (words.length != 2) return;
        send(
                socket,
                RESIZE,
                "{\"Width\":%s,\"Height\":%s}"
                        .formatted(words[1], words[0])
                        .getBytes(StandardCharsets.US_ASCII));
    }

    private static void send(WebSocket socket, int channel, byte[] bytes) {
        var message = ByteBuffer.allocate(bytes.length + 1).put((byte) channel).put(bytes).flip();
        socket.sendBinary(message, true).join();
    }

    private static void copy(InputStream in, WebSocket socket) {
        var buffer = new byte[BUFFER_BYTES];
        try {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer))
                send(socket, STDIN, java.util.Arrays.copyOf(buffer, n));
            send(socket, CLOSE, new byte[] {STDIN});
        } catch (IOException | CompletionException _) {
            // The command has ended.
        }
    }

    /// Writes out what comes.
    private static final class Listener implements WebSocket.Listener {
        private final OutputStream out;
        private final OutputStream err;
        private final CompletableFuture<Integer> exit = new CompletableFuture<>();
        private final java.io.ByteArrayOutputStream message = new java.io.ByteArrayOutputStream();

        Listener(OutputStream out, OutputStream err) {
            this.out = out;
            this.err = err;
        }

        @Override
        public @Nullable CompletionStage<?> onBinary(
                WebSocket socket, ByteBuffer data, boolean last) {
            var bytes = new byte[data.remaining()];
            data.get(bytes);
            message.writeBytes(bytes);
            if (last) {
                take(message.toByteArray());
                message.reset();
            }
            socket.request(1);
            return null;
        }

        private void take(byte[] whole) {
            if (whole.length == 0) return;
            try {
                switch (whole[0]) {
                    case STDOUT -> write(out, whole);
                    case STDERR -> write(err, whole);
                    case RESULT ->
                            finish(new String(whole, 1, whole.length - 1, StandardCharsets.UTF_8));
                    default -> {}
                }
            } catch (IOException gone) {
                exit.completeExceptionally(gone);
            }
        }

        private static void write(OutputStream to, byte[] whole) throws IOException {
            to.write(whole, 1, whole.length - 1);
            to.flush();
        }

        private void finish(String status) throws IOException {
            var tree = Client.JSON.readTree(status);
            if (tree.path("status").asText().equals("Success")) {
                exit.complete(0);
                return;
            }
            for (var cause : tree.at("/details/causes")) {
                if (cause.path("reason").asText().equals("ExitCode")) {
                    exit.complete(cause.path("message").asInt(1));
                    return;
                }
            }
            exit.completeExceptionally(new IOException(tree.path("message").asText()));
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            exit.completeExceptionally(new IOException("the connection was closed: " + reason));
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable failure) {
            exit.completeExceptionally(failure);
        }
    }
}

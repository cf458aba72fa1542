package dev.ordinal.server;

import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.FrameHandler;
import org.eclipse.jetty.websocket.core.OpCode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// A WebSocket of binary messages for code that blocks. Its use runs on a virtual thread of its
/// own, which is interrupted when the client has gone; the socket is closed when the use ends.
///
/// A client that sends faster than is read waits: nothing is taken from the network then.
final class BinarySocket implements FrameHandler {
    private static final Logger LOG = LoggerFactory.getLogger(BinarySocket.class);
    private static final Duration IDLE_MAX = Duration.ofHours(4);
    private static final int FRAME_BYTES_MAX = 64 * 1024;
    private static final int WAITING_BYTES_MAX = 256 * 1024;

    private final String name;
    private final Use use;
    private final ArrayDeque<Piece> waiting = new ArrayDeque<>(); // guarded by this, as the next
    private int waitingBytes;
    private boolean paused;
    private boolean ended;
    private @Nullable CoreSession session;
    private @Nullable Thread user;

    /// What somebody does with the socket.
    interface Use {
        void run(BinarySocket socket) throws IOException, InterruptedException;
    }

    /// A message, or part of one.
    ///
    /// @param begins it is the first of its message
    @SuppressWarnings("ArrayRecordComponent") // read once
    record Piece(boolean begins, byte[] bytes) {}

    BinarySocket(String name, Use use) {
        this.name = name;
        this.use = use;
    }

    /// The next piece, or null when the client has closed or is gone.
    synchronized @Nullable Piece receive() throws InterruptedException {
        while (waiting.isEmpty() && !ended) wait();
        var piece = waiting.poll();
        if (piece == null) return null;
        waitingBytes -= piece.bytes().length;
        if (paused && waitingBytes < WAITING_BYTES_MAX && session != null) {
            paused = false;
            session.demand();
        }
        return piece;
    }

    /// Takes what comes on the channels of a socket.
    interface Channels {
        void take(int channel, byte[] bytes) throws InterruptedException;
    }

    /// Hands on what comes until the client has closed or is gone. The first byte of a message is
    /// its channel.
    void receive(Channels channels) throws InterruptedException {
        int channel = -1;
        for (var piece = receive(); piece != null; piece = receive()) {
            var bytes = piece.bytes();
            boolean named = piece.begins() && bytes.length > 0;
            if (piece.begins()) channel = named ? bytes[0] & 0xff : -1;
            if (channel < 0) continue;
            channels.take(channel, Arrays.copyOfRange(bytes, named ? 1 : 0, bytes.length));
        }
    }

    /// Sends one message and waits until it is on its way.
    void send(ByteBuffer message) throws IOException {
        var done = new CompletableFuture<@Nullable Void>();
        opened().sendFrame(new Frame(OpCode.BINARY, message), Callback.from(done), false);
        await(done);
    }

    private synchronized CoreSession opened() throws IOException {
        if (session == null) throw new IOException("not open");
        return session;
    }

    private static void await(CompletableFuture<@Nullable Void> done) throws IOException {
        try {
            done.get();
        } catch (ExecutionException failed) {
            throw new IOException(failed.getCause());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new IOException("the client is gone");
        }
    }

    @Override
    public void onOpen(CoreSession opened, Callback callback) {
        opened.setAutoFragment(true);
        opened.setMaxFrameSize(FRAME_BYTES_MAX);
        opened.setIdleTimeout(IDLE_MAX);
        synchronized (this) {
            session = opened;
            user = Thread.ofVirtual().name(name).unstarted(this::run);
        }
        callback.succeeded();
        user.start();
        opened.demand();
    }

    private void run() {
        try {
            use.run(this);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException gone) {
            LOG.debug("{} ended: {}", name, gone.getMessage());
        } finally {
            close();
        }
    }

    private void close() {
        try {
            var done = new CompletableFuture<@Nullable Void>();
            opened().close(CloseStatus.NORMAL, "", Callback.from(done));
            await(done);
        } catch (IOException gone) {
            LOG.debug("{} was closed by the client: {}", name, gone.getMessage());
        }
    }

    @Override
    public void onFrame(Frame frame, Callback callback) {
        var payload = frame.getPayload();
        var bytes = new byte[payload == null ? 0 : payload.remaining()];
        if (payload != null) payload.get(bytes);
        callback.succeeded();
        if (frame.getOpCode() == OpCode.CLOSE) return;
        synchronized (this) {
            if (session == null) return;
            switch (frame.getOpCode()) {
                case OpCode.BINARY -> take(new Piece(true, bytes));
                case OpCode.CONTINUATION -> take(new Piece(false, bytes));
                case OpCode.PING -> {
                    var pong = new Frame(OpCode.PONG, ByteBuffer.wrap(bytes));
                    session.sendFrame(pong, Callback.NOOP, false);
                }
                default -> {}
            }
            if (waitingBytes < WAITING_BYTES_MAX) session.demand();
            else paused = true;
        }
    }

    private synchronized void take(Piece piece) {
        waiting.add(piece);
        waitingBytes += piece.bytes().length;
        notifyAll();
    }

    @Override
    public void onError(Throwable cause, Callback callback) {
        LOG.debug("{} failed: {}", name, cause.getMessage());
        callback.succeeded();
    }

    @Override
    public void onClosed(CloseStatus status, Callback callback) {
        Thread thread;
        synchronized (this) {
            ended = true;
            notifyAll();
            thread = user;
        }
        if (thread != null) thread.interrupt();
        callback.succeeded();
    }
}

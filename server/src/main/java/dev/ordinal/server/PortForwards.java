package dev.ordinal.server;

import dev.ordinal.api.PodStreams.Ports;
import dev.ordinal.server.spdy.SpdyConnection;
import dev.ordinal.server.spdy.SpdyStream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The connections to one pod that a client wants over one SPDY connection: each is a pair of
/// streams, for data and for what went wrong.
///
/// @see "upstream: staging/src/k8s.io/cri-streaming/pkg/streaming/portforward/httpstream.go"
final class PortForwards implements SpdyConnection.Peer, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PortForwards.class);
    private static final String TYPE = "streamtype";
    private static final String ERROR = "error";
    private static final String DATA = "data";
    private static final int PATIENCE_SECONDS = 30;
    private static final int PORT_MAX = 65535;

    private final String podUid;
    private final Ports ports;
    private final Map<String, Pair> waiting = new ConcurrentHashMap<>();
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();

    PortForwards(String podUid, Ports ports) {
        this.podUid = podUid;
        this.ports = ports;
    }

    private static final class Pair {
        private final CompletableFuture<SpdyStream> data = new CompletableFuture<>();
        private final CompletableFuture<SpdyStream> error = new CompletableFuture<>();

        CompletableFuture<SpdyStream> of(SpdyStream stream) {
            return stream.header(TYPE).equals(DATA) ? data : error;
        }
    }

    @Override
    public boolean takes(SpdyStream stream) {
        var type = stream.header(TYPE);
        if (!type.equals(DATA) && !type.equals(ERROR)) return false;
        int port = port(stream);
        if (port < 1 || port > PORT_MAX) return false;
        var pair = waiting.get(request(stream));
        return pair == null || !pair.of(stream).isDone();
    }

    private static int port(SpdyStream stream) {
        try {
            return Integer.parseInt(stream.header("port"));
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    /// Old clients number no requests: their streams come as an error and the next.
    private static String request(SpdyStream stream) {
        var named = stream.header("requestid");
        if (!named.isEmpty()) return named;
        return Integer.toString(stream.header(TYPE).equals(DATA) ? stream.id() - 2 : stream.id());
    }

    @Override
    public void opened(SpdyStream stream) {
        var request = request(stream);
        var pair = waiting.get(request);
        if (pair == null) {
            var made = new Pair();
            pair = made;
            waiting.put(request, made);
            var thread =
                    Thread.ofVirtual()
                            .name("port-forward-" + request)
                            .unstarted(() -> forward(request, made));
            running.add(thread);
            thread.start();
        }
        pair.of(stream).complete(stream);
    }

    private static void say(SpdyStream error, String message) throws IOException {
        error.output().write(message.getBytes(StandardCharsets.UTF_8));
    }

    private void forward(String request, Pair pair) {
        try (var error = stream(pair.error, request)) {
            connect(error, pair, request);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException gone) {
            LOG.debug("request {}: {}", request, gone.getMessage());
        } finally {
            waiting.remove(request, pair);
            running.remove(Thread.currentThread());
        }
    }

    private void connect(SpdyStream error, Pair pair, String request)
            throws IOException, InterruptedException {
        SpdyStream data;
        try {
            data = stream(pair.data, request);
        } catch (IOException late) {
            say(error, String.valueOf(late.getMessage()));
            return;
        }
        waiting.remove(request, pair);
        try (data) {
            run(error, data);
        }
    }

    private static SpdyStream stream(CompletableFuture<SpdyStream> coming, String request)
            throws IOException, InterruptedException {
        try {
            return coming.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            throw new IOException(
                    "(request=%s) timed out waiting for streams".formatted(request), late);
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void run(SpdyStream error, SpdyStream data) throws IOException, InterruptedException {
        int port = port(data);
        SocketChannel pod;
        try {
            pod = ports.connect(port);
        } catch (IOException refused) {
            say(error, words(podUid, port, refused));
            data.reset();
            return;
        }
        try {
            PortCopy.run(data.input(), data.output(), pod);
        } catch (IOException broken) {
            data.reset();
            throw broken;
        }
    }

    static String words(String podUid, int port, IOException refused) {
        return "error forwarding port %d to pod %s, uid : %s"
                .formatted(port, podUid, refused.getMessage());
    }

    /// Ends all of them.
    @Override
    public void close() {
        running.forEach(Thread::interrupt);
    }
}

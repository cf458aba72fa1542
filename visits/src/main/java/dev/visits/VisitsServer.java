package dev.visits;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/// Serves the page, its data and its health over HTTP.
final class VisitsServer implements AutoCloseable {
    private static final int BACKLOG = 1024;
    private static final Duration QUIET = Duration.ofMillis(300);
    private static final Duration DRAIN_MAX = Duration.ofSeconds(5);

    private final String pod;
    private final Visits visits;
    private final InstantSource clock;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicLong lastRequest = new AtomicLong(System.nanoTime());
    private volatile boolean draining;

    VisitsServer(String pod, Visits visits, int port, InstantSource clock) throws IOException {
        this.pod = pod;
        this.visits = visits;
        this.clock = clock;
        server = HttpServer.create(new InetSocketAddress(port), BACKLOG);
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /// The number at the end of the pod's name.
    static String ordinal(String pod) {
        var last = pod.substring(pod.lastIndexOf('-') + 1);
        return last.matches("\\d+") ? last : "?";
    }

    private void serve(HttpExchange exchange) throws IOException {
        lastRequest.set(System.nanoTime());
        try (exchange) {
            if (draining) exchange.getResponseHeaders().set("Connection", "close");
            var path = exchange.getRequestURI().getPath();
            var method = exchange.getRequestMethod();
            if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                send(exchange, 405, "text/plain", "only GET and HEAD\n");
                return;
            }
            switch (path) {
                case "/" -> visit(exchange);
                case "/visits" -> send(exchange, 200, "application/json", json());
                case "/healthz" -> send(exchange, 200, "text/plain", "ok\n");
                case "/readyz" -> {
                    boolean ready = !draining && visits.ready();
                    send(exchange, ready ? 200 : 503, "text/plain", ready ? "ok\n" : "not ready\n");
                }
                default -> send(exchange, 404, "text/plain", "there is nothing here\n");
            }
        }
    }

    private void visit(HttpExchange exchange) throws IOException {
        try {
            visits.add(clock.instant());
        } catch (IOException full) {
            send(exchange, 507, "text/html", Page.problem(pod, String.valueOf(full.getMessage())));
            return;
        }
        send(exchange, 200, "text/html", Page.of(pod, ordinal(pod), visits.all()));
    }

    private String json() throws IOException {
        var all = visits.all();
        var list =
                all.reversed().stream().map(v -> "\"" + v + "\"").collect(Collectors.joining(","));
        return "{\"pod\":\"%s\",\"ordinal\":\"%s\",\"count\":%d,\"visits\":[%s]}\n"
                .formatted(pod, ordinal(pod), all.size(), list);
    }

    private static void send(HttpExchange exchange, int code, String type, String text)
            throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(code, head ? -1 : bytes.length);
        if (!head) exchange.getResponseBody().write(bytes);
    }

    /// Answers on until the load balancers have heard that this replica ends: until no request has
    /// come for a while.
    void drain() throws InterruptedException {
        draining = true;
        long begun = System.nanoTime();
        lastRequest.set(begun);
        while (true) {
            long now = System.nanoTime();
            long quiet = QUIET.toNanos() - (now - lastRequest.get());
            long left = Math.min(quiet, DRAIN_MAX.toNanos() - (now - begun));
            if (left <= 0) return;
            Thread.sleep(Duration.ofNanos(left));
        }
    }

    @Override
    public void close() {
        server.stop(1);
        threads.shutdown();
    }
}

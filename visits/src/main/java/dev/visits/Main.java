package dev.visits;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;

/// Starts the server and ends it on SIGTERM, after a quiet moment.
///
/// Environment: `VISITS_FILE` (default `/var/app-python/visits`), `PORT` (default 8000).
public final class Main {
    private Main() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        var file = Path.of(System.getenv().getOrDefault("VISITS_FILE", "/var/app-python/visits"));
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8000"));
        var pod =
                System.getenv()
                        .getOrDefault("HOSTNAME", InetAddress.getLoopbackAddress().getHostName());
        var server = new VisitsServer(pod, new Visits(file), port, InstantSource.system());
        var end = new CountDownLatch(1);
        java.lang.Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    try {
                                        server.drain();
                                    } catch (InterruptedException _) {
                                        Thread.currentThread().interrupt();
                                    }
                                    server.close();
                                }));
        System.out.printf("%s serves visits of %s on port %d%n", pod, file, server.port());
        end.await();
    }
}

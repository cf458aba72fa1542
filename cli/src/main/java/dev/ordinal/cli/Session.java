package dev.ordinal.cli;

import dev.ordinal.cluster.Cluster;
import dev.ordinal.cluster.Settings;
import dev.ordinal.node.runtime.Processes;

import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.CountDownLatch;

/// A cluster in this process, from its start to Ctrl-C.
final class Session implements AutoCloseable {
    private final Settings settings;
    private final Cluster cluster;
    private final Thread main = Thread.currentThread();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);

    private volatile boolean waiting;

    private Session(Settings settings) throws IOException, InterruptedException {
        this.settings = settings;
        Machine.check(settings);
        Files.createDirectories(settings.data());
        var running = Running.find(settings.data());
        if (running.isPresent()) {
            throw new IOException(
                    "process %d runs the cluster in %s already: `ordinal down` stops it"
                            .formatted(running.get().pid(), settings.data()));
        }
        java.lang.Runtime.getRuntime().addShutdownHook(new Thread(this::end));
        try {
            cluster = Cluster.start(settings);
            Running.write(settings.data());
        } catch (IOException | InterruptedException | RuntimeException failure) {
            stopped.countDown();
            throw failure;
        }
    }

    static Session start(Settings settings) throws IOException, InterruptedException {
        return new Session(settings);
    }

    Cluster cluster() {
        return cluster;
    }

    /// Returns when the process is asked to end.
    void await() throws InterruptedException {
        waiting = true;
        stop.await();
    }

    /// The process is to end: whatever the main thread is doing, it closes this first.
    private void end() {
        stop.countDown();
        if (!waiting) main.interrupt();
        try {
            stopped.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Milliseconds since the process began, or since the launcher was done with a build.
    static long age() throws IOException {
        var begun = Long.getLong("ordinal.begun");
        return begun == null ? Processes.age().toMillis() : System.currentTimeMillis() - begun;
    }

    @Override
    public void close() throws IOException {
        try {
            cluster.close();
            if (!settings.temporary()) Running.remove(settings.data());
        } finally {
            stopped.countDown();
        }
    }
}

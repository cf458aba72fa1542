package dev.ordinal.cli;

import dev.ordinal.cluster.Cluster;
import dev.ordinal.cluster.Settings;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;

/// `ordinal up`: a cluster in the foreground, until Ctrl-C.
@Command(
        name = "up",
        description = "Starts a cluster in the foreground; Ctrl-C stops it.",
        mixinStandardHelpOptions = true)
final class Up implements Callable<Integer> {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Folder of the cluster (default: ${DEFAULT-VALUE}).")
    private Path data = Path.of(System.getProperty("user.home"), ".ordinal");

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description =
                    "Port of the API on 127.0.0.1; 0 takes a free one (default: ${DEFAULT-VALUE}).")
    private int port = 6443;

    @Override
    public Integer call() throws Exception {
        long begun =
                ProcessHandle.current()
                        .info()
                        .startInstant()
                        .map(i -> i.toEpochMilli())
                        .orElse(System.currentTimeMillis());
        var stop = new CountDownLatch(1);
        var stopped = new CountDownLatch(1);
        try (var cluster = Cluster.start(Settings.in(data.toAbsolutePath()).withPort(port))) {
            Runtime.getRuntime()
                    .addShutdownHook(
                            new Thread(
                                    () -> {
                                        stop.countDown();
                                        try {
                                            stopped.await();
                                        } catch (InterruptedException _) {
                                            Thread.currentThread().interrupt();
                                        }
                                    }));
            System.out.printf(
                    "API ready on https://127.0.0.1:%d after %d ms%nexport KUBECONFIG=%s%n",
                    cluster.port(), System.currentTimeMillis() - begun, cluster.kubeconfig());
            stop.await();
        } finally {
            stopped.countDown();
        }
        return 0;
    }
}

package dev.ordinal.cli;

import dev.ordinal.cluster.Cluster;
import dev.ordinal.cluster.Settings;
import dev.ordinal.node.runtime.Trees;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// `ordinal down`: stops a cluster and takes its pods, mounts and network away. Cleans up after a
/// killed one, too.
@Command(
        name = "down",
        description = "Stops a cluster with its pods. Its state stays for the next `ordinal up`.",
        mixinStandardHelpOptions = true)
final class Down implements Callable<Integer> {
    private static final int PATIENCE_SECONDS = 60;

    @Mixin private Where where = new Where();

    @Option(
            names = "--delete",
            description = "Deletes the state as well: objects, volumes, images, keys.")
    private boolean delete;

    @Override
    public Integer call() throws Exception {
        var data = where.data();
        if (!Cluster.isIn(data)) throw new IOException("there is no cluster in " + data);
        var running = Running.find(data);
        if (running.isPresent()) {
            running.get().destroy();
            try {
                running.get().onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException _) {
                throw new IOException(
                        "process %d does not end; kill it and run `ordinal down` again"
                                .formatted(running.get().pid()));
            }
        }
        Cluster.clean(Settings.in(data));
        Running.remove(data);
        if (delete) {
            Trees.delete(data);
            System.out.println("Stopped and deleted: " + data);
        } else {
            System.out.println("Stopped. The state stays in " + data);
        }
        return 0;
    }
}

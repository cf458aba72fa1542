package dev.ordinal.control;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;

/// How a controller carries out writes that do not depend on each other. At the same time they
/// share the store's commits, so that many cost little more than one; a simulation takes them one
/// by one, always in the same order.
@FunctionalInterface
public interface Writes {
    Writes ONE_BY_ONE = writes -> writes.forEach(Runnable::run);
    Writes AT_ONCE = Writes::atOnce;

    /// Returns when all are done. The first exception of one is thrown then.
    void run(List<Runnable> writes) throws InterruptedException;

    private static void atOnce(List<Runnable> writes) throws InterruptedException {
        if (writes.size() == 1) {
            writes.getFirst().run();
            return;
        }
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = writes.stream().map(threads::submit).toList();
            for (var write : running) write.get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException thrown) throw thrown;
            throw new IllegalStateException(failed.getCause());
        }
    }
}

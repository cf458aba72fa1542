package dev.ordinal.control;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/// Owns what a part of the cluster started: closes it in reverse order and keeps every failure.
///
public final class Lifetime implements AutoCloseable {
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();

    /// Closes `thing` when this ends, before everything owned earlier.
    public synchronized <T extends AutoCloseable> T own(T thing) {
        owned.push(thing);
        return thing;
    }

    /// Runs `loop` on a virtual thread of that name; closing interrupts and joins it. A loop ends
    /// by
    /// returning or by an interrupt.
    public void run(String name, Loop loop) {
        var thread =
                Thread.ofVirtual()
                        .name(name)
                        .unstarted(
                                () -> {
                                    try {
                                        loop.run();
                                    } catch (InterruptedException _) {
                                        Thread.currentThread().interrupt();
                                    }
                                });
        own(
                () -> {
                    thread.interrupt();
                    thread.join();
                });
        thread.start();
    }

    /// Joins every loop even when the closing thread is interrupted meanwhile.
    ///
    /// @throws IOException some things did not close; the rest did
    @Override
    public void close() throws IOException {
        boolean interrupted = Thread.interrupted();
        Exception first = null;
        for (var thing = next(); thing != null; thing = next()) {
            try {
                thing.close();
            } catch (Exception failure) {
                if (first == null) first = failure;
                else first.addSuppressed(failure);
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
        if (first != null)
            throw new IOException("not closed cleanly: " + first.getMessage(), first);
    }

    private synchronized @Nullable AutoCloseable next() {
        return owned.poll();
    }

    /// Blocking work that ends on interrupt.
    @FunctionalInterface
    public interface Loop {
        void run() throws InterruptedException;
    }
}

package dev.ordinal.control;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/// Owns what a part of the cluster started: closes it in reverse order and keeps every failure.
public final class Lifetime implements AutoCloseable {
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();

    /// Closes `thing` when this ends, before everything owned earlier.
    public synchronized <T extends AutoCloseable> T own(T thing) {
        owned.push(thing);
        return thing;
    }

    /// Runs `loop` on a virtual thread of that name; closing interrupts and joins it. A loop ends
    /// by returning or by an interrupt, and is then no longer owned.
    public void run(String name, Loop loop) {
        var running = new Running(name, loop);
        own(running.end);
        running.thread.start();
    }

    private synchronized void disown(AutoCloseable thing) {
        owned.remove(thing);
    }

    private final class Running {
        private final Thread thread;
        private final AutoCloseable end = this::end;

        Running(String name, Loop loop) {
            thread = Thread.ofVirtual().name(name).unstarted(() -> run(loop));
        }

        private void run(Loop loop) {
            try {
                loop.run();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } finally {
                disown(end);
            }
        }

        private void end() throws InterruptedException {
            thread.interrupt();
            thread.join();
        }
    }

    /// Begins work on a thread of its own, for somebody who needs what it makes later; closing
    /// interrupts and joins it.
    public <T> Begun<T> begin(String name, Callable<T> work) {
        var task = new FutureTask<>(work);
        run(name, task::run);
        return new Begun<>(task);
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

    /// How much there is to close.
    synchronized int owned() {
        return owned.size();
    }

    private synchronized @Nullable AutoCloseable next() {
        return owned.poll();
    }

    /// Work that may still be going on.
    public record Begun<T>(Future<T> result) {
        /// Waits for the work.
        ///
        /// @throws IOException what the work threw
        public T get() throws IOException, InterruptedException {
            try {
                return result.get();
            } catch (ExecutionException failed) {
                switch (failed.getCause()) {
                    case IOException known -> throw known;
                    case InterruptedException known -> throw known;
                    case RuntimeException known -> throw known;
                    case Error known -> throw known;
                    case null, default -> throw new IOException(failed);
                }
            }
        }
    }

    /// Blocking work that ends on interrupt.
    @FunctionalInterface
    public interface Loop {
        void run() throws InterruptedException;
    }
}

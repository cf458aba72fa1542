package dev.ordinal.node.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;

/// One who has attached to a simulated container.
final class SimulatedAttach implements ExecSession {
    private static final LogOptions FOLLOW =
            new LogOptions(
                    true, false, OptionalLong.empty(), Optional.empty(), OptionalLong.empty());

    private final SimulatedRuntime.Simulated container;
    private final boolean client;
    private final InputStream stdout;
    private final Thread follower;
    private final CountDownLatch end = new CountDownLatch(1);

    /// @param client whether what is typed reaches the container
    SimulatedAttach(SimulatedRuntime.Simulated container, SimulatedLog log, boolean client) {
        this.container = container;
        this.client = client;
        var output = new PipedOutputStream();
        int first = log.size();
        try {
            stdout = new PipedInputStream(output);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        follower = Thread.ofVirtual().name("attached").start(() -> follow(log, first, output));
        var _ = container.exit().thenRun(end::countDown);
    }

    private static void follow(SimulatedLog log, int first, OutputStream output) {
        try (output) {
            log.copy(first, FOLLOW, output);
        } catch (IOException _) {
            // Nobody is attached any more.
        }
    }

    @Override
    public OutputStream stdin() {
        return new OutputStream() {
            @Override
            public void write(int value) {
                if (client) container.type(value);
            }

            @Override
            public void close() {
                if (client && !container.clientHasGone()) leave();
            }
        };
    }

    private void leave() {
        end.countDown();
        follower.interrupt();
    }

    @Override
    public InputStream stdout() {
        return stdout;
    }

    @Override
    public InputStream stderr() {
        return InputStream.nullInputStream();
    }

    @Override
    public void resize(int width, int height) {}

    @Override
    public int await() throws InterruptedException {
        end.await();
        return 0;
    }

    @Override
    public void close() {
        if (client) {
            var _ = container.clientHasGone();
        }
        leave();
    }
}

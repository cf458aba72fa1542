package dev.ordinal.node.runtime;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;

/// One who has attached to a container. Its output is the container's log from then on.
///
/// @see "upstream: containerd, ContainerIO.Attach"
final class LinuxAttach implements ExecSession {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxAttach.class);

    private final LinuxContainer container;
    private final boolean client;
    private final @Nullable FileChannel input;
    private final InputStream stdout;
    private final Thread follower;
    private final CountDownLatch end = new CountDownLatch(1);

    private LinuxAttach(LinuxContainer container, boolean client, @Nullable FileChannel input)
            throws IOException {
        this.container = container;
        this.client = client;
        this.input = input;
        var output = new PipedOutputStream();
        stdout = new PipedInputStream(output, Libc.BUFFER_BYTES);
        long position = container.log().position();
        follower = Thread.ofVirtual().name("attached").start(() -> follow(position, output));
        var _ = container.exit().thenRun(end::countDown);
    }

    static LinuxAttach open(LinuxContainer container, boolean stdin) throws IOException {
        var stdio = container.saved().stdio();
        var input = stdin ? container.keeper().openInput() : null;
        boolean client = stdin && stdio.stdin() && (stdio.tty() || input != null);
        return new LinuxAttach(container, client, input);
    }

    private void follow(long position, OutputStream output) {
        try (output) {
            container.log().follow(position, output);
        } catch (IOException gone) {
            LOG.debug("nobody is attached to {} any more: {}", container.key(), gone.getMessage());
        }
    }

    /// Writes that the container does not read block their thread, until the session is closed or,
    /// on a terminal, until it reads or ends.
    @Override
    public OutputStream stdin() {
        return new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                if (!client) return;
                if (input == null) {
                    var typed = Arrays.copyOfRange(bytes, offset, offset + length);
                    Keeper.type(container.saved(), typed);
                    return;
                }
                var buffer = ByteBuffer.wrap(bytes, offset, length);
                while (buffer.hasRemaining()) input.write(buffer);
            }

            @Override
            public void close() throws IOException {
                endInput();
            }
        };
    }

    private void endInput() throws IOException {
        if (!client) return;
        if (input != null) input.close();
        if (container.saved().stdio().endsWithClient()) container.keeper().endInput();
        else leave();
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
    public void resize(int columns, int rows) {
        if (!container.saved().stdio().tty()) return;
        try {
            Keeper.resize(container.saved(), columns, rows);
        } catch (IOException gone) {
            LOG.debug("{} has no terminal any more: {}", container.key(), gone.getMessage());
        }
    }

    @Override
    public int await() throws InterruptedException {
        end.await();
        return 0;
    }

    @Override
    public void close() {
        try {
            endInput();
        } catch (IOException failure) {
            LOG.warn("the input of {} is not ended", container.key(), failure);
        }
        leave();
    }
}

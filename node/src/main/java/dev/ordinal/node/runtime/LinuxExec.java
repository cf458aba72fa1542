package dev.ordinal.node.runtime;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// A command in a container: a process of the host that has entered the container's namespaces.
final class LinuxExec implements ExecSession {
    private static final int END_OF_TRANSMISSION = 4;

    /// Clients tell the size of their terminal right after they have connected. One that tells none
    /// is not waited for any longer.
    private static final int SIZE_PATIENCE_MILLIS = 300;

    private final Process process;
    private final Libc.@Nullable Pty terminal;
    private final InputStream stdout;
    private final OutputStream stdin;

    private LinuxExec(Process process, Libc.@Nullable Pty terminal) throws IOException {
        this.process = process;
        this.terminal = terminal;
        if (terminal == null) {
            stdout = process.getInputStream();
            stdin = process.getOutputStream();
        } else {
            var output = new PipedOutputStream();
            stdout = new PipedInputStream(output, Libc.BUFFER_BYTES);
            stdin = new TerminalOutput(terminal.master());
            // A read of the terminal blocks its thread in native code, so it gets one of its own.
            Thread.ofPlatform()
                    .daemon()
                    .name("terminal")
                    .start(() -> pump(terminal.master(), output));
        }
    }

    private static void pump(int master, OutputStream output) {
        var bytes = new byte[Libc.BUFFER_BYTES];
        try (output) {
            int read;
            while ((read = Libc.read(master, bytes)) > 0) {
                output.write(bytes, 0, read);
                output.flush();
            }
        } catch (IOException _) {
            // The reader went away; closing the terminal hangs the command up.
        } finally {
            Libc.close(master);
        }
    }

    /// @param command one that enters the container
    static LinuxExec start(List<String> command, boolean stdin) throws IOException {
        var process = Shell.process(command).start();
        if (!stdin) process.getOutputStream().close();
        return new LinuxExec(process, null);
    }

    /// Gives the command a terminal of the container. It begins when the terminal has its size.
    ///
    /// @param command one that begins at the end of its input, and takes the terminal for it then
    /// @param root the container's root, as the host reaches it
    /// @param owner of the terminal
    static LinuxExec startOnTerminal(List<String> command, Path root, User owner)
            throws IOException {
        var pty = Libc.openTerminal(root);
        try {
            Files.setAttribute(pty.slave(), "unix:uid", Math.toIntExact(owner.uid()));
            var slave = pty.slave().toFile();
            // A server that opened it for reading, too, could be hung up with it.
            var process = Shell.process(command).redirectOutput(slave).redirectError(slave).start();
            var exec = new LinuxExec(process, pty);
            CompletableFuture.delayedExecutor(SIZE_PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                    .execute(exec::begin);
            return exec;
        } catch (IOException | RuntimeException failure) {
            Libc.close(pty.master());
            throw failure;
        }
    }

    private void begin() {
        try {
            process.getOutputStream().close();
        } catch (IOException _) {
            // The command has ended already.
        }
    }

    @Override
    public OutputStream stdin() {
        return stdin;
    }

    @Override
    public InputStream stdout() {
        return stdout;
    }

    @Override
    public InputStream stderr() {
        return terminal == null ? process.getErrorStream() : InputStream.nullInputStream();
    }

    @Override
    public void resize(int width, int height) {
        if (terminal == null) return;
        Libc.resize(terminal.master(), width, height);
        begin();
    }

    @Override
    public int await() throws InterruptedException {
        return process.waitFor();
    }

    /// A terminal's master is closed by its reader, once the command and its children are gone.
    @Override
    public void close() {
        process.destroyForcibly();
    }

    private static final class TerminalOutput extends OutputStream {
        private final int master;

        TerminalOutput(int master) {
            this.master = master;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            Libc.write(master, Arrays.copyOfRange(bytes, offset, offset + length));
        }

        /// The end of the input is a character on terminals.
        @Override
        public void close() throws IOException {
            write(END_OF_TRANSMISSION);
        }
    }
}

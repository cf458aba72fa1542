package dev.ordinal.node.runtime;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// The other end of a container's input or terminal, held by a shell while the container runs: it
/// needs no server and no client. The shell is the parent of the container's supervisor and ends
/// after it.
///
/// An input is a named pipe, which the shell keeps open for writing. One that ends with its first
/// client lets go of it when a line comes through a second pipe; the client takes the first one's
/// name away, so that there is no second client.
///
/// A terminal is the first one of the container's own. The shell opens its master and copies what
/// comes from there to the log; the server takes the master from the shell, first to unlock it and
/// later to type.
final class Keeper {
    /// What the shell says when it has opened the master; it goes on at the end of its input.
    static final String LOCKED = "terminal";

    private static final int MASTER = 7;

    private final Path bundle;
    private final Stdio stdio;

    Keeper(Path bundle, Stdio stdio) {
        this.bundle = bundle;
        this.stdio = stdio;
    }

    /// Where the container's terminals are while it is made.
    Path terminals() {
        return bundle.resolve("pts");
    }

    Path input() {
        return bundle.resolve("stdin");
    }

    private Path ending() {
        return bundle.resolve("stdin-end");
    }

    /// The shell's text. Its arguments are those of the supervisor's shell.
    String text(Path log, User owner) {
        var text = new StringBuilder("trap '' PIPE\nset -e\n");
        text.append("echo $$ >%s/supervisor\n".formatted(Shell.quote(bundle)));
        var supervisor =
                "setpriv --pdeathsig=KILL unshare --mount --pid --cgroup /bin/sh -c \"$0\" \"$@\"";
        if (stdio.tty()) {
            text.append(
                    """
                    exec 7<>%1$s/ptmx
                    echo %2$s
                    read -r _ || :
                    exec 8>%1$s/0
                    %3$s 7>&- &
                    exec 8>&-
                    cat <&7 >>%4$s 2>/dev/null || :
                    wait
                    """
                            .formatted(
                                    Shell.quote(terminals()),
                                    LOCKED,
                                    supervisor,
                                    Shell.quote(log)));
            return text.toString();
        }
        text.append(
                "mkfifo -m 600 %1$s\nchown %2$d %1$s\nexec 6<>%1$s\n"
                        .formatted(Shell.quote(input()), owner.uid()));
        if (!stdio.endsWithClient()) return text + supervisor + " 6>&- &\nwait\n";
        text.append(
                """
                mkfifo -m 600 %1$s
                exec 9<>%1$s
                %2$s 6>&- &
                exec 9<%1$s
                read -r _ <&9 || :
                exec 6>&-
                wait
                """
                        .formatted(Shell.quote(ending()), supervisor));
        return text.toString();
    }

    /// @param shell the process that says [#LOCKED]
    static void unlock(long shell) throws IOException {
        int master = Libc.fileOf(shell, MASTER);
        try {
            Libc.unlockTerminal(master);
        } finally {
            Libc.close(master);
        }
    }

    /// The container's input, to write to. Null when it has none, or none any more.
    ///
    /// It is open for reading, too: otherwise opening it would wait for a container that ends now.
    synchronized @Nullable FileChannel openInput() throws IOException {
        if (!stdio.stdin() || stdio.tty()) return null;
        try {
            var channel =
                    FileChannel.open(input(), StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (stdio.endsWithClient()) Files.delete(input());
            return channel;
        } catch (NoSuchFileException _) {
            return null;
        }
    }

    /// The first client has gone.
    void endInput() throws IOException {
        try (var ending =
                FileChannel.open(ending(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ending.write(ByteBuffer.wrap("\n".getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchFileException _) {
            // The container has ended and was removed.
        }
    }

    /// Ends an input whose client went with an earlier server.
    void resume() throws IOException {
        if (stdio.endsWithClient() && !Files.exists(input())) endInput();
    }

    /// Types on the terminal. Blocks while the container does not read what was typed before.
    ///
    /// @throws IOException it is gone
    static void type(LinuxContainer.Note container, byte[] bytes) throws IOException {
        int master = master(container);
        try {
            Libc.write(master, bytes);
        } finally {
            Libc.close(master);
        }
    }

    static void resize(LinuxContainer.Note container, int columns, int rows) throws IOException {
        int master = master(container);
        try {
            Libc.resize(master, columns, rows);
        } finally {
            Libc.close(master);
        }
    }

    private static int master(LinuxContainer.Note container) throws IOException {
        if (Processes.startTicks(container.supervisor()) != container.supervisorTicks()) {
            throw new IOException("the terminal is gone");
        }
        return Libc.fileOf(container.supervisor(), MASTER);
    }
}

package dev.ordinal.node.runtime;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;

/// The few calls of the C library that Java lacks.
@SuppressWarnings("restricted") // calling the C library is what this class is for
final class Libc {
    static final int BUFFER_BYTES = 16 * 1024;

    /// For [#unshare].
    static final int NEW_UTS = 0x04000000;

    /// For [#unshare].
    static final int NEW_IPC = 0x08000000;

    /// For [#mount]: shows what is at another path.
    static final long BIND = 0x1000;

    /// For [#mount]: no devices, no programs, no change of user.
    static final long PLAIN_FILES = 2 | 4 | 8;

    /// For [#mount]: no programs, no change of user.
    static final long NOTHING_TO_RUN = 2 | 8;

    private static final int O_RDWR = 2;
    private static final int O_NOCTTY = 0x100;
    private static final int O_CLOEXEC = 0x80000;
    private static final long TIOCSWINSZ = 0x5414;
    private static final long PIDFD_OPEN = 434;
    private static final long PIDFD_GETFD = 438;
    private static final int NAME_MAX = 64;
    private static final int KEEP_SIZE_PUNCH_HOLE = 1 | 2;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final MethodHandle KILL = function("kill", INT, INT, INT);
    private static final MethodHandle OPEN =
            LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow("open"),
                    FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT),
                    Linker.Option.firstVariadicArg(2));
    private static final MethodHandle UNLOCKPT = function("unlockpt", INT, INT);
    private static final MethodHandle PTSNAME =
            function("ptsname_r", INT, INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
    private static final MethodHandle READ =
            function(
                    "read", ValueLayout.JAVA_LONG, INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
    private static final MethodHandle WRITE =
            function(
                    "write",
                    ValueLayout.JAVA_LONG,
                    INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG);
    private static final MethodHandle CLOSE = function("close", INT, INT);
    private static final MethodHandle IOCTL =
            LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow("ioctl"),
                    FunctionDescriptor.of(INT, INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
                    Linker.Option.firstVariadicArg(2));

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle UNSHARE = telling("unshare", INT);
    private static final MethodHandle MOUNT =
            telling(
                    "mount",
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.ADDRESS);
    private static final MethodHandle SYSCALL =
            LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow("syscall"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, INT, INT, INT),
                    Linker.Option.firstVariadicArg(1),
                    Linker.Option.captureCallState("errno"));
    private static final MethodHandle FALLOCATE =
            telling("fallocate", INT, INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);

    private Libc() {}

    /// A function that says why it failed.
    private static MethodHandle telling(String name, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(INT, arguments),
                Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle function(
            String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
    }

    private static int call(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// Sends a signal; a process that is gone is fine.
    static void kill(long pid, int signal) {
        if (pid <= 1) throw new IllegalArgumentException("no process has the number " + pid);
        call(KILL, (int) pid, signal);
    }

    /// Gives the calling platform thread namespaces of its own, for good.
    ///
    /// @param kinds such as [#NEW_UTS]
    static void unshare(int kinds) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            if (call(UNSHARE, state, kinds) != 0) throw failure("unshare", state);
        }
    }

    /// As `mount -t type -o options source target`.
    ///
    /// @param flags such as [#BIND]
    static void mount(String source, Path target, String type, long flags, String options)
            throws IOException {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            int result =
                    call(
                            MOUNT,
                            state,
                            arena.allocateFrom(source),
                            arena.allocateFrom(target.toString()),
                            arena.allocateFrom(type),
                            flags,
                            arena.allocateFrom(options));
            if (result != 0) throw failure("mount at " + target, state);
        }
    }

    /// Gives the beginning of a file back to the disk; what is left keeps its place.
    ///
    /// @throws IOException the file cannot be written, or its file system cannot do this
    static void discard(Path path, long length) throws IOException {
        try (var arena = Arena.ofConfined()) {
            int file = call(OPEN, arena.allocateFrom(path.toString()), O_RDWR | O_CLOEXEC);
            if (file < 0) throw new IOException(path + " cannot be opened");
            try {
                var state = arena.allocate(STATE);
                if (call(FALLOCATE, state, file, KEEP_SIZE_PUNCH_HOLE, 0L, length) != 0) {
                    throw failure("fallocate of " + path, state);
                }
            } finally {
                close(file);
            }
        }
    }

    private static IOException failure(String what, MemorySegment state) {
        return new IOException("%s: error %d".formatted(what, (int) ERRNO.get(state, 0L)));
    }

    /// A new terminal: the number of its master file, and its slave as the host reaches it.
    record Pty(int master, Path slave) {}

    /// Opens a terminal among those of a container, so that programs inside find its name.
    ///
    /// @param root the container's root, as the host reaches it
    static Pty openTerminal(Path root) {
        try (var arena = Arena.ofConfined()) {
            var multiplexer = arena.allocateFrom(root.resolve("dev/pts/ptmx").toString());
            int master = call(OPEN, multiplexer, O_RDWR | O_NOCTTY | O_CLOEXEC);
            var name = arena.allocate(NAME_MAX);
            if (master < 0
                    || call(UNLOCKPT, master) != 0
                    || call(PTSNAME, master, name, (long) NAME_MAX) != 0) {
                if (master >= 0) close(master);
                throw new ContainerException(
                        ContainerException.Kind.MACHINE, "no terminal can be opened");
            }
            return new Pty(master, root.resolve(name.getString(0).substring(1)));
        }
    }

    /// Lets the slave of a new terminal be opened.
    static void unlockTerminal(int master) throws IOException {
        if (call(UNLOCKPT, master) != 0) throw new IOException("a terminal cannot be unlocked");
    }

    /// A file that another process has open, as one of this process.
    ///
    /// @param number of it in that process
    /// @throws IOException the process is gone, or has no such file
    static int fileOf(long pid, int number) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            int process = syscall(state, PIDFD_OPEN, (int) pid, 0);
            if (process < 0) throw failure("pidfd_open of " + pid, state);
            try {
                int file = syscall(state, PIDFD_GETFD, process, number);
                if (file < 0) throw failure("pidfd_getfd of " + pid, state);
                return file;
            } finally {
                close(process);
            }
        }
    }

    private static int syscall(MemorySegment state, long name, int first, int second) {
        try {
            return (int) (long) SYSCALL.invoke(state, name, first, second, 0);
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static void resize(int master, int columns, int rows) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(4 * Short.BYTES);
            size.setAtIndex(ValueLayout.JAVA_SHORT, 0, (short) rows);
            size.setAtIndex(ValueLayout.JAVA_SHORT, 1, (short) columns);
            call(IOCTL, master, TIOCSWINSZ, size);
        }
    }

    /// @return how many bytes were read; 0 or less at the end
    static int read(int file, byte[] bytes) {
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(bytes.length);
            int read = (int) (long) READ.invoke(file, buffer, (long) bytes.length);
            if (read > 0) MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, bytes, 0, read);
            return read;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static void write(int file, byte[] bytes) throws IOException {
        int written = 0;
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            while (written < bytes.length) {
                long length = (long) bytes.length - written;
                int now = (int) (long) WRITE.invoke(file, buffer.asSlice(written), length);
                if (now <= 0) throw new IOException("the terminal is gone");
                written += now;
            }
        } catch (IOException gone) {
            throw gone;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static void close(int file) {
        call(CLOSE, file);
    }
}

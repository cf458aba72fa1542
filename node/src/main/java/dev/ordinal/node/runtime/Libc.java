package dev.ordinal.node.runtime;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// The few calls of the C library that Java lacks.
@SuppressWarnings("restricted") // calling the C library is what this class is for
final class Libc {
    static final int BUFFER_BYTES = 16 * 1024;

    private static final int O_RDWR = 2;
    private static final int O_NOCTTY = 0x100;
    private static final int O_CLOEXEC = 0x80000;
    private static final long TIOCSWINSZ = 0x5414;
    private static final int NAME_MAX = 64;

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

    private Libc() {}

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

package dev.ordinal.node.network;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Takes a thread into a network namespace, for good: such a thread must never serve anything else.
final class Namespace {
    private static final Path OWN = Path.of("/proc/self/ns/net");
    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final int CLONE_NEWNET = 0x40000000;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle OPEN =
            function(
                    "open",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                    Linker.Option.firstVariadicArg(2));
    private static final MethodHandle SETNS =
            function(
                    "setns",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE =
            function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private Namespace() {}

    @SuppressWarnings("restricted") // calling the kernel is this class's purpose
    private static MethodHandle function(
            String name, FunctionDescriptor shape, Linker.Option... options) {
        var all = new Linker.Option[options.length + 1];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = Linker.Option.captureCallState("errno");
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), shape, all);
    }

    /// Whether a namespace is mounted there; a file that a reboot left behind is none.
    static boolean exists(Path file) {
        try {
            return Files.getAttribute(file, "unix:dev").equals(Files.getAttribute(OWN, "unix:dev"));
        } catch (IOException _) {
            return false;
        }
    }

    /// Moves the calling platform thread.
    ///
    /// @throws IOException there is no namespace, or no right to enter it
    static void enter(Path file) throws IOException {
        if (Thread.currentThread().isVirtual()) throw new IllegalStateException("a virtual thread");
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            var path = arena.allocateFrom(file.toString());
            int descriptor = (int) OPEN.invokeExact(state, path, O_RDONLY_CLOEXEC);
            if (descriptor < 0) throw failure("open", file, state);
            try {
                if ((int) SETNS.invokeExact(state, descriptor, CLONE_NEWNET) != 0) {
                    throw failure("setns", file, state);
                }
            } finally {
                int _ = (int) CLOSE.invokeExact(state, descriptor);
            }
        } catch (IOException | RuntimeException | Error known) {
            throw known;
        } catch (Throwable unknown) {
            throw new IllegalStateException(unknown);
        }
    }

    private static IOException failure(String call, Path file, MemorySegment state) {
        int errno = (int) ERRNO.get(state, 0L);
        return new IOException("%s of %s failed: errno %d".formatted(call, file, errno));
    }

    /// Runs something on a new thread inside the namespace and waits for it. Processes it starts
    /// are inside, too.
    static <T> T in(Path file, Callable<T> work) throws IOException, InterruptedException {
        var task =
                new FutureTask<>(
                        () -> {
                            enter(file);
                            return work.call();
                        });
        Thread.ofPlatform().daemon().name("in " + file.getFileName()).start(task);
        try {
            return task.get();
        } catch (ExecutionException failed) {
            throw unwrap(failed);
        }
    }

    static IOException unwrap(ExecutionException failed) {
        return switch (failed.getCause()) {
            case IOException known -> new IOException(known.getMessage(), known);
            case null, default -> new IOException(String.valueOf(failed.getCause()), failed);
        };
    }
}

package dev.ordinal.node.image;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// The files an overlay file system knows that Java cannot make.
@SuppressWarnings("restricted") // calling the C library is what this class is for
final class Special {
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int PIPE = 0010000;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle MKNOD =
            function("mknod", ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG);
    private static final MethodHandle SETXATTR =
            function(
                    "lsetxattr",
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT);

    private Special() {}

    private static MethodHandle function(String name, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }

    private static void call(String what, Path path, MethodHandle function, Object... arguments)
            throws IOException {
        int result;
        try {
            result = (int) function.invokeWithArguments(arguments);
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
        if (result != 0) throw new IOException("%s %s failed".formatted(what, path));
    }

    /// What hides the file of that name in the layers below.
    static void whiteout(Path path) throws IOException {
        node(path, CHARACTER_DEVICE);
    }

    static void pipe(Path path) throws IOException {
        node(path, PIPE);
    }

    private static void node(Path path, int type) throws IOException {
        try (var arena = Arena.ofConfined()) {
            call("mknod", path, MKNOD, arena.allocateFrom(path.toString()), type, 0L);
        }
    }

    /// Hides all that the layers below have in this folder.
    static void opaque(Path folder) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var value =
                    arena.allocateFrom(
                            ValueLayout.JAVA_BYTE, "y".getBytes(StandardCharsets.US_ASCII));
            call(
                    "setxattr",
                    folder,
                    SETXATTR,
                    arena.allocateFrom(folder.toString()),
                    arena.allocateFrom("trusted.overlay.opaque"),
                    value,
                    1L,
                    0);
        }
    }
}

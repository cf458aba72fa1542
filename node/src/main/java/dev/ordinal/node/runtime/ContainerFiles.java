package dev.ordinal.node.runtime;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayDeque;
import java.util.Objects;

/// Looks for files in a running container as the container sees them: links stay inside.
final class ContainerFiles {
    private static final int LINKS_MAX = 40;

    private final Path root;

    ContainerFiles(Path root) {
        this.root = root;
    }

    /// @throws ContainerException of kind `CANNOT_START` with the text of upstream runtimes
    void checkProgram(String program, String search, String workingDirectory) {
        if (program.contains("/")) {
            var path = program.startsWith("/") ? program : workingDirectory + "/" + program;
            var file = resolve(path);
            if (file == null) {
                throw refuse(
                        "exec: \"%s\": stat %s: no such file or directory"
                                .formatted(program, program));
            }
            if (!executable(file)) {
                throw refuse("exec: \"%s\": permission denied".formatted(program));
            }
            return;
        }
        for (var folder : search.split(":", -1)) {
            var file = resolve(folder + "/" + program);
            if (file != null && executable(file)) return;
        }
        throw refuse("exec: \"%s\": executable file not found in $PATH".formatted(program));
    }

    private static ContainerException refuse(String message) {
        return new ContainerException(ContainerException.Kind.CANNOT_START, message);
    }

    private static boolean executable(Path file) {
        try {
            return Files.isRegularFile(file)
                    && Files.getPosixFilePermissions(file)
                            .contains(PosixFilePermission.OTHERS_EXECUTE);
        } catch (IOException _) {
            return false;
        }
    }

    /// The file on the host, or null when there is none.
    private @Nullable Path resolve(String path) {
        var steps = new ArrayDeque<String>();
        for (var name : Path.of(path)) steps.add(name.toString());
        Path at = root;
        int links = 0;
        while (!steps.isEmpty()) {
            var name = steps.poll();
            if (name.equals("..")) {
                if (!at.equals(root)) at = Objects.requireNonNull(at.getParent());
                continue;
            }
            if (name.isEmpty() || name.equals(".")) continue;
            var next = at.resolve(name);
            if (!Files.exists(next, LinkOption.NOFOLLOW_LINKS)) return null;
            if (!Files.isSymbolicLink(next)) {
                at = next;
                continue;
            }
            if (++links > LINKS_MAX) return null;
            try {
                var target = Files.readSymbolicLink(next);
                if (target.isAbsolute()) at = root;
                for (int i = target.getNameCount() - 1; i >= 0; i--) {
                    steps.push(target.getName(i).toString());
                }
            } catch (IOException _) {
                return null;
            }
        }
        return at;
    }
}

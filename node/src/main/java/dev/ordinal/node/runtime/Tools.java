package dev.ordinal.node.runtime;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// What every container gets of the host: a folder with a few programs and their libraries, the
/// files of `/dev`, and a lowest common layer. Made once per data folder.
///
/// Images need no programs of their own to be started, and nothing an image brings is run before
/// capabilities are dropped: the dynamic loader is named explicitly, its cache is off, and
/// `/etc/ld.so.preload` of the image is hidden.
record Tools(Path programs, Path devices, Path skeleton) {
    /// Where containers see the programs.
    static final String TARGET = "/dev/.ordinal";

    private static final List<String> PROGRAMS =
            List.of("setpriv", "env", "mount", "umount", "rmdir");
    private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

    private static final String DEVICES =
            """
            set -e
            cd "$0"
            mknod -m 666 null c 1 3
            mknod -m 666 zero c 1 5
            mknod -m 666 full c 1 7
            mknod -m 666 random c 1 8
            mknod -m 666 urandom c 1 9
            mknod -m 666 tty c 5 0
            mkdir pts shm mqueue .ordinal
            ln -s /proc/self/fd fd
            ln -s /proc/self/fd/0 stdin
            ln -s /proc/self/fd/1 stdout
            ln -s /proc/self/fd/2 stderr
            ln -s pts/ptmx ptmx
            chmod 755 . pts .ordinal
            """;

    /// @throws ContainerException naming the programs that are not installed
    static Tools prepare(Path folder) throws IOException {
        var tools =
                new Tools(
                        folder.resolve("programs"),
                        folder.resolve("dev"),
                        folder.resolve("skeleton"));
        var sources = sources();
        var stamp = stamp(sources);
        var done = folder.resolve("stamp");
        if (Files.exists(done) && Files.readString(done).equals(stamp)) return tools;
        Files.deleteIfExists(done);
        if (Files.exists(folder)) Trees.delete(folder);
        Files.createDirectories(tools.programs);
        copyPrograms(sources, tools.programs);
        makeDevices(tools.devices);
        makeSkeleton(tools.skeleton);
        Files.writeString(done, stamp);
        return tools;
    }

    private static List<Path> sources() {
        List<Path> found = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        List<String> needed = new ArrayList<>(PROGRAMS);
        needed.addAll(List.of("nsenter", "unshare", "pivot_root", "setsid", "cp", "mknod", "ldd"));
        for (var name : needed) {
            var path = find(name);
            if (path == null) missing.add(name);
            else if (PROGRAMS.contains(name)) found.add(path);
        }
        if (missing.isEmpty()) return found;
        throw new ContainerException(
                ContainerException.Kind.MACHINE,
                "programs are missing: %s. Install util-linux, mount and coreutils."
                        .formatted(String.join(", ", missing)));
    }

    private static @Nullable Path find(String name) {
        for (var folder : Shell.PATH.split(":", -1)) {
            var path = Path.of(folder, name);
            if (Files.isExecutable(path)) return path;
        }
        return null;
    }

    private static String stamp(List<Path> sources) throws IOException {
        var text = new StringBuilder("1\n");
        for (var source : sources) {
            var real = source.toRealPath();
            text.append(
                    "%s %d %s\n"
                            .formatted(real, Files.size(real), Files.getLastModifiedTime(real)));
        }
        return text.toString();
    }

    private static void copyPrograms(List<Path> sources, Path folder) throws IOException {
        List<String> command = new ArrayList<>(List.of("ldd"));
        for (var source : sources) {
            command.add(source.toString());
            copy(source, folder.resolve(source.getFileName()));
        }
        var libraries = LIBRARY.matcher(Shell.run("", command.toArray(String[]::new)));
        while (libraries.find()) {
            var library = Path.of(libraries.group(1));
            var name = library.getFileName().toString();
            copy(library, folder.resolve(name.startsWith("ld-linux") ? "ld.so" : name));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.copy(from.toRealPath(), to, StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void makeDevices(Path folder) throws IOException {
        Files.createDirectories(folder);
        Shell.run("", "/bin/sh", "-c", DEVICES, folder.toString());
    }

    /// Mount points every container needs. A whiteout hides the image's preload list; an empty file
    /// is mounted there so that the container cannot make one.
    private static void makeSkeleton(Path folder) throws IOException {
        for (var name : List.of("proc", "dev", "sys", "etc")) {
            Files.createDirectories(folder.resolve(name));
        }
        Files.createFile(folder.resolve("etc").resolve("ld.so.preload"));
        Shell.run("", "chmod", "-R", "u=rwX,go=rX", folder.toString());
    }

    /// The loader with one of the programs, as a container calls it.
    static List<String> inside(String program) {
        return List.of(
                TARGET + "/ld.so",
                "--inhibit-cache",
                "--library-path",
                TARGET,
                TARGET + "/" + program);
    }
}

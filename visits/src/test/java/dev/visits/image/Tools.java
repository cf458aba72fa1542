package dev.visits.image;

import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The shell and the small programs in the image, for whoever looks inside: busybox where the
/// machine has it, otherwise the machine's own with their libraries.
///
/// @param programs what they are taken from: one named `busybox`, or each by its own name
record Tools(List<Path> programs) {
    private static final List<Path> FOLDERS =
            Stream.of("/bin", "/usr/bin", "/sbin", "/usr/sbin").map(Path::of).toList();
    private static final String SHELL = "sh";
    private static final String BUSYBOX = "busybox";

    /// Of the packages every Debian has: coreutils, grep, sed, findutils, hostname, procps.
    private static final List<String> BASIC =
            words(
                    """
                    cat chmod cp date dd df du echo env find grep head hostname id kill ls mkdir mv
                    printenv ps pwd rm sed sleep sort stat stty sync tail tar test touch tr uname
                    wc whoami\
                    """);

    /// What busybox has besides.
    private static final List<String> MORE =
            words("free ip mount nc netstat nslookup ping top vi wget which");

    private static List<String> words(String text) {
        return List.of(text.split("\\s+", -1));
    }

    static Tools ofThisMachine() {
        return from(FOLDERS);
    }

    /// @param folders where programs are looked for, the first first
    static Tools from(List<Path> folders) {
        var busybox = find(folders, BUSYBOX);
        if (!busybox.isEmpty()) return new Tools(busybox);
        return new Tools(
                Stream.concat(Stream.of(SHELL), BASIC.stream())
                        .flatMap(name -> find(folders, name).stream())
                        .toList());
    }

    /// An executable file that is not a script.
    private static List<Path> find(List<Path> folders, String name) {
        return folders.stream()
                .map(folder -> folder.resolve(name))
                .filter(file -> Files.isExecutable(file) && isBinary(file))
                .limit(1)
                .toList();
    }

    private static boolean isBinary(Path file) {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(4), java.nio.charset.StandardCharsets.ISO_8859_1)
                    .equals("\177ELF");
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /// @param work a folder for the files that are written for the layer
    FileEntriesLayer layer(Path work) throws IOException {
        Files.createDirectories(work);
        var layer = FileEntriesLayer.builder().setName("tools");
        for (var program : programs) {
            ImageBuilder.add(layer, program, "/bin/" + program.getFileName());
            if (program.endsWith(BUSYBOX)) addApplets(layer, program, work);
        }
        for (var library : Libraries.of(programs)) {
            ImageBuilder.add(layer, library, library.toString());
        }
        var passwd =
                "root:x:0:0:root:/:/bin/sh\nvisits:x:%1$s:%1$s:visits:/:/bin/sh\n"
                        .formatted(ImageBuilder.USER);
        var group = "root:x:0:\nvisits:x:%s:\n".formatted(ImageBuilder.USER);
        ImageBuilder.add(layer, Files.writeString(work.resolve("passwd"), passwd), "/etc/passwd");
        ImageBuilder.add(layer, Files.writeString(work.resolve("group"), group), "/etc/group");
        var empty = Files.createDirectories(work.resolve("empty"));
        layer.addEntry(
                empty,
                AbsoluteUnixPath.get("/tmp"),
                FilePermissions.fromOctalString("777"),
                ImageBuilder.MADE);
        return layer.build();
    }

    private static void addApplets(FileEntriesLayer.Builder layer, Path busybox, Path work)
            throws IOException {
        ImageBuilder.add(layer, busybox, "/bin/" + SHELL);
        for (var name : Stream.concat(BASIC.stream(), MORE.stream()).toList()) {
            var script =
                    Files.writeString(
                            work.resolve(name),
                            "#!/bin/sh\nexec /bin/busybox %s \"$@\"\n".formatted(name));
            script.toFile().setExecutable(true, false);
            ImageBuilder.add(layer, script, "/bin/" + name);
        }
    }
}

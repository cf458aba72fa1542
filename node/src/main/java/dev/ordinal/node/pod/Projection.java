package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.node.runtime.Trees;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Writes the files of a configMap, secret, downwardAPI or projected volume so that a reader sees
/// all old or all new ones: a folder with the files, a link `..data` to it that is replaced at
/// once,
/// and a link for each name.
///
/// @see "upstream: pkg/volume/util/atomic_writer.go"
final class Projection {
    private static final String DATA = "..data";
    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("'..'yyyy_MM_dd_HH_mm_ss'.'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);

    private final Path folder;
    private final int mode;
    private final Instant now;

    /// @param mode negative: as the volume has it
    record Item(byte[] content, int mode) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Item item
                    && mode == item.mode
                    && Arrays.equals(content, item.content);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(content) * 31 + mode;
        }
    }

    /// What is done to the new files before anybody sees them.
    @FunctionalInterface
    interface Finish {
        void finish(Path files) throws IOException;
    }

    /// @param now names what is written
    Projection(Path folder, int mode, Instant now) {
        this.folder = folder;
        this.now = now;
        this.mode = mode < 0 ? 0644 : mode;
    }

    static int number(JsonNode mode) {
        return mode.isNumber() ? mode.asInt() : -1;
    }

    /// Shows these files; does nothing when they are shown already.
    ///
    /// @param files by path below the volume
    void write(Map<String, Item> files, Finish finish) throws IOException {
        Files.createDirectories(folder);
        Files.setAttribute(folder, "unix:mode", 0755);
        var data = folder.resolve(DATA);
        var before = Files.isSymbolicLink(data) ? data.toRealPath() : null;
        if (before != null && same(before, files)) return;
        var next = Files.createTempDirectory(folder, NAME.format(now));
        Files.setAttribute(next, "unix:mode", 0755);
        Set<String> top = new HashSet<>();
        for (var file : files.entrySet()) {
            var path = next.resolve(file.getKey()).normalize();
            if (!path.startsWith(next))
                throw new IOException("\"%s\" leads out of the volume".formatted(file.getKey()));
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue().content());
            Files.setAttribute(
                    path, "unix:mode", file.getValue().mode() < 0 ? mode : file.getValue().mode());
            top.add(next.relativize(path).getName(0).toString());
        }
        finish.finish(next);
        var link = folder.resolve("..data_tmp");
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, next.getFileName());
        Files.move(link, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        for (var name : top) {
            var visible = folder.resolve(name);
            if (!Files.exists(visible, LinkOption.NOFOLLOW_LINKS))
                Files.createSymbolicLink(visible, Path.of(DATA, name));
        }
        try (var present = Files.list(folder)) {
            for (var path : present.toList()) {
                var name = path.getFileName().toString();
                if (!name.startsWith("..") && !top.contains(name)) Files.delete(path);
            }
        }
        if (before != null) Trees.delete(before);
    }

    private static boolean same(Path before, Map<String, Item> files) throws IOException {
        try (var present = Files.walk(before)) {
            if (present.filter(Files::isRegularFile).count() != files.size()) return false;
        }
        for (var file : files.entrySet()) {
            var path = before.resolve(file.getKey());
            if (!Files.isRegularFile(path)
                    || !Arrays.equals(Files.readAllBytes(path), file.getValue().content()))
                return false;
        }
        return true;
    }
}

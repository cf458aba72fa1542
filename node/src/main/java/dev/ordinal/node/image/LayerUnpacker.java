package dev.ordinal.node.image;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/// Unpacks one layer into a folder of its own, as an overlay file system wants it. Nothing is ever
/// written outside that folder: names that lead out, or through a link, are refused.
///
/// Devices are left out: containers may not open any.
///
/// @see "OCI image specification: layer"
final class LayerUnpacker {
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";
    private static final int GZIP_MAGIC = 0x1f8b;

    private final Path root;
    private final Map<Path, FileTime> folderTimes = new LinkedHashMap<>();
    private long bytes;

    /// @param root empty, and not yet seen by anybody
    LayerUnpacker(Path root) {
        this.root = root;
    }

    /// The content of a file that may be packed.
    static InputStream plain(InputStream buffered) throws IOException {
        buffered.mark(2);
        int magic = buffered.read() << 8 | buffered.read();
        buffered.reset();
        return magic == GZIP_MAGIC ? new GZIPInputStream(buffered, 1 << 16) : buffered;
    }

    /// @return bytes of the files in it
    long unpack(InputStream layer) throws IOException {
        var tar = new TarArchiveInputStream(layer, StandardCharsets.UTF_8.name());
        for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            unpack(tar, entry);
        }
        for (var folder : folderTimes.entrySet()) {
            if (Files.isDirectory(folder.getKey(), LinkOption.NOFOLLOW_LINKS)) {
                Files.setLastModifiedTime(folder.getKey(), folder.getValue());
            }
        }
        return bytes;
    }

    private void unpack(TarArchiveInputStream tar, TarArchiveEntry entry) throws IOException {
        var path = place(entry.getName());
        if (path.equals(root)) {
            own(path, entry);
            return;
        }
        var name = path.getFileName().toString();
        var parent = parent(path);
        if (name.equals(OPAQUE)) {
            Special.opaque(parent);
            return;
        }
        if (name.startsWith(WHITEOUT)) {
            var hidden = parent.resolve(name.substring(WHITEOUT.length()));
            clear(hidden);
            Special.whiteout(hidden);
            return;
        }
        if (entry.isDirectory()) {
            if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                clear(path);
                Files.createDirectory(path);
            }
            own(path, entry);
            folderTimes.put(path, entry.getLastModifiedTime());
            return;
        }
        clear(path);
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
            var target = place(entry.getLinkName());
            parent(target);
            if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                throw new ImageException(
                        "%s links to %s, which is not there"
                                .formatted(entry.getName(), entry.getLinkName()));
            }
            Files.createLink(path, target);
            return;
        } else if (entry.isFIFO()) {
            Special.pipe(path);
        } else if (entry.isCharacterDevice() || entry.isBlockDevice()) {
            return;
        } else {
            bytes += Files.copy(tar, path, StandardCopyOption.REPLACE_EXISTING);
        }
        own(path, entry);
        Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .setTimes(entry.getLastModifiedTime(), null, null);
    }

    /// Where a name of the archive is in the folder.
    private Path place(String name) throws ImageException {
        var path = root;
        for (var part : name.split("/", -1)) {
            if (part.isEmpty() || part.equals(".")) continue;
            if (part.equals("..") || part.indexOf('\0') >= 0) {
                throw new ImageException("the name \"%s\" leads out of the image".formatted(name));
            }
            path = path.resolve(part);
        }
        return path;
    }

    /// The folder something is in; made when the archive does not have it.
    private Path parent(Path path) throws IOException {
        var folder = root;
        var inside = root.relativize(path);
        for (int i = 0; i < inside.getNameCount() - 1; i++) {
            folder = folder.resolve(inside.getName(i));
            if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) continue;
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw new ImageException(
                        "%s lies below %s, which is no folder"
                                .formatted(inside, root.relativize(folder)));
            }
            Files.createDirectory(folder);
            Files.setAttribute(folder, "unix:mode", 0755);
        }
        return folder;
    }

    /// A later entry replaces an earlier one.
    private static void clear(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS))
            dev.ordinal.node.runtime.Trees.delete(path);
    }

    private static void own(Path path, TarArchiveEntry entry) throws IOException {
        Files.setAttribute(
                path, "unix:uid", (int) entry.getLongUserId(), LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(
                path, "unix:gid", (int) entry.getLongGroupId(), LinkOption.NOFOLLOW_LINKS);
        if (!entry.isSymbolicLink()) Files.setAttribute(path, "unix:mode", entry.getMode() & 07777);
    }
}

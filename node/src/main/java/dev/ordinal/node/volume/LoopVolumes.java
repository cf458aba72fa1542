package dev.ordinal.node.volume;

import dev.ordinal.control.VolumeDisk;
import dev.ordinal.node.runtime.ContainerException;
import dev.ordinal.node.runtime.Mounts;
import dev.ordinal.node.runtime.Names;
import dev.ordinal.node.runtime.Shell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/// Volumes as ext4 file systems, each in a file whose space is taken from the disk when the volume
/// is made, so that no volume can run out of disk before it is full:
///
///     <folder>/<volume>.img  the file
///     <folder>/<volume>      where it is mounted
///     <folder>/<volume>.new  it has no object yet
///
/// Exactly the requested bytes, in blocks of 4 KiB, can be used for data: what the file system has
/// beyond that is reserved for a user that does not exist.
public final class LoopVolumes implements VolumeDisk {
    private static final String NEW = ".new";
    private static final int BLOCK = 4096;
    private static final int NOBODY = 65_533;
    private static final int LOST_AND_FOUND_BLOCKS = 4; // that folder is removed
    private static final int JOURNAL_MIB = 4;
    private static final long SMALL = 512L << 20;
    private static final int BYTES_PER_INODE_SMALL = 4096;
    private static final int BYTES_PER_INODE = 16_384;
    private static final long SMALLEST = 9L << 20; // a smaller file system has no journal
    private static final long MARGIN = 64L << 20;

    /// The kernel keeps a fiftieth, at most 4,096 blocks, of an ext4 file system for itself.
    private static final String FORMAT =
            """
            set -e
            image=$1 wanted=$2 ratio=$3
            mkfs.ext4 -q -F -b %1$d -m 0 -i $ratio -J size=%2$d -O ^resize_inode -E nodiscard,lazy_itable_init=0 "$image"
            dumpe2fs -h "$image" 2>/dev/null | {
              while IFS=: read -r name value; do
                case $name in
                  'Block count') all=$((value)) ;;
                  'Free blocks') free=$((value)) ;;
                esac
              done
              kept=$((all / 50))
              [ $kept -le 4096 ] || kept=4096
              reserved=$((free + %4$d - kept - wanted))
              [ $reserved -ge 0 ] || { echo "no room for $wanted blocks in $all"; exit 1; }
              tune2fs -r $reserved -u %3$d -g %3$d "$image" >/dev/null
            }
            """
                    .formatted(BLOCK, JOURNAL_MIB, NOBODY, LOST_AND_FOUND_BLOCKS);

    private final Path folder;
    private final Map<String, Object> locks = new ConcurrentHashMap<>();

    public LoopVolumes(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    private Path image(String volume) {
        return folder.resolve(Names.checkSubdomain(volume) + ".img");
    }

    private Path mark(String volume) {
        return folder.resolve(Names.checkSubdomain(volume) + NEW);
    }

    private Path target(String volume) {
        return folder.resolve(Names.checkSubdomain(volume));
    }

    private Object lock(String volume) {
        return locks.computeIfAbsent(volume, _ -> new Object());
    }

    @Override
    public String path(String volume) {
        return target(volume).toString();
    }

    @Override
    public void create(String volume, long bytes) throws IOException {
        synchronized (lock(volume)) {
            if (Files.exists(image(volume))) return;
            var making = folder.resolve(volume + ".making");
            long blocks = Math.ceilDiv(bytes, BLOCK);
            long needed = Math.addExact(Math.multiplyExact(blocks, BLOCK), overhead(bytes));
            long free = Files.getFileStore(folder).getUsableSpace() - MARGIN;
            if (needed > free) {
                throw new FullException(
                        "not enough free disk space: %d bytes requested, %d bytes available"
                                .formatted(bytes, Math.max(0, free - overhead(free))));
            }
            try {
                Files.deleteIfExists(making);
                Files.deleteIfExists(mark(volume));
                Shell.run("", "fallocate", "-l", Long.toString(needed), making.toString());
                Shell.run(
                        FORMAT,
                        "/bin/sh",
                        "-s",
                        making.toString(),
                        Long.toString(blocks),
                        Integer.toString(bytes < SMALL ? BYTES_PER_INODE_SMALL : BYTES_PER_INODE));
                Files.createFile(mark(volume));
                Files.move(making, image(volume));
                mountNew(volume);
            } catch (ContainerException refused) {
                remove(volume);
                throw new IOException(refused.getMessage(), refused);
            } finally {
                Files.deleteIfExists(making);
            }
        }
    }

    @Override
    public void finish(String volume) throws IOException {
        Files.deleteIfExists(mark(volume));
    }

    @Override
    public Set<String> unfinished() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(NEW))
                    .map(name -> name.substring(0, name.length() - NEW.length()))
                    .collect(Collectors.toSet());
        }
    }

    /// What the file system needs besides the data: its journal, inodes and bitmaps, and what the
    /// kernel keeps.
    private static long overhead(long bytes) {
        if (bytes >= SMALL) return (32L << 20) + bytes / 50;
        return Math.max((6L << 20) + bytes / 10, SMALLEST - bytes);
    }

    private void mountNew(String volume) throws IOException {
        mountNow(volume);
        Files.deleteIfExists(target(volume).resolve("lost+found"));
        Files.setAttribute(target(volume), "unix:mode", 0777);
    }

    private void mountNow(String volume) throws IOException {
        var target = Files.createDirectories(target(volume));
        Shell.run(
                "",
                "mount",
                "-o",
                "loop,nodev,nosuid",
                image(volume).toString(),
                target.toString());
    }

    /// Where the volume is mounted; it is, when this returns.
    ///
    /// @throws java.nio.file.NoSuchFileException there is no such volume
    public Path mount(String volume) throws IOException {
        synchronized (lock(volume)) {
            var target = target(volume);
            if (!Files.exists(image(volume)))
                throw new java.nio.file.NoSuchFileException(target.toString());
            if (!Mounts.at(target)) mountNow(volume);
            return target;
        }
    }

    @Override
    public void delete(String volume) throws IOException {
        synchronized (lock(volume)) {
            remove(volume);
        }
        locks.remove(volume);
    }

    private void remove(String volume) throws IOException {
        Mounts.unmountBelow(target(volume));
        Files.deleteIfExists(target(volume));
        Files.deleteIfExists(image(volume));
        Files.deleteIfExists(mark(volume));
    }

    /// Unmounts all; the data stays.
    public void unmountAll() throws IOException {
        Mounts.unmountBelow(folder);
    }
}

package dev.ordinal.store;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Opens stores that survive kill -9: RocksDB below, with a guard against silent loss.
///
/// A folder belongs to one process at a time.
public final class DiskStore {
    /// Of the records in the log. A folder of a newer one is refused.
    static final int FORMAT = 1;

    private DiskStore() {}

    /// @param folder made when missing
    /// @param library the unpacked native library, or null to let RocksDB unpack its own copy
    /// @throws StoreOpenException taken by another process, damaged, or of a newer version; the
    ///     database in it is unchanged then
    public static <T> Store<T> open(
            Path folder, Codec<T> codec, int historyMax, @Nullable Path library)
            throws IOException {
        Files.createDirectories(folder);
        var lock = lock(folder);
        try {
            var found = AsFound.hold(RocksLog.database(folder));
            @Nullable RocksLog log = null;
            try {
                log = RocksLog.open(folder, library);
                var state = log.load(codec);
                if (log.repaired()) found.keepAs(damaged(folder));
                else found.release();
                return new LogStore<>(codec, new Locked(log, lock), state, historyMax);
            } catch (IOException | RuntimeException failure) {
                if (log != null) log.close();
                found.restore();
                throw failure;
            }
        } catch (IOException | RuntimeException failure) {
            lock.channel().close();
            throw failure;
        }
    }

    private static Path damaged(Path folder) {
        return folder.resolve("damaged-" + System.currentTimeMillis());
    }

    private static FileLock lock(Path folder) throws IOException {
        var file =
                FileChannel.open(
                        folder.resolve("owner"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        try {
            var lock = file.tryLock();
            if (lock != null) return lock;
        } catch (OverlappingFileLockException _) {
            // Taken inside this process: the same answer.
        }
        file.close();
        throw new StoreOpenException(
                "%s is in use by another running cluster; stop it or choose another data folder"
                        .formatted(folder));
    }

    /// A log that lets go of its folder when closed.
    private record Locked(RocksLog log, FileLock lock) implements Log {
        @Override
        public void append(java.util.List<Line> batch) throws IOException {
            log.append(batch);
        }

        @Override
        public void close() {
            log.close();
            try {
                lock.channel().close();
            } catch (IOException failure) {
                throw new java.io.UncheckedIOException(failure);
            }
        }
    }
}

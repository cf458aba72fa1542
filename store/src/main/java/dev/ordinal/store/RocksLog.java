package dev.ordinal.store;

import org.jspecify.annotations.Nullable;
import org.pcollections.TreePMap;
import org.rocksdb.CompressionType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The durable log on RocksDB: object keys start with `/`, our own with `!`.
///
/// A value is its revision (8 bytes) and the encoded object.
final class RocksLog implements Log {
    private static final byte[] REVISION = "!revision".getBytes(StandardCharsets.UTF_8);
    private static final byte[] FORMAT = "!format".getBytes(StandardCharsets.UTF_8);

    private final Options options;
    private final RocksDB database;
    private final WriteOptions sync;
    private final Guard guard;
    private final Path folder;
    private boolean repaired;

    private RocksLog(Options options, RocksDB database, Guard guard, Path folder) {
        this.options = options;
        this.database = database;
        this.guard = guard;
        this.folder = folder;
        sync = new WriteOptions().setSync(true);
    }

    static RocksLog open(Path folder, @Nullable Path library) throws IOException {
        if (library == null) RocksDB.loadLibrary();
        else RocksDB.loadLibrary(List.of(folderOf(library)));
        var guard = Guard.open(folder.resolve("acknowledged"));
        try {
            return open(folder, guard);
        } catch (IOException | RuntimeException failure) {
            guard.close();
            throw failure;
        }
    }

    private static String folderOf(Path library) {
        return Objects.requireNonNull(library.toAbsolutePath().getParent()).toString();
    }

    private static RocksLog open(Path folder, Guard guard) throws IOException {
        try {
            return open(folder, guard, WALRecoveryMode.TolerateCorruptedTailRecords);
        } catch (RocksDBException damage) {
            if (!isCorruption(damage)) throw refusal(folder, "cannot be opened", damage);
        }
        // A torn tail is no loss, and the guard notices anything else.
        try {
            var log = open(folder, guard, WALRecoveryMode.PointInTimeRecovery);
            log.repaired = true;
            return log;
        } catch (RocksDBException beyondRepair) {
            throw refusal(folder, "is damaged", beyondRepair);
        }
    }

    private static RocksLog open(Path folder, Guard guard, WALRecoveryMode recovery)
            throws IOException, RocksDBException {
        var options = options(recovery);
        RocksDB database;
        try {
            database = RocksDB.open(options, database(folder).toString());
        } catch (RocksDBException failure) {
            options.close();
            throw failure;
        }
        return checked(new RocksLog(options, database, guard, folder));
    }

    /// The part of a store's folder that RocksDB has for itself.
    static Path database(Path folder) {
        return folder.resolve("rocksdb");
    }

    private static StoreOpenException refusal(Path folder, String state, RocksDBException cause) {
        return new StoreOpenException(
                "%s %s (%s): restore a backup or start with another data folder"
                        .formatted(folder, state, cause.getMessage()),
                cause);
    }

    private static RocksLog checked(RocksLog log) throws IOException, RocksDBException {
        try {
            log.checkFormat();
            log.checkNothingLost();
            return log;
        } catch (IOException | RocksDBException failure) {
            log.closeDatabase();
            throw failure;
        }
    }

    private void checkFormat() throws IOException, RocksDBException {
        var found = database.get(FORMAT);
        if (found == null) {
            database.put(sync, FORMAT, ByteBuffer.allocate(4).putInt(DiskStore.FORMAT).array());
            return;
        }
        int format = ByteBuffer.wrap(found).getInt();
        if (format > DiskStore.FORMAT) {
            throw new StoreOpenException(
                    "%s was written by a newer version (data format %d, this version reads up to %d): use that version or another data folder"
                            .formatted(folder, format, DiskStore.FORMAT));
        }
    }

    private void checkNothingLost() throws StoreOpenException {
        long recovered = database.getLatestSequenceNumber();
        if (recovered < guard.acknowledged()) {
            throw new StoreOpenException(
                    "%s has lost acknowledged writes (recovered to %d, acknowledged up to %d): restore a backup or start with another data folder"
                            .formatted(folder, recovered, guard.acknowledged()));
        }
    }

    private static boolean isCorruption(RocksDBException failure) {
        var status = failure.getStatus();
        return status != null && status.getCode() == Status.Code.Corruption;
    }

    private static Options options(WALRecoveryMode recovery) {
        return new Options()
                .setCreateIfMissing(true)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setWriteBufferSize(32L << 20)
                .setMaxTotalWalSize(64L << 20)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(2)
                .setParanoidChecks(true)
                .setWalRecoveryMode(recovery);
    }

    /// Everything that was acknowledged.
    <T> State<T> load(Codec<T> codec) throws IOException {
        Map<String, Entry<T>> entries = new HashMap<>();
        try (RocksIterator all = database.newIterator()) {
            for (all.seek("/".getBytes(StandardCharsets.UTF_8)); all.isValid(); all.next()) {
                var key = new String(all.key(), StandardCharsets.UTF_8);
                var value = all.value();
                long revision = ByteBuffer.wrap(value).getLong();
                var bytes = Arrays.copyOfRange(value, Long.BYTES, value.length);
                entries.put(key, new Entry<>(key, revision, codec.decode(revision, bytes)));
            }
            all.status();
            var revision = database.get(REVISION);
            return new State<>(
                    revision == null ? 0 : ByteBuffer.wrap(revision).getLong(),
                    TreePMap.from(entries));
        } catch (RocksDBException damaged) {
            throw refusal(folder, "is damaged", damaged);
        }
    }

    @Override
    public void append(List<Line> batch) throws IOException {
        try (var writes = new WriteBatch()) {
            for (var record : batch) {
                var key = record.key().getBytes(StandardCharsets.UTF_8);
                var value = record.value();
                if (value == null) writes.delete(key);
                else {
                    writes.put(
                            key,
                            ByteBuffer.allocate(Long.BYTES + value.length)
                                    .putLong(record.revision())
                                    .put(value)
                                    .array());
                }
            }
            var last = batch.getLast().revision();
            writes.put(REVISION, ByteBuffer.allocate(Long.BYTES).putLong(last).array());
            database.write(sync, writes);
            guard.acknowledge(database.getLatestSequenceNumber());
        } catch (RocksDBException failure) {
            throw new IOException(failure.getMessage(), failure);
        }
    }

    /// Whether what RocksDB found was damaged, but nothing acknowledged is missing.
    boolean repaired() {
        return repaired;
    }

    private void closeDatabase() {
        sync.close();
        database.close();
        options.close();
    }

    @Override
    public void close() {
        closeDatabase();
        try {
            guard.close();
        } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        }
    }
}

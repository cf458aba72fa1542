package dev.ordinal.node.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.OptionalLong;

/// When the lines of a log began, in a file of pairs of eight bytes each. The first pair says which
/// part of the log is kept and indexed; each further one is the offset of a line and the
/// nanoseconds since 1970 at which it and those up to the next pair's were seen.
///
/// One thread at a time writes; anybody may read meanwhile, since the file is only appended to or
/// replaced.
final class LogIndex {
    private static final int PAIR_BYTES = 2 * Long.BYTES;
    private static final long NANOS = 1_000_000_000L;

    private final Path file;

    /// @param begin offset of the oldest byte
    /// @param end offset after the newest
    record Kept(long begin, long end) {}

    /// Lines that were seen at the same time.
    ///
    /// @param begin offset of the first
    /// @param end offset after the last, as far as was indexed
    record Batch(long begin, long end, Instant at) {
        static final Batch NONE = new Batch(0, 0, Instant.EPOCH);

        boolean has(long offset) {
            return offset >= begin && offset < end;
        }
    }

    LogIndex(Path file) {
        this.file = file;
    }

    /// What an earlier server indexed; nothing when there is no file.
    Kept resume() throws IOException {
        if (!Files.exists(file)) return new Kept(0, 0);
        try (var pairs = FileChannel.open(file, StandardOpenOption.WRITE)) {
            pairs.truncate(pairs.size() / PAIR_BYTES * PAIR_BYTES);
        }
        try (var pairs = FileChannel.open(file)) {
            if (pairs.size() == 0) return new Kept(0, 0);
            var first = pair(pairs, 0);
            return new Kept(first.getLong(0), first.getLong(Long.BYTES));
        }
    }

    /// A line begins here; so may others after it, all at this time.
    void add(long offset, Instant at) throws IOException {
        try (var pairs = open()) {
            if (pairs.size() == 0) write(pairs, 0, 0, 0);
            write(pairs, pairs.size(), offset, nanos(at));
        }
    }

    void keep(Kept kept) throws IOException {
        try (var pairs = open()) {
            write(pairs, 0, kept.begin(), kept.end());
        }
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private static void write(FileChannel pairs, long at, long first, long second)
            throws IOException {
        var bytes = ByteBuffer.allocate(PAIR_BYTES).putLong(first).putLong(second).flip();
        while (bytes.hasRemaining()) pairs.write(bytes, at + bytes.position());
    }

    /// Drops what tells only of lines that are no longer kept.
    void forgetBefore(Kept kept) throws IOException {
        var next = file.resolveSibling(file.getFileName() + ".new");
        try (var pairs = FileChannel.open(file);
                var fewer =
                        FileChannel.open(
                                next,
                                StandardOpenOption.CREATE,
                                StandardOpenOption.TRUNCATE_EXISTING,
                                StandardOpenOption.WRITE)) {
            write(fewer, 0, kept.begin(), kept.end());
            fewer.position(PAIR_BYTES);
            long from = Math.max(1, number(pairs, 0, kept.begin())) * PAIR_BYTES;
            while (from < pairs.size()) from += pairs.transferTo(from, pairs.size() - from, fewer);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Where the first line begins that was seen at that time or later.
    OptionalLong since(Instant time) throws IOException {
        if (!Files.exists(file)) return OptionalLong.empty();
        try (var pairs = FileChannel.open(file)) {
            long number = number(pairs, Long.BYTES, nanos(time) - 1) + 1;
            if (number * PAIR_BYTES >= pairs.size()) return OptionalLong.empty();
            return OptionalLong.of(pair(pairs, number).getLong(0));
        }
    }

    /// The lines around one that begins at `offset`.
    Batch batch(long offset) throws IOException {
        try (var pairs = FileChannel.open(file)) {
            long indexed = pair(pairs, 0).getLong(Long.BYTES);
            long number = Math.max(1, number(pairs, 0, offset));
            var pair = pair(pairs, number);
            boolean last = (number + 1) * PAIR_BYTES >= pairs.size();
            long end = last ? indexed : pair(pairs, number + 1).getLong(0);
            long nanos = pair.getLong(Long.BYTES);
            var at = Instant.ofEpochSecond(nanos / NANOS, nanos % NANOS);
            return new Batch(pair.getLong(0), end, at);
        }
    }

    /// The last pair with at most that value in a column; 0 when there is none.
    ///
    /// @param column offset within a pair
    private static long number(FileChannel pairs, int column, long atMost) throws IOException {
        long low = 0;
        long high = pairs.size() / PAIR_BYTES - 1;
        while (low < high) {
            long middle = (low + high + 1) >>> 1;
            if (pair(pairs, middle).getLong(column) <= atMost) low = middle;
            else high = middle - 1;
        }
        return low;
    }

    private static ByteBuffer pair(FileChannel pairs, long number) throws IOException {
        var pair = ByteBuffer.allocate(PAIR_BYTES);
        if (pairs.read(pair, number * PAIR_BYTES) < PAIR_BYTES) {
            throw new IOException("the index of the log ends within a pair");
        }
        return pair;
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * NANOS + time.getNano();
    }
}

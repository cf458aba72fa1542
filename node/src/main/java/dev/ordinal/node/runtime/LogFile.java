package dev.ordinal.node.runtime;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The output of one attempt. The container appends to a file; beside it this class keeps the time
/// at which each line began, as pairs of offset and nanoseconds since 1970.
final class LogFile {
    private static final int ENTRY_BYTES = 16;
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'")
                    .withZone(ZoneOffset.UTC);

    private final Path file;
    private final Path times;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private long seen;
    private boolean atLineStart = true;
    private boolean ended;

    LogFile(Path file, Path times, InstantSource clock) {
        this.file = file;
        this.times = times;
        this.clock = clock;
    }

    /// Takes up what an earlier server indexed.
    void resume() throws IOException {
        lock.lock();
        try {
            if (!Files.exists(times) || !Files.exists(file)) return;
            long entries = Files.size(times) / ENTRY_BYTES;
            if (entries == 0) return;
            try (var index = FileChannel.open(times)) {
                seen = entry(index, entries - 1).getLong(0);
            }
            try (var index = FileChannel.open(times, StandardOpenOption.WRITE)) {
                index.truncate((entries - 1) * ENTRY_BYTES);
            }
        } finally {
            lock.unlock();
        }
    }

    private static ByteBuffer entry(FileChannel index, long number) throws IOException {
        var entry = ByteBuffer.allocate(ENTRY_BYTES);
        if (index.read(entry, number * ENTRY_BYTES) < ENTRY_BYTES) {
            throw new IOException("the index of the log ends within an entry");
        }
        return entry;
    }

    /// Looks for new output and tells those who follow.
    void scan() throws IOException {
        lock.lock();
        try {
            if (!Files.exists(file) || Files.size(file) == seen) return;
            long now = nanos(clock.instant());
            var entries = new ArrayDeque<Long>();
            try (var log = FileChannel.open(file)) {
                var buffer = ByteBuffer.allocate(BUFFER_BYTES);
                while (log.read(buffer.clear(), seen) > 0) {
                    buffer.flip();
                    for (int i = 0; i < buffer.limit(); i++) {
                        if (atLineStart) entries.add(seen + i);
                        atLineStart = buffer.get(i) == '\n';
                    }
                    seen += buffer.limit();
                }
            }
            var bytes = ByteBuffer.allocate(entries.size() * ENTRY_BYTES);
            for (long offset : entries) bytes.putLong(offset).putLong(now);
            try (var index =
                    FileChannel.open(times, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                bytes.flip();
                while (bytes.hasRemaining()) index.write(bytes);
            }
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }

    /// The container has ended: nothing more will come.
    void end() throws IOException {
        scan();
        lock.lock();
        try {
            ended = true;
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Writes what `options` ask for; with follow until the container ends or the thread is
    /// interrupted.
    void copy(LogOptions options, OutputStream out) throws IOException {
        scan();
        if (!Files.exists(file)) {
            Files.createFile(file);
        }
        try (var log = FileChannel.open(file)) {
            long position = start(options);
            long left = options.limitBytes().orElse(Long.MAX_VALUE);
            while (left > 0) {
                long end = length();
                if (position < end) {
                    long written = write(log, position, end, options.timestamps(), left, out);
                    left -= written;
                    position = end;
                    out.flush();
                } else if (!options.follow() || !await(end)) {
                    return;
                }
            }
        }
    }

    private long length() {
        lock.lock();
        try {
            return seen;
        } finally {
            lock.unlock();
        }
    }

    /// @return whether there is more than `length`
    private boolean await(long length) {
        lock.lock();
        try {
            while (seen == length && !ended) more.await();
            return seen > length;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private long start(LogOptions options) throws IOException {
        if (!Files.exists(times)) return 0;
        try (var index = FileChannel.open(times)) {
            long count = index.size() / ENTRY_BYTES;
            long first = 0;
            if (options.tailLines().isPresent()) {
                first = Math.max(0, count - options.tailLines().getAsLong());
            }
            if (options.since().isPresent()) {
                long wanted = nanos(options.since().get());
                while (first < count && entry(index, first).getLong(Long.BYTES) < wanted) first++;
            }
            return first >= count ? length() : entry(index, first).getLong(0);
        }
    }

    private long write(
            FileChannel log, long from, long to, boolean stamps, long limit, OutputStream out)
            throws IOException {
        long written = 0;
        long position = from;
        try (var index = FileChannel.open(times)) {
            long line = stamps ? lineAt(index, from) : 0;
            while (position < to && written < limit) {
                long end = to;
                if (stamps) {
                    var entry = entry(index, line);
                    if (entry.getLong(0) == position) {
                        var prefix = stamp(entry.getLong(Long.BYTES));
                        int length = (int) Math.min(prefix.length, limit - written);
                        out.write(prefix, 0, length);
                        written += length;
                    }
                    line++;
                    if (line * ENTRY_BYTES < index.size()) {
                        end = Math.min(to, entry(index, line).getLong(0));
                    }
                }
                long length = Math.min(end - position, limit - written);
                send(log, position, length, out);
                written += length;
                position = end;
            }
        }
        return written;
    }

    /// The last line that begins at or before an offset.
    private static long lineAt(FileChannel index, long offset) throws IOException {
        long low = 0;
        long high = index.size() / ENTRY_BYTES - 1;
        while (low < high) {
            long middle = (low + high + 1) >>> 1;
            if (entry(index, middle).getLong(0) <= offset) low = middle;
            else high = middle - 1;
        }
        return low;
    }

    /// A time as `timestamps` puts it before a line.
    static String stamp(Instant time) {
        return TIME.format(time) + " ";
    }

    private static byte[] stamp(long nanos) {
        var time = Instant.ofEpochSecond(nanos / 1_000_000_000L, nanos % 1_000_000_000L);
        return stamp(time).getBytes(StandardCharsets.US_ASCII);
    }

    private static void send(FileChannel log, long from, long length, OutputStream out)
            throws IOException {
        var buffer = ByteBuffer.allocate((int) Math.min(BUFFER_BYTES, length));
        long position = from;
        while (position < from + length) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), from + length - position));
            int read = log.read(buffer, position);
            if (read <= 0) throw new IOException("the log has become shorter");
            out.write(buffer.array(), 0, read);
            position += read;
        }
    }
}

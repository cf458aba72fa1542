package dev.ordinal.node.runtime;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The output of one attempt. The container itself appends to a file; beside it a [LogIndex] keeps
/// when lines began.
///
/// Of a long log the oldest whole lines are dropped: when more than five parts are kept, only four
/// stay, which is what upstream keeps in five files. The container holds its file open, so the file
/// is not moved away; the kernel is asked to forget the blocks at its beginning, and every byte
/// keeps its offset. A log grows beyond its bound while no server runs.
final class LogFile {
    /// Upstream's default: five files of 10 MiB.
    static final long PART_BYTES = 10 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(LogFile.class);
    private static final int PARTS = 5;
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'")
                    .withZone(ZoneOffset.UTC);

    private final Path file;
    private final LogIndex index;
    private final InstantSource clock;
    private final long partBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private LogIndex.Kept kept = new LogIndex.Kept(0, 0);
    private boolean atLineStart = true;
    private boolean dropping = true;
    private boolean ended;

    /// @param partBytes five of these are kept at most
    LogFile(Path file, LogIndex index, InstantSource clock, long partBytes) {
        this.file = file;
        this.index = index;
        this.clock = clock;
        this.partBytes = partBytes;
    }

    /// Takes up what an earlier server indexed.
    void resume() throws IOException {
        lock.lock();
        try {
            if (!Files.exists(file)) return;
            kept = index.resume();
            if (kept.end() == 0) return;
            try (var log = FileChannel.open(file)) {
                var last = ByteBuffer.allocate(1);
                atLineStart = log.read(last, kept.end() - 1) == 1 && last.get(0) == '\n';
            }
        } finally {
            lock.unlock();
        }
    }

    /// Looks for new output and tells those who follow.
    void scan() throws IOException {
        lock.lock();
        try {
            if (!Files.exists(file) || Files.size(file) == kept.end()) return;
            try (var log = FileChannel.open(file)) {
                var buffer = ByteBuffer.allocate(BUFFER_BYTES);
                while (log.read(buffer.clear(), kept.end()) > 0) take(log, buffer.flip());
            }
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void take(FileChannel log, ByteBuffer bytes) throws IOException {
        int line = atLineStart ? 0 : afterLine(bytes, 0);
        if (line < bytes.limit()) index.add(kept.end() + line, clock.instant());
        atLineStart = bytes.get(bytes.limit() - 1) == '\n';
        kept = new LogIndex.Kept(kept.begin(), kept.end() + bytes.limit());
        if (dropping && kept.end() - kept.begin() > PARTS * partBytes) drop(log);
        index.keep(kept);
    }

    /// Readers look whether what they have just read was dropped, so they hear of it first.
    private void drop(FileChannel log) throws IOException {
        long wanted = kept.end() - (PARTS - 1) * partBytes;
        kept = new LogIndex.Kept(lineAfter(log, wanted), kept.end());
        try {
            Libc.discard(file, kept.begin());
        } catch (IOException refused) {
            dropping = false;
            LOG.warn("{} grows without bound: its file system keeps all of it", file, refused);
        }
        index.forgetBefore(kept);
    }

    /// The first line that begins at or after an offset, or the offset within a line that has no
    /// end.
    private long lineAfter(FileChannel log, long offset) throws IOException {
        var buffer = ByteBuffer.allocate(BUFFER_BYTES);
        for (long at = offset - 1; at < kept.end(); at += buffer.limit()) {
            if (log.read(buffer.clear(), at) <= 0) break;
            int after = afterLine(buffer.flip(), 0);
            if (buffer.get(after - 1) == '\n') return at + after;
        }
        return offset;
    }

    /// The place after the first end of a line at or after `from`, or the limit when there is none.
    private static int afterLine(ByteBuffer bytes, int from) {
        for (int i = from; i < bytes.limit(); i++) {
            if (bytes.get(i) == '\n') return i + 1;
        }
        return bytes.limit();
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
        if (!Files.exists(file)) Files.createFile(file);
        try (var log = FileChannel.open(file)) {
            copy(new Copy(log, options, out), options.follow());
        }
    }

    private void copy(Copy copy, boolean follow) throws IOException {
        while (copy.left > 0) {
            long end = kept().end();
            if (copy.position < end) copy.to(end);
            else if (!follow || !await(end)) return;
        }
    }

    /// Where what comes next will be.
    long position() throws IOException {
        scan();
        return kept().end();
    }

    /// Writes what comes from a position on until the container ends or the thread is interrupted.
    void follow(long position, OutputStream out) throws IOException {
        if (!Files.exists(file)) Files.createFile(file);
        try (var log = FileChannel.open(file)) {
            copy(new Copy(log, position, out), true);
        }
    }

    private LogIndex.Kept kept() {
        lock.lock();
        try {
            return kept;
        } finally {
            lock.unlock();
        }
    }

    /// @return whether there is more than `length`
    private boolean await(long length) {
        lock.lock();
        try {
            while (kept.end() == length && !ended) more.await();
            return kept.end() > length;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /// A time as `timestamps` puts it before a line.
    static String stamp(Instant time) {
        return TIME.format(time) + " ";
    }

    /// One reader's way through the log.
    private final class Copy {
        private final FileChannel log;
        private final boolean stamps;
        private final OutputStream out;
        private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        private LogIndex.Batch batch = LogIndex.Batch.NONE;
        private boolean atLineStart = true;
        private long position;
        private long left;

        Copy(FileChannel log, LogOptions options, OutputStream out) throws IOException {
            this.log = log;
            this.out = out;
            stamps = options.timestamps();
            left = options.limitBytes().orElse(Long.MAX_VALUE);
            var all = kept();
            position = all.begin();
            if (options.tailLines().isPresent()) {
                position = tail(options.tailLines().getAsLong(), all);
            }
            if (options.since().isPresent()) {
                long since = index.since(options.since().get()).orElse(all.end());
                position = Math.max(position, since);
            }
        }

        Copy(FileChannel log, long position, OutputStream out) {
            this.log = log;
            this.out = out;
            this.position = position;
            stamps = false;
            left = Long.MAX_VALUE;
        }

        /// Where the last so many lines begin.
        private long tail(long lines, LogIndex.Kept all) throws IOException {
            long found = 0;
            for (long end = all.end(); end > all.begin() && lines > 0; ) {
                long begin = Math.max(all.begin(), end - BUFFER_BYTES);
                read(begin, end);
                for (int i = buffer.limit() - 1; i >= 0; i--) {
                    if (buffer.get(i) != '\n' || begin + i + 1 == all.end()) continue;
                    if (++found == lines) return begin + i + 1;
                }
                end = begin;
            }
            return lines > 0 ? all.begin() : all.end();
        }

        private void read(long from, long to) throws IOException {
            buffer.clear().limit((int) Math.min(BUFFER_BYTES, to - from));
            while (buffer.hasRemaining()) {
                if (log.read(buffer, from + buffer.position()) <= 0) {
                    throw new IOException("the log has become shorter");
                }
            }
            buffer.flip();
        }

        void to(long end) throws IOException {
            while (position < end && left > 0) {
                read(position, end);
                long begin = kept().begin();
                if (position < begin) { // what was read may be gone already
                    position = begin;
                    atLineStart = true;
                    continue;
                }
                if (stamps) putLines();
                else put(buffer.array(), 0, buffer.limit());
                position += buffer.limit();
            }
            out.flush();
        }

        private void putLines() throws IOException {
            for (int from = 0; from < buffer.limit(); ) {
                if (atLineStart) {
                    if (!batch.has(position + from)) batch = index.batch(position + from);
                    var stamp = stamp(batch.at()).getBytes(StandardCharsets.US_ASCII);
                    put(stamp, 0, stamp.length);
                }
                int to = afterLine(buffer, from);
                put(buffer.array(), from, to - from);
                atLineStart = buffer.get(to - 1) == '\n';
                from = to;
            }
        }

        private void put(byte[] bytes, int from, int length) throws IOException {
            int allowed = (int) Math.min(length, left);
            out.write(bytes, from, allowed);
            left -= allowed;
        }
    }
}

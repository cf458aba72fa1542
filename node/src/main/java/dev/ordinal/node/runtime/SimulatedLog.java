package dev.ordinal.node.runtime;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The output of a simulated container: whole lines, in memory.
final class SimulatedLog {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private final List<Line> lines = new ArrayList<>();
    private boolean ended;

    private record Line(Instant at, String text) {
        byte[] bytes(boolean stamped) {
            var whole = stamped ? LogFile.stamp(at) + text + "\n" : text + "\n";
            return whole.getBytes(StandardCharsets.UTF_8);
        }
    }

    void add(Instant at, String text) {
        lock.lock();
        try {
            lines.add(new Line(at, text));
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Nothing more will come.
    void end() {
        lock.lock();
        try {
            ended = true;
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// As [Runtime#logs] has it.
    void copy(LogOptions options, OutputStream out) throws IOException {
        copy(first(options), options, out);
    }

    /// @param first number of the first line
    void copy(int first, LogOptions options, OutputStream out) throws IOException {
        long left = options.limitBytes().orElse(Long.MAX_VALUE);
        for (int number = first; left > 0; number++) {
            var line = line(number, options.follow());
            if (line.isEmpty()) return;
            var bytes = line.get().bytes(options.timestamps());
            int length = (int) Math.min(bytes.length, left);
            out.write(bytes, 0, length);
            out.flush();
            left -= length;
        }
    }

    /// How many lines there are.
    int size() {
        lock.lock();
        try {
            return lines.size();
        } finally {
            lock.unlock();
        }
    }

    private int first(LogOptions options) {
        lock.lock();
        try {
            long wanted = options.tailLines().orElse(lines.size());
            int first = (int) Math.max(0, lines.size() - wanted);
            if (options.since().isEmpty()) return first;
            var since = options.since().get();
            while (first < lines.size() && lines.get(first).at().isBefore(since)) first++;
            return first;
        } finally {
            lock.unlock();
        }
    }

    /// @return a line, or nothing when there is none and none will come or `wait` is not set
    private Optional<Line> line(int number, boolean wait) {
        lock.lock();
        try {
            while (wait && number >= lines.size() && !ended) more.await();
            return number < lines.size() ? Optional.of(lines.get(number)) : Optional.empty();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }
}

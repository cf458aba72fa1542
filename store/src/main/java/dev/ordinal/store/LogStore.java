package dev.ordinal.store;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;

/// The commit path: one thread decides, appends to the log, shows and announces.
///
/// Concurrent writes are grouped: all that wait share one append, so one sync. Where there is
/// nothing to sync, each writer commits its own write under a lock instead.
final class LogStore<T> implements Store<T> {
    /// Writes that may wait; a further one waits outside.
    static final int WRITES_MAX = 4096;

    private final Codec<T> codec;
    private final Log log;
    private final History<T> history;
    private final BlockingQueue<Write<T>> queue = new ArrayBlockingQueue<>(WRITES_MAX);
    private final ReentrantLock turn = new ReentrantLock();
    private final @Nullable Thread writer;
    private volatile State<T> latest;
    private volatile boolean closed;
    private volatile @Nullable StoreFailedException failure;

    /// @param initial what the log held at open
    /// @param historyMax how many past writes can be watched again
    LogStore(Codec<T> codec, Log log, State<T> initial, int historyMax) {
        this.codec = codec;
        this.log = log;
        latest = initial;
        history = new History<>(initial, historyMax);
        writer =
                log == Log.NONE
                        ? null
                        : Thread.ofPlatform().name("store-writer").daemon().start(this::write);
    }

    @Override
    public Snapshot<T> latest() {
        return latest;
    }

    @Override
    public Snapshot<T> at(long revision) throws CompactedException {
        return history.at(revision);
    }

    @Override
    public T put(String key, long expected, LongFunction<T> encode) throws StaleException {
        return submit(new Write<>(key, expected, encode, false, new CompletableFuture<>()));
    }

    @Override
    public T delete(String key, long expected, LongFunction<T> tombstone) throws StaleException {
        return submit(new Write<>(key, expected, tombstone, true, new CompletableFuture<>()));
    }

    @Override
    public Watch<T> watch(String prefix, long after) throws CompactedException {
        return history.watch(prefix, after);
    }

    @Override
    public Optional<String> failure() {
        return Optional.ofNullable(failure).map(Throwable::getMessage);
    }

    private T submit(Write<T> write) throws StaleException {
        if (writer == null) commitAlone(write);
        else enqueue(write);
        try {
            return write.done.join();
        } catch (CompletionException wrapped) {
            switch (wrapped.getCause()) {
                case StaleException stale -> throw stale;
                case RuntimeException refused -> throw refused;
                case null, default -> throw wrapped;
            }
        }
    }

    private void commitAlone(Write<T> write) {
        turn.lock();
        try {
            if (closed) throw closedException();
            commit(List.of(write));
        } finally {
            turn.unlock();
        }
    }

    private void enqueue(Write<T> write) {
        // A caught interrupt must not lose the outcome of a write that is already under way.
        boolean interrupted = false;
        while (true) {
            try {
                if (closed) throw closedException();
                if (queue.offer(write, 1, java.util.concurrent.TimeUnit.SECONDS)) break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (closed && queue.remove(write)) write.done.completeExceptionally(closedException());
        if (interrupted) Thread.currentThread().interrupt();
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the store is closed");
    }

    private void write() {
        List<Write<T>> batch = new ArrayList<>();
        while (!closed) {
            try {
                batch.add(queue.take());
            } catch (InterruptedException _) {
                break;
            }
            queue.drainTo(batch);
            commit(batch);
            batch.clear();
        }
        queue.drainTo(batch);
        batch.forEach(write -> write.done.completeExceptionally(closedException()));
    }

    private void commit(List<Write<T>> batch) {
        var broken = failure;
        if (broken != null) {
            batch.forEach(write -> write.done.completeExceptionally(broken));
            return;
        }
        List<Decided<T>> decided = new ArrayList<>();
        var state = latest;
        for (var write : batch) {
            try {
                var next = decide(state, write);
                decided.add(next);
                state = next.after;
            } catch (StaleException | RuntimeException refused) {
                write.done.completeExceptionally(refused);
            }
        }
        if (decided.isEmpty()) return;
        try {
            log.append(decided.stream().map(Decided::record).toList());
        } catch (IOException disk) {
            var failed =
                    new StoreFailedException(
                            "the store cannot write any more: %s; free or repair the disk and start again"
                                    .formatted(disk.getMessage()),
                            disk);
            failure = failed;
            decided.forEach(one -> one.write.done.completeExceptionally(failed));
            return;
        }
        latest = state;
        history.add(decided.stream().map(Decided::moment).toList());
        decided.forEach(one -> one.write.done.complete(one.value));
    }

    private Decided<T> decide(State<T> state, Write<T> write) throws StaleException {
        var current = state.get(write.key);
        if ((current == null ? 0 : current.revision()) != write.expected) {
            throw new StaleException(write.key, write.expected, current);
        }
        long revision = state.revision() + 1;
        var value = write.encode.apply(revision);
        if (write.delete) {
            if (current == null) throw new StaleException(write.key, write.expected, null);
            var after = state.without(write.key, revision);
            return new Decided<>(
                    write,
                    value,
                    new Log.Line(revision, write.key, null),
                    after,
                    new Event.Deleted<>(revision, write.key, value, current.value()));
        }
        var after = state.with(new Entry<>(write.key, revision, value));
        return new Decided<>(
                write,
                value,
                new Log.Line(revision, write.key, codec.bytes(value)),
                after,
                new Event.Put<>(
                        revision, write.key, value, current == null ? null : current.value()));
    }

    @Override
    public void close() {
        closed = true;
        if (writer != null) join(writer);
        history.close();
        log.close();
    }

    private static void join(Thread writer) {
        writer.interrupt();
        boolean interrupted = Thread.interrupted();
        while (writer.isAlive()) {
            try {
                var _ = writer.join(Duration.ofMinutes(1));
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }

    private record Write<T>(
            String key,
            long expected,
            LongFunction<T> encode,
            boolean delete,
            CompletableFuture<T> done) {}

    private record Decided<T>(
            Write<T> write, T value, Log.Line record, State<T> after, Event<T> event) {
        History.Moment<T> moment() {
            return new History.Moment<>(event, after);
        }
    }
}

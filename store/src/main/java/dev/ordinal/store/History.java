package dev.ordinal.store;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The last writes with the state after each, as a ring. Watches are cursors into it.
///
/// Revisions are consecutive, so a revision is its place in the ring.
final class History<T> {
    /// One write and the state it led to.
    record Moment<T>(Event<T> event, State<T> after) {}

    /// Events handed out at once.
    private static final int CHUNK = 1000;

    private final Moment<?>[] ring;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition advanced = lock.newCondition();
    private State<T> before;
    private long newest;
    private boolean closed;

    History(State<T> initial, int max) {
        ring = new Moment<?>[max];
        before = initial;
        newest = initial.revision();
    }

    void add(List<Moment<T>> moments) {
        lock.lock();
        try {
            for (var moment : moments) {
                newest = moment.event().revision();
                int place = place(newest);
                var dropped = moment(place);
                if (dropped != null) before = dropped.after();
                ring[place] = moment;
            }
            advanced.signalAll();
        } finally {
            lock.unlock();
        }
    }

    Snapshot<T> at(long revision) throws CompactedException {
        lock.lock();
        try {
            if (revision < before.revision()) {
                throw new CompactedException(revision, before.revision());
            }
            if (revision == before.revision()) return before;
            var moment = moment(place(Math.min(revision, newest)));
            return moment == null ? before : moment.after();
        } finally {
            lock.unlock();
        }
    }

    Watch<T> watch(String prefix, long after) throws CompactedException {
        lock.lock();
        try {
            if (after < before.revision()) {
                throw new CompactedException(after, before.revision());
            }
            return new Cursor(prefix, after);
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            advanced.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private int place(long revision) {
        return (int) (revision % ring.length);
    }

    @SuppressWarnings("unchecked")
    private @Nullable Moment<T> moment(int place) {
        return (Moment<T>) ring[place];
    }

    private final class Cursor implements Watch<T> {
        private final String prefix;
        private volatile long position;
        private boolean ended;

        Cursor(String prefix, long after) {
            this.prefix = prefix;
            position = after;
        }

        @Override
        public List<Event<T>> next(Duration patience)
                throws InterruptedException, CompactedException {
            long left = patience.toNanos();
            lock.lockInterruptibly();
            try {
                while (true) {
                    var found = collect();
                    if (!found.isEmpty() || ended || closed) return found;
                    if (left <= 0) return found;
                    left = advanced.awaitNanos(left);
                }
            } finally {
                lock.unlock();
            }
        }

        private List<Event<T>> collect() throws CompactedException {
            if (position < before.revision()) {
                throw new CompactedException(position, before.revision());
            }
            List<Event<T>> found = new ArrayList<>();
            long at = position;
            while (at < newest && found.size() < CHUNK) {
                var moment = moment(place(at + 1));
                if (moment == null) break;
                if (moment.event().key().startsWith(prefix)) found.add(moment.event());
                at++;
            }
            position = at;
            return found;
        }

        @Override
        public long revision() {
            return position;
        }

        @Override
        public void close() {
            lock.lock();
            try {
                ended = true;
                advanced.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}

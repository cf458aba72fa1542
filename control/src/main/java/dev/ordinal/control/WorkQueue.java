package dev.ordinal.control;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Keys that want a look. A key is never handed to two workers at once, and a key asked for many
/// times while it waits is looked at once.
///
/// A key that is asked for later more than once comes at the earliest of these times. Failed keys
/// come back after 5 ms, doubled each time up to 1000 s, as in client-go's default rate
/// limiter. It holds one entry per key, so it is bounded by the number of objects.
public final class WorkQueue {
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(5);
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(1000);

    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Key> ready = new LinkedHashSet<>();
    private final Set<Key> busy = new HashSet<>();
    private final Set<Key> againAfterBusy = new HashSet<>();
    private final NavigableSet<Later> later = new TreeSet<>();
    private final Map<Key, Later> laterByKey = new HashMap<>();
    private final Map<Key, Integer> failures = new HashMap<>();

    public WorkQueue(InstantSource clock) {
        this.clock = clock;
    }

    public void add(Key key) {
        lock.lock();
        try {
            if (busy.contains(key)) againAfterBusy.add(key);
            else if (ready.add(key)) changed.signal();
        } finally {
            lock.unlock();
        }
    }

    public void addAfter(Key key, Duration delay) {
        if (delay.isZero()) {
            add(key);
            return;
        }
        lock.lock();
        try {
            delay(key, delay);
        } finally {
            lock.unlock();
        }
    }

    private void delay(Key key, Duration delay) {
        var wanted = new Later(clock.instant().plus(delay), key);
        var known = laterByKey.get(key);
        if (known != null && !wanted.at.isBefore(known.at)) return;
        if (known != null) later.remove(known);
        laterByKey.put(key, wanted);
        later.add(wanted);
        changed.signal();
    }

    private @Nullable Later next() {
        return later.isEmpty() ? null : later.first();
    }

    /// Waits for a key. Every taken key must come back by [#done] or [#failed].
    public Key take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                var key = due();
                if (key != null) return key;
                var next = next();
                if (next == null) changed.await();
                else {
                    var wait = Duration.between(clock.instant(), next.at);
                    var _ = changed.await(Math.max(1, wait.toNanos()), TimeUnit.NANOSECONDS);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /// A key that is due now, or null. For a simulation that steps by hand.
    public @Nullable Key poll() {
        lock.lock();
        try {
            return due();
        } finally {
            lock.unlock();
        }
    }

    /// When the next delayed key is due, or null when none waits.
    public @Nullable Instant nextDelayed() {
        lock.lock();
        try {
            var next = next();
            return next == null ? null : next.at;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Key due() {
        var now = clock.instant();
        for (var next = next(); next != null && !next.at.isAfter(now); next = next()) {
            later.remove(next);
            laterByKey.remove(next.key);
            if (busy.contains(next.key)) againAfterBusy.add(next.key);
            else ready.add(next.key);
        }
        var keys = ready.iterator();
        if (!keys.hasNext()) return null;
        var key = keys.next();
        keys.remove();
        busy.add(key);
        if (!ready.isEmpty()) changed.signal();
        return key;
    }

    /// The look succeeded.
    public void done(Key key) {
        lock.lock();
        try {
            failures.remove(key);
            release(key);
        } finally {
            lock.unlock();
        }
    }

    /// The look failed: the key comes back after its back-off.
    public void failed(Key key) {
        lock.lock();
        try {
            int count = failures.merge(key, 1, Integer::sum);
            delay(key, backoff(count));
            release(key);
        } finally {
            lock.unlock();
        }
    }

    private void release(Key key) {
        busy.remove(key);
        if (againAfterBusy.remove(key) && ready.add(key)) changed.signal();
    }

    private static Duration backoff(int failures) {
        if (failures > 18) return LONGEST_BACKOFF;
        var wait = FIRST_BACKOFF.multipliedBy(1L << (failures - 1));
        return wait.compareTo(LONGEST_BACKOFF) > 0 ? LONGEST_BACKOFF : wait;
    }

    private record Later(Instant at, Key key) implements Comparable<Later> {
        @Override
        public int compareTo(Later other) {
            int byTime = at.compareTo(other.at);
            return byTime != 0 ? byTime : key.compareTo(other.key);
        }
    }
}

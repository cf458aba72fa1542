package dev.ordinal.conformance;

import com.fasterxml.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Everything the watches have told, in the order it came. Safe for many threads.
final class Journal {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition grown = lock.newCondition();
    private final List<Change> changes = new ArrayList<>();

    /// One write as a watch tells it.
    ///
    /// @param type `ADDED`, `MODIFIED` or `DELETED`
    record Change(Resource resource, String type, JsonNode object) {
        static final Comparator<Change> ORDER = Comparator.comparingLong(Change::revision);

        /// One counter for all kinds, so that it orders writes across watches.
        long revision() {
            return object.path("metadata").path("resourceVersion").asLong();
        }

        String name() {
            return object.path("metadata").path("name").asText();
        }
    }

    void add(Change change) {
        lock.lock();
        try {
            changes.add(change);
            grown.signalAll();
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return changes.size();
        } finally {
            lock.unlock();
        }
    }

    /// What came after the first `known`, in the order it was written.
    List<Change> after(int known) {
        lock.lock();
        try {
            var tail = new ArrayList<>(changes.subList(known, changes.size()));
            tail.sort(Change.ORDER);
            return tail;
        } finally {
            lock.unlock();
        }
    }

    /// Blocks until there are more than `known`.
    ///
    /// @return false when there are not, after all of `wait`
    boolean awaitMore(int known, Duration wait) throws InterruptedException {
        long nanos = wait.toNanos();
        if (!lock.tryLock(nanos, TimeUnit.NANOSECONDS)) return false;
        try {
            while (changes.size() <= known) {
                if (nanos <= 0) return false;
                nanos = grown.awaitNanos(nanos);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}

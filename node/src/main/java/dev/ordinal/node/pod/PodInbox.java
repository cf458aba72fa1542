package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Stored;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/// What the worker of a pod is told: the newest state of its pod, and that something has happened
/// which it may wait for.
final class PodInbox {
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Stored pod;
    private boolean vanished;
    private boolean news = true;
    private boolean stale;

    PodInbox(Stored pod, InstantSource clock) {
        this.pod = pod;
        this.clock = clock;
    }

    /// The newest state of the pod in the API. What is known already is no news.
    void update(Stored newer) {
        locked(
                () -> {
                    if (newer.revision() <= pod.revision()) return;
                    keep(newer);
                    wake();
                });
    }

    /// What the worker itself has written is no news to it.
    void written(Stored newer) {
        locked(() -> keep(newer));
    }

    /// An object has changed that volumes may show.
    void changed(GroupVersionResource type, Stored object) {
        locked(
                () -> {
                    if (!object.namespace().equals(pod.namespace())) return;
                    if (!PodVolumes.shows(pod.tree(), type, object.name())) return;
                    stale = true;
                    wake();
                });
    }

    /// Objects may have changed that volumes show.
    void allChanged() {
        locked(
                () -> {
                    stale = true;
                    wake();
                });
    }

    /// The pod is gone from the API.
    void vanish() {
        locked(
                () -> {
                    vanished = true;
                    wake();
                });
    }

    /// Asks for another look.
    void nudge() {
        locked(this::wake);
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }

    private void wake() {
        news = true;
        changed.signalAll();
    }

    private void keep(Stored newer) {
        if (newer.revision() < pod.revision()) return;
        stale |= !sameNotes(pod.tree(), newer.tree());
        pod = newer;
    }

    /// Whether volumes that show labels and annotations can stay as they are.
    private static boolean sameNotes(JsonNode before, JsonNode after) {
        return before.at("/metadata/labels").equals(after.at("/metadata/labels"))
                && before.at("/metadata/annotations").equals(after.at("/metadata/annotations"));
    }

    /// The pod, with all that was told so far.
    Stored next() {
        lock.lock();
        try {
            news = false;
            return pod;
        } finally {
            lock.unlock();
        }
    }

    Stored latest() {
        lock.lock();
        try {
            return pod;
        } finally {
            lock.unlock();
        }
    }

    boolean vanished() {
        lock.lock();
        try {
            return vanished;
        } finally {
            lock.unlock();
        }
    }

    /// Whether volumes have to be written anew since this was last asked.
    boolean takeStale() {
        lock.lock();
        try {
            boolean was = stale;
            stale = false;
            return was;
        } finally {
            lock.unlock();
        }
    }

    /// Waits for news.
    ///
    /// @param until by the clock; for ever when empty
    void await(Optional<Instant> until) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!news) {
                if (until.isEmpty()) {
                    changed.await();
                    continue;
                }
                long left = nanosUntil(until.get());
                if (left <= 0) return;
                var _ = changed.await(left, TimeUnit.NANOSECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    void awaitVanished(Instant until) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!vanished) {
                long left = nanosUntil(until);
                if (left <= 0) return;
                var _ = changed.await(left, TimeUnit.NANOSECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Waits for something to happen to a pod that is being ended. A second delete may bring the
    /// end of its grace period nearer.
    ///
    /// @param graceEnd of a pod that is not deleted
    /// @return whether it is to be waited for any longer
    boolean awaitEnd(BooleanSupplier running, Optional<Instant> graceEnd)
            throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!vanished && running.getAsBoolean()) {
                if (news) {
                    news = false;
                    return true;
                }
                long left = nanosUntil(PodPlan.earlier(graceEnd, deletion()).orElseThrow());
                if (left <= 0) return false;
                var _ = changed.await(left, TimeUnit.NANOSECONDS);
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    private Optional<Instant> deletion() {
        var at = pod.tree().at("/metadata/deletionTimestamp");
        return at.isTextual() ? Optional.of(Instant.parse(at.asText())) : Optional.empty();
    }

    private long nanosUntil(Instant end) {
        return Duration.between(clock.instant(), end).toNanos();
    }
}

package dev.ordinal.kinds.scheduler;

import dev.ordinal.control.Change;
import dev.ordinal.control.Key;
import dev.ordinal.kinds.pod.PodFacts;
import dev.ordinal.kinds.scheduler.Refusal.Cause;

import io.fabric8.kubernetes.api.model.Pod;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/// The pods without a node, and which changes are worth another look at them.
///
/// One that waits for its look needs none: the look sees all. While a pod is looked at every change
/// is worth another: what happens in between must not be missed.
final class WaitingPods {
    private static final Set<Cause> EVERYTHING = Set.copyOf(EnumSet.allOf(Cause.class));

    private final Set<Key> waiting = new HashSet<>();
    private final Map<Cause, Set<Key>> byCause = new EnumMap<>(Cause.class);
    private final Map<Key, Set<Key>> byClaim = new HashMap<>();

    WaitingPods() {
        EVERYTHING.forEach(cause -> byCause.put(cause, new HashSet<>()));
    }

    /// It is about to be looked at.
    synchronized void add(Key key, Pod pod) {
        waiting.add(key);
        narrow(key, Set.of());
        for (var name : Claims.names(pod)) {
            byClaim.computeIfAbsent(claim(key, name), _ -> new HashSet<>()).add(key);
        }
    }

    synchronized void remove(Key key, Pod pod) {
        if (!waiting.contains(key)) return;
        narrow(key, Set.of());
        waiting.remove(key);
        for (var name : Claims.names(pod)) {
            byClaim.computeIfPresent(
                    claim(key, name),
                    (_, users) -> {
                        users.remove(key);
                        return users.isEmpty() ? null : users;
                    });
        }
    }

    private static Key claim(Key pod, String name) {
        return new Key(pod.namespace(), name);
    }

    void lookingAt(Key key) {
        narrow(key, EVERYTHING);
    }

    synchronized void narrow(Key key, Set<Cause> to) {
        if (!waiting.contains(key)) return;
        byCause.forEach(
                (cause, keys) -> {
                    if (to.contains(cause)) keys.add(key);
                    else keys.remove(key);
                });
    }

    synchronized void all(Consumer<Key> again) {
        waiting.forEach(again);
    }

    synchronized void forCause(Cause cause, Consumer<Key> again) {
        Objects.requireNonNull(byCause.get(cause)).forEach(again);
    }

    synchronized void forClaim(Key claim, Consumer<Key> again) {
        byClaim.getOrDefault(claim, Set.of()).forEach(again);
    }

    /// What another pod's change means to those that wait.
    void hear(Change<Pod> change, Consumer<Key> again) {
        var before = change.before();
        var after = change.after();
        boolean was = before != null && present(before);
        boolean is = after != null && present(after);
        if (was && !is) forCause(Cause.ROOM, again);
        boolean other =
                was != is
                        || (before != null
                                && after != null
                                && is
                                && (!before.getMetadata()
                                                .getLabels()
                                                .equals(after.getMetadata().getLabels())
                                        || PodFacts.terminating(before)
                                                != PodFacts.terminating(after)));
        if (other) forCause(Cause.COMPANY, again);
    }

    private static boolean present(Pod pod) {
        return Placements.placed(pod) && !PodFacts.ended(pod);
    }
}

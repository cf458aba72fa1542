package dev.ordinal.kinds.scheduler;

import dev.ordinal.control.Change;
import dev.ordinal.control.Key;
import dev.ordinal.kinds.pod.PodFacts;
import dev.ordinal.kinds.scheduler.Refusal.Cause;

import io.fabric8.kubernetes.api.model.Pod;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// The pods without a node, and which changes are worth another look at them.
///
/// While a pod is looked at every change is: what happens in between must not be missed.
final class WaitingPods {
    private static final Set<Cause> EVERYTHING = Set.copyOf(EnumSet.allOf(Cause.class));

    private final Map<Key, Set<Cause>> causes = new ConcurrentHashMap<>();
    private final Map<Key, Set<Key>> byClaim = new ConcurrentHashMap<>();

    void add(Key key, Pod pod) {
        causes.put(key, EVERYTHING);
        for (var name : Claims.names(pod)) {
            byClaim.computeIfAbsent(claim(key, name), _ -> ConcurrentHashMap.newKeySet()).add(key);
        }
    }

    void remove(Key key, Pod pod) {
        if (causes.remove(key) == null) return;
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
        causes.replace(key, EVERYTHING);
    }

    void narrow(Key key, Set<Cause> to) {
        causes.replace(key, to);
    }

    void all(Consumer<Key> again) {
        causes.keySet().forEach(again);
    }

    void forCause(Cause cause, Consumer<Key> again) {
        causes.forEach(
                (key, waitsFor) -> {
                    if (waitsFor.contains(cause)) again.accept(key);
                });
    }

    void forClaim(Key claim, Consumer<Key> again) {
        byClaim.getOrDefault(claim, Set.of()).forEach(again);
    }

    /// What another pod's change means to those that wait.
    void hear(Change<Pod> change, Consumer<Key> again) {
        if (causes.isEmpty()) return;
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

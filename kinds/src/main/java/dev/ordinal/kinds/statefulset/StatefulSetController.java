package dev.ordinal.kinds.statefulset;

import dev.ordinal.api.Api;
import dev.ordinal.api.FeatureGates;
import dev.ordinal.api.FeatureGates.Feature;
import dev.ordinal.control.Change;
import dev.ordinal.control.Controller;
import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Selectors;
import dev.ordinal.control.Types;
import dev.ordinal.control.Writes;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Runs StatefulSets: notices which sets to look at, and has one look at a set at a time.
///
/// @see "upstream: pkg/controller/statefulset"
public final class StatefulSetController implements Controller {
    private final SetParts parts;
    private static final int PODS_A_MILLISECOND = 100;

    private final Map<Key, LastWrites> lastWrites = new ConcurrentHashMap<>();

    /// Carries out one write after the other.
    public StatefulSetController(
            Api api, Informers informers, InstantSource clock, FeatureGates gates) {
        this(api, informers, clock, gates, Writes.ONE_BY_ONE);
    }

    /// @param writes how pods of a Parallel set are made and deleted
    public StatefulSetController(
            Api api, Informers informers, InstantSource clock, FeatureGates gates, Writes writes) {
        var kind =
                api.kinds().stream()
                        .filter(k -> k.type().equals(Types.STATEFUL_SETS))
                        .findFirst()
                        .orElseThrow();
        parts =
                new SetParts(
                        api,
                        kind,
                        informers.of(Types.STATEFUL_SETS, StatefulSet.class),
                        informers.of(Types.PODS, Pod.class),
                        informers.of(Types.CLAIMS, PersistentVolumeClaim.class),
                        informers.of(Types.CONTROLLER_REVISIONS, ControllerRevision.class),
                        new EventRecorder(api, "statefulset-controller", "", clock),
                        clock,
                        writes,
                        gates.on(Feature.MAX_UNAVAILABLE_STATEFUL_SET));
    }

    @Override
    public String name() {
        return "statefulset";
    }

    @Override
    public void watch(Consumer<Key> again) {
        parts.sets().listen(change -> again.accept(Key.of(change.latest())));
        parts.pods().listen(change -> podChanged(change, again));
        parts.claims()
                .listen(
                        change -> {
                            if (change.gone()) claimGone(change.latest(), again);
                        });
    }

    /// A claim that went with its pod: the set may wait for that to make the pod anew. Upstream
    /// looks again at its next resync only, hours later.
    private static void claimGone(PersistentVolumeClaim claim, Consumer<Key> again) {
        for (var owner : Retention.references(claim)) {
            int dash = owner.getName().lastIndexOf('-');
            if (!owner.getKind().equals("Pod") || dash < 0) continue;
            var set = owner.getName().substring(0, dash);
            again.accept(new Key(claim.getMetadata().getNamespace(), set));
        }
    }

    private void podChanged(Change<Pod> change, Consumer<Key> again) {
        change.states()
                .flatMap(
                        pod ->
                                OneSet.controller(pod)
                                        .filter(owner -> owner.getKind().equals("StatefulSet"))
                                        .map(owner -> ownerKey(pod, owner))
                                        .stream())
                .distinct()
                .forEach(again);
        var pod = change.after();
        if (pod == null || OneSet.controller(pod).isPresent()) return;
        var before = change.before();
        if (before != null
                && OneSet.controller(before).isEmpty()
                && Objects.equals(OneSet.labels(before), OneSet.labels(pod))) return;
        for (var set : parts.sets().in(pod.getMetadata().getNamespace())) {
            if (Selectors.matches(set.getSpec().getSelector(), OneSet.labels(pod))) {
                again.accept(Key.of(set));
            }
        }
    }

    private static Key ownerKey(Pod pod, OwnerReference owner) {
        return new Key(pod.getMetadata().getNamespace(), owner.getName());
    }

    /// A millisecond for a hundred pods, of which each look sees all.
    @Override
    public Duration gathering(Key key) {
        var set = parts.sets().get(key);
        if (set == null) return Duration.ZERO;
        int wanted = Objects.requireNonNullElse(set.getSpec().getReplicas(), 1);
        var status = set.getStatus();
        int there = status == null ? 0 : Objects.requireNonNullElse(status.getReplicas(), 0);
        return Duration.ofMillis(Math.max(wanted, there) / PODS_A_MILLISECOND);
    }

    @Override
    public Optional<Duration> reconcile(Key key) throws InterruptedException {
        var last = lastWrites.computeIfAbsent(key, _ -> new LastWrites());
        parts.sets().await(last.sets);
        parts.pods().await(last.pods());
        parts.claims().await(last.claims());
        parts.revisions().await(last.revisions);
        var set = parts.sets().get(key);
        if (set == null) {
            lastWrites.remove(key);
            return Optional.empty();
        }
        var tree = Objects.requireNonNull(parts.sets().stored(key)).tree();
        return new Look(parts, new OneSet(key, set, tree, last)).reconcile();
    }
}

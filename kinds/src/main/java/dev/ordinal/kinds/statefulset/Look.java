package dev.ordinal.kinds.statefulset;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Typed;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.statefulset.History.Revision;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// One look at one set: observes it, asks [Plan] for the next steps, carries them out and writes
/// what it is like.
final class Look {
    private final SetParts parts;
    private final OneSet one;
    private final StatefulSet set;

    Look(SetParts parts, OneSet one) {
        this.parts = parts;
        this.one = one;
        set = one.set();
    }

    /// @return when to look again even if nothing happens
    Optional<Duration> reconcile() throws InterruptedException {
        var ownership = new Ownership(parts, one);
        var history = ownership.revisions();
        var owned = ownership.pods();
        var revisions = new Revisions(parts, one, history);
        var update = revisions.update();
        var stored = set.getStatus() == null ? null : set.getStatus().getCurrentRevision();
        var current =
                history.stream().filter(r -> r.name().equals(stored)).findFirst().orElse(update);
        var seen =
                new Observation(
                        set,
                        owned,
                        claimsOf(owned),
                        current.name(),
                        update.name(),
                        revisions.collisions(),
                        parts.countsUnavailable(),
                        parts.clock().instant());
        var plan = Plan.of(seen);
        Map<String, Revision> byName = new HashMap<>(Map.of(current.name(), current));
        byName.put(update.name(), update);
        var actions = new Actions(parts, one, byName);
        var failure = actions.carryOut(plan.actions());
        var rollout = Extensions.hasConditions(set) ? rollout(seen, plan) : Rollout.NONE;
        try {
            var status = plan.status().keeping(actions.undeleted());
            new SetStatus(parts, one, revisions.collisions()).write(status, rollout);
        } catch (ApiException refused) {
            if (failure == null) failure = refused;
        }
        revisions.truncate(owned, current, update);
        if (failure != null) throw failure;
        return Stream.of(plan.again(), rollout.again())
                .flatMap(Optional::stream)
                .min(Comparator.naturalOrder());
    }

    /// What the set waits for as conditions, and as an event when it has changed.
    private Rollout rollout(Observation seen, Plan plan) {
        var reason =
                Explanation.of(seen, plan, plan.waitingFor().map(this::eventsOf).orElse(List.of()))
                        .text();
        boolean waits = plan.waitingFor().isPresent();
        if (waits && !reason.equals(one.last().said)) parts.events().normal(set, "Waiting", reason);
        one.last().said = waits ? reason : "";
        var status = one.tree().path("status");
        boolean changed =
                one.generation() > status.path("observedGeneration").asLong()
                        || !status.path("updateRevision").asText().equals(seen.updateRevision());
        return Rollout.of(seen, plan, status, changed, reason);
    }

    private List<Event> eventsOf(Plan.Waiting waiting) {
        var pod = parts.pods().get(one.namespace(), waiting.pod());
        if (pod == null) return List.of();
        var about = "involvedObject.uid=" + pod.getMetadata().getUid();
        var query = new Api.ListOptions("", about, "", "", 0, "");
        return parts.api().list(Types.EVENTS, one.namespace(), query).items().stream()
                .map(event -> Typed.read(event.tree(), Event.class))
                .toList();
    }

    /// The claims of every wanted ordinal and of every pod, by name; those that exist.
    private Map<String, PersistentVolumeClaim> claimsOf(List<Pod> owned) {
        Map<String, PersistentVolumeClaim> byName = new HashMap<>();
        if (set.getSpec().getVolumeClaimTemplates() == null) return byName;
        var ordinals = set.getSpec().getOrdinals();
        int start = ordinals == null ? 0 : Objects.requireNonNullElse(ordinals.getStart(), 0);
        int replicas = Objects.requireNonNullElse(set.getSpec().getReplicas(), 1);
        var wanted = IntStream.range(start, start + replicas);
        var present = owned.stream().mapToInt(Identity::ordinal);
        IntStream.concat(wanted, present)
                .distinct()
                .mapToObj(ordinal -> Identity.claimNames(set, ordinal).values())
                .flatMap(Collection::stream)
                .forEach(
                        name -> {
                            var claim = parts.claims().get(one.namespace(), name);
                            if (claim != null) byName.put(name, claim);
                        });
        return byName;
    }
}

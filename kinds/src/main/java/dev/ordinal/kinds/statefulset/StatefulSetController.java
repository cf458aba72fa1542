package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.FeatureGates;
import dev.ordinal.api.FeatureGates.Feature;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Status;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Change;
import dev.ordinal.control.Controller;
import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Selectors;
import dev.ordinal.control.Typed;
import dev.ordinal.control.Types;
import dev.ordinal.control.Writes;
import dev.ordinal.kinds.statefulset.History.Revision;
import dev.ordinal.kinds.statefulset.Plan.Action;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Runs StatefulSets: observes a set with its pods, claims and revisions, asks [Plan] for the next
/// steps, and carries them out. One look at a set at a time.
///
/// @see "upstream: pkg/controller/statefulset"
public final class StatefulSetController implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-controller-manager");
    private static final int CONFLICTS_MAX = 5;

    private final Api api;
    private final Kind kind;
    private final Informer<StatefulSet> sets;
    private final Informer<Pod> pods;
    private final Informer<PersistentVolumeClaim> claims;
    private final Informer<ControllerRevision> revisions;
    private final EventRecorder events;
    private final InstantSource clock;
    private final boolean countsUnavailable;
    private final Writes writes;
    private final Map<Key, LastWrites> lastWrites = new ConcurrentHashMap<>();

    /// Carries out one write after the other.
    public StatefulSetController(
            Api api, Informers informers, InstantSource clock, FeatureGates gates) {
        this(api, informers, clock, gates, Writes.ONE_BY_ONE);
    }

    /// @param writes how pods of a Parallel set are made and deleted
    public StatefulSetController(
            Api api, Informers informers, InstantSource clock, FeatureGates gates, Writes writes) {
        this.writes = writes;
        this.api = api;
        this.clock = clock;
        countsUnavailable = gates.on(Feature.MAX_UNAVAILABLE_STATEFUL_SET);
        kind =
                api.kinds().stream()
                        .filter(k -> k.type().equals(Types.STATEFUL_SETS))
                        .findFirst()
                        .orElseThrow();
        sets = informers.of(Types.STATEFUL_SETS, StatefulSet.class);
        pods = informers.of(Types.PODS, Pod.class);
        claims = informers.of(Types.CLAIMS, PersistentVolumeClaim.class);
        revisions = informers.of(Types.CONTROLLER_REVISIONS, ControllerRevision.class);
        events = new EventRecorder(api, "statefulset-controller", "", clock);
    }

    @Override
    public String name() {
        return "statefulset";
    }

    @Override
    public void watch(Consumer<Key> again) {
        sets.listen(change -> again.accept(Key.of(change.latest())));
        pods.listen(change -> podChanged(change, again));
        claims.listen(
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
                                controller(pod)
                                        .filter(owner -> owner.getKind().equals("StatefulSet"))
                                        .map(owner -> ownerKey(pod, owner))
                                        .stream())
                .distinct()
                .forEach(again);
        var pod = change.after();
        if (pod == null || controller(pod).isPresent()) return;
        var before = change.before();
        if (before != null
                && controller(before).isEmpty()
                && Objects.equals(labels(before), labels(pod))) return;
        for (var set : sets.in(pod.getMetadata().getNamespace())) {
            if (Selectors.matches(set.getSpec().getSelector(), labels(pod))) {
                again.accept(Key.of(set));
            }
        }
    }

    private static Optional<OwnerReference> controller(HasMetadata object) {
        return Retention.references(object).stream()
                .filter(owner -> Boolean.TRUE.equals(owner.getController()))
                .findFirst();
    }

    private static Key ownerKey(Pod pod, OwnerReference owner) {
        return new Key(pod.getMetadata().getNamespace(), owner.getName());
    }

    private static Map<String, String> labels(HasMetadata object) {
        var labels = object.getMetadata().getLabels();
        return labels == null ? Map.of() : labels;
    }

    @Override
    public Optional<Duration> reconcile(Key key) throws InterruptedException {
        var last = lastWrites.computeIfAbsent(key, _ -> new LastWrites());
        sets.await(last.sets);
        pods.await(last.pods);
        claims.await(last.claims);
        revisions.await(last.revisions);
        var set = sets.get(key);
        if (set == null) {
            lastWrites.remove(key);
            return Optional.empty();
        }
        return new Look(key, set, last).reconcile();
    }

    /// What this controller wrote for a set, by the kind written: the caches must show it before
    /// the next look. Used by one worker at a time.
    ///
    /// `said`: the last event about what the set waits for.
    private static final class LastWrites {
        private volatile long sets;
        private volatile long pods;
        private volatile long claims;
        private volatile long revisions;
        private volatile String said = "";

        /// Several pods and claims are written at once: the latest counts.
        synchronized void pods(long written) {
            pods = Math.max(pods, written);
        }

        synchronized void claims(long written) {
            claims = Math.max(claims, written);
        }
    }

    /// One look at one set.
    private final class Look {
        private final Key key;
        private final StatefulSet set;
        private final JsonNode tree;
        private final LastWrites last;
        private final List<Revision> history = new ArrayList<>();
        private boolean confirmed;
        private int collisions;
        private int undeleted;

        Look(Key key, StatefulSet set, LastWrites last) {
            this.key = key;
            this.set = set;
            this.last = last;
            tree = Objects.requireNonNull(sets.stored(key)).tree();
            var status = set.getStatus();
            collisions =
                    status == null || status.getCollisionCount() == null
                            ? 0
                            : status.getCollisionCount();
        }

        Optional<Duration> reconcile() throws InterruptedException {
            collectRevisions();
            var owned = claimPods();
            var update = updateRevision();
            var stored = set.getStatus() == null ? null : set.getStatus().getCurrentRevision();
            var current =
                    history.stream()
                            .filter(r -> r.name().equals(stored))
                            .findFirst()
                            .orElse(update);
            var seen =
                    new Observation(
                            set,
                            owned,
                            claimsOf(owned),
                            current.name(),
                            update.name(),
                            collisions,
                            countsUnavailable,
                            clock.instant());
            var plan = Plan.of(seen);
            Map<String, Revision> byName = new HashMap<>(Map.of(current.name(), current));
            byName.put(update.name(), update);
            var failure = carryOut(plan.actions(), byName);
            var rollout = Extensions.hasConditions(set) ? rollout(seen, plan) : Rollout.NONE;
            try {
                writeStatus(plan.status().keeping(undeleted), rollout);
            } catch (ApiException refused) {
                if (failure == null) failure = refused;
            }
            truncateHistory(owned, current, update);
            if (failure != null) throw failure;
            return Stream.of(plan.again(), rollout.again())
                    .flatMap(Optional::stream)
                    .min(Comparator.naturalOrder());
        }

        /// What the set waits for as conditions, and as an event when it has changed.
        private Rollout rollout(Observation seen, Plan plan) {
            var reason =
                    Explanation.of(
                                    seen,
                                    plan,
                                    plan.waitingFor().map(this::eventsOf).orElse(List.of()))
                            .text();
            boolean waits = plan.waitingFor().isPresent();
            if (waits && !reason.equals(last.said)) events.normal(set, "Waiting", reason);
            last.said = waits ? reason : "";
            var status = tree.path("status");
            boolean changed =
                    generation() > status.path("observedGeneration").asLong()
                            || !status.path("updateRevision")
                                    .asText()
                                    .equals(seen.updateRevision());
            return Rollout.of(seen, plan, status, changed, reason);
        }

        private List<Event> eventsOf(Plan.Waiting waiting) {
            var pod = pods.get(key.namespace(), waiting.pod());
            if (pod == null) return List.of();
            var about = "involvedObject.uid=" + pod.getMetadata().getUid();
            var query = new Api.ListOptions("", about, "", "", 0, "");
            return api.list(Types.EVENTS, key.namespace(), query).items().stream()
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
                                var claim = claims.get(key.namespace(), name);
                                if (claim != null) byName.put(name, claim);
                            });
            return byName;
        }

        /// Read by owner, so that a look costs the same however much else the namespace holds.
        private <T extends HasMetadata> List<T> mineOrNobodys(Informer<T> cache) {
            var owned = cache.ownedBy(set.getMetadata().getUid());
            var orphans = cache.orphans(key.namespace());
            if (orphans.isEmpty()) return owned;
            List<T> found = new ArrayList<>(owned);
            found.addAll(orphans);
            found.sort(Comparator.comparing(object -> object.getMetadata().getName()));
            return found;
        }

        /// The pods of this set, after adopting orphans and releasing strangers.
        private List<Pod> claimPods() {
            List<Pod> owned = new ArrayList<>();
            @Nullable ApiException failure = null;
            for (var pod : mineOrNobodys(pods)) {
                try {
                    if (claim(pod)) owned.add(pod);
                } catch (ApiException refused) {
                    if (failure == null) failure = refused;
                }
            }
            if (failure != null) throw failure;
            return owned;
        }

        /// @return whether the pod belongs to the set, perhaps since just now
        private boolean claim(Pod pod) {
            boolean wanted =
                    Selectors.matches(set.getSpec().getSelector(), labels(pod))
                            && Identity.member(set, pod);
            var owner = controller(pod);
            if (owner.isPresent()) {
                if (!owner.get().getUid().equals(set.getMetadata().getUid())) return false;
                if (!wanted && !deleted(set)) release(pod);
                return wanted;
            }
            if (!wanted || deleted(pod) || deleted(set)) return false;
            var metadata = pod.getMetadata();
            confirmAlive(
                    "Pod %s/%s (%s)"
                            .formatted(
                                    metadata.getNamespace(),
                                    metadata.getName(),
                                    metadata.getUid()));
            return adopt(Types.PODS, pod).isPresent();
        }

        private static boolean deleted(HasMetadata object) {
            return object.getMetadata().getDeletionTimestamp() != null;
        }

        private void release(Pod pod) {
            var patch = JsonNodeFactory.instance.objectNode();
            var metadata = patch.putObject("metadata").put("uid", pod.getMetadata().getUid());
            metadata.putArray("ownerReferences")
                    .addObject()
                    .put("$patch", "delete")
                    .put("uid", set.getMetadata().getUid());
            strategicPatch(Types.PODS, pod.getMetadata().getName(), patch);
        }

        /// @return empty when the orphan is gone
        private Optional<Stored> adopt(GroupVersionResource type, HasMetadata orphan) {
            var patch = JsonNodeFactory.instance.objectNode();
            var metadata = patch.putObject("metadata").put("uid", orphan.getMetadata().getUid());
            metadata.putArray("ownerReferences").add(Identity.controllerReference(set));
            return strategicPatch(type, orphan.getMetadata().getName(), patch);
        }

        /// Before the first adoption the set itself is asked for again.
        private void confirmAlive(String orphans) {
            if (confirmed) return;
            var fresh = api.get(Types.STATEFUL_SETS, key.namespace(), key.name());
            var deleted = fresh.tree().path("metadata").path("deletionTimestamp").asText();
            if (!fresh.uid().equals(set.getMetadata().getUid())) {
                throw failed(
                        "can't adopt %s: original StatefulSet %s is gone: got uid %s, wanted %s"
                                .formatted(orphans, key, fresh.uid(), set.getMetadata().getUid()));
            }
            if (!deleted.isEmpty()) {
                throw failed(
                        "can't adopt %s: %s has just been deleted at %s"
                                .formatted(orphans, key, deleted));
            }
            confirmed = true;
        }

        private Optional<Stored> strategicPatch(
                GroupVersionResource type, String name, ObjectNode patch) {
            try {
                var written =
                        api.patch(
                                type,
                                key.namespace(),
                                name,
                                null,
                                new Api.Patch(
                                        Api.Patch.STRATEGIC,
                                        patch.toString().getBytes(StandardCharsets.UTF_8)),
                                WRITE);
                if (type.equals(Types.PODS)) last.pods(written.object().revision());
                else last.revisions = written.object().revision();
                return Optional.of(written.object());
            } catch (ApiException refused) {
                if (refused.code() != 404) throw refused;
                return Optional.empty();
            }
        }

        private void collectRevisions() {
            for (var revision : mineOrNobodys(revisions)) {
                if (!Selectors.matches(set.getSpec().getSelector(), labels(revision))) continue;
                var owner = controller(revision);
                var stored = Optional.ofNullable(revisions.stored(Key.of(revision)));
                if (owner.isEmpty()) {
                    confirmAlive("ControllerRevisions");
                    stored = adopt(Types.CONTROLLER_REVISIONS, revision);
                } else if (!owner.get().getUid().equals(set.getMetadata().getUid())) continue;
                stored.ifPresent(kept -> history.add(Revision.of(revision, kept.tree())));
            }
            history.sort(History.AGE);
        }

        private Revision updateRevision() {
            var data = History.data(tree.path("spec").path("template"));
            var wanted = History.canonical(data);
            return switch (History.choose(history, wanted, this::restored)) {
                case History.Choice.Use(var revision) -> revision;
                case History.Choice.Renumber(var revision, var number) ->
                        renumber(revision, number);
                case History.Choice.Create(var number) -> create(data, wanted, number);
            };
        }

        /// The data a revision would have if it were applied to the set and saved again.
        private String restored(Revision revision) {
            var copy = (ObjectNode) tree.deepCopy();
            copy.withObjectProperty("spec").set("template", revision.template());
            kind.defaulting(copy);
            return History.canonical(History.data(kind.shape(copy).path("spec").path("template")));
        }

        private Revision renumber(Revision revision, long number) {
            var copy = (ObjectNode) revision.tree().deepCopy();
            copy.put("revision", number);
            var written =
                    api.update(
                            Types.CONTROLLER_REVISIONS,
                            key.namespace(),
                            revision.name(),
                            null,
                            new Body.Tree(copy),
                            WRITE);
            history.remove(revision);
            return remember(written);
        }

        private Revision create(ObjectNode data, String wanted, long number) {
            var label = History.hash(wanted, collisions);
            while (true) {
                var revision = History.newRevision(set, data, number, collisions, label);
                try {
                    return remember(
                            api.create(
                                    Types.CONTROLLER_REVISIONS,
                                    key.namespace(),
                                    new Body.Tree(revision),
                                    WRITE));
                } catch (ApiException refused) {
                    if (!refused.is("AlreadyExists")) throw refused;
                    var taken =
                            api.get(
                                    Types.CONTROLLER_REVISIONS,
                                    key.namespace(),
                                    revision.path("metadata").path("name").asText());
                    if (History.canonical(taken.tree().path("data")).equals(wanted)) {
                        return remember(new Api.Written(taken, false, List.of()));
                    }
                    collisions++;
                }
            }
        }

        private Revision remember(Api.Written written) {
            last.revisions = written.object().revision();
            var revision =
                    Revision.of(
                            Typed.read(written.object().tree(), ControllerRevision.class),
                            written.object().tree());
            history.add(revision);
            history.sort(History.AGE);
            return revision;
        }

        /// Batch after batch until one fails; in a batch what concerns one pod in order, and the
        /// pods independently of each other.
        private @Nullable ApiException carryOut(List<Action> actions, Map<String, Revision> byName)
                throws InterruptedException {
            Map<Integer, Map<String, List<Action>>> batches = new TreeMap<>();
            for (var action : actions) {
                batches.computeIfAbsent(action.batch(), _ -> new LinkedHashMap<>())
                        .computeIfAbsent(subject(action), _ -> new ArrayList<>())
                        .add(action);
            }
            undeleted = (int) actions.stream().filter(Look::updates).count();
            Queue<ApiException> failures = new ConcurrentLinkedQueue<>();
            for (var batch : batches.values()) {
                List<Runnable> pods = new ArrayList<>();
                for (var steps : batch.values()) {
                    pods.add(() -> carryOutAll(steps, byName).ifPresent(failures::add));
                }
                writes.run(pods);
                if (!failures.isEmpty()) break;
            }
            return failures.peek();
        }

        private Optional<ApiException> carryOutAll(
                List<Action> steps, Map<String, Revision> byName) {
            try {
                for (var step : steps) carryOut(step, byName);
                return Optional.empty();
            } catch (ApiException refused) {
                return Optional.of(refused);
            }
        }

        private void carryOut(Action action, Map<String, Revision> byName) {
            switch (action) {
                case Action.CreatePod(var ordinal, var revision, _) ->
                        createPod(ordinal, Objects.requireNonNull(byName.get(revision)));
                case Action.CreateClaims(var pod, _) -> {
                    createClaims(pod.getMetadata().getName(), Identity.ordinal(pod));
                    ownClaims(pod);
                }
                case Action.DeletePod(var pod, _, _) -> deletePod(pod);
                case Action.RecoverPod(var pod, var wanted, _) -> recoverPod(pod, wanted);
                case Action.RepairPod(var pod, _) -> repairPod(pod);
                case Action.OwnClaim(var claim, var pod, var owners, _) ->
                        ownClaim(claim, pod, owners);
                case Action.WarnOfConflict(var claim, _) -> warnOfConflict(claim);
            }
            if (updates(action)) {
                synchronized (this) {
                    undeleted--;
                }
            }
        }

        private static boolean updates(Action action) {
            return action instanceof Action.DeletePod(_, var update, _) && update;
        }

        /// The name of the pod, or of the claim, that an action is about.
        private String subject(Action action) {
            return switch (action) {
                case Action.CreatePod(var ordinal, _, _) -> Identity.podName(set, ordinal);
                case Action.CreateClaims(var pod, _) -> pod.getMetadata().getName();
                case Action.DeletePod(var pod, _, _) -> pod.getMetadata().getName();
                case Action.RecoverPod(var pod, _, _) -> pod.getMetadata().getName();
                case Action.RepairPod(var pod, _) -> pod.getMetadata().getName();
                case Action.OwnClaim(_, var pod, _, _) -> pod.getMetadata().getName();
                case Action.WarnOfConflict(var claim, _) -> claim;
            };
        }

        private void createPod(int ordinal, Revision revision) {
            var name = Identity.podName(set, ordinal);
            try {
                createClaims(name, ordinal);
            } catch (ApiException refused) {
                say(refused, "Create", name);
                throw refused;
            }
            var pod = Identity.newPod(set, revision.template(), revision.name(), ordinal);
            @Nullable ApiException failure = null;
            try {
                var written = api.create(Types.PODS, key.namespace(), new Body.Tree(pod), WRITE);
                last.pods(written.object().revision());
            } catch (ApiException refused) {
                if (refused.is("AlreadyExists")) throw refused;
                failure = refused;
            }
            ownClaims(Identity.unborn(set, ordinal));
            say(failure, "Create", name);
            if (failure != null) throw failure;
        }

        /// Puts the owners of the claims of a wanted pod right, after they have been made.
        private void ownClaims(Pod pod) {
            for (var name : Identity.claimNames(set, Identity.ordinal(pod)).values()) {
                var claim = claims.get(key.namespace(), name);
                if (claim == null && Retention.deletes(set)) claim = liveClaim(name);
                if (claim == null) continue;
                var outcome = Retention.owners(set, pod, claim, false);
                if (outcome.conflicting()) warnOfConflict(name);
                if (outcome.step() instanceof Retention.Step.Rewrite(var owners)) {
                    ownClaim(name, pod, owners);
                }
            }
        }

        private PersistentVolumeClaim liveClaim(String name) {
            return Typed.read(
                    api.get(Types.CLAIMS, key.namespace(), name).tree(),
                    PersistentVolumeClaim.class);
        }

        private void warnOfConflict(String claim) {
            events.warning(
                    set,
                    "ConflictingController",
                    ("PersistentVolumeClaim %s has a conflicting OwnerReference that acts as a"
                                    + " manging controller, the retention policy is ignored for"
                                    + " this claim")
                            .formatted(claim));
        }

        /// Tries every claim of an ordinal; the failures come together.
        private void createClaims(String podName, int ordinal) {
            Set<String> failures = new LinkedHashSet<>();
            for (var template : tree.path("spec").path("volumeClaimTemplates")) {
                var body = Identity.newClaim(set, template, ordinal);
                var name = body.path("metadata").path("name").asText();
                var existing = claims.get(key.namespace(), name);
                if (existing != null) {
                    if (deleted(existing)) failures.add("pvc %s is being deleted".formatted(name));
                    continue;
                }
                try {
                    var written =
                            api.create(Types.CLAIMS, key.namespace(), new Body.Tree(body), WRITE);
                    last.claims(written.object().revision());
                    events.normal(
                            set,
                            "SuccessfulCreate",
                            "Create Claim %s Pod %s in StatefulSet %s success"
                                    .formatted(name, podName, key.name()));
                } catch (ApiException refused) {
                    if (!refused.is("AlreadyExists")) {
                        events.warning(
                                set,
                                "FailedCreate",
                                "Create Claim %s for Pod %s in StatefulSet %s failed error: %s"
                                        .formatted(
                                                name, podName, key.name(), refused.getMessage()));
                    }
                    failures.add(
                            "failed to create PVC %s: %s".formatted(name, refused.getMessage()));
                }
            }
            if (failures.size() == 1) throw failed(failures.iterator().next());
            if (!failures.isEmpty()) throw failed(failures.toString());
        }

        private static ApiException failed(String message) {
            return new ApiException(new Status(500, "", message, null));
        }

        private void deletePod(Pod pod) {
            var name = pod.getMetadata().getName();
            try {
                var deleted = api.delete(Types.PODS, key.namespace(), name, DeleteOptions.DEFAULT);
                last.pods(deleted.object().revision());
                say(null, "Delete", name);
            } catch (ApiException refused) {
                if (refused.code() == 404) {
                    say(null, "Delete", name);
                    return;
                }
                say(refused, "Delete", name);
                throw refused;
            }
        }

        private void recoverPod(Pod pod, String wanted) {
            deletePod(pod);
            events.normal(
                    set,
                    "RolloutRecovery",
                    "Deleted Pod %s: it was not Ready and of revision %s, %s is wanted"
                            .formatted(
                                    pod.getMetadata().getName(), Identity.revision(pod), wanted));
        }

        private void repairPod(Pod pod) {
            int ordinal = Identity.ordinal(pod);
            var name = Identity.podName(set, ordinal);
            try {
                if (!Identity.storageMatches(set, pod)) createClaims(name, ordinal);
                var copy = api.get(Types.PODS, key.namespace(), pod.getMetadata().getName()).copy();
                Identity.repair(set, copy);
                var written =
                        api.update(
                                Types.PODS,
                                key.namespace(),
                                name,
                                null,
                                new Body.Tree(copy),
                                WRITE);
                last.pods(written.object().revision());
                say(null, "Update", name);
            } catch (ApiException refused) {
                say(refused, "Update", name);
                throw refused;
            }
        }

        private void ownClaim(String name, Pod pod, List<OwnerReference> owners) {
            try {
                var copy = api.get(Types.CLAIMS, key.namespace(), name).copy();
                ((ObjectNode) copy.path("metadata")).set("ownerReferences", Retention.tree(owners));
                var written =
                        api.update(
                                Types.CLAIMS,
                                key.namespace(),
                                name,
                                null,
                                new Body.Tree(copy),
                                WRITE);
                last.claims(written.object().revision());
            } catch (ApiException refused) {
                if (refused.code() == 404) return;
                say(refused, "Update", pod.getMetadata().getName());
                throw refused;
            }
        }

        private void say(@Nullable ApiException refused, String verb, String pod) {
            if (refused == null) {
                events.normal(
                        set,
                        "Successful" + verb,
                        "%s Pod %s in StatefulSet %s successful".formatted(verb, pod, key.name()));
            } else {
                events.warning(
                        set,
                        "Failed" + verb,
                        "%s Pod %s in StatefulSet %s failed error: %s"
                                .formatted(verb, pod, key.name(), refused.getMessage()));
            }
        }

        private void writeStatus(Plan.Status wanted, Rollout rollout) {
            if (!changes(wanted) && !changes(rollout)) return;
            var body = (ObjectNode) tree.deepCopy();
            for (int attempt = 1; ; attempt++) {
                var status = statusTree(wanted);
                if (!rollout.conditions().isEmpty()) status.set("conditions", rollout.tree());
                body.set("status", status);
                try {
                    var written =
                            api.update(
                                    Types.STATEFUL_SETS,
                                    key.namespace(),
                                    key.name(),
                                    "status",
                                    new Body.Tree(body.deepCopy()),
                                    WRITE);
                    last.sets = written.object().revision();
                    return;
                } catch (ApiException refused) {
                    if (refused.code() == 404) return;
                    if (!refused.is("Conflict") || attempt == CONFLICTS_MAX) throw refused;
                    var fresh = api.get(Types.STATEFUL_SETS, key.namespace(), key.name());
                    if (!fresh.uid().equals(set.getMetadata().getUid())) return;
                    body = fresh.copy();
                }
            }
        }

        private ObjectNode statusTree(Plan.Status wanted) {
            var status = JsonNodeFactory.instance.objectNode();
            status.put("observedGeneration", generation());
            status.put("replicas", wanted.replicas());
            if (wanted.ready() != 0) status.put("readyReplicas", wanted.ready());
            if (wanted.current() != 0) status.put("currentReplicas", wanted.current());
            if (wanted.updated() != 0) status.put("updatedReplicas", wanted.updated());
            status.put("currentRevision", wanted.currentRevision());
            status.put("updateRevision", wanted.updateRevision());
            status.put("collisionCount", collisions);
            status.put("availableReplicas", wanted.available());
            return status;
        }

        private boolean changes(Plan.Status wanted) {
            var status = tree.path("status");
            return generation() > status.path("observedGeneration").asLong()
                    || wanted.replicas() != status.path("replicas").asInt()
                    || wanted.current() != status.path("currentReplicas").asInt()
                    || wanted.ready() != status.path("readyReplicas").asInt()
                    || wanted.updated() != status.path("updatedReplicas").asInt()
                    || wanted.available() != status.path("availableReplicas").asInt()
                    || !wanted.currentRevision().equals(status.path("currentRevision").asText())
                    || !wanted.updateRevision().equals(status.path("updateRevision").asText());
        }

        /// A set that asks for no conditions (any more) loses those written here, not others.
        private boolean changes(Rollout rollout) {
            var status = tree.path("status");
            return rollout.conditions().isEmpty()
                    ? Rollout.wroteConditions(status)
                    : !rollout.tree().equals(status.path("conditions"));
        }

        private long generation() {
            return tree.path("metadata").path("generation").asLong();
        }

        private void truncateHistory(List<Pod> owned, Revision current, Revision update) {
            Set<String> live = new HashSet<>(List.of(current.name(), update.name()));
            owned.forEach(pod -> live.add(Identity.revision(pod)));
            var limit = set.getSpec().getRevisionHistoryLimit();
            for (var old : History.surplus(history, live, limit == null ? 10 : limit)) {
                try {
                    var deleted =
                            api.delete(
                                    Types.CONTROLLER_REVISIONS,
                                    key.namespace(),
                                    old.name(),
                                    DeleteOptions.DEFAULT);
                    last.revisions = deleted.object().revision();
                } catch (ApiException refused) {
                    if (refused.code() != 404) throw refused;
                }
            }
        }
    }
}

package dev.ordinal.cluster;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.FeatureGates.Feature;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Key;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.pod.PodFacts;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// What no controller may ever do, checked at each of their writes against what their caches showed
/// at that moment.
final class Rules {
    private static final String STATEFUL_SET = "statefulset";
    private static final String GARBAGE = "garbage";
    private static final Map<String, GroupVersionResource> OWNERS =
            Map.of(
                    "Pod", Types.PODS,
                    "StatefulSet", Types.STATEFUL_SETS,
                    "Service", Types.SERVICES);

    private final World world;
    private final Set<String> deletedInThisLook = new HashSet<>();
    private final Set<String> madeInThisLook = new HashSet<>();
    private String actor = "";
    private @Nullable Key key;

    Rules(World world) {
        this.world = world;
    }

    boolean countsUnavailable() {
        return world.gates.on(Feature.MAX_UNAVAILABLE_STATEFUL_SET);
    }

    /// A controller begins to look at a key.
    void looks(String controller, Key at) {
        actor = controller;
        key = at;
        deletedInThisLook.clear();
        madeInThisLook.clear();
    }

    void rest() {
        actor = "";
    }

    void before(String verb, GroupVersionResource type, Object[] arguments) {
        boolean creates = verb.equals("create") && arguments.length == 4; // no subresource
        if (actor.equals(GARBAGE) && verb.equals("delete")) {
            collects(
                    type,
                    (String) arguments[1],
                    (String) arguments[2],
                    (DeleteOptions) arguments[3]);
        }
        if (!actor.equals(STATEFUL_SET)) {
            require(!type.equals(Types.PODS) || !creates, "only sets make pods");
            return;
        }
        if (type.equals(Types.PODS)) {
            if (creates) makesPod(tree((Body) arguments[2]));
            if (verb.equals("delete")) {
                deletesPod((String) arguments[2], (DeleteOptions) arguments[3]);
            }
        } else if (type.equals(Types.CLAIMS)) {
            require(!verb.equals("delete"), "a set deletes no claim");
            if (verb.equals("create")) makesClaim(tree((Body) arguments[2]));
            if (verb.equals("update")) ownsClaim(tree((Body) arguments[4]));
        } else if (type.equals(Types.STATEFUL_SETS)) {
            require("status".equals(arguments[3]), "a set's spec belongs to its user");
            writesStatus(tree((Body) arguments[4]));
        }
    }

    private static JsonNode tree(Body body) {
        if (body instanceof Body.Tree(var tree)) return tree;
        throw new AssertionError("controllers write trees");
    }

    private void require(boolean holds, String rule, Object... values) {
        if (holds) return;
        throw new AssertionError("%s at %s: %s".formatted(actor, key, rule.formatted(values)));
    }

    private StatefulSet set() {
        var set = sets().get(Objects.requireNonNull(key));
        require(set != null, "it acts for a set that its cache does not show");
        return Objects.requireNonNull(set);
    }

    private Informer<StatefulSet> sets() {
        return world.controllers().informers().of(Types.STATEFUL_SETS, StatefulSet.class);
    }

    private Informer<Pod> pods() {
        return world.controllers().informers().of(Types.PODS, Pod.class);
    }

    private static int start(StatefulSet set) {
        var ordinals = set.getSpec().getOrdinals();
        return ordinals == null || ordinals.getStart() == null ? 0 : ordinals.getStart();
    }

    private static boolean wanted(StatefulSet set, int ordinal) {
        return ordinal >= start(set) && ordinal < start(set) + set.getSpec().getReplicas();
    }

    private static boolean ordered(StatefulSet set) {
        return set.getSpec().getPodManagementPolicy().equals("OrderedReady");
    }

    private static String image(StatefulSet set) {
        return set.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
    }

    private static String image(Pod pod) {
        return pod.getSpec().getContainers().getFirst().getImage();
    }

    private @Nullable Pod pod(StatefulSet set, int ordinal) {
        return pods().get(World.NAMESPACE, set.getMetadata().getName() + "-" + ordinal);
    }

    /// It runs, is Ready, has been for long enough, and is not about to go.
    private boolean healthy(StatefulSet set, int ordinal) {
        var pod = pod(set, ordinal);
        if (pod == null || PodFacts.terminating(pod) || !PodFacts.runningAndReady(pod)) {
            return false;
        }
        var seconds = set.getSpec().getMinReadySeconds();
        return PodFacts.available(pod, seconds == null ? 0 : seconds, world.now());
    }

    private void makesPod(JsonNode pod) {
        var set = set();
        var name = pod.at("/metadata/name").asText();
        int ordinal = World.ordinal(name);
        madeInThisLook.add(name);
        require(!PodFacts.terminating(asPod(set)), "a set that is deleted makes no pods");
        require(wanted(set, ordinal), "nobody wants %s", name);
        var uid = set.getMetadata().getUid();
        require(
                pod.at("/metadata/ownerReferences/0/uid").asText().equals(uid),
                "%s belongs to its set",
                name);
        var image = World.image(pod);
        require(world.asked.hasImage(uid, image), "nobody asked for %s in %s", image, name);
        var revision = pod.at("/metadata/labels/controller-revision-hash").asText();
        var kept = world.find(Types.CONTROLLER_REVISIONS, revision);
        if (kept == null) {
            var newest = world.find(Types.STATEFUL_SETS, set.getMetadata().getName());
            boolean goes =
                    newest == null || World.terminating(newest.tree()) || !newest.uid().equals(uid);
            require(goes, "%s is of revision %s, which is not kept", name, revision);
            return;
        }
        var template = kept.tree().at("/data/spec/template");
        require(World.image(template).equals(image), "%s is what revision %s says", name, revision);
        if (!ordered(set)) return;
        for (int before = start(set); before < ordinal; before++) {
            require(healthy(set, before), "%s is made before ordinal %d is up", name, before);
        }
    }

    /// Sets carry a deletion timestamp as pods do.
    private static Pod asPod(StatefulSet set) {
        var pod = new Pod();
        pod.setMetadata(set.getMetadata());
        return pod;
    }

    private void deletesPod(String name, DeleteOptions options) {
        var set = set();
        require(options.gracePeriodSeconds() == null, "%s gets its grace period", name);
        int ordinal = World.ordinal(name);
        var pod = pods().get(World.NAMESPACE, name);
        boolean newborn = pod == null || madeInThisLook.contains(name);
        deletedInThisLook.add(name);
        if (newborn) {
            require(!ordered(set), "%s was made in the same look", name);
            return;
        }
        if (PodFacts.ended(pod)) return;
        if (!wanted(set, ordinal)) {
            scalesDown(set, ordinal);
            return;
        }
        boolean wasDown = !PodFacts.runningAndReady(pod);
        if (recovers(set) && wasDown && (held(set, ordinal) || outdated(set, pod))) return;
        updates(set, pod, ordinal);
    }

    private static boolean recovers(StatefulSet set) {
        var annotations = set.getMetadata().getAnnotations();
        return annotations != null
                && "DeleteUnready".equals(annotations.get("ordinal.dev/rollout-recovery"));
    }

    private void scalesDown(StatefulSet set, int ordinal) {
        if (!ordered(set)) return;
        for (int i = start(set); i < start(set) + set.getSpec().getReplicas(); i++) {
            require(healthy(set, i), "ordinal %d goes while %d is not up", ordinal, i);
        }
        var uid = set.getMetadata().getUid();
        for (var other : pods().ownedBy(uid)) {
            int theirs = World.ordinal(other.getMetadata().getName());
            boolean above = !wanted(set, theirs) && theirs > ordinal;
            require(!above, "ordinal %d goes before %d", ordinal, theirs);
        }
    }

    private void updates(StatefulSet set, Pod pod, int ordinal) {
        var name = pod.getMetadata().getName();
        var strategy = set.getSpec().getUpdateStrategy();
        require(strategy.getType().equals("RollingUpdate"), "%s waits for its user", name);
        var rolling = strategy.getRollingUpdate();
        require(!held(set, ordinal), "%s is held back", name);
        require(outdated(set, pod), "%s is up to date", name);
        int end = start(set) + set.getSpec().getReplicas();
        if (!countsUnavailable()) {
            for (int above = ordinal + 1; above < end; above++) {
                require(healthy(set, above), "%s goes while ordinal %d is down", name, above);
            }
            return;
        }
        int down = 0;
        for (int i = start(set); i < end; i++) {
            boolean ours = deletedInThisLook.contains(set.getMetadata().getName() + "-" + i);
            if (i != ordinal && (ours || !healthy(set, i))) down++;
        }
        var most = rolling == null ? null : rolling.getMaxUnavailable();
        int allowed = most == null ? 1 : most.getIntVal();
        require(
                down < allowed || !healthy(set, ordinal),
                "%s goes while %d of at most %d are down",
                name,
                down,
                allowed);
    }

    private static boolean held(StatefulSet set, int ordinal) {
        var rolling = set.getSpec().getUpdateStrategy().getRollingUpdate();
        boolean partitioned = rolling != null && rolling.getPartition() != null;
        return partitioned && ordinal - start(set) < rolling.getPartition();
    }

    /// Of another image, or at least of another revision: of an earlier set of the same name.
    private boolean outdated(StatefulSet set, Pod pod) {
        if (!image(pod).equals(image(set))) return true;
        var newest = world.find(Types.STATEFUL_SETS, set.getMetadata().getName());
        var hash = pod.getMetadata().getLabels().get("controller-revision-hash");
        return newest != null && !newest.tree().at("/status/updateRevision").asText().equals(hash);
    }

    private void makesClaim(JsonNode claim) {
        var name = claim.at("/metadata/name").asText();
        var prefix = "data-" + set().getMetadata().getName() + "-";
        require(name.startsWith(prefix), "%s is not a claim of this set", name);
    }

    private void ownsClaim(JsonNode claim) {
        var set = set();
        var policy = set.getSpec().getPersistentVolumeClaimRetentionPolicy();
        var name = claim.at("/metadata/name").asText();
        int ordinal = World.ordinal(name);
        List<String> uids = new ArrayList<>();
        for (var owner : claim.at("/metadata/ownerReferences")) {
            uids.add(owner.path("uid").asText());
            if (owner.path("uid").asText().equals(set.getMetadata().getUid())) {
                require(
                        policy != null && "Delete".equals(policy.getWhenDeleted()),
                        "%s is kept when its set is deleted",
                        name);
            }
            var pod = pod(set, ordinal);
            boolean byPod =
                    pod != null && owner.path("uid").asText().equals(pod.getMetadata().getUid());
            if (byPod) {
                require(
                        policy != null && "Delete".equals(policy.getWhenScaled()),
                        "%s is kept when its set is scaled down",
                        name);
                require(!wanted(set, ordinal), "%s is still wanted", name);
            }
        }
        require(new HashSet<>(uids).size() == uids.size(), "%s has an owner twice", name);
    }

    /// Whatever counters are written, they count pods the controller has seen.
    private void writesStatus(JsonNode written) {
        var status = written.path("status");
        int replicas = status.path("replicas").asInt();
        int ready = status.path("readyReplicas").asInt();
        int available = status.path("availableReplicas").asInt();
        require(available <= ready, "%d are available, %d ready", available, ready);
        require(ready <= replicas, "%d are ready of %d", ready, replicas);
        require(
                status.path("updatedReplicas").asInt() <= replicas,
                "more updated replicas than replicas");
        require(
                status.path("observedGeneration").asLong()
                        <= written.at("/metadata/generation").asLong(),
                "a generation is observed that there is not");
        var uid = set().getMetadata().getUid();
        long seen = pods().ownedBy(uid).stream().filter(PodFacts::runningAndReady).count();
        require(ready <= seen + adopted(), "%d are ready, the cache shows %d", ready, seen);
    }

    /// Pods without owner, which the set may just have adopted.
    private long adopted() {
        return pods().orphans(World.NAMESPACE).stream().filter(PodFacts::runningAndReady).count();
    }

    /// Nothing is collected that has an owner, unless that owner waits for it to go.
    private void collects(
            GroupVersionResource type,
            @Nullable String namespace,
            String name,
            DeleteOptions options) {
        Stored object;
        try {
            object = world.api.get(type, namespace, name);
        } catch (ApiException missing) {
            return;
        }
        boolean refused = !Long.toString(object.revision()).equals(options.resourceVersion());
        if (refused) return; // it has changed: the deletion is of what it was
        for (var owner : object.tree().at("/metadata/ownerReferences")) {
            var ownerType = OWNERS.get(owner.path("kind").asText());
            if (ownerType == null) continue;
            var found = world.find(ownerType, owner.path("name").asText());
            boolean alive = found != null && found.uid().equals(owner.path("uid").asText());
            if (!alive) continue;
            boolean waits =
                    World.terminating(Objects.requireNonNull(found).tree())
                            && found.tree()
                                    .at("/metadata/finalizers")
                                    .toString()
                                    .contains("foregroundDeletion");
            require(waits, "%s is collected while %s lives", name, owner);
        }
        require(
                !object.tree().at("/metadata/ownerReferences").isEmpty(),
                "%s never had an owner",
                name);
    }
}

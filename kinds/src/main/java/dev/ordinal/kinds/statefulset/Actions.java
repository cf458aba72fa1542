package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Typed;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.statefulset.History.Revision;
import dev.ordinal.kinds.statefulset.Plan.Action;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Carries the steps of a plan for one set out. For one look.
final class Actions {
    private final SetParts parts;
    private final OneSet one;
    private final Map<String, Revision> byName;
    private int undeleted;

    /// @param byName the revisions that steps name
    Actions(SetParts parts, OneSet one, Map<String, Revision> byName) {
        this.parts = parts;
        this.one = one;
        this.byName = byName;
    }

    /// How many pods that were to be updated have not been deleted.
    int undeleted() {
        return undeleted;
    }

    /// Batch after batch until one fails; in a batch what concerns one pod in order, and the
    /// pods independently of each other.
    ///
    /// @return the first failure
    @Nullable ApiException carryOut(List<Action> actions) throws InterruptedException {
        Map<Integer, Map<String, List<Action>>> batches = new TreeMap<>();
        for (var action : actions) {
            batches.computeIfAbsent(action.batch(), _ -> new LinkedHashMap<>())
                    .computeIfAbsent(subject(action), _ -> new ArrayList<>())
                    .add(action);
        }
        undeleted = (int) actions.stream().filter(Actions::updates).count();
        Queue<ApiException> failures = new ConcurrentLinkedQueue<>();
        for (var batch : batches.values()) {
            List<Runnable> pods = new ArrayList<>();
            for (var steps : batch.values()) {
                pods.add(() -> carryOutAll(steps).ifPresent(failures::add));
            }
            parts.writes().run(pods);
            if (!failures.isEmpty()) break;
        }
        return failures.peek();
    }

    private Optional<ApiException> carryOutAll(List<Action> steps) {
        try {
            for (var step : steps) carryOut(step);
            return Optional.empty();
        } catch (ApiException refused) {
            return Optional.of(refused);
        }
    }

    private void carryOut(Action action) {
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
            case Action.OwnClaim(var claim, var pod, var owners, _) -> ownClaim(claim, pod, owners);
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
            case Action.CreatePod(var ordinal, _, _) -> Identity.podName(one.set(), ordinal);
            case Action.CreateClaims(var pod, _) -> pod.getMetadata().getName();
            case Action.DeletePod(var pod, _, _) -> pod.getMetadata().getName();
            case Action.RecoverPod(var pod, _, _) -> pod.getMetadata().getName();
            case Action.RepairPod(var pod, _) -> pod.getMetadata().getName();
            case Action.OwnClaim(_, var pod, _, _) -> pod.getMetadata().getName();
            case Action.WarnOfConflict(var claim, _) -> claim;
        };
    }

    private void createPod(int ordinal, Revision revision) {
        var name = Identity.podName(one.set(), ordinal);
        try {
            createClaims(name, ordinal);
        } catch (ApiException refused) {
            say(refused, "Create", name);
            throw refused;
        }
        var pod = Identity.newPod(one.set(), revision.template(), revision.name(), ordinal);
        @Nullable ApiException failure = null;
        try {
            var written =
                    parts.api()
                            .create(
                                    Types.PODS,
                                    one.namespace(),
                                    new Body.Tree(pod),
                                    SetParts.WRITE);
            one.last().pods(written.object().revision());
        } catch (ApiException refused) {
            if (refused.is("AlreadyExists")) throw refused;
            failure = refused;
        }
        ownClaims(Identity.unborn(one.set(), ordinal));
        say(failure, "Create", name);
        if (failure != null) throw failure;
    }

    /// Puts the owners of the claims of a wanted pod right, after they have been made.
    private void ownClaims(Pod pod) {
        for (var name : Identity.claimNames(one.set(), Identity.ordinal(pod)).values()) {
            var claim = parts.claims().get(one.namespace(), name);
            if (claim == null && Retention.deletes(one.set())) claim = liveClaim(name);
            if (claim == null) continue;
            var outcome = Retention.owners(one.set(), pod, claim, false);
            if (outcome.conflicting()) warnOfConflict(name);
            if (outcome.step() instanceof Retention.Step.Rewrite(var owners)) {
                ownClaim(name, pod, owners);
            }
        }
    }

    private PersistentVolumeClaim liveClaim(String name) {
        return Typed.read(
                parts.api().get(Types.CLAIMS, one.namespace(), name).tree(),
                PersistentVolumeClaim.class);
    }

    private void warnOfConflict(String claim) {
        parts.events()
                .warning(
                        one.set(),
                        "ConflictingController",
                        ("PersistentVolumeClaim %s has a conflicting OwnerReference that acts as a"
                                        + " manging controller, the retention policy is ignored for"
                                        + " this claim")
                                .formatted(claim));
    }

    /// Tries every claim of an ordinal; the failures come together.
    private void createClaims(String podName, int ordinal) {
        Set<String> failures = new LinkedHashSet<>();
        for (var template : one.tree().path("spec").path("volumeClaimTemplates")) {
            var body = Identity.newClaim(one.set(), template, ordinal);
            var name = body.path("metadata").path("name").asText();
            var existing = parts.claims().get(one.namespace(), name);
            if (existing != null) {
                if (OneSet.deleted(existing))
                    failures.add("pvc %s is being deleted".formatted(name));
                continue;
            }
            try {
                var written =
                        parts.api()
                                .create(
                                        Types.CLAIMS,
                                        one.namespace(),
                                        new Body.Tree(body),
                                        SetParts.WRITE);
                one.last().claims(written.object().revision());
                parts.events()
                        .normal(
                                one.set(),
                                "SuccessfulCreate",
                                "Create Claim %s Pod %s in StatefulSet %s success"
                                        .formatted(name, podName, one.key().name()));
            } catch (ApiException refused) {
                if (!refused.is("AlreadyExists")) {
                    parts.events()
                            .warning(
                                    one.set(),
                                    "FailedCreate",
                                    "Create Claim %s for Pod %s in StatefulSet %s failed error: %s"
                                            .formatted(
                                                    name,
                                                    podName,
                                                    one.key().name(),
                                                    refused.getMessage()));
                }
                failures.add("failed to create PVC %s: %s".formatted(name, refused.getMessage()));
            }
        }
        if (failures.size() == 1) throw OneSet.failed(failures.iterator().next());
        if (!failures.isEmpty()) throw OneSet.failed(failures.toString());
    }

    private void deletePod(Pod pod) {
        var name = pod.getMetadata().getName();
        try {
            var deleted =
                    parts.api().delete(Types.PODS, one.namespace(), name, DeleteOptions.DEFAULT);
            one.last().pods(deleted.object().revision());
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
        parts.events()
                .normal(
                        one.set(),
                        "RolloutRecovery",
                        "Deleted Pod %s: it was not Ready and of revision %s, %s is wanted"
                                .formatted(
                                        pod.getMetadata().getName(),
                                        Identity.revision(pod),
                                        wanted));
    }

    private void repairPod(Pod pod) {
        int ordinal = Identity.ordinal(pod);
        var name = Identity.podName(one.set(), ordinal);
        try {
            if (!Identity.storageMatches(one.set(), pod)) createClaims(name, ordinal);
            var copy =
                    parts.api()
                            .get(Types.PODS, one.namespace(), pod.getMetadata().getName())
                            .copy();
            Identity.repair(one.set(), copy);
            var written =
                    parts.api()
                            .update(
                                    Types.PODS,
                                    one.namespace(),
                                    name,
                                    null,
                                    new Body.Tree(copy),
                                    SetParts.WRITE);
            one.last().pods(written.object().revision());
            say(null, "Update", name);
        } catch (ApiException refused) {
            say(refused, "Update", name);
            throw refused;
        }
    }

    private void ownClaim(String name, Pod pod, List<OwnerReference> owners) {
        try {
            var copy = parts.api().get(Types.CLAIMS, one.namespace(), name).copy();
            ((ObjectNode) copy.path("metadata")).set("ownerReferences", Retention.tree(owners));
            var written =
                    parts.api()
                            .update(
                                    Types.CLAIMS,
                                    one.namespace(),
                                    name,
                                    null,
                                    new Body.Tree(copy),
                                    SetParts.WRITE);
            one.last().claims(written.object().revision());
        } catch (ApiException refused) {
            if (refused.code() == 404) return;
            say(refused, "Update", pod.getMetadata().getName());
            throw refused;
        }
    }

    private void say(@Nullable ApiException refused, String verb, String pod) {
        if (refused == null) {
            parts.events()
                    .normal(
                            one.set(),
                            "Successful" + verb,
                            "%s Pod %s in StatefulSet %s successful"
                                    .formatted(verb, pod, one.key().name()));
        } else {
            parts.events()
                    .warning(
                            one.set(),
                            "Failed" + verb,
                            "%s Pod %s in StatefulSet %s failed error: %s"
                                    .formatted(verb, pod, one.key().name(), refused.getMessage()));
        }
    }
}

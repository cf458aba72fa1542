package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// Who owns a claim, by the set's retention policy. Pure.
///
/// @see "KEP-1847; upstream: pkg/controller/statefulset/stateful_set_utils.go"
final class Retention {
    private Retention() {}

    /// What is to be done with the owners of one claim.
    sealed interface Step {
        record Nothing() implements Step {}

        /// Replace the owner references by these.
        record Rewrite(List<OwnerReference> owners) implements Step {}
    }

    /// @param step what to write
    /// @param conflicting somebody else manages the claim: worth a warning
    record Outcome(Step step, boolean conflicting) {}

    static boolean deletes(StatefulSet set) {
        return whenDeleted(set) || whenScaled(set);
    }

    static boolean whenDeleted(StatefulSet set) {
        var policy = set.getSpec().getPersistentVolumeClaimRetentionPolicy();
        return policy != null && "Delete".equals(policy.getWhenDeleted());
    }

    static boolean whenScaled(StatefulSet set) {
        var policy = set.getSpec().getPersistentVolumeClaimRetentionPolicy();
        return policy != null && "Delete".equals(policy.getWhenScaled());
    }

    /// @param condemned the pod's ordinal is out of the wanted range
    static Outcome owners(
            StatefulSet set, Pod pod, PersistentVolumeClaim claim, boolean condemned) {
        var owners = references(claim);
        if (owners.stream().anyMatch(o -> stale(o, set, "StatefulSet") || stale(o, pod, "Pod"))) {
            boolean conflicting = deletes(set) && otherController(owners, set, pod);
            return new Outcome(new Step.Nothing(), conflicting);
        }
        if (deletes(set) && otherController(owners, set, pod)) {
            var foreign = owners.stream().filter(o -> !ours(o, set, pod)).toList();
            return new Outcome(rewrite(owners, foreign), true);
        }
        var wanted = new ArrayList<>(owners.stream().filter(o -> !ours(o, set, pod)).toList());
        wanted(set, pod, condemned).ifPresent(wanted::add);
        return new Outcome(
                same(owners, wanted) ? new Step.Nothing() : new Step.Rewrite(wanted), false);
    }

    /// A claim left by an earlier pod of this name, soon to be collected: no new pod until then.
    static boolean stale(StatefulSet set, String podName, PersistentVolumeClaim claim) {
        return whenScaled(set)
                && references(claim).stream()
                        .anyMatch(
                                o ->
                                        o.getKind().equals("Pod")
                                                && o.getApiVersion().equals("v1")
                                                && o.getName().equals(podName));
    }

    private static Optional<OwnerReference> wanted(StatefulSet set, Pod pod, boolean condemned) {
        if (condemned && whenScaled(set)) return Optional.of(reference(pod, "v1", "Pod"));
        if (whenDeleted(set)) return Optional.of(reference(set, "apps/v1", "StatefulSet"));
        return Optional.empty();
    }

    private static Step rewrite(List<OwnerReference> owners, List<OwnerReference> wanted) {
        return same(owners, wanted) ? new Step.Nothing() : new Step.Rewrite(wanted);
    }

    private static boolean same(List<OwnerReference> a, List<OwnerReference> b) {
        return a.size() == b.size()
                && a.stream().allMatch(x -> b.stream().anyMatch(y -> sameReference(x, y)));
    }

    private static boolean sameReference(OwnerReference a, OwnerReference b) {
        return Objects.equals(a.getUid(), b.getUid())
                && Objects.equals(a.getKind(), b.getKind())
                && Objects.equals(a.getName(), b.getName())
                && Boolean.TRUE.equals(a.getController()) == Boolean.TRUE.equals(b.getController());
    }

    private static boolean otherController(List<OwnerReference> owners, StatefulSet set, Pod pod) {
        return owners.stream()
                .anyMatch(
                        o ->
                                stale(o, set, "StatefulSet")
                                        || stale(o, pod, "Pod")
                                        || (Boolean.TRUE.equals(o.getController())
                                                && !ours(o, set, pod)));
    }

    private static boolean ours(OwnerReference owner, StatefulSet set, Pod pod) {
        return named(owner, set, "apps/v1", "StatefulSet") || named(owner, pod, "v1", "Pod");
    }

    private static boolean named(
            OwnerReference owner, HasMetadata object, String apiVersion, String kind) {
        return owner.getApiVersion().equals(apiVersion)
                && owner.getKind().equals(kind)
                && owner.getName().equals(object.getMetadata().getName());
    }

    private static boolean stale(OwnerReference owner, HasMetadata object, String kind) {
        return named(owner, object, kind.equals("Pod") ? "v1" : "apps/v1", kind)
                && !Objects.equals(owner.getUid(), object.getMetadata().getUid());
    }

    private static OwnerReference reference(HasMetadata object, String apiVersion, String kind) {
        var reference = new OwnerReference();
        reference.setApiVersion(apiVersion);
        reference.setKind(kind);
        reference.setName(object.getMetadata().getName());
        reference.setUid(object.getMetadata().getUid());
        reference.setController(true);
        reference.setBlockOwnerDeletion(true);
        return reference;
    }

    static List<OwnerReference> references(HasMetadata object) {
        var owners = object.getMetadata().getOwnerReferences();
        return owners == null ? List.of() : owners;
    }

    static ArrayNode tree(List<OwnerReference> owners) {
        var array = JsonNodeFactory.instance.arrayNode();
        for (var owner : owners) {
            ObjectNode reference = array.addObject();
            reference.put("apiVersion", owner.getApiVersion()).put("kind", owner.getKind());
            reference.put("name", owner.getName()).put("uid", owner.getUid());
            if (owner.getController() != null) reference.put("controller", owner.getController());
            if (owner.getBlockOwnerDeletion() != null) {
                reference.put("blockOwnerDeletion", owner.getBlockOwnerDeletion());
            }
        }
        return array;
    }
}

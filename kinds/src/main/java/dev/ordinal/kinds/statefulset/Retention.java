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
import java.util.Optional;

/// Who owns a claim, by the set's retention policy. Pure.
///
/// @see "KEP-1847; upstream: pkg/controller/statefulset/stateful_set_utils.go"
final class Retention {
    private static final Type SET = new Type("apps/v1", "StatefulSet");
    private static final Type POD = new Type("v1", "Pod");

    private Retention() {}

    private record Type(String apiVersion, String kind) {}

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
        boolean conflicting = deletes(set) && hasOtherController(owners, set, pod);
        boolean fits = fits(owners, set, pod, condemned, conflicting);
        if (fits) return new Outcome(new Step.Nothing(), conflicting);
        var wanted = new ArrayList<>(owners.stream().filter(o -> !ours(o, set, pod)).toList());
        if (!conflicting) {
            wanted(set, pod, condemned)
                    .filter(o -> !owns(wanted, o.getUid()))
                    .ifPresent(wanted::add);
        }
        return new Outcome(new Step.Rewrite(wanted), conflicting);
    }

    /// Nothing is to be written. A claim of an earlier set or pod of the same name is left to the
    /// garbage collector.
    private static boolean fits(
            List<OwnerReference> owners,
            StatefulSet set,
            Pod pod,
            boolean condemned,
            boolean conflicting) {
        if (stale(owners, set, SET) || stale(owners, pod, POD)) return true;
        boolean bySet = owns(owners, set.getMetadata().getUid());
        boolean byPod = owns(owners, pod.getMetadata().getUid());
        if (conflicting) return !bySet && !byPod;
        boolean weak =
                owners.stream()
                        .filter(o -> o.getUid().equals(uid(set)) || o.getUid().equals(uid(pod)))
                        .anyMatch(o -> !Boolean.TRUE.equals(o.getController()));
        if (weak) return false;
        boolean wantsPod = condemned && whenScaled(set);
        boolean wantsSet = !wantsPod && whenDeleted(set);
        return bySet == wantsSet && byPod == wantsPod;
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
        if (condemned && whenScaled(set)) return Optional.of(reference(pod, POD));
        if (whenDeleted(set)) return Optional.of(reference(set, SET));
        return Optional.empty();
    }

    /// Somebody else acts as the claim's controller, or an earlier set or pod of the same name.
    private static boolean hasOtherController(
            List<OwnerReference> owners, StatefulSet set, Pod pod) {
        return owners.stream()
                .anyMatch(
                        o -> {
                            if (named(o, set, SET)) return !uid(set).equals(o.getUid());
                            if (named(o, pod, POD)) return !uid(pod).equals(o.getUid());
                            return Boolean.TRUE.equals(o.getController());
                        });
    }

    private static boolean ours(OwnerReference owner, StatefulSet set, Pod pod) {
        return named(owner, set, SET) || named(owner, pod, POD);
    }

    private static boolean named(OwnerReference owner, HasMetadata object, Type type) {
        return owner.getApiVersion().equals(type.apiVersion)
                && owner.getKind().equals(type.kind)
                && owner.getName().equals(object.getMetadata().getName());
    }

    /// The first reference of this name and kind has another uid.
    private static boolean stale(List<OwnerReference> owners, HasMetadata object, Type type) {
        return owners.stream()
                .filter(o -> named(o, object, type))
                .findFirst()
                .filter(o -> !uid(object).equals(o.getUid()))
                .isPresent();
    }

    private static boolean owns(List<OwnerReference> owners, String uid) {
        return owners.stream().anyMatch(o -> uid.equals(o.getUid()));
    }

    private static String uid(HasMetadata object) {
        return object.getMetadata().getUid();
    }

    private static OwnerReference reference(HasMetadata object, Type type) {
        var reference = new OwnerReference();
        reference.setApiVersion(type.apiVersion);
        reference.setKind(type.kind);
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

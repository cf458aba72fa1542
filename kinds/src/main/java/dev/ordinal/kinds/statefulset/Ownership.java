package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Key;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.statefulset.History.Revision;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Pods and revisions of one set: adopts orphans and releases strangers. For one look.
///
/// @see "upstream: pkg/controller/controller_ref_manager.go"
final class Ownership {
    private final SetParts parts;
    private final OneSet one;
    private boolean confirmed;

    Ownership(SetParts parts, OneSet one) {
        this.parts = parts;
        this.one = one;
    }

    /// The pods of this set, after adopting orphans and releasing strangers.
    List<Pod> pods() {
        List<Pod> owned = new ArrayList<>();
        @Nullable ApiException failure = null;
        for (var pod : mineOrNobodys(parts.pods())) {
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
        boolean wanted = one.selects(pod) && Identity.member(one.set(), pod);
        var owner = OneSet.controller(pod);
        if (owner.isPresent()) {
            if (!owner.get().getUid().equals(one.uid())) return false;
            if (!wanted && !OneSet.deleted(one.set())) release(pod);
            return wanted;
        }
        if (!wanted || OneSet.deleted(pod) || OneSet.deleted(one.set())) return false;
        var metadata = pod.getMetadata();
        confirmAlive(
                "Pod %s/%s (%s)"
                        .formatted(metadata.getNamespace(), metadata.getName(), metadata.getUid()));
        return adopt(Types.PODS, pod).isPresent();
    }

    private void release(Pod pod) {
        var patch = JsonNodeFactory.instance.objectNode();
        var metadata = patch.putObject("metadata").put("uid", pod.getMetadata().getUid());
        metadata.putArray("ownerReferences")
                .addObject()
                .put("$patch", "delete")
                .put("uid", one.uid());
        strategicPatch(Types.PODS, pod.getMetadata().getName(), patch);
    }

    /// The revisions of this set, oldest first, after adopting orphans.
    List<Revision> revisions() {
        List<Revision> history = new ArrayList<>();
        for (var revision : mineOrNobodys(parts.revisions())) {
            if (!one.selects(revision)) continue;
            var owner = OneSet.controller(revision);
            var stored = Optional.ofNullable(parts.revisions().stored(Key.of(revision)));
            if (owner.isEmpty()) {
                confirmAlive("ControllerRevisions");
                stored = adopt(Types.CONTROLLER_REVISIONS, revision);
            } else if (!owner.get().getUid().equals(one.uid())) continue;
            stored.ifPresent(kept -> history.add(Revision.of(revision, kept.tree())));
        }
        history.sort(History.AGE);
        return history;
    }

    /// Read by owner, so that a look costs the same however much else the namespace holds.
    private <T extends HasMetadata> List<T> mineOrNobodys(Informer<T> cache) {
        var owned = cache.ownedBy(one.uid());
        var orphans = cache.orphans(one.namespace());
        if (orphans.isEmpty()) return owned;
        List<T> found = new ArrayList<>(owned);
        found.addAll(orphans);
        found.sort(Comparator.comparing(object -> object.getMetadata().getName()));
        return found;
    }

    /// @return empty when the orphan is gone
    private Optional<Stored> adopt(GroupVersionResource type, HasMetadata orphan) {
        var patch = JsonNodeFactory.instance.objectNode();
        var metadata = patch.putObject("metadata").put("uid", orphan.getMetadata().getUid());
        metadata.putArray("ownerReferences").add(Identity.controllerReference(one.set()));
        return strategicPatch(type, orphan.getMetadata().getName(), patch);
    }

    /// Before the first adoption the set itself is asked for again.
    private void confirmAlive(String orphans) {
        if (confirmed) return;
        var fresh = parts.api().get(Types.STATEFUL_SETS, one.namespace(), one.key().name());
        var deleted = fresh.tree().path("metadata").path("deletionTimestamp").asText();
        if (!fresh.uid().equals(one.uid())) {
            throw OneSet.failed(
                    "can't adopt %s: original StatefulSet %s is gone: got uid %s, wanted %s"
                            .formatted(orphans, one.key(), fresh.uid(), one.uid()));
        }
        if (!deleted.isEmpty()) {
            throw OneSet.failed(
                    "can't adopt %s: %s has just been deleted at %s"
                            .formatted(orphans, one.key(), deleted));
        }
        confirmed = true;
    }

    private Optional<Stored> strategicPatch(
            GroupVersionResource type, String name, ObjectNode patch) {
        try {
            var written =
                    parts.api()
                            .patch(
                                    type,
                                    one.namespace(),
                                    name,
                                    null,
                                    new Api.Patch(
                                            Api.Patch.STRATEGIC,
                                            patch.toString().getBytes(StandardCharsets.UTF_8)),
                                    SetParts.WRITE);
            if (type.equals(Types.PODS)) one.last().pods(written.object().revision());
            else one.last().revisions = written.object().revision();
            return Optional.of(written.object());
        } catch (ApiException refused) {
            if (refused.code() != 404) throw refused;
            return Optional.empty();
        }
    }
}

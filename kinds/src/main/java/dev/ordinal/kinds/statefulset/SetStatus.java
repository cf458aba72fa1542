package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api.Body;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Types;

/// The status of one set: written when it changes. For one look.
final class SetStatus {
    private static final int CONFLICTS_MAX = 5;

    private final SetParts parts;
    private final OneSet one;
    private final int collisions;

    SetStatus(SetParts parts, OneSet one, int collisions) {
        this.parts = parts;
        this.one = one;
        this.collisions = collisions;
    }

    /// Tries again on conflicts, but for another set of the same name.
    void write(Plan.Status wanted, Rollout rollout) {
        if (!changes(wanted) && !changes(rollout)) return;
        var body = (ObjectNode) one.tree().deepCopy();
        for (int attempt = 1; ; attempt++) {
            var status = statusTree(wanted);
            if (!rollout.conditions().isEmpty()) status.set("conditions", rollout.tree());
            body.set("status", status);
            try {
                var written =
                        parts.api()
                                .update(
                                        Types.STATEFUL_SETS,
                                        one.namespace(),
                                        one.key().name(),
                                        "status",
                                        new Body.Tree(body.deepCopy()),
                                        SetParts.WRITE);
                one.last().sets = written.object().revision();
                return;
            } catch (ApiException refused) {
                if (refused.code() == 404) return;
                if (!refused.is("Conflict") || attempt == CONFLICTS_MAX) throw refused;
                var fresh = parts.api().get(Types.STATEFUL_SETS, one.namespace(), one.key().name());
                if (!fresh.uid().equals(one.uid())) return;
                body = fresh.copy();
            }
        }
    }

    private ObjectNode statusTree(Plan.Status wanted) {
        var status = JsonNodeFactory.instance.objectNode();
        status.put("observedGeneration", one.generation());
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
        var status = one.tree().path("status");
        return one.generation() > status.path("observedGeneration").asLong()
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
        var status = one.tree().path("status");
        return rollout.conditions().isEmpty()
                ? Rollout.wroteConditions(status)
                : !rollout.tree().equals(status.path("conditions"));
    }
}

package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Typed;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.statefulset.History.Revision;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The history of one set: finds or makes the revision of its template. For one look.
final class Revisions {
    private final SetParts parts;
    private final OneSet one;
    private final List<Revision> history;
    private int collisions;

    /// @param history oldest first
    Revisions(SetParts parts, OneSet one, List<Revision> history) {
        this.parts = parts;
        this.one = one;
        this.history = history;
        var status = one.set().getStatus();
        collisions =
                status == null || status.getCollisionCount() == null
                        ? 0
                        : status.getCollisionCount();
    }

    /// How often the name of a new revision was taken, ever.
    int collisions() {
        return collisions;
    }

    /// The revision of the set's template.
    Revision update() {
        var data = History.data(one.tree().path("spec").path("template"));
        var wanted = History.canonical(data);
        return switch (History.choose(history, wanted, this::restored)) {
            case History.Choice.Use(var revision) -> revision;
            case History.Choice.Renumber(var revision, var number) -> renumber(revision, number);
            case History.Choice.Create(var number) -> create(data, wanted, number);
        };
    }

    /// The data a revision would have if it were applied to the set and saved again.
    private String restored(Revision revision) {
        var copy = (ObjectNode) one.tree().deepCopy();
        copy.withObjectProperty("spec").set("template", revision.template());
        parts.kind().defaulting(copy);
        return History.canonical(
                History.data(parts.kind().shape(copy).path("spec").path("template")));
    }

    private Revision renumber(Revision revision, long number) {
        var copy = (ObjectNode) revision.tree().deepCopy();
        copy.put("revision", number);
        var written =
                parts.api()
                        .update(
                                Types.CONTROLLER_REVISIONS,
                                one.namespace(),
                                revision.name(),
                                null,
                                new Body.Tree(copy),
                                SetParts.WRITE);
        history.remove(revision);
        return remember(written);
    }

    private Revision create(ObjectNode data, String wanted, long number) {
        var label = History.hash(wanted, collisions);
        while (true) {
            var revision = History.newRevision(one.set(), data, number, collisions, label);
            try {
                return remember(
                        parts.api()
                                .create(
                                        Types.CONTROLLER_REVISIONS,
                                        one.namespace(),
                                        new Body.Tree(revision),
                                        SetParts.WRITE));
            } catch (ApiException refused) {
                if (!refused.is("AlreadyExists")) throw refused;
                var taken =
                        parts.api()
                                .get(
                                        Types.CONTROLLER_REVISIONS,
                                        one.namespace(),
                                        revision.path("metadata").path("name").asText());
                if (History.canonical(taken.tree().path("data")).equals(wanted)) {
                    return remember(new Api.Written(taken, false, List.of()));
                }
                collisions++;
            }
        }
    }

    private Revision remember(Api.Written written) {
        one.last().revisions = written.object().revision();
        var revision =
                Revision.of(
                        Typed.read(written.object().tree(), ControllerRevision.class),
                        written.object().tree());
        history.add(revision);
        history.sort(History.AGE);
        return revision;
    }

    /// Deletes what is older than the set remembers and no pod is of.
    void truncate(List<Pod> owned, Revision current, Revision update) {
        Set<String> live = new HashSet<>(List.of(current.name(), update.name()));
        owned.forEach(pod -> live.add(Identity.revision(pod)));
        var limit = one.set().getSpec().getRevisionHistoryLimit();
        for (var old : History.surplus(history, live, limit == null ? 10 : limit)) {
            try {
                var deleted =
                        parts.api()
                                .delete(
                                        Types.CONTROLLER_REVISIONS,
                                        one.namespace(),
                                        old.name(),
                                        DeleteOptions.DEFAULT);
                one.last().revisions = deleted.object().revision();
            } catch (ApiException refused) {
                if (refused.code() != 404) throw refused;
            }
        }
    }
}

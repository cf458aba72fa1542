package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Stored;
import dev.ordinal.api.Trees;
import dev.ordinal.control.Typed;
import dev.ordinal.control.Types;

import io.fabric8.kubernetes.api.model.Pod;

import java.util.Optional;
import java.util.function.Function;

/// What the worker of a pod tells the API: its status, its events and its end.
final class PodWrites {
    private static final WriteOptions WRITE = WriteOptions.by("kubelet");

    private final PodAgent.Parts parts;
    private final PodInbox inbox;

    PodWrites(PodAgent.Parts parts, PodInbox inbox) {
        this.parts = parts;
        this.inbox = inbox;
    }

    /// Writes the status; again when somebody else has written the pod meanwhile, so that nothing
    /// is undone.
    void status(Stored current, Function<JsonNode, ObjectNode> status) {
        var at = Optional.of(current);
        while (at.isPresent()) at = write(at.get(), status.apply(at.get().tree()));
    }

    /// @return the pod as somebody else has written it, if that kept this from being written
    private Optional<Stored> write(Stored current, ObjectNode status) {
        if (Trees.same(status, current.tree().path("status"))) return Optional.empty();
        var body = current.copy();
        body.set("status", status);
        var tree = new Api.Body.Tree(body);
        var namespace = current.namespace();
        var name = current.name();
        try {
            var api = parts.api();
            var written = api.update(Types.PODS, namespace, name, "status", tree, WRITE).object();
            inbox.written(written);
        } catch (ApiException refused) {
            if (refused.code() == 409) return newest(current);
            if (refused.code() != 404) throw refused;
        }
        return Optional.empty();
    }

    private Optional<Stored> newest(Stored pod) {
        try {
            var found = parts.api().get(Types.PODS, pod.namespace(), pod.name());
            return found.uid().equals(pod.uid()) ? Optional.of(found) : Optional.empty();
        } catch (ApiException gone) {
            if (gone.code() != 404) throw gone;
            return Optional.empty();
        }
    }

    /// The pod has ended, its object goes.
    void remove(Stored pod) {
        var options = new DeleteOptions(0L, "", null, pod.uid(), null, false);
        try {
            parts.api().delete(Types.PODS, pod.namespace(), pod.name(), options);
        } catch (ApiException refused) {
            if (refused.code() != 404 && refused.code() != 409) throw refused;
        }
    }

    /// An event of type Normal.
    ///
    /// @param path of the container, or empty
    void say(JsonNode tree, String path, String reason, String message) {
        parts.events().about(typed(tree), path, "Normal", reason, message);
    }

    /// An event of type Warning.
    ///
    /// @param path of the container, or empty
    void warn(String path, String reason, String message) {
        parts.events().about(typed(inbox.latest().tree()), path, "Warning", reason, message);
    }

    private static Pod typed(JsonNode tree) {
        var head = JsonNodeFactory.instance.objectNode();
        head.put("kind", "Pod").put("apiVersion", "v1");
        head.set("metadata", tree.path("metadata"));
        return Typed.read(head, Pod.class);
    }
}

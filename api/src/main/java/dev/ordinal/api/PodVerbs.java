package dev.ordinal.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.Api.Written;
import dev.ordinal.api.schema.Schema;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// What can be POSTed to a pod: a binding to a node, an eviction.
final class PodVerbs {
    private static final Schema BINDING = Schema.load("v1", "Binding");
    private static final Schema EVICTION = Schema.load("policy/v1", "Eviction");

    /// As refusals call them.
    private static final GroupVersionResource BINDINGS =
            GroupVersionResource.of("v1", "pods/binding");

    private PodVerbs() {}

    static Written bind(
            Registry registry,
            Kind pods,
            @Nullable String namespace,
            String name,
            Body body,
            WriteOptions options) {
        var binding =
                Decoding.decode(BINDING, "Binding", "v1", body, options.fieldValidation()).tree();
        var given = Metadata.of(binding).path("name").asText(name);
        if (!given.equals(name)) {
            throw ApiException.badRequest("name in URL does not match name in Binding object");
        }
        var node = binding.path("target").path("name").asText();
        checkTarget(binding, node);
        registry.modify(
                pods,
                namespace,
                name,
                "binding",
                current -> bound(registry, current, binding, node),
                WritePath.Owners.GIVEN,
                options,
                List.of());
        return success();
    }

    /// Upstream tells no more of what is wrong than its text.
    private static void checkTarget(ObjectNode binding, String node) {
        var problems = new Problems();
        var kind = binding.path("target").path("kind").asText();
        if (!kind.isEmpty() && !kind.equals("Node")) {
            problems.at("target").at("kind").notSupported(kind, List.of("Node", "<empty>"));
        }
        if (node.isEmpty()) problems.at("target").at("name").required("");
        if (problems.isEmpty()) return;
        throw new ApiException(new Status(500, "", problems.text(), null));
    }

    private static ObjectNode bound(
            Registry registry, Stored current, ObjectNode binding, String node) {
        var pod = current.copy();
        var metadata = Metadata.of(pod);
        if (metadata.has("deletionTimestamp")) {
            throw ApiException.conflict(
                    BINDINGS,
                    current.name(),
                    "pod %s is being deleted, cannot be assigned to a host"
                            .formatted(current.name()));
        }
        var assigned = pod.path("spec").path("nodeName").asText();
        if (!assigned.isEmpty()) {
            throw ApiException.conflict(
                    BINDINGS,
                    current.name(),
                    "pod %s is already assigned to node \"%s\""
                            .formatted(current.name(), assigned));
        }
        if (!pod.path("spec").path("schedulingGates").isEmpty()) {
            throw ApiException.conflict(
                    BINDINGS,
                    current.name(),
                    "pod %s has non-empty .spec.schedulingGates".formatted(current.name()));
        }
        var uid = Metadata.of(binding).path("uid").asText();
        if (!uid.isEmpty()) metadata.put("uid", uid);
        metadata.remove("resourceVersion");
        pod.withObjectProperty("spec").put("nodeName", node);
        pod.withObjectProperty("status").remove("nominatedNodeName");
        for (var notes : List.of("annotations", "labels")) {
            var added = Metadata.of(binding).path(notes).properties();
            for (var note : added) {
                metadata.withObjectProperty(notes).set(note.getKey(), note.getValue());
            }
        }
        setCondition(
                pod,
                JsonNodeFactory.instance
                        .objectNode()
                        .put("type", "PodScheduled")
                        .put("status", "True")
                        .put("lastTransitionTime", registry.now().toString()));
        return pod;
    }

    private static void setCondition(ObjectNode pod, ObjectNode condition) {
        var conditions = pod.withObjectProperty("status").withArrayProperty("conditions");
        for (int i = 0; i < conditions.size(); i++) {
            if (conditions.get(i).path("type").equals(condition.path("type"))) {
                conditions.set(i, condition);
                return;
            }
        }
        conditions.add(condition);
    }

    /// Without PodDisruptionBudgets every eviction is allowed.
    static Written evict(
            Registry registry,
            Kind pods,
            @Nullable String namespace,
            String name,
            Body body,
            WriteOptions options) {
        var eviction =
                Decoding.decode(EVICTION, "Eviction", "policy/v1", body, options.fieldValidation())
                        .tree();
        if (!Metadata.of(eviction).path("name").asText(name).equals(name)) {
            throw ApiException.badRequest("name in URL does not match name in Eviction object");
        }
        var asked = eviction.path("deleteOptions");
        var delete =
                new DeleteOptions(
                        asked.has("gracePeriodSeconds")
                                ? asked.path("gracePeriodSeconds").asLong()
                                : null,
                        asked.path("propagationPolicy").asText(),
                        null,
                        asked.at("/preconditions/uid").isTextual()
                                ? asked.at("/preconditions/uid").asText()
                                : null,
                        null,
                        options.dryRun() || !asked.path("dryRun").isEmpty());
        if (!delete.dryRun()) markEvicted(registry, pods, namespace, name, delete, options);
        registry.delete(pods.type(), namespace, name, delete);
        return success();
    }

    private static void markEvicted(
            Registry registry,
            Kind pods,
            @Nullable String namespace,
            String name,
            DeleteOptions delete,
            WriteOptions options) {
        registry.modify(
                pods,
                namespace,
                name,
                "status",
                current -> {
                    Deletions.checkPreconditions(pods, current, delete);
                    var pod = current.copy();
                    Metadata.of(pod).remove("resourceVersion");
                    setCondition(
                            pod,
                            JsonNodeFactory.instance
                                    .objectNode()
                                    .put("type", "DisruptionTarget")
                                    .put("status", "True")
                                    .put("reason", "EvictionByEvictionAPI")
                                    .put("message", "Eviction API: evicting")
                                    .put("lastTransitionTime", registry.now().toString()));
                    return pod;
                },
                WritePath.Owners.GIVEN,
                options,
                List.of());
    }

    private static Written success() {
        var status = JsonNodeFactory.instance.objectNode();
        status.put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        status.put("status", "Success").put("code", 201);
        return new Written(Stored.encode(0, status), true, List.of());
    }
}

package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Column;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Trees;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Columns;

import org.jspecify.annotations.Nullable;

/// Everything the API server knows about `v1` Pods.
public final class Pods {
    public static final Kind KIND =
            Kind.of("v1", "pods", Schema.load("v1", "Pod"))
                    .shortNames("po")
                    .categories("all")
                    .subresources("attach", "binding", "eviction", "exec", "log", "portforward")
                    .status()
                    .restoredInStatus("metadata.deletionTimestamp", "metadata.ownerReferences")
                    .generations()
                    .returnsDeleted()
                    .defaulting(PodDefaults::fillPod)
                    .preparing(Pods::prepare)
                    .rules(PodRules::check)
                    .statusRules(PodStatusRules::check)
                    .warnings(PodWarnings::of)
                    .graceful(Pods::gracePeriod)
                    .column(Columns.name())
                    .column(Columns.text("Ready", "Ready containers of all.", PodColumns::ready))
                    .column(Columns.text("Status", "What the pod is doing.", PodColumns::status))
                    .column(
                            new Column(
                                    "Restarts",
                                    "string",
                                    "",
                                    "How often containers started again, and when last.",
                                    0,
                                    PodColumns::restarts))
                    .column(Columns.age())
                    .column(
                            Columns.wide(
                                    "IP",
                                    "Its address in the cluster.",
                                    Columns.at("/status/podIPs/0/ip", Columns.NONE)))
                    .column(
                            Columns.wide(
                                    "Node",
                                    "Where it runs.",
                                    Columns.at("/spec/nodeName", Columns.NONE)))
                    .column(
                            Columns.wide(
                                    "Nominated Node",
                                    "Where room is being made for it.",
                                    Columns.at("/status/nominatedNodeName", Columns.NONE)))
                    .column(
                            Columns.wide(
                                    "Readiness Gates",
                                    "Gates that are met, of all.",
                                    PodColumns::gates))
                    .selectable("spec.nodeName", Columns.at("/spec/nodeName"))
                    .selectable("spec.host", Columns.at("/spec/nodeName"))
                    .selectable("spec.restartPolicy", Columns.at("/spec/restartPolicy"))
                    .selectable("spec.schedulerName", Columns.at("/spec/schedulerName"))
                    .selectable("spec.serviceAccountName", Columns.at("/spec/serviceAccountName"))
                    .selectable(
                            "spec.hostNetwork",
                            pod -> Boolean.toString(pod.at("/spec/hostNetwork").asBoolean()))
                    .selectable("status.phase", Columns.at("/status/phase"))
                    .selectable("status.podIP", Columns.at("/status/podIP"))
                    .selectable("status.podIPs", Columns.at("/status/podIPs/0/ip"))
                    .selectable("status.nominatedNodeName", Columns.at("/status/nominatedNodeName"))
                    .build();

    private Pods() {}

    private static void prepare(
            ObjectNode pod, @Nullable JsonNode old, @Nullable String subresource) {
        if (old == null) {
            pod.withObjectProperty("status")
                    .put("phase", "Pending")
                    .put("qosClass", ServiceClass.of(pod));
            PodScheduling.prepare(pod);
        } else if ("status".equals(subresource)) {
            Trees.copy(
                    "ownerReferences",
                    (ObjectNode) old.path("metadata"),
                    (ObjectNode) pod.path("metadata"));
            PodStatusRules.prepare(pod.withObjectProperty("status"), old.path("status"));
        }
    }

    private static long gracePeriod(JsonNode pod, @Nullable Long asked) {
        var phase = pod.at("/status/phase").asText();
        if (pod.at("/spec/nodeName").asText().isEmpty()
                || phase.equals("Succeeded")
                || phase.equals("Failed")) return 0;
        long period =
                asked != null ? asked : pod.at("/spec/terminationGracePeriodSeconds").asLong();
        return period < 0 ? 1 : period;
    }
}

package dev.ordinal.kinds.node;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Columns;

import java.util.TreeSet;

/// Everything the API server knows about `v1` Nodes.
public final class Nodes {
    private static final String ROLE = "node-role.kubernetes.io/";

    public static final Kind KIND =
            Kind.of("v1", "nodes", Schema.load("v1", "Node"))
                    .clusterScoped()
                    .shortNames("no")
                    .status()
                    .column(Columns.name())
                    .column(Columns.text("Status", "Whether the node is ready.", Nodes::status))
                    .column(Columns.text("Roles", "What the node is used for.", Nodes::roles))
                    .column(Columns.age())
                    .column(
                            Columns.text(
                                    "Version",
                                    "Version of its node agent.",
                                    Columns.at("/status/nodeInfo/kubeletVersion")))
                    .column(
                            Columns.wide(
                                    "Internal-IP",
                                    "Address inside the cluster.",
                                    node -> address(node, "InternalIP")))
                    .column(
                            Columns.wide(
                                    "External-IP",
                                    "Address outside the cluster.",
                                    node -> address(node, "ExternalIP")))
                    .column(
                            Columns.wide(
                                    "OS-Image",
                                    "Its operating system.",
                                    Columns.at("/status/nodeInfo/osImage", "<unknown>")))
                    .column(Columns.wide("Kernel-Version", "Its kernel.", Nodes::kernel))
                    .column(
                            Columns.wide(
                                    "Container-Runtime",
                                    "What runs its containers.",
                                    Columns.at(
                                            "/status/nodeInfo/containerRuntimeVersion",
                                            "<unknown>")))
                    .selectable(
                            "spec.unschedulable",
                            node -> Boolean.toString(node.at("/spec/unschedulable").asBoolean()))
                    .build();

    private Nodes() {}

    private static String status(JsonNode node) {
        var text = "Unknown";
        for (var condition : node.at("/status/conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                text = condition.path("status").asText().equals("True") ? "Ready" : "NotReady";
            }
        }
        return node.at("/spec/unschedulable").asBoolean() ? text + ",SchedulingDisabled" : text;
    }

    private static String roles(JsonNode node) {
        var roles = new TreeSet<String>();
        for (var label : node.at("/metadata/labels").properties()) {
            if (label.getKey().startsWith(ROLE) && label.getKey().length() > ROLE.length()) {
                roles.add(label.getKey().substring(ROLE.length()));
            }
            if (label.getKey().equals("kubernetes.io/role")) roles.add(label.getValue().asText());
        }
        return roles.isEmpty() ? Columns.NONE : String.join(",", roles);
    }

    private static String address(JsonNode node, String type) {
        for (var address : node.at("/status/addresses")) {
            if (address.path("type").asText().equals(type)) return address.path("address").asText();
        }
        return Columns.NONE;
    }

    private static String kernel(JsonNode node) {
        var info = node.at("/status/nodeInfo");
        var kernel = Columns.at("/kernelVersion", "<unknown>").apply(info);
        var architecture = info.path("architecture").asText();
        return architecture.isEmpty() ? kernel : kernel + " (" + architecture + ")";
    }
}

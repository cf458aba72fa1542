package dev.ordinal.kinds.namespace;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.Names;
import dev.ordinal.api.Trees;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Columns;

import java.util.TreeSet;

/// Everything the API server knows about `v1` Namespaces.
public final class Namespaces {
    public static final Kind KIND =
            Kind.of("v1", "namespaces", Schema.load("v1", "Namespace"))
                    .clusterScoped()
                    .shortNames("ns")
                    .verbs(
                            new TreeSet<>(
                                    java.util.List.of(
                                            "create", "delete", "get", "list", "patch", "update",
                                            "watch")))
                    .subresources("finalize")
                    .status()
                    .holdsContent()
                    .returnsDeleted()
                    .name(Names::label)
                    .field(
                            "spec.finalizers",
                            f -> f.describedAs("What must happen before it goes."))
                    .defaulting(
                            namespace -> {
                                var name = namespace.at("/metadata/name").asText();
                                if (!name.isEmpty()) {
                                    ((ObjectNode) namespace.path("metadata"))
                                            .withObjectProperty("labels")
                                            .put("kubernetes.io/metadata.name", name);
                                }
                            })
                    .preparing(
                            (namespace, old, subresource) -> {
                                if (old == null) {
                                    var finalizers =
                                            namespace
                                                    .withObjectProperty("spec")
                                                    .withArrayProperty("finalizers");
                                    boolean has = false;
                                    for (var f : finalizers) has |= f.asText().equals("kubernetes");
                                    if (!has) finalizers.add("kubernetes");
                                    namespace.withObjectProperty("status").put("phase", "Active");
                                } else if (!"finalize".equals(subresource)) {
                                    Trees.copy(
                                            "finalizers",
                                            (ObjectNode) old.path("spec"),
                                            namespace.withObjectProperty("spec"));
                                }
                            })
                    .column(Columns.name())
                    .column(
                            Columns.text(
                                    "Status",
                                    "Active, or Terminating while its content is deleted.",
                                    Columns.at("/status/phase")))
                    .column(Columns.age())
                    .selectable("status.phase", Columns.at("/status/phase"))
                    .selectable("name", Columns.at("/metadata/name"))
                    .build();

    private Namespaces() {}
}

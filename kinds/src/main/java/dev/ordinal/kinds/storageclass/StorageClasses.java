package dev.ordinal.kinds.storageclass;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Column;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Labels;
import dev.ordinal.api.Problems;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Checks;
import dev.ordinal.kinds.Columns;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Locale;

/// Everything the API server knows about `storage.k8s.io/v1` StorageClasses.
public final class StorageClasses {
    public static final Kind KIND =
            Kind.of(
                            "storage.k8s.io/v1",
                            "storageclasses",
                            Schema.load("storage.k8s.io/v1", "StorageClass"))
                    .clusterScoped()
                    .shortNames("sc")
                    .returnsDeleted()
                    .field("reclaimPolicy", f -> f.byDefault("Delete"))
                    .field("volumeBindingMode", f -> f.byDefault("Immediate"))
                    .rules(StorageClasses::check)
                    .column(Columns.name(StorageClasses::name))
                    .column(
                            Columns.text(
                                    "Provisioner",
                                    "Who makes its volumes.",
                                    Columns.at("/provisioner")))
                    .column(
                            Columns.text(
                                    "ReclaimPolicy",
                                    "What happens to a volume after its claim.",
                                    Columns.at("/reclaimPolicy", "Delete")))
                    .column(
                            Columns.text(
                                    "VolumeBindingMode",
                                    "When claims get their volume.",
                                    Columns.at("/volumeBindingMode", "Immediate")))
                    .column(
                            new Column(
                                    "AllowVolumeExpansion",
                                    "string",
                                    "",
                                    "Whether claims may grow.",
                                    0,
                                    (c, _) -> c.path("allowVolumeExpansion").asBoolean()))
                    .column(Columns.age())
                    .build();

    private StorageClasses() {}

    private static String name(JsonNode storageClass) {
        var name = storageClass.at("/metadata/name").asText();
        var annotations = storageClass.at("/metadata/annotations");
        boolean isDefault =
                annotations
                                .path("storageclass.kubernetes.io/is-default-class")
                                .asText()
                                .equals("true")
                        || annotations
                                .path("storageclass.beta.kubernetes.io/is-default-class")
                                .asText()
                                .equals("true");
        return isDefault ? name + " (default)" : name;
    }

    private static void check(JsonNode storageClass, @Nullable JsonNode old, Problems problems) {
        var provisioner = storageClass.path("provisioner").asText();
        if (provisioner.isEmpty()) problems.at("provisioner").required("");
        else {
            for (var problem : Labels.keyProblems(provisioner.toLowerCase(Locale.ROOT))) {
                problems.at("provisioner").invalid(provisioner, problem);
            }
        }
        Checks.oneOf(
                storageClass.path("reclaimPolicy"),
                List.of("Delete", "Retain"),
                problems.at("reclaimPolicy"));
        Checks.oneOf(
                storageClass.path("volumeBindingMode"),
                List.of("Immediate", "WaitForFirstConsumer"),
                problems.at("volumeBindingMode"));
        if (old == null) return;
        for (var field :
                List.of("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode")) {
            Checks.immutable(storageClass.path(field), old.path(field), problems.at(field));
        }
    }
}

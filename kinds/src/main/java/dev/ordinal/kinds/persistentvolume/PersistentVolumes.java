package dev.ordinal.kinds.persistentvolume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Quantity;
import dev.ordinal.api.Trees;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Checks;
import dev.ordinal.kinds.Columns;
import dev.ordinal.kinds.persistentvolumeclaim.Claims;
import dev.ordinal.kinds.pod.Diffs;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Set;

/// Everything the API server knows about `v1` PersistentVolumes.
public final class PersistentVolumes {
    /// Fields of the spec that are not volume sources.
    private static final Set<String> COMMON =
            Set.of(
                    "accessModes",
                    "capacity",
                    "claimRef",
                    "mountOptions",
                    "nodeAffinity",
                    "persistentVolumeReclaimPolicy",
                    "storageClassName",
                    "volumeAttributesClassName",
                    "volumeMode");

    public static final Kind KIND =
            Kind.of("v1", "persistentvolumes", Schema.load("v1", "PersistentVolume"))
                    .clusterScoped()
                    .shortNames("pv")
                    .status()
                    .returnsDeleted()
                    .field("spec.persistentVolumeReclaimPolicy", f -> f.byDefault("Retain"))
                    .field("spec.volumeMode", f -> f.byDefault("Filesystem"))
                    .defaulting(PersistentVolumes::fill)
                    .preparing(PersistentVolumes::prepare)
                    .warnings(PersistentVolumes::warnings)
                    .rules(PersistentVolumes::check)
                    .column(Columns.name())
                    .column(
                            Columns.text(
                                    "Capacity",
                                    "Its size.",
                                    Columns.at("/spec/capacity/storage", "0")))
                    .column(
                            Columns.text(
                                    "Access Modes",
                                    "How it may be mounted.",
                                    v -> Columns.accessModes(v.at("/spec/accessModes"))))
                    .column(
                            Columns.text(
                                    "Reclaim Policy",
                                    "What happens after its claim is gone.",
                                    Columns.at("/spec/persistentVolumeReclaimPolicy")))
                    .column(Columns.text("Status", "Its place in life.", PersistentVolumes::status))
                    .column(Columns.text("Claim", "Who has it.", PersistentVolumes::claim))
                    .column(Columns.text("StorageClass", "Its class.", Claims::className))
                    .column(
                            Columns.text(
                                    "VolumeAttributesClass",
                                    "Its attributes class.",
                                    Columns.at("/spec/volumeAttributesClassName", Columns.UNSET)))
                    .column(Columns.text("Reason", "Why it failed.", Columns.at("/status/reason")))
                    .column(Columns.age())
                    .column(
                            Columns.wide(
                                    "VolumeMode",
                                    "Filesystem or Block.",
                                    Columns.at("/spec/volumeMode", Columns.UNSET)))
                    .build();

    private PersistentVolumes() {}

    private static void fill(ObjectNode volume) {
        if (volume.at("/spec/hostPath") instanceof ObjectNode path && !path.has("type")) {
            path.put("type", "");
        }
    }

    private static void prepare(
            ObjectNode volume, @Nullable JsonNode old, @Nullable String subresource) {
        if (old == null) {
            volume.withObjectProperty("status")
                    .put("phase", "Pending")
                    .set("lastPhaseTransitionTime", volume.at("/metadata/creationTimestamp"));
        }
    }

    private static List<String> warnings(JsonNode volume, @Nullable JsonNode old) {
        return volume.at("/spec/persistentVolumeReclaimPolicy").asText().equals("Recycle")
                ? List.of(
                        "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is"
                                + " deprecated. Instead, the recommended approach is to use dynamic"
                                + " provisioning.")
                : List.of();
    }

    private static String status(JsonNode volume) {
        return volume.path("metadata").has("deletionTimestamp")
                ? "Terminating"
                : volume.at("/status/phase").asText();
    }

    private static String claim(JsonNode volume) {
        var ref = volume.at("/spec/claimRef");
        return ref.isObject()
                ? ref.path("namespace").asText() + "/" + ref.path("name").asText()
                : "";
    }

    private static void check(JsonNode volume, @Nullable JsonNode old, Problems problems) {
        var spec = volume.path("spec");
        var at = problems.at("spec");
        Claims.checkModes(spec.path("accessModes"), at.at("accessModes"));
        var capacity = spec.path("capacity");
        if (capacity.isEmpty()) at.at("capacity").required("");
        for (var amount : capacity.properties()) {
            if (!amount.getKey().equals("storage")) {
                at.at("capacity").notSupported(amount.getKey(), List.of("storage"));
            } else if (Quantity.of(amount.getValue().asText()).value().signum() <= 0) {
                at.at("capacity")
                        .key("storage")
                        .invalid(amount.getValue().asText(), "must be greater than zero");
            }
        }
        Checks.oneOf(
                spec.path("persistentVolumeReclaimPolicy"),
                List.of("Delete", "Recycle", "Retain"),
                at.at("persistentVolumeReclaimPolicy"));
        var sources =
                spec.properties().stream()
                        .map(java.util.Map.Entry::getKey)
                        .filter(field -> !COMMON.contains(field))
                        .toList();
        if (sources.isEmpty()) at.required("must specify a volume type");
        for (int i = 1; i < sources.size(); i++) {
            at.at(sources.get(i)).forbidden("may not specify more than 1 volume type");
        }
        if (spec.path("persistentVolumeReclaimPolicy").asText().equals("Recycle")
                && spec.at("/hostPath/path").asText().equals("/")) {
            at.at("persistentVolumeReclaimPolicy")
                    .forbidden("may not be 'recycle' for a hostPath mount of '/'");
        }
        if (spec.has("local") && !spec.has("nodeAffinity")) {
            at.at("nodeAffinity").required("Local volume requires node affinity");
        }
        for (var source : List.of("hostPath", "local")) {
            var path = spec.path(source).path("path").asText();
            if (List.of(path.split("/", -1)).contains("..")) {
                at.at(source).at("path").invalid(path, "must not contain '..'");
            }
        }
        if (old != null) checkUpdate(spec, old.path("spec"), at);
    }

    private static void checkUpdate(JsonNode spec, JsonNode old, Problems at) {
        var source = ((ObjectNode) spec.deepCopy()).remove(COMMON);
        var before = ((ObjectNode) old.deepCopy()).remove(COMMON);
        if (!Trees.same(source, before)) {
            at.at("persistentvolumesource")
                    .forbidden(
                            "spec.persistentvolumesource is immutable after creation\n"
                                    + Diffs.of(before, source));
        }
        Checks.immutable(spec.path("volumeMode"), old.path("volumeMode"), at.at("volumeMode"));
        if (old.has("nodeAffinity")) {
            Checks.immutable(
                    spec.path("nodeAffinity"), old.path("nodeAffinity"), at.at("nodeAffinity"));
        }
        if (old.has("volumeAttributesClassName") && !spec.has("volumeAttributesClassName")) {
            at.at("volumeAttributesClassName")
                    .forbidden("update from non-nil value to nil is forbidden");
        }
    }
}

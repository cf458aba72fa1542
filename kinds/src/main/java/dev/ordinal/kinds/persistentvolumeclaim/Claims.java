package dev.ordinal.kinds.persistentvolumeclaim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Quantity;
import dev.ordinal.api.Trees;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Checks;
import dev.ordinal.kinds.Columns;
import dev.ordinal.kinds.pod.Diffs;

import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/// Everything the API server knows about `v1` PersistentVolumeClaims.
public final class Claims {
    private static final List<String> ACCESS_MODES =
            List.of("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod");

    public static final Kind KIND =
            Kind.of("v1", "persistentvolumeclaims", Schema.load("v1", "PersistentVolumeClaim"))
                    .shortNames("pvc")
                    .status()
                    .returnsDeleted()
                    .defaulting(Claims::fill)
                    .preparing(
                            (claim, old, _) -> {
                                if (old == null) {
                                    claim.withObjectProperty("status").put("phase", "Pending");
                                }
                            })
                    .warnings((claim, _) -> warnings(claim.path("spec"), "spec"))
                    .rules(Claims::check)
                    .column(Columns.name())
                    .column(
                            Columns.text(
                                    "Status",
                                    "Pending, Bound, Lost or Terminating.",
                                    Claims::status))
                    .column(
                            Columns.text(
                                    "Volume",
                                    "The volume it is bound to.",
                                    Columns.at("/spec/volumeName")))
                    .column(Columns.text("Capacity", "Size of that volume.", Claims::capacity))
                    .column(Columns.text("Access Modes", "How it may be mounted.", Claims::modes))
                    .column(Columns.text("StorageClass", "Its class.", Claims::className))
                    .column(
                            Columns.text(
                                    "VolumeAttributesClass",
                                    "Its attributes class.",
                                    Columns.at("/spec/volumeAttributesClassName", Columns.UNSET)))
                    .column(Columns.age())
                    .column(
                            Columns.wide(
                                    "VolumeMode",
                                    "Filesystem or Block.",
                                    Columns.at("/spec/volumeMode", Columns.UNSET)))
                    .build();

    private Claims() {}

    /// Also for claim templates.
    public static void fill(ObjectNode claim) {
        if (claim.path("spec") instanceof ObjectNode spec && !spec.has("volumeMode")) {
            spec.put("volumeMode", "Filesystem");
        }
    }

    /// Also for claim templates.
    ///
    /// @param path where the spec is
    public static List<String> warnings(JsonNode spec, String path) {
        List<String> warnings = new ArrayList<>();
        for (var part : List.of("requests", "limits")) {
            var amount = spec.path("resources").path(part).path("storage");
            if (!amount.isTextual()) continue;
            if (Quantity.of(amount.asText()).value().remainder(BigDecimal.ONE).signum() == 0) {
                continue;
            }
            warnings.add(
                    "%s.resources.%s[storage]: fractional byte value \"%s\" is invalid, must be an integer"
                            .formatted(path, part, amount.asText()));
        }
        return warnings;
    }

    private static String status(JsonNode claim) {
        return claim.path("metadata").has("deletionTimestamp")
                ? "Terminating"
                : claim.at("/status/phase").asText();
    }

    private static boolean hasVolume(JsonNode claim) {
        return !claim.at("/spec/volumeName").asText().isEmpty();
    }

    private static String capacity(JsonNode claim) {
        return hasVolume(claim) ? claim.at("/status/capacity/storage").asText("0") : "";
    }

    private static String modes(JsonNode claim) {
        return hasVolume(claim) ? Columns.accessModes(claim.at("/status/accessModes")) : "";
    }

    /// The legacy annotation beats the field.
    public static String className(JsonNode object) {
        var legacy =
                object.path("metadata")
                        .path("annotations")
                        .path("volume.beta.kubernetes.io/storage-class");
        return legacy.isTextual() ? legacy.asText() : object.at("/spec/storageClassName").asText();
    }

    private static void check(JsonNode claim, @Nullable JsonNode old, Problems problems) {
        checkSpec(claim.path("spec"), problems.at("spec"));
        if (old != null) checkUpdate(claim, old, problems);
    }

    /// Also for claim templates.
    public static void checkSpec(JsonNode spec, Problems at) {
        checkModes(spec.path("accessModes"), at.at("accessModes"));
        var request = spec.at("/resources/requests/storage");
        if (!request.isTextual()) at.at("resources").key("storage").required("");
        else if (Quantity.of(request.asText()).value().signum() <= 0) {
            at.at("resources")
                    .key("storage")
                    .invalid(request.asText(), "must be greater than zero");
        }
        for (var field : List.of("storageClassName", "volumeAttributesClassName")) {
            var name = spec.path(field).asText();
            if (!name.isEmpty()) Checks.subdomain(name, at.at(field));
        }
        Checks.oneOf(spec.path("volumeMode"), List.of("Block", "Filesystem"), at.at("volumeMode"));
        if (spec.path("selector").isObject()) {
            Checks.strictSelector(spec.path("selector"), at.at("selector"));
        }
    }

    public static void checkModes(JsonNode modes, Problems at) {
        if (modes.isEmpty()) at.required("at least 1 access mode is required");
        boolean alone = false;
        for (var mode : modes) {
            if (!ACCESS_MODES.contains(mode.asText())) at.notSupported(mode.asText(), ACCESS_MODES);
            alone |= mode.asText().equals("ReadWriteOncePod");
        }
        if (alone && modes.size() > 1) {
            at.forbidden("may not use ReadWriteOncePod with other access modes");
        }
    }

    private static void checkUpdate(JsonNode claim, JsonNode old, Problems problems) {
        var spec = (ObjectNode) claim.path("spec").deepCopy();
        var before = (ObjectNode) old.path("spec").deepCopy();
        if (before.path("volumeName").asText().isEmpty()) Trees.copy("volumeName", spec, before);
        if (!before.has("storageClassName")) Trees.copy("storageClassName", spec, before);
        boolean bound = old.at("/status/phase").asText().equals("Bound");
        if (bound) {
            var wanted = spec.at("/resources/requests/storage");
            checkSize(wanted, old, problems);
            if (wanted.isTextual()) {
                before.withObjectProperty("resources")
                        .withObjectProperty("requests")
                        .set("storage", wanted);
            }
            Trees.copy("volumeAttributesClassName", spec, before);
        }
        if (!Trees.same(spec, before)) {
            problems.at("spec")
                    .forbidden(
                            "spec is immutable after creation except resources.requests and"
                                    + " volumeAttributesClassName for bound claims\n"
                                    + Diffs.of(before, spec));
        }
        if (!claim.at("/spec/volumeMode").equals(old.at("/spec/volumeMode"))) {
            problems.at("volumeMode").invalid(claim.at("/spec/volumeMode"), "field is immutable");
        }
        checkAttributes(claim, old, problems);
    }

    /// Attributes that were applied can be replaced, not taken away.
    private static void checkAttributes(JsonNode claim, JsonNode old, Problems problems) {
        var wanted = claim.at("/spec/volumeAttributesClassName");
        boolean applied = old.path("status").has("currentVolumeAttributesClassName");
        if (!applied || wanted.equals(old.at("/spec/volumeAttributesClassName"))) return;
        if (!wanted.asText().isEmpty()) return;
        problems.at("spec")
                .at("volumeAttributesClassName")
                .forbidden(
                        "update to %s is forbidden when status.currentVolumeAttributesClassName is not nil"
                                .formatted(wanted.isTextual() ? "empty string" : "nil"));
    }

    private static void checkSize(JsonNode wanted, JsonNode old, Problems problems) {
        var before = old.at("/spec/resources/requests/storage");
        var real = old.at("/status/capacity/storage");
        if (!wanted.isTextual() || !before.isTextual()) return;
        var size = Quantity.of(wanted.asText());
        boolean shrinks = size.compareTo(Quantity.of(before.asText())) < 0;
        if (shrinks && size.compareTo(Quantity.of(real.asText("0"))) <= 0) {
            problems.at("spec")
                    .at("resources")
                    .at("requests")
                    .at("storage")
                    .forbidden("field can not be less than status.capacity");
        }
    }
}

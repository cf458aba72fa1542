package dev.ordinal.kinds.controllerrevision;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.Problems;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Checks;
import dev.ordinal.kinds.Columns;

import org.jspecify.annotations.Nullable;

import java.util.Locale;

/// Everything the API server knows about `apps/v1` ControllerRevisions.
public final class ControllerRevisions {
    public static final Kind KIND =
            Kind.of("apps/v1", "controllerrevisions", Schema.load("apps/v1", "ControllerRevision"))
                    .rules(ControllerRevisions::check)
                    .column(Columns.name())
                    .column(
                            Columns.text(
                                    "Controller",
                                    "Whose history this is.",
                                    ControllerRevisions::controller))
                    .column(
                            Columns.count(
                                    "Revision",
                                    "Its place in the history.",
                                    revision -> revision.path("revision").asLong()))
                    .column(Columns.age())
                    .build();

    private ControllerRevisions() {}

    private static void check(JsonNode revision, @Nullable JsonNode old, Problems problems) {
        if (revision.path("revision").asLong() < 0) {
            problems.at("revision")
                    .invalid(
                            revision.path("revision").asLong(),
                            "must be greater than or equal to 0");
        }
        if (!revision.has("data")) problems.at("data").required("data is mandatory");
        else if (old == null && !revision.path("data").isObject()) {
            problems.at("data").required("data must be a valid JSON object");
        }
        if (old != null) {
            Checks.immutable(revision.path("data"), old.path("data"), problems.at("data"));
        }
    }

    private static String controller(JsonNode revision) {
        for (var owner : revision.at("/metadata/ownerReferences")) {
            if (!owner.path("controller").asBoolean()) continue;
            var version = owner.path("apiVersion").asText();
            var group =
                    version.contains("/") ? "." + version.substring(0, version.indexOf('/')) : "";
            return owner.path("kind").asText().toLowerCase(Locale.ROOT)
                    + group
                    + "/"
                    + owner.path("name").asText();
        }
        return Columns.NONE;
    }
}

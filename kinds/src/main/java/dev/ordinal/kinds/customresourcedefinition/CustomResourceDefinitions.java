package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Column;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Names;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Columns;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/// Everything the API server knows about `apiextensions.k8s.io/v1` CustomResourceDefinitions.
///
/// @see "upstream: apiextensions-apiserver/pkg/registry/customresourcedefinition"
public final class CustomResourceDefinitions {
    /// Holds a definition until its objects are gone.
    static final String CLEANUP = "customresourcecleanup.apiextensions.k8s.io";

    public static final Kind KIND =
            Kind.of(
                            "apiextensions.k8s.io/v1",
                            "customresourcedefinitions",
                            Schema.load("apiextensions.k8s.io/v1", "CustomResourceDefinition"))
                    .clusterScoped()
                    .shortNames("crd", "crds")
                    .categories("api-extensions")
                    .status()
                    .generations()
                    .conditionalUpdates()
                    .name(Names::subdomain)
                    .anyFinalizer()
                    .defaulting(CustomResourceDefinitions::fillDefaults)
                    .preparing(CustomResourceDefinitions::prepare)
                    .rules(DefinitionRules::check)
                    .statusRules(DefinitionRules::checkStatus)
                    .warnings(CustomResourceDefinitions::warnings)
                    .deleting(CustomResourceDefinitions::hold)
                    .column(Columns.name())
                    .column(
                            new Column(
                                    "Created At",
                                    "date",
                                    "",
                                    "When the definition was created.",
                                    0,
                                    (crd, _) -> crd.at("/metadata/creationTimestamp").asText()))
                    .build();

    private CustomResourceDefinitions() {}

    private static void fillDefaults(ObjectNode crd) {
        if (crd.path("spec") instanceof ObjectNode spec) {
            if (spec.path("names") instanceof ObjectNode names) {
                var kind = names.path("kind").asText("");
                if (names.path("singular").asText("").isEmpty()) {
                    names.put("singular", kind.toLowerCase(Locale.ROOT));
                }
                if (names.path("listKind").asText("").isEmpty() && !kind.isEmpty()) {
                    names.put("listKind", kind + "List");
                }
            }
            if (!spec.path("conversion").isObject()) {
                spec.putObject("conversion").put("strategy", "None");
            }
        }
        if (crd.at("/status/storedVersions").isEmpty()) store(crd);
    }

    /// The version that is stored is among those that have been.
    private static void store(ObjectNode crd) {
        for (var version : crd.at("/spec/versions")) {
            if (!version.path("storage").asBoolean()) continue;
            var name = version.path("name").asText();
            var status = crd.withObjectProperty("status");
            var stored =
                    status.path("storedVersions").isArray()
                            ? status.withArrayProperty("storedVersions")
                            : status.putArray("storedVersions");
            for (var known : stored) if (known.asText().equals(name)) return;
            stored.add(name);
            return;
        }
    }

    private static void prepare(
            ObjectNode crd, @Nullable JsonNode old, @Nullable String subresource) {
        if (subresource == null) store(crd);
    }

    private static List<String> warnings(JsonNode crd, @Nullable JsonNode old) {
        var before = old == null ? List.<String>of() : unknownFormats(old);
        return unknownFormats(crd).stream()
                .filter(format -> !before.contains(format))
                .map(format -> "unrecognized format \"" + format + '"')
                .toList();
    }

    private static List<String> unknownFormats(JsonNode crd) {
        List<String> formats = new ArrayList<>();
        for (var version : crd.at("/spec/versions")) {
            visit(
                    version.at("/schema/openAPIV3Schema"),
                    schema -> {
                        var format = schema.path("format").asText("");
                        if (!Formats.isKnown(format)) formats.add(format);
                    });
        }
        return formats;
    }

    /// Shows a schema and all those within.
    static void visit(JsonNode schema, Consumer<JsonNode> visitor) {
        if (!schema.isObject()) return;
        visitor.accept(schema);
        for (var one : List.of("items", "additionalProperties", "not")) {
            visit(schema.path(one), visitor);
        }
        for (var many : List.of("properties", "allOf", "anyOf", "oneOf")) {
            schema.path(many).forEach(each -> visit(each, visitor));
        }
    }

    private static void hold(ObjectNode crd, Instant now) {
        var finalizers = crd.withObjectProperty("metadata").withArrayProperty("finalizers");
        boolean held = false;
        for (var finalizer : finalizers) held |= finalizer.asText().equals(CLEANUP);
        if (!held) finalizers.add(CLEANUP);
        var pending =
                new Conditions.Condition(
                        Conditions.TERMINATING,
                        true,
                        "InstanceDeletionPending",
                        "CustomResourceDefinition marked for deletion; CustomResource deletion will"
                                + " begin soon");
        Conditions.set(crd, pending, now);
    }
}

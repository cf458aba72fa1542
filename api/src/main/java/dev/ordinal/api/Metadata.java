package dev.ordinal.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// The rules for metadata that all kinds share.
///
/// @see "upstream: apimachinery/pkg/api/validation/objectmeta.go"
final class Metadata {
    private static final int ANNOTATIONS_MAX = 256 * 1024;
    private static final Set<String> STANDARD_FINALIZERS =
            Set.of("kubernetes", "orphan", "foregroundDeletion");

    private Metadata() {}

    static ObjectNode of(ObjectNode object) {
        return object.withObjectProperty("metadata");
    }

    /// For a new object.
    static void checkNew(Kind kind, JsonNode object, Problems problems) {
        var metadata = object.path("metadata");
        var at = problems.at("metadata");
        var generate = metadata.path("generateName").asText();
        var name = metadata.path("name").asText();
        if (!generate.isEmpty()) {
            for (var problem : kind.nameRule().problems(generate, true)) {
                at.at("generateName").invalid(generate, problem);
            }
        }
        if (name.isEmpty()) at.at("name").required("name or generateName is required");
        else {
            for (var problem : kind.nameRule().problems(name, false)) {
                at.at("name").invalid(name, problem);
            }
        }
        if (kind.namespaced()) {
            var namespace = metadata.path("namespace").asText();
            if (namespace.isEmpty()) at.at("namespace").required("");
            else {
                for (var problem : Names.label(namespace, false)) {
                    at.at("namespace").invalid(namespace, problem);
                }
            }
        }
        checkCommon(kind, metadata, at);
    }

    /// For a changed object.
    static void checkChanged(Kind kind, JsonNode object, JsonNode old, Problems problems) {
        var metadata = object.path("metadata");
        var before = old.path("metadata");
        var at = problems.at("metadata");
        if (before.has("deletionTimestamp")) checkNoNewFinalizers(metadata, before, at);
        for (var field : List.of("name", "namespace", "uid", "creationTimestamp")) {
            if (!metadata.path(field).asText().equals(before.path(field).asText())) {
                at.at(field).invalid(metadata.path(field).asText(), "field is immutable");
            }
        }
        checkCommon(kind, metadata, at);
    }

    private static void checkNoNewFinalizers(JsonNode metadata, JsonNode before, Problems at) {
        Set<String> known = new HashSet<>();
        before.path("finalizers").forEach(f -> known.add(f.asText()));
        var added =
                strings(metadata.path("finalizers")).stream()
                        .filter(f -> !known.contains(f))
                        .map(f -> '"' + f + '"')
                        .toList();
        if (!added.isEmpty()) {
            at.at("finalizers")
                    .forbidden(
                            "no new finalizers can be added if the object is being deleted, found"
                                    + " new finalizers []string{"
                                    + String.join(", ", added)
                                    + "}");
        }
    }

    private static void checkCommon(Kind kind, JsonNode metadata, Problems at) {
        checkLabels(metadata.path("labels"), at.at("labels"));
        checkAnnotations(metadata.path("annotations"), at.at("annotations"));
        checkOwners(metadata.path("ownerReferences"), at.at("ownerReferences"));
        checkFinalizers(kind, strings(metadata.path("finalizers")), at.at("finalizers"));
    }

    static void checkLabels(JsonNode labels, Problems at) {
        for (var label : labels.properties()) {
            for (var problem : Labels.keyProblems(label.getKey())) {
                at.invalid(label.getKey(), problem);
            }
            for (var problem : Labels.valueProblems(label.getValue().asText())) {
                at.invalid(label.getValue().asText(), problem);
            }
        }
    }

    private static void checkAnnotations(JsonNode annotations, Problems at) {
        long size = 0;
        for (var annotation : annotations.properties()) {
            var key = annotation.getKey();
            for (var problem : Labels.keyProblems(key.toLowerCase(Locale.ROOT))) {
                at.invalid(key, problem);
            }
            size += bytes(key) + bytes(annotation.getValue().asText());
        }
        if (size > ANNOTATIONS_MAX) at.tooLong("may not be more than 262144 bytes");
    }

    private static long bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static void checkOwners(JsonNode owners, Problems at) {
        @Nullable JsonNode controller = null;
        for (var owner : owners) {
            for (var field : List.of("apiVersion", "kind", "name", "uid")) {
                if (owner.path(field).asText().isEmpty()) {
                    at.at(field)
                            .invalid(
                                    owner.path(field).asText(),
                                    field.equals("apiVersion")
                                            ? "version must not be empty"
                                            : "must not be empty");
                }
            }
            if (!owner.path("controller").asBoolean()) continue;
            if (controller != null) {
                at.invalid(
                        owners,
                        "Only one reference can have Controller set to true. Found \"true\" in"
                                + " references for %s and %s"
                                        .formatted(named(controller), named(owner)));
            }
            controller = owner;
        }
    }

    private static String named(JsonNode owner) {
        return owner.path("kind").asText() + "/" + owner.path("name").asText();
    }

    private static void checkFinalizers(Kind kind, List<String> finalizers, Problems at) {
        for (int i = 0; i < finalizers.size(); i++) {
            var finalizer = finalizers.get(i);
            for (var problem : Labels.keyProblems(finalizer)) at.at(i).invalid(finalizer, problem);
            if (!kind.takesAnyFinalizer()
                    && !finalizer.contains("/")
                    && !STANDARD_FINALIZERS.contains(finalizer)) {
                at.at(i)
                        .invalid(
                                finalizer,
                                "name is neither a standard finalizer name nor is it fully"
                                        + " qualified");
            }
        }
        if (finalizers.contains("orphan") && finalizers.contains("foregroundDeletion")) {
            at.invalid(finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
        }
    }

    static List<String> strings(JsonNode list) {
        var strings = new java.util.ArrayList<String>();
        list.forEach(item -> strings.add(item.asText()));
        return strings;
    }
}

package dev.ordinal.kinds.review;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.Problems;

import java.util.List;

/// What a question about access must look like.
///
/// @see "upstream: pkg/apis/authorization/validation/validation.go"
final class ReviewRules {
    private static final String GROUP = "authorization.k8s.io";

    private ReviewRules() {}

    /// @throws ApiException Invalid
    static void subject(ObjectNode review) {
        var problems = new Problems();
        spec(review, problems);
        who(review, problems);
        selectors(review, problems);
        if (hasMetadata(review, List.of("managedFields"))) {
            problems.at("metadata").invalid(review.get("metadata"), "must be empty");
        }
        end(problems);
    }

    /// @throws ApiException Invalid
    static void self(ObjectNode review) {
        var problems = new Problems();
        spec(review, problems);
        selectors(review, problems);
        if (hasMetadata(review, List.of("managedFields"))) {
            problems.at("metadata").invalid(review.get("metadata"), "must be empty");
        }
        end(problems);
    }

    /// @throws ApiException Invalid
    static void local(ObjectNode review) {
        var problems = new Problems();
        spec(review, problems);
        who(review, problems);
        selectors(review, problems);
        if (hasMetadata(review, List.of("managedFields", "namespace"))) {
            problems.at("metadata")
                    .invalid(review.get("metadata"), "must be empty except for namespace");
        }
        var resource = review.at("/spec/resourceAttributes");
        var namespace = resource.path("namespace").asText();
        if (resource.isObject() && !namespace.equals(review.at("/metadata/namespace").asText())) {
            problems.at("spec.resourceAttributes.namespace")
                    .invalid(namespace, "must match metadata.namespace");
        }
        var other = review.at("/spec/nonResourceAttributes");
        if (other.isObject()) {
            problems.at("spec.nonResourceAttributes")
                    .invalid(shown(other), "disallowed on this kind of request");
        }
        end(problems);
    }

    private static void end(Problems problems) {
        if (!problems.isEmpty()) throw problems.invalid("", GROUP, "");
    }

    private static boolean hasMetadata(JsonNode review, List<String> allowed) {
        return review.path("metadata").properties().stream()
                .anyMatch(field -> !allowed.contains(field.getKey()));
    }

    private static void spec(JsonNode review, Problems problems) {
        var spec = review.path("spec");
        var at = problems.at("spec");
        boolean resource = spec.has("resourceAttributes");
        boolean other = spec.has("nonResourceAttributes");
        if (resource && other) {
            at.at("nonResourceAttributes")
                    .invalid(
                            shown(spec.path("nonResourceAttributes")),
                            "cannot be specified in combination with resourceAttributes");
        }
        if (!resource && !other) {
            at.at("resourceAttributes")
                    .invalid(
                            JsonNodeFactory.instance.nullNode(),
                            "exactly one of nonResourceAttributes or resourceAttributes must be"
                                    + " specified");
        }
    }

    /// With the field names that upstream has inside.
    private static JsonNode shown(JsonNode attributes) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("Path", attributes.path("path").asText())
                .put("Verb", attributes.path("verb").asText());
    }

    private static void who(JsonNode review, Problems problems) {
        var spec = review.path("spec");
        if (spec.path("user").asText().isEmpty() && spec.path("groups").isEmpty()) {
            problems.at("spec")
                    .at("user")
                    .invalid("", "at least one of user or group must be specified");
        }
    }

    private static void selectors(JsonNode review, Problems problems) {
        for (var field : List.of("fieldSelector", "labelSelector")) {
            var selector = review.at("/spec/resourceAttributes").get(field);
            if (selector == null) continue;
            var at = problems.at("spec.resourceAttributes").at(field);
            var raw = selector.path("rawSelector").asText();
            boolean required = !selector.path("requirements").isEmpty();
            if (!raw.isEmpty() && required) {
                at.at("rawSelector")
                        .invalid(raw, "may not specified at the same time as requirements");
            }
            if (raw.isEmpty() && !required) {
                at.at("requirements")
                        .required(
                                "when %s is specified, requirements or rawSelector is required"
                                        .formatted(at.path()));
            }
        }
    }
}

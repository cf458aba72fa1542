package dev.ordinal.kinds.review;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Kind.Posting;
import dev.ordinal.api.access.Ask;
import dev.ordinal.api.access.Authorizer;
import dev.ordinal.api.access.User;
import dev.ordinal.api.schema.Schema;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The kinds of `authorization.k8s.io/v1`: whether a user, or who asks, may do something.
///
/// @see "upstream: pkg/registry/authorization"
public final class AccessReviews {
    private static final String VERSION = "authorization.k8s.io/v1";

    private final Authorizer authorizer;

    private AccessReviews(Authorizer authorizer) {
        this.authorizer = authorizer;
    }

    public static List<Kind> kinds(Authorizer authorizer) {
        var reviews = new AccessReviews(authorizer);
        return List.of(
                kind("localsubjectaccessreviews", "LocalSubjectAccessReview")
                        .answering(reviews::local)
                        .build(),
                kind("selfsubjectaccessreviews", "SelfSubjectAccessReview")
                        .clusterScoped()
                        .answering(reviews::self)
                        .build(),
                kind("selfsubjectrulesreviews", "SelfSubjectRulesReview")
                        .clusterScoped()
                        .answering(reviews::rules)
                        .build(),
                kind("subjectaccessreviews", "SubjectAccessReview")
                        .clusterScoped()
                        .answering(reviews::subject)
                        .build());
    }

    private static Kind.Builder kind(String plural, String kind) {
        return Kind.of(VERSION, plural, Schema.load(VERSION, kind));
    }

    private ObjectNode subject(ObjectNode review, Posting posting) {
        ReviewRules.subject(review);
        return answered(review, user(review.path("spec")));
    }

    private ObjectNode local(ObjectNode review, Posting posting) {
        ReviewRules.local(review);
        var attributes = review.at("/spec/resourceAttributes");
        if (!attributes.path("namespace").asText().equals(posting.namespace())) {
            throw ApiException.badRequest(
                    "spec.resourceAttributes.namespace must match namespace: "
                            + posting.namespace());
        }
        return answered(review, user(review.path("spec")));
    }

    private ObjectNode self(ObjectNode review, Posting posting) {
        ReviewRules.self(review);
        return answered(review, posting.options().user());
    }

    private ObjectNode answered(ObjectNode review, User user) {
        var decision = authorizer.decide(ask(user, review.path("spec")));
        var status = review.putObject("status").put("allowed", decision.allowed());
        if (!decision.reason().isEmpty()) status.put("reason", decision.reason());
        return review;
    }

    static User user(JsonNode spec) {
        Map<String, List<String>> extra = new LinkedHashMap<>();
        spec.path("extra")
                .properties()
                .forEach(entry -> extra.put(entry.getKey(), texts(entry.getValue())));
        return new User(
                spec.path("user").asText(),
                spec.path("uid").asText(),
                texts(spec.path("groups")),
                extra);
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(item -> texts.add(item.asText()));
        return texts;
    }

    private static Ask ask(User user, JsonNode spec) {
        var resource = spec.get("resourceAttributes");
        if (resource == null) {
            var other = spec.path("nonResourceAttributes");
            return Ask.path(user, other.path("verb").asText(), other.path("path").asText());
        }
        return Ask.resource(
                user,
                resource.path("verb").asText(),
                resource.path("namespace").asText(),
                resource.path("group").asText(),
                resource.path("resource").asText(),
                resource.path("subresource").asText(),
                resource.path("name").asText());
    }

    private ObjectNode rules(ObjectNode review, Posting posting) {
        var namespace = review.at("/spec/namespace").asText();
        if (namespace.isEmpty()) throw ApiException.badRequest("no namespace on request");
        var found = authorizer.rules(posting.options().user(), namespace);
        var answer = JsonNodeFactory.instance.objectNode();
        answer.put("kind", "SelfSubjectRulesReview").put("apiVersion", VERSION);
        answer.putObject("metadata");
        answer.putObject("spec");
        var status = answer.putObject("status");
        var resources = status.putArray("resourceRules");
        for (var rule : found.resources()) {
            var entry = resources.addObject();
            texts(entry.putArray("verbs"), rule.verbs());
            texts(entry.putArray("apiGroups"), rule.groups());
            texts(entry.putArray("resources"), rule.resources());
            if (!rule.names().isEmpty()) texts(entry.putArray("resourceNames"), rule.names());
        }
        var paths = status.putArray("nonResourceRules");
        for (var rule : found.paths()) {
            var entry = paths.addObject();
            texts(entry.putArray("verbs"), rule.verbs());
            texts(entry.putArray("nonResourceURLs"), rule.paths());
        }
        status.put("incomplete", false);
        if (!found.error().isEmpty()) status.put("evaluationError", found.error());
        return answer;
    }

    private static void texts(ArrayNode list, List<String> texts) {
        texts.forEach(list::add);
    }
}

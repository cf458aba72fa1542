package dev.ordinal.kinds.review;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Kind.Posting;
import dev.ordinal.api.access.Authenticator;
import dev.ordinal.api.access.User;
import dev.ordinal.api.schema.Schema;

import java.util.List;

/// The kinds of `authentication.k8s.io/v1`: who somebody is.
///
/// @see "upstream: pkg/registry/authentication"
public final class IdentityReviews {
    private static final String VERSION = "authentication.k8s.io/v1";

    private static final String INVALID = "invalid bearer token";

    private final Authenticator authenticator;

    private IdentityReviews(Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    /// @param authenticator says whose a token is
    public static List<Kind> kinds(Authenticator authenticator) {
        var reviews = new IdentityReviews(authenticator);
        return List.of(
                Kind.of(VERSION, "selfsubjectreviews", Schema.load(VERSION, "SelfSubjectReview"))
                        .clusterScoped()
                        .answering(IdentityReviews::self)
                        .build(),
                Kind.of(VERSION, "tokenreviews", Schema.load(VERSION, "TokenReview"))
                        .clusterScoped()
                        .answering(reviews::token)
                        .build());
    }

    private static ObjectNode self(ObjectNode review, Posting posting) {
        var answer = JsonNodeFactory.instance.objectNode();
        answer.put("kind", "SelfSubjectReview").put("apiVersion", VERSION);
        answer.putObject("metadata").put("creationTimestamp", posting.now().toString());
        answer.putObject("status").set("userInfo", info(posting.options().user()));
        return answer;
    }

    private ObjectNode token(ObjectNode review, Posting posting) {
        var spec = review.path("spec");
        var token = spec.path("token").asText();
        if (token.isEmpty()) {
            throw ApiException.badRequest("token is required for TokenReview in authentication");
        }
        var audiences = spec.path("audiences").valueStream().map(JsonNode::asText).toList();
        var answer = authenticator.user(token, audiences);
        var status = review.putObject("status");
        var user = answer.user();
        if (user == null) {
            status.putObject("user");
            var why = answer.error();
            status.put("error", why.isEmpty() ? INVALID : "[%s, %s]".formatted(INVALID, why));
            return review;
        }
        status.put("authenticated", true).set("user", info(user));
        answer.audiences().forEach(status.putArray("audiences")::add);
        return review;
    }

    private static ObjectNode info(User user) {
        var info = JsonNodeFactory.instance.objectNode();
        if (!user.name().isEmpty()) info.put("username", user.name());
        if (!user.uid().isEmpty()) info.put("uid", user.uid());
        if (!user.groups().isEmpty()) user.groups().forEach(info.putArray("groups")::add);
        user.extra()
                .forEach(
                        (key, values) -> {
                            var list = info.withObjectProperty("extra").putArray(key);
                            values.forEach(list::add);
                        });
        return info;
    }
}

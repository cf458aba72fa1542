package dev.ordinal.kinds.review;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.Kind.Posting;
import dev.ordinal.api.access.User;
import dev.ordinal.api.schema.Schema;

import java.util.List;

/// The kinds of `authentication.k8s.io/v1`: who somebody is.
///
/// @see "upstream: pkg/registry/authentication"
public final class IdentityReviews {
    private static final String VERSION = "authentication.k8s.io/v1";

    private IdentityReviews() {}

    public static List<Kind> kinds() {
        return List.of(
                Kind.of(VERSION, "selfsubjectreviews", Schema.load(VERSION, "SelfSubjectReview"))
                        .clusterScoped()
                        .answering(IdentityReviews::self)
                        .build());
    }

    private static ObjectNode self(ObjectNode review, Posting posting) {
        var answer = JsonNodeFactory.instance.objectNode();
        answer.put("kind", "SelfSubjectReview").put("apiVersion", VERSION);
        answer.putObject("metadata").put("creationTimestamp", posting.now().toString());
        answer.putObject("status").set("userInfo", info(posting.options().user()));
        return answer;
    }

    static ObjectNode info(User user) {
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

package dev.ordinal.api.access;

import java.util.List;

/// Says who may do what.
public interface Authorizer {
    Decision decide(Ask ask);

    /// All that a user may do in a namespace.
    Rules rules(User user, String namespace);

    /// @param reason why, as the user may read it; may be empty
    record Decision(boolean allowed, String reason) {}

    /// @param error what was missing to know all of them; empty: nothing
    record Rules(List<ResourceRule> resources, List<PathRule> paths, String error) {}

    record ResourceRule(
            List<String> verbs, List<String> groups, List<String> resources, List<String> names) {}

    record PathRule(List<String> verbs, List<String> paths) {}
}

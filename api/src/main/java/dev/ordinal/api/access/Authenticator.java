package dev.ordinal.api.access;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

/// Knows users by their bearer tokens.
public interface Authenticator {
    /// @param audiences who wants to accept the token; empty: the API server
    Answer user(String token, List<String> audiences);

    /// What others need to check its tokens: JSON by path.
    Map<String, String> documents();

    /// @param user null: the token is nobody's
    /// @param audiences those of the asked ones that the token is for
    /// @param error why it is nobody's; empty: it is not even in the form of a token of ours
    record Answer(@Nullable User user, List<String> audiences, String error) {
        public static Answer of(User user, List<String> audiences) {
            return new Answer(user, List.copyOf(audiences), "");
        }

        public static Answer nobody(String error) {
            return new Answer(null, List.of(), error);
        }
    }
}

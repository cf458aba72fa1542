package dev.ordinal.server;

import dev.ordinal.api.access.User;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// One request and its answer, whatever carries them. Used by one thread.
interface Exchange {
    /// Upper case.
    String method();

    /// Decoded path, without the query.
    String path();

    /// All values of a query parameter, in order.
    List<String> query(String name);

    /// The first value of a query parameter, or empty.
    default String parameter(String name) {
        var values = query(name);
        return values.isEmpty() ? "" : values.getFirst();
    }

    /// Empty when absent.
    String header(String name);

    /// All values of a header, one for each line.
    List<String> headers(String name);

    Set<String> headerNames();

    /// Whom the client's certificate names, if it has one.
    Optional<User> certified();

    /// Whose request it is, once that is known.
    User user();

    /// Makes it this user's.
    void as(User user);

    /// The whole body.
    ///
    /// @throws dev.ordinal.api.ApiException RequestEntityTooLarge
    byte[] body() throws IOException;

    void answerHeader(String name, String value);

    /// Sends everything.
    void answer(int status, @Nullable String contentType, byte[] body) throws IOException;

    /// Sends the head at once and the rest as it is written. Closing the stream ends the answer.
    OutputStream stream(int status, String contentType) throws IOException;

    /// Runs when the client has gone away while the answer is still under way.
    void onGone(Runnable action);
}

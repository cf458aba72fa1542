package dev.ordinal.server;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Status;
import dev.ordinal.api.access.Ask;
import dev.ordinal.api.access.Authenticator;
import dev.ordinal.api.access.Authorizer;
import dev.ordinal.api.access.User;

import java.util.List;
import java.util.Set;

/// Lets a request in or not: who sends it, in whose place, and whether they may.
///
/// Health and version are for everybody; whoever is not known gets nothing else.
///
/// @see "upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters"
final class Gate {
    private static final Set<String> UPGRADED = Set.of("attach", "exec", "portforward");

    private final Authenticator authenticator;
    private final Authorizer authorizer;
    private final Impersonation impersonation;

    Gate(Authenticator authenticator, Authorizer authorizer) {
        this.authenticator = authenticator;
        this.authorizer = authorizer;
        impersonation = new Impersonation(authorizer);
    }

    /// Makes the exchange that of the user it is for.
    ///
    /// @throws ApiException Unauthorized, Forbidden, or BadRequest for headers that make no sense
    void admit(Exchange exchange) {
        var sender = exchange.certified().orElseGet(() -> bearer(exchange));
        boolean open = Meta.isPublic(exchange.path());
        if (sender.anonymous() && !open) throw unauthorized();
        var user = impersonation.user(exchange, sender);
        exchange.as(user);
        if (open) return;
        var ask = Requests.ask(exchange, user);
        check(ask);
        if (UPGRADED.contains(ask.subresource())) checkConnecting(ask);
    }

    /// Whose token the request brings; a token that is nobody's is worse than none.
    private User bearer(Exchange exchange) {
        var words = exchange.header("Authorization").strip().split(" +", -1);
        if (words.length < 2 || !words[0].equalsIgnoreCase("bearer")) return User.ANONYMOUS;
        var user = authenticator.user(words[1], List.of()).user();
        if (user == null) throw unauthorized();
        return user;
    }

    private static ApiException unauthorized() {
        return new ApiException(new Status(401, "Unauthorized", "Unauthorized", null));
    }

    /// Opening a connection to a pod takes the right to create one, whichever method asks for it.
    private void checkConnecting(Ask ask) {
        var decision = authorizer.decide(ask.withVerb("create"));
        if (decision.allowed()) return;
        var type = new GroupVersionResource(ask.group(), "", ask.resource());
        throw ApiException.forbidden(type, ask.name(), decision.reason());
    }

    private void check(Ask ask) {
        var decision = authorizer.decide(ask);
        if (!decision.allowed()) throw forbidden(ask, decision.reason());
    }

    /// @param reason behind the usual words; may be empty
    static ApiException forbidden(Ask ask, String reason) {
        var words = sanitized(words(ask)) + (reason.isEmpty() ? "" : ": " + reason);
        var resource = ask.group().isEmpty() ? ask.resource() : ask.resource() + "." + ask.group();
        var subject = ask.name().isEmpty() ? resource : "%s \"%s\"".formatted(resource, ask.name());
        var message =
                ask.resource().isEmpty()
                        ? "forbidden: " + words
                        : subject + " is forbidden: " + words;
        return new ApiException(
                new Status(
                        403,
                        "Forbidden",
                        message,
                        new Status.Details(
                                ask.name(), ask.group(), ask.resource(), "", List.of(), 0)));
    }

    private static String words(Ask ask) {
        if (!ask.isForResource()) {
            return "User \"%s\" cannot %s path \"%s\""
                    .formatted(ask.user().name(), ask.verb(), ask.path());
        }
        var what =
                "User \"%s\" cannot %s resource \"%s\" in API group \"%s\""
                        .formatted(ask.user().name(), ask.verb(), ask.combined(), ask.group());
        return ask.namespace().isEmpty()
                ? what + " at the cluster scope"
                : "%s in the namespace \"%s\"".formatted(what, ask.namespace());
    }

    private static String sanitized(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}

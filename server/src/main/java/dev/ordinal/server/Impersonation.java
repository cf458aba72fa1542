package dev.ordinal.server;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.Names;
import dev.ordinal.api.RecentMap;
import dev.ordinal.api.access.Ask;
import dev.ordinal.api.access.Authorizer;
import dev.ordinal.api.access.User;

import org.jspecify.annotations.Nullable;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// Requests in another user's place, by their `Impersonate-` headers.
///
/// The sender may by one of several modes, which are tried in this order: `associated-node` for the
/// sender's own node, `arbitrary-node`, `serviceaccount`, `user-info` for all others, each with the
/// verb `impersonate-on:MODE:VERB` for the request and `impersonate:MODE` for whom; at last the
/// plain verb `impersonate`. The one that last worked for the sender comes before all others. When
/// none allows it, the first refusal is told.
///
/// @see "KEP-5284; upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation"
final class Impersonation {
    private static final String HEADER = "Impersonate-";
    private static final String EXTRA = "Impersonate-Extra-";
    private static final String AUTHENTICATION = "authentication.k8s.io";
    private static final String NODE = "system:node:";
    private static final String NODE_NAME = "authentication.kubernetes.io/node-name";
    private static final String MASTERS = "system:masters";
    private static final int MANY = 4;
    private static final int SENDERS_MAX = 10_000;

    private final Authorizer authorizer;

    /// The mode that last allowed a sender something is tried first, and its refusal told.
    private final Map<String, String> lastModes = RecentMap.of(SENDERS_MAX);

    Impersonation(Authorizer authorizer) {
        this.authorizer = authorizer;
    }

    /// The user that a request is for: its sender, or another.
    ///
    /// @throws ApiException Forbidden; BadRequest without the other's name
    User user(Exchange exchange, User sender) {
        var wanted = wanted(exchange);
        if (wanted == null) return sender;
        var request = Requests.ask(exchange, sender);
        @Nullable ApiException first = null;
        var modes = modes(sender, wanted);
        var last = lastModes.get(sender.name());
        if (last != null && modes.remove(last)) modes.addFirst(last);
        for (var mode : modes) {
            try {
                if (!mode.isEmpty()) {
                    var verb = "impersonate-on:" + mode + ":" + request.verb();
                    check(request.withVerb(verb));
                }
                var user = allowed(mode, sender, wanted);
                lastModes.put(sender.name(), mode);
                return user;
            } catch (ApiException refused) {
                if (first == null) first = refused;
            }
        }
        throw first == null ? new IllegalStateException("there is no mode") : first;
    }

    private static @Nullable User wanted(Exchange exchange) {
        var name = exchange.header(HEADER + "User");
        var uid = exchange.header(HEADER + "Uid");
        var groups = exchange.headers(HEADER + "Group");
        Map<String, List<String>> extra = new LinkedHashMap<>();
        for (var header : exchange.headerNames()) {
            if (!header.regionMatches(true, 0, EXTRA, 0, EXTRA.length())) continue;
            var key = unescaped(header.substring(EXTRA.length()).toLowerCase(Locale.ROOT));
            extra.computeIfAbsent(key, _ -> new ArrayList<>()).addAll(exchange.headers(header));
        }
        var wanted = new User(name, uid, groups, extra);
        if (!name.isEmpty()) return wanted;
        if (uid.isEmpty() && groups.isEmpty() && extra.isEmpty()) return null;
        throw ApiException.badRequest(
                "requested %s without impersonating a user name".formatted(described(wanted)));
    }

    private static String unescaped(String key) {
        try {
            return URLDecoder.decode(key.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return key;
        }
    }

    /// As Go prints the value with `%#v`.
    private static String described(User user) {
        return "&user.DefaultInfo{Name:\"\", UID:\"%s\", Groups:%s, Extra:%s}"
                .formatted(
                        user.uid(),
                        user.groups().isEmpty() ? "[]string(nil)" : strings(user.groups()),
                        user.extra().isEmpty()
                                ? "map[string][]string(nil)"
                                : user.extra().entrySet().stream()
                                        .map(
                                                e ->
                                                        "\"%s\":%s"
                                                                .formatted(
                                                                        e.getKey(),
                                                                        strings(e.getValue())))
                                        .sorted()
                                        .collect(
                                                Collectors.joining(
                                                        ", ", "map[string][]string{", "}")));
    }

    private static String strings(List<String> texts) {
        return texts.stream()
                .map(text -> '"' + text + '"')
                .collect(Collectors.joining(", ", "[]string{", "}"));
    }

    /// The empty one is the plain verb.
    private static List<String> modes(User sender, User wanted) {
        List<String> modes = new ArrayList<>();
        boolean nameOnly =
                wanted.uid().isEmpty() && wanted.groups().isEmpty() && wanted.extra().isEmpty();
        var node = node(wanted.name());
        boolean account = User.accountOf(wanted.name()).isPresent();
        if (node != null && nameOnly) {
            boolean own =
                    User.accountOf(sender.name()).isPresent()
                            && sender.extra()
                                    .getOrDefault(NODE_NAME, List.of())
                                    .equals(List.of(node));
            if (own) modes.add("associated-node");
            modes.add("arbitrary-node");
        }
        if (account && nameOnly) modes.add("serviceaccount");
        if (node == null && !account) modes.add("user-info");
        modes.add("");
        return modes;
    }

    private static @Nullable String node(String user) {
        if (!user.startsWith(NODE)) return null;
        var name = user.substring(NODE.length());
        return Names.subdomain(name, false).isEmpty() ? name : null;
    }

    /// The wanted user with the groups that are theirs anyway.
    ///
    /// @throws ApiException Forbidden
    private User allowed(String mode, User sender, User wanted) {
        boolean plain = mode.isEmpty();
        var verb = plain ? "impersonate" : "impersonate:" + mode;
        var group = plain ? "" : AUTHENTICATION;
        var groups = wanted.groups();
        var node = plain ? null : node(wanted.name());
        var account = User.accountOf(wanted.name());
        if (account.isPresent()) {
            var at = account.get();
            check(ask(sender, verb, at.namespace(), group, "serviceaccounts", "", at.name()));
            if (groups.isEmpty()) groups = User.accountGroups(at.namespace());
        } else if (node != null) {
            var asked = mode.equals("associated-node") ? "*" : node;
            check(ask(sender, verb, "", group, "nodes", "", asked));
            groups = List.of("system:nodes");
        } else check(ask(sender, verb, "", group, "users", "", wanted.name()));
        if (!wanted.uid().isEmpty()) {
            check(ask(sender, verb, "", AUTHENTICATION, "uids", "", wanted.uid()));
        }
        checkGroups(plain, sender, verb, group, wanted.groups());
        checkExtra(plain, sender, verb, wanted.extra());
        var user = new User(wanted.name(), wanted.uid(), groups, wanted.extra());
        return wanted.name().equals(User.ANONYMOUS.name())
                ? user.with(User.UNAUTHENTICATED)
                : user.authenticated();
    }

    private void checkGroups(
            boolean plain, User sender, String verb, String group, List<String> groups) {
        if (!plain) {
            var any = ask(sender, verb, "", group, "groups", "", "");
            if (groups.contains("")) {
                throw Gate.forbidden(any, "impersonating the empty string group is not allowed");
            }
            if (groups.contains(MASTERS)) {
                throw Gate.forbidden(
                        ask(sender, verb, "", group, "groups", "", MASTERS),
                        "impersonating the system:masters group is not allowed");
            }
            var all = ask(sender, verb, "", group, "groups", "", "*");
            if (groups.size() >= MANY && authorizer.decide(all).allowed()) return;
        }
        for (var name : groups) check(ask(sender, verb, "", group, "groups", "", name));
    }

    private void checkExtra(
            boolean plain, User sender, String verb, Map<String, List<String>> extra) {
        int values = extra.values().stream().mapToInt(List::size).sum();
        if (!plain) {
            extra.forEach((key, list) -> checkExtra(sender, verb, key, list));
            var all = ask(sender, verb, "", AUTHENTICATION, "userextras", "*", "*");
            if (Math.max(values, extra.size()) >= MANY && authorizer.decide(all).allowed()) return;
        }
        extra.forEach(
                (key, list) -> {
                    for (var value : list) {
                        check(ask(sender, verb, "", AUTHENTICATION, "userextras", key, value));
                    }
                });
    }

    private static void checkExtra(User sender, String verb, String key, List<String> values) {
        var why = "";
        if (key.isEmpty()) why = "impersonating the empty string key in extra is not allowed";
        else if (values.isEmpty()) why = "impersonating empty values in extra is not allowed";
        else if (values.contains("")) {
            why = "impersonating the empty string value in extra is not allowed";
        }
        if (why.isEmpty()) return;
        throw Gate.forbidden(ask(sender, verb, "", AUTHENTICATION, "userextras", "", ""), why);
    }

    private static Ask ask(
            User sender,
            String verb,
            String namespace,
            String group,
            String resource,
            String subresource,
            String name) {
        return Ask.resource(sender, verb, namespace, group, resource, subresource, name);
    }

    private void check(Ask ask) {
        var decision = authorizer.decide(ask);
        if (!decision.allowed()) throw Gate.forbidden(ask, decision.reason());
    }
}

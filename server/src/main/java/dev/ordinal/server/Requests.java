package dev.ordinal.server;

import dev.ordinal.api.access.Ask;
import dev.ordinal.api.access.User;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// What a request asks to be allowed, by its method, path and query alone: whether there is such a
/// resource does not matter.
///
/// @see "upstream: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go"
final class Requests {
    private static final Set<String> OF_NAMESPACES = Set.of("status", "finalize");
    private static final String BY_NAME = "metadata.name=";

    private Requests() {}

    static Ask ask(Exchange exchange, User user) {
        var method = exchange.method();
        var other = Ask.path(user, method.toLowerCase(Locale.ROOT), exchange.path());
        List<String> parts =
                new ArrayList<>(List.of(exchange.path().replaceAll("^/+|/+$", "").split("/", -1)));
        boolean core = parts.getFirst().equals("api");
        if (parts.size() < (core ? 3 : 4) || !(core || parts.getFirst().equals("apis"))) {
            return other;
        }
        parts.removeFirst();
        var group = core ? "" : parts.removeFirst();
        parts.removeFirst();
        boolean watch = parts.getFirst().equals("watch");
        if (watch) parts.removeFirst();
        if (parts.isEmpty()) return other;
        var namespace = "";
        if (parts.getFirst().equals("namespaces") && parts.size() > 1) {
            namespace = parts.get(1);
            if (parts.size() > 2 && !OF_NAMESPACES.contains(parts.get(2))) {
                parts = parts.subList(2, parts.size());
            }
        }
        var name = parts.size() > 1 ? parts.get(1) : "";
        var subresource = parts.size() > 2 ? parts.get(2) : "";
        var verb = watch ? "watch" : verb(method, name, exchange);
        if (name.isEmpty() && Set.of("list", "watch").contains(verb) && !watch) {
            name = selected(exchange.parameter("fieldSelector"));
        }
        return Ask.resource(user, verb, namespace, group, parts.getFirst(), subresource, name);
    }

    private static String verb(String method, String name, Exchange exchange) {
        return switch (method) {
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> name.isEmpty() ? "deletecollection" : "delete";
            case "GET", "HEAD" -> {
                if (!name.isEmpty()) yield "get";
                yield Handler.flag(exchange, "watch") ? "watch" : "list";
            }
            default -> "";
        };
    }

    /// The one name that a field selector asks for, or empty.
    static String selected(String selector) {
        for (var term : selector.split(",", -1)) {
            var plain = term.replace("==", "=");
            if (!plain.startsWith(BY_NAME)) continue;
            var name = plain.substring(BY_NAME.length());
            return name.matches("\\.|\\.\\.|.*[/%].*") ? "" : name;
        }
        return "";
    }
}

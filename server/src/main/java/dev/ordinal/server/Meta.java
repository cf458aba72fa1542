package dev.ordinal.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Kind;
import dev.ordinal.api.access.Authenticator;
import dev.ordinal.server.discovery.Discovery;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/// Everything that is not a resource: health, version, discovery, OpenAPI.
final class Meta {
    private static final String AGGREGATED =
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    private static final List<String> HEALTH =
            List.of(
                    "/healthz",
                    "/healthz/ping",
                    "/livez",
                    "/livez/ping",
                    "/readyz",
                    "/readyz/ping");
    private static final List<String> DOCUMENTS =
            List.of(
                    "/.well-known/openid-configuration",
                    "/openapi/v2",
                    "/openapi/v3",
                    "/openid/v1/jwks",
                    "/version");
    private static final Set<String> PUBLIC =
            Set.of("/healthz", "/livez", "/readyz", "/version", "/version/");

    private final Api api;
    private volatile Described described;
    private final Map<String, Supplier<Optional<String>>> checks;
    private final OpenApiRoutes openApi;
    private final ObjectNode version;
    private final String address;
    private final Authenticator authenticator;

    /// @param checks by name: what is wrong, if anything
    Meta(
            Api api,
            Map<String, Supplier<Optional<String>>> checks,
            ObjectNode version,
            String address,
            Authenticator authenticator,
            InstantSource clock) {
        this.api = api;
        described = new Described(api.kinds(), new Discovery(api.kinds()));
        openApi = new OpenApiRoutes(() -> discovery().openApi(), clock);
        this.checks = checks;
        this.version = version;
        this.address = address;
        this.authenticator = authenticator;
    }

    /// What is told of one set of kinds; made anew when another one is served.
    private record Described(List<Kind> kinds, Discovery discovery) {}

    private Discovery discovery() {
        var kinds = api.kinds();
        var known = described;
        if (known.kinds == kinds) return known.discovery;
        var fresh = new Described(kinds, new Discovery(kinds));
        described = fresh;
        return fresh.discovery;
    }

    static boolean isPublic(String path) {
        return PUBLIC.contains(path);
    }

    void answer(Exchange exchange) throws IOException {
        var path = exchange.path();
        if (HEALTH.contains(path)) {
            if (path.endsWith("/ping")) text(exchange, 200, "ok");
            else health(exchange, path.substring(1));
            return;
        }
        if (path.length() > 1 && path.endsWith("/")) path = path.substring(0, path.length() - 1);
        if (!exchange.method().equals("GET") && !exchange.method().equals("HEAD")) {
            boolean version = isBelowBuiltIn(path) && resources(path).isPresent();
            if (version) throw Handler.notAllowed();
            nowhere(exchange, path);
            return;
        }
        switch (path) {
            case "/" -> json(exchange, paths());
            case "/version" -> exchange.answer(200, "application/json", indented(version));
            case "/api" -> versions(exchange, true);
            case "/apis" -> versions(exchange, false);
            case "/.well-known/openid-configuration", "/openid/v1/jwks" -> issuer(exchange, path);
            default -> other(exchange, path);
        }
    }

    /// `GET /`: what else there is.
    private ObjectNode paths() {
        var paths = new TreeSet<>(DOCUMENTS);
        paths.addAll(HEALTH);
        paths.addAll(discovery().paths());
        var all = JsonNodeFactory.instance.objectNode();
        paths.forEach(all.withArray("paths")::add);
        return all;
    }

    /// What others need to check the tokens issued here.
    private void issuer(Exchange exchange, String path) throws IOException {
        var document = Objects.requireNonNull(authenticator.documents().get(path));
        exchange.answerHeader("Cache-Control", "public, max-age=3600");
        exchange.answer(
                200,
                path.endsWith("jwks") ? "application/jwk-set+json" : "application/json",
                document.getBytes(StandardCharsets.UTF_8));
    }

    private void other(Exchange exchange, String path) throws IOException {
        if (OpenApiRoutes.knows(path)) {
            openApi.answer(exchange, path);
            return;
        }
        var found = resources(path);
        if (found.isPresent()) json(exchange, found.get());
        else nowhere(exchange, path);
    }

    /// What a group or a version of one serves.
    private Optional<ObjectNode> resources(String path) {
        if (path.equals("/api/v1")) return discovery().resources("v1");
        if (!path.startsWith("/apis/")) return Optional.empty();
        var rest = path.substring("/apis/".length());
        return rest.contains("/") ? discovery().resources(rest) : discovery().singleGroup(rest);
    }

    private void nowhere(Exchange exchange, String path) throws IOException {
        if (isBelowBuiltIn(path)) throw ApiException.resourceNotFound();
        notFound(exchange);
    }

    private void versions(Exchange exchange, boolean core) throws IOException {
        boolean aggregated =
                Accept.parse(exchange.header("Accept")).stream()
                        .filter(Accept::json)
                        .findFirst()
                        .filter(
                                clause ->
                                        clause.as().equals("APIGroupDiscoveryList")
                                                && "v2".equals(clause.parameters().get("v")))
                        .isPresent();
        if (!aggregated) {
            json(exchange, core ? discovery().coreVersions(address) : discovery().groups());
            return;
        }
        var bytes = discovery().aggregated(core).toString().getBytes(StandardCharsets.UTF_8);
        var tag = '"' + Discovery.hash(bytes) + '"';
        exchange.answerHeader("ETag", tag);
        exchange.answerHeader("Vary", "Accept");
        exchange.answerHeader("Cache-Control", "public");
        if (exchange.header("If-None-Match").equals(tag)) exchange.answer(304, null, new byte[0]);
        else exchange.answer(200, AGGREGATED, bytes);
    }

    private static void json(Exchange exchange, ObjectNode tree) throws IOException {
        var rendering = Rendering.negotiate(exchange);
        exchange.answer(200, rendering.mediaType(), rendering.bytes(tree));
    }

    private static byte[] indented(ObjectNode tree) {
        try {
            return Rendering.indented(tree).getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void health(Exchange exchange, String name) throws IOException {
        var lines = new StringBuilder("[+]ping ok\n");
        boolean healthy = true;
        for (var check : checks.entrySet()) {
            boolean fine = check.getValue().get().isEmpty();
            healthy &= fine;
            lines.append(fine ? "[+]" : "[-]")
                    .append(check.getKey())
                    .append(fine ? " ok\n" : " failed: reason withheld\n");
        }
        exchange.answerHeader("X-Content-Type-Options", "nosniff");
        if (!healthy) {
            text(exchange, 500, lines + name + " check failed\n");
        } else if (Handler.flag(exchange, "verbose")) {
            text(exchange, 200, lines + name + " check passed\n");
        } else text(exchange, 200, "ok");
    }

    private static void text(Exchange exchange, int status, String text) throws IOException {
        exchange.answer(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    private static void notFound(Exchange exchange) throws IOException {
        exchange.answerHeader("X-Content-Type-Options", "nosniff");
        text(exchange, 404, "404 page not found\n");
    }

    /// Below `/api` and a built-in group the answer is a Status, elsewhere plain text.
    void unknownResource(Exchange exchange, Target target) throws IOException {
        var group = target.type().group();
        if (group.isEmpty() || discovery().isBuiltIn(group)) throw ApiException.resourceNotFound();
        notFound(exchange);
    }

    private boolean isBelowBuiltIn(String path) {
        var parts = path.split("/", -1);
        return (parts.length > 2 && parts[1].equals("api"))
                || (parts.length > 3 && parts[1].equals("apis") && discovery().isBuiltIn(parts[2]));
    }

    /// What `/version` tells.
    static ObjectNode versionInfo(String gitVersion, String buildDate) {
        var info = JsonNodeFactory.instance.objectNode();
        info.put("major", "1").put("minor", "36");
        info.put("emulationMajor", "1").put("emulationMinor", "36");
        info.put("minCompatibilityMajor", "1").put("minCompatibilityMinor", "35");
        info.put("gitVersion", gitVersion).put("gitCommit", "").put("gitTreeState", "clean");
        info.put("buildDate", buildDate).put("goVersion", "").put("compiler", "javac");
        return info.put("platform", "linux/amd64");
    }
}

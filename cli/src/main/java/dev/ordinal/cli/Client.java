package dev.ordinal.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Speaks to a cluster's API as any client does.
final class Client implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final int OK_MAX = 299;
    private static final String TABLE =
            "application/json;as=Table;v=v1;g=meta.k8s.io, application/json";

    private final Kubeconfig config;
    private final HttpClient http;
    private @Nullable List<Resource> resources;

    /// One kind as discovery lists it.
    ///
    /// @param prefix `/api/v1` or `/apis/GROUP/VERSION`
    record Resource(
            String prefix,
            String plural,
            String singular,
            String kind,
            boolean namespaced,
            List<String> shortNames) {
        boolean called(String name) {
            return name.equals(plural)
                    || name.equals(singular)
                    || shortNames.contains(name)
                    || name.equals(plural + "." + group());
        }

        /// Empty for the core group.
        String group() {
            return prefix.startsWith("/apis/") ? prefix.split("/", -1)[2] : "";
        }

        String path(String namespace, String name) {
            var path = new StringBuilder(prefix);
            if (namespaced && !namespace.isEmpty()) path.append("/namespaces/").append(namespace);
            path.append('/').append(plural);
            if (!name.isEmpty()) path.append('/').append(name);
            return path.toString();
        }

        /// As kubectl writes it before a name.
        String title() {
            return group().isEmpty() ? singular : singular + "." + group();
        }
    }

    /// The cluster's answer to a refused request.
    static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;
        private final int code;

        RefusedException(int code, String message) {
            super(message);
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    Client(Kubeconfig config) {
        this.config = config;
        http =
                HttpClient.newBuilder()
                        .sslContext(config.tls())
                        .version(HttpClient.Version.HTTP_1_1)
                        .build();
    }

    /// The cluster in a data folder.
    static Client of(Path data) throws IOException {
        return new Client(Kubeconfig.read(data.resolve("pki").resolve("kubeconfig")));
    }

    HttpClient http() {
        return http;
    }

    URI uri(String path) {
        return config.server().resolve(path);
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        return send("GET", path, "application/json", "", null);
    }

    JsonNode table(String path) throws IOException, InterruptedException {
        return send("GET", path, TABLE, "", null);
    }

    /// @param type of the body; empty without one
    JsonNode send(String method, String path, String accept, String type, byte @Nullable [] body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(uri(path)).header("Accept", accept);
        if (!type.isEmpty()) request.header("Content-Type", type);
        request.method(
                method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        var response = exchange(request.build());
        try (var in = response.body()) {
            return JSON.readTree(in);
        }
    }

    /// An answer that comes over time: a watch, a log.
    InputStream stream(String path) throws IOException, InterruptedException {
        return exchange(HttpRequest.newBuilder(uri(path)).build()).body();
    }

    private HttpResponse<InputStream> exchange(HttpRequest request)
            throws IOException, InterruptedException {
        HttpResponse<InputStream> response;
        try {
            response = http.send(request, BodyHandlers.ofInputStream());
        } catch (java.net.ConnectException refused) {
            throw new IOException(
                    "nothing answers at %s: is the cluster up? `ordinal status` tells"
                            .formatted(config.server()),
                    refused);
        }
        if (response.statusCode() <= OK_MAX) return response;
        try (var in = response.body()) {
            var text = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            var message =
                    text.startsWith("{")
                            ? JSON.readTree(text).path("message").asText(text)
                            : text.strip();
            throw new RefusedException(response.statusCode(), message);
        }
    }

    /// Everything the cluster serves.
    List<Resource> resources() throws IOException, InterruptedException {
        var known = resources;
        if (known != null) return known;
        List<Resource> found = new ArrayList<>();
        add(found, "/api/v1");
        for (var group : get("/apis").path("groups")) {
            add(found, "/apis/" + group.at("/preferredVersion/groupVersion").asText());
        }
        resources = found;
        return found;
    }

    private void add(List<Resource> found, String prefix) throws IOException, InterruptedException {
        for (var resource : get(prefix).path("resources")) {
            if (resource.path("name").asText().contains("/")) continue;
            List<String> shortNames = new ArrayList<>();
            resource.path("shortNames").forEach(name -> shortNames.add(name.asText()));
            found.add(
                    new Resource(
                            prefix,
                            resource.path("name").asText(),
                            resource.path("singularName").asText(),
                            resource.path("kind").asText(),
                            resource.path("namespaced").asBoolean(),
                            shortNames));
        }
    }

    /// @param name plural, singular or short
    Resource resource(String name) throws IOException, InterruptedException {
        for (var resource : resources()) if (resource.called(name)) return resource;
        throw new IOException("the server doesn't have a resource type \"%s\"".formatted(name));
    }

    private Resource resourceOf(JsonNode object) throws IOException, InterruptedException {
        var version = object.path("apiVersion").asText();
        var prefix = version.contains("/") ? "/apis/" + version : "/api/" + version;
        for (var resource : resources()) {
            if (resource.prefix().equals(prefix)
                    && resource.kind().equals(object.path("kind").asText())) return resource;
        }
        throw new IOException(
                "no matches for kind \"%s\" in version \"%s\""
                        .formatted(object.path("kind").asText(), version));
    }

    /// Makes an object what the manifest says: creates it, or merges the manifest into it.
    ///
    /// @return what happened, as `statefulset.apps/web created`
    String apply(JsonNode object, String namespace) throws IOException, InterruptedException {
        var resource = resourceOf(object);
        var given = object.at("/metadata/namespace").asText(namespace);
        var name = object.at("/metadata/name").asText();
        var title = resource.title() + "/" + name;
        var body = JSON.writeValueAsBytes(object);
        var query = "?fieldManager=ordinal&fieldValidation=Strict";
        JsonNode before;
        try {
            before = get(resource.path(given, name)).at("/metadata/resourceVersion");
        } catch (RefusedException refused) {
            if (refused.code() != 404) throw refused;
            send(
                    "POST",
                    resource.path(given, "") + query,
                    "application/json",
                    "application/json",
                    body);
            return title + " created";
        }
        var after =
                send(
                        "PATCH",
                        resource.path(given, name) + query,
                        "application/json",
                        "application/strategic-merge-patch+json",
                        body);
        return title
                + (after.at("/metadata/resourceVersion").equals(before)
                        ? " unchanged"
                        : " configured");
    }

    String delete(JsonNode object, String namespace) throws IOException, InterruptedException {
        var given = object.at("/metadata/namespace").asText(namespace);
        return delete(resourceOf(object), given, object.at("/metadata/name").asText());
    }

    String delete(Resource resource, String namespace, String name)
            throws IOException, InterruptedException {
        send(
                "DELETE",
                resource.path(namespace, name),
                "application/json",
                "application/json",
                JSON.writeValueAsBytes(Map.of("propagationPolicy", "Background")));
        return "%s \"%s\" deleted".formatted(resource.title(), name);
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}

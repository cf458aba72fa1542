package dev.ordinal.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.jspecify.annotations.Nullable;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BiConsumer;

/// HTTP to one control plane. Bodies are JSON as it came, so that nothing is normalised on the way.
public final class Client implements AutoCloseable {
    static final String JSON = "application/json";
    static final String MERGE = "application/merge-patch+json";
    static final String STRATEGIC = "application/strategic-merge-patch+json";

    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Kubeconfig to;
    private final HttpClient http;

    public Client(Kubeconfig to) {
        this.to = to;
        http =
                HttpClient.newBuilder()
                        .sslContext(to.tls())
                        .version(HttpClient.Version.HTTP_1_1)
                        .build();
    }

    /// @param body the object asked for, or the Status that says why not
    record Answer(int code, JsonNode body) {
        boolean ok() {
            return code < 300;
        }

        /// @throws IOException with the Status, unless the request was granted
        JsonNode orThrow() throws IOException {
            if (!ok()) throw new IOException(code + " " + body.path("message").asText());
            return body;
        }
    }

    /// @param type content type of the body
    Answer send(String method, String path, @Nullable JsonNode body, String type)
            throws IOException, InterruptedException {
        var publisher =
                body == null
                        ? BodyPublishers.noBody()
                        : BodyPublishers.ofByteArray(MAPPER.writeValueAsBytes(body));
        var request =
                HttpRequest.newBuilder(to.server().resolve(path))
                        .timeout(ANSWER_MAX)
                        .header("Accept", JSON)
                        .header("Content-Type", type)
                        .method(method, publisher)
                        .build();
        var response = http.send(request, BodyHandlers.ofByteArray());
        return new Answer(response.statusCode(), MAPPER.readTree(response.body()));
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        return send("GET", path, null, JSON).orThrow();
    }

    /// Reads a watch until the server ends it or this client is closed.
    ///
    /// @param path with the query that makes it a watch
    /// @param told type and object of each event
    void watch(String path, BiConsumer<String, JsonNode> told)
            throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(to.server().resolve(path)).header("Accept", JSON).build();
        var response = http.send(request, BodyHandlers.ofInputStream());
        try (var lines = lines(response.body())) {
            if (response.statusCode() != 200) throw new IOException(path + ": " + lines.readLine());
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                var event = MAPPER.readTree(line);
                told.accept(event.path("type").asText(), event.path("object"));
            }
        } catch (UncheckedIOException failed) {
            throw failed.getCause();
        }
    }

    private static BufferedReader lines(InputStream body) {
        return new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}

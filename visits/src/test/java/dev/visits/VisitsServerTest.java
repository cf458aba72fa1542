package dev.visits;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;

class VisitsServerTest {
    private static final InstantSource NOON =
            InstantSource.fixed(Instant.parse("2026-01-01T12:00:00.000123Z"));

    @TempDir private Path folder;

    private HttpResponse<String> get(VisitsServer server, String path) throws Exception {
        var uri = URI.create("http://127.0.0.1:%d%s".formatted(server.port(), path));
        try (var client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
        }
    }

    private VisitsServer server(Path file) throws IOException {
        return new VisitsServer("web-2", new Visits(file), 0, NOON);
    }

    @Test
    void aVisitIsOneLine() throws Exception {
        var file = folder.resolve("visits");
        try (var server = server(file)) {
            assertThat(get(server, "/").body()).contains("web-2", "1 visit on", "12:00:00.000123");
            assertThat(get(server, "/").body()).contains("2 visits on");
            assertThat(get(server, "/visits").body())
                    .isEqualTo(
                            "{\"pod\":\"web-2\",\"ordinal\":\"2\",\"count\":2,\"visits\":"
                                    + "[\"12:00:00.000123\",\"12:00:00.000123\"]}\n");
        }
        assertThat(file).hasContent("12:00:00.000123\n12:00:00.000123\n");
    }

    @Test
    void lookingAtHealthIsNoVisit() throws Exception {
        try (var server = server(folder.resolve("visits"))) {
            assertThat(get(server, "/healthz").statusCode()).isEqualTo(200);
            assertThat(get(server, "/readyz").statusCode()).isEqualTo(200);
            assertThat(get(server, "/nothing").statusCode()).isEqualTo(404);
        }
        assertThat(folder.resolve("visits")).doesNotExist();
    }

    @Test
    void aFullVolumeIsSaid() throws Exception {
        try (var server = server(Path.of("/dev/full"))) {
            var answer = get(server, "/");
            assertThat(answer.statusCode()).isEqualTo(507);
            assertThat(answer.body())
                    .contains("No space left on device", "Earlier visits are safe");
        }
    }

    @Test
    void whatEndsIsNotReadyButAnswers() throws Exception {
        try (var server = server(folder.resolve("visits"))) {
            var drain =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            server.drain();
                                        } catch (InterruptedException _) {
                                            Thread.currentThread().interrupt();
                                        }
                                    });
            while (get(server, "/readyz").statusCode() == 200) Thread.onSpinWait();
            assertThat(get(server, "/").statusCode()).isEqualTo(200);
            drain.join();
        }
        assertThat(Files.readAllLines(folder.resolve("visits"))).hasSize(1);
    }
}

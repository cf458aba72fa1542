package dev.ordinal.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.WatchOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.store.MemoryStore;
import dev.ordinal.store.Store;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;

/// Lists and watches of a state that is no longer remembered.
class ListsTest {
    private static final int REMEMBERED = 3;
    private static final Kind MAPS =
            Kind.of("v1", "configmaps", Schema.load("v1", "ConfigMap")).build();

    private final Store<Stored> store = MemoryStore.open(new StoredCodec(), REMEMBERED);
    private final Api api =
            new Registry(
                    List.of(MAPS),
                    List.of(),
                    store,
                    () -> Instant.parse("2026-01-02T03:04:05Z"),
                    new Random(1));

    @BeforeEach
    void fill() {
        for (var name : List.of("a", "b", "c")) create(name);
    }

    @AfterEach
    void stop() {
        store.close();
    }

    private void create(String name) {
        var body = "{\"metadata\":{\"name\":\"%s\"}}".formatted(name);
        api.create(
                MAPS.type(),
                "default",
                new Api.Body.Text(body.getBytes(StandardCharsets.UTF_8), "application/json"),
                WriteOptions.by("test"));
    }

    private Api.Listing page(String token) {
        return api.list(MAPS.type(), "default", new ListOptions("", "", "", "", 1, token));
    }

    @Rule("api 5.2")
    @Test
    void anExpiredPageComesWithATokenForTheNewestState() {
        var first = page("");
        for (var name : List.of("bb", "d", "e", "f")) create(name);
        var expired = catchThrowableOfType(ApiException.class, () -> page(first.continueToken()));
        assertThat(expired.code()).isEqualTo(410);
        assertThat(expired.status().reason()).isEqualTo("Expired");
        assertThat(expired.status().message())
                .startsWith("The provided continue parameter is too old to display a consistent");
        var token = expired.status().tree().at("/metadata/continue").asText();
        var next = page(token);
        assertThat(next.items()).extracting(Stored::name).containsExactly("b");
        assertThat(next.revision()).isEqualTo(7);
        assertThat(page(next.continueToken()).items())
                .extracting(Stored::name)
                .containsExactly("bb");
    }

    @Rule("api 5.1")
    @Test
    void aListOfAForgottenVersionHasExpired() {
        for (var name : List.of("d", "e", "f")) create(name);
        var options = new ListOptions("", "", "1", "Exact", 0, "");
        assertThatThrownBy(() -> api.list(MAPS.type(), "default", options))
                .hasMessage("The resourceVersion for the provided list is too old.");
    }

    @Rule("api 5.4")
    @Test
    void aWatchThatBeginsTooEarlySaysSoInTheStream() {
        for (var name : List.of("d", "e", "f")) create(name);
        try (var watch = api.watch(MAPS.type(), "default", WatchOptions.after("1"))) {
            assertThatThrownBy(() -> watch.next(Duration.ZERO))
                    .hasMessage("too old resource version: 1 (3)");
        }
    }

    @Rule("api 5.4")
    @Test
    void aWatchThatFallsBehindIsEndedAndCostsNoMemory() throws InterruptedException {
        try (var watch = api.watch(MAPS.type(), "default", WatchOptions.after("3"))) {
            create("d");
            assertThat(watch.next(Duration.ofSeconds(10))).hasSize(1);
            for (var name : List.of("e", "f", "g", "h")) create(name);
            assertThatThrownBy(() -> watch.next(Duration.ZERO))
                    .hasMessage("too old resource version: 4 (5)");
        }
    }
}

package dev.ordinal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongFunction;

/// What every store does, whatever it stands on.
abstract class StoreContract {
    static final Codec<String> TEXT =
            new Codec<>() {
                @Override
                public byte[] bytes(String value) {
                    return value.getBytes(StandardCharsets.UTF_8);
                }

                @Override
                public String decode(long revision, byte[] bytes) {
                    return new String(bytes, StandardCharsets.UTF_8);
                }
            };

    static final int HISTORY = 100;

    Store<String> store;

    abstract Store<String> open() throws Exception;

    @BeforeEach
    void openStore() throws Exception {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    static LongFunction<String> text(String value) {
        return revision -> value + "@" + revision;
    }

    @Test
    void aWriteTakesTheNextRevision() throws Exception {
        long before = store.latest().revision();

        assertThat(store.put("/a", 0, text("x"))).isEqualTo("x@" + (before + 1));

        assertThat(store.latest().revision()).isEqualTo(before + 1);
        assertThat(store.latest().get("/a"))
                .isEqualTo(new Entry<>("/a", before + 1, "x@" + (before + 1)));
    }

    @Test
    void aStaleWriteChangesNothing() throws Exception {
        store.put("/a", 0, text("x"));
        long revision = store.latest().revision();

        assertThatThrownBy(() -> store.put("/a", 0, text("y"))).isInstanceOf(StaleException.class);
        assertThatThrownBy(() -> store.put("/a", revision + 5, text("y")))
                .isInstanceOf(StaleException.class);
        assertThatThrownBy(() -> store.delete("/b", 1, text("y")))
                .isInstanceOf(StaleException.class);
        assertThatThrownBy(() -> store.delete("/b", 0, text("y")))
                .isInstanceOf(StaleException.class);

        assertThat(store.latest().revision()).isEqualTo(revision);
    }

    @Test
    void aRefusalInsideEncodeComesBackAndUsesNoRevision() throws Exception {
        assertThatThrownBy(
                        () ->
                                store.put(
                                        "/a",
                                        0,
                                        _ -> {
                                            throw new IllegalArgumentException("no");
                                        }))
                .hasMessage("no");

        store.put("/a", 0, text("x"));
        assertThat(store.latest().revision()).isEqualTo(1);
    }

    @Test
    void rangesAreSortedAndPaged() throws Exception {
        for (var key : List.of("/p/b", "/p/a", "/q/a", "/p/c")) store.put(key, 0, text("v"));

        assertThat(keys(store.latest(), "/p/", null, 0)).containsExactly("/p/a", "/p/b", "/p/c");
        assertThat(keys(store.latest(), "/p/", null, 2)).containsExactly("/p/a", "/p/b");
        assertThat(keys(store.latest(), "/p/", "/p/b", 2)).containsExactly("/p/c");
    }

    private static List<String> keys(
            Snapshot<String> snapshot, String prefix, String after, int limit) {
        return snapshot.range(prefix, after, limit).stream().map(Entry::key).toList();
    }

    @Test
    void anOlderRevisionCanStillBeRead() throws Exception {
        store.put("/a", 0, text("x"));
        store.delete("/a", 1, text("gone"));

        assertThat(store.at(1).get("/a")).isNotNull();
        assertThat(store.at(2).get("/a")).isNull();
        assertThat(store.at(0).get("/a")).isNull();
    }

    @Test
    void aWatchSeesEveryEventOfItsPrefixOnce() throws Exception {
        store.put("/p/a", 0, text("x"));
        try (var watch = store.watch("/p/", 0)) {
            store.put("/q/a", 0, text("y"));
            store.put("/p/a", 1, text("z"));
            store.delete("/p/a", 3, text("gone"));

            assertThat(watch.next(Duration.ofSeconds(5)))
                    .containsExactly(
                            new Event.Put<>(1, "/p/a", "x@1", null),
                            new Event.Put<>(3, "/p/a", "z@3", "x@1"),
                            new Event.Deleted<>(4, "/p/a", "gone@4", "z@3"));
            assertThat(watch.revision()).isEqualTo(4);
            assertThat(watch.next(Duration.ZERO)).isEmpty();
        }
    }

    @Test
    void aWatchOutsideTheHistoryIsRefused() throws Exception {
        var slow = store.watch("/", 0);
        store.put("/a", 0, text("0"));
        for (int i = 1; i <= HISTORY + 10; i++) store.put("/a", i, text("" + i));

        assertThatThrownBy(() -> store.watch("/", 5)).isInstanceOf(CompactedException.class);
        assertThatThrownBy(() -> store.at(5)).isInstanceOf(CompactedException.class);
        assertThatThrownBy(() -> slow.next(Duration.ZERO)).isInstanceOf(CompactedException.class);
        assertThat(store.at(50).get("/a")).isEqualTo(new Entry<>("/a", 50, "49@50"));
    }

    @Test
    void closingAWatchEndsItsWait() throws Exception {
        var watch = store.watch("/", 0);
        var closer = Thread.ofVirtual().start(watch::close);

        assertThat(watch.next(Duration.ofMinutes(1))).isEmpty();
        closer.join();
    }

    @Test
    void concurrentWritersLoseNothingAndWatchersSeeOneOrder() throws Exception {
        long seed = System.nanoTime();
        int writers = 8;
        int each = 10;
        var seen = new ArrayList<Event<String>>();
        try (var watch = store.watch("/", 0)) {
            var threads = new ArrayList<Thread>();
            for (int w = 0; w < writers; w++) {
                var random = new Random(seed + w);
                threads.add(
                        Thread.ofVirtual()
                                .start(
                                        () -> {
                                            for (int i = 0; i < each; i++) {
                                                increment("/" + random.nextInt(3));
                                            }
                                        }));
            }
            while (seen.size() < writers * each) seen.addAll(watch.next(Duration.ofSeconds(10)));
            for (var thread : threads) thread.join();
        }
        var replayed = new TreeMap<String, String>();
        long last = 0;
        for (var event : seen) {
            assertThat(event.revision()).as("seed %d", seed).isEqualTo(++last);
            replayed.put(event.key(), ((Event.Put<String>) event).value());
        }
        int total = 0;
        for (var entry : store.latest().range("/", null, 0)) {
            assertThat(replayed).as("seed %d", seed).containsEntry(entry.key(), entry.value());
            total += Integer.parseInt(entry.value());
        }
        assertThat(total).as("seed %d", seed).isEqualTo(writers * each);
    }

    /// Adds one to a counter by compare-and-set.
    private void increment(String key) {
        while (true) {
            var entry = store.latest().get(key);
            int count = entry == null ? 0 : Integer.parseInt(entry.value());
            try {
                store.put(key, entry == null ? 0 : entry.revision(), _ -> "" + (count + 1));
                return;
            } catch (StaleException _) {
                Thread.yield();
            }
        }
    }
}

package dev.ordinal.server;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WatchOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Kind;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;

/// Streams watch events to clients, one line each, at once.
final class Watches {
    private static final Duration BOOKMARK_EVERY = Duration.ofMinutes(1);
    private static final Duration LAST_BOOKMARK_BEFORE_END = Duration.ofSeconds(2);

    private final Api api;
    private final InstantSource clock;

    Watches(Api api, InstantSource clock) {
        this.api = api;
        this.clock = clock;
    }

    /// Returns when the time is over, the client is gone, or the history was lost.
    void serve(
            Exchange exchange,
            Kind kind,
            @Nullable String namespace,
            WatchOptions options,
            Rendering rendering)
            throws IOException, InterruptedException {
        var seconds = Handler.number(exchange, "timeoutSeconds");
        var patience =
                seconds == null || seconds <= 0
                        ? Duration.ofMinutes(30)
                                .plusSeconds(ThreadLocalRandom.current().nextInt(1800))
                        : Duration.ofSeconds(seconds);
        try (var watch = api.watch(kind.type(), namespace, options)) {
            exchange.onGone(watch::close);
            try (var out = exchange.stream(200, rendering.mediaType())) {
                out.flush();
                new Stream(kind, options, rendering, watch, out).run(patience);
            }
        }
    }

    private final class Stream {
        private final Kind kind;
        private final boolean bookmarks;
        private final Rendering rendering;
        private final Api.Watching watch;
        private final OutputStream out;
        private boolean first = true;

        Stream(
                Kind kind,
                WatchOptions options,
                Rendering rendering,
                Api.Watching watch,
                OutputStream out) {
            this.kind = kind;
            this.bookmarks = options.allowWatchBookmarks();
            this.rendering = rendering;
            this.watch = watch;
            this.out = out;
        }

        void run(Duration patience) throws IOException, InterruptedException {
            long end = System.nanoTime() + patience.toNanos();
            long nextBookmark = nextBookmark(end);
            try {
                while (true) {
                    long now = System.nanoTime();
                    if (now >= end) break;
                    long wait = bookmarks ? Math.min(end, nextBookmark) - now : end - now;
                    long before = System.nanoTime();
                    var events = watch.next(Duration.ofNanos(Math.max(0, wait)));
                    for (var event : events) {
                        boolean bookmark = event.type() == Api.WatchEvent.Type.BOOKMARK;
                        send(event.type().name(), event.object(), bookmark);
                    }
                    if (!events.isEmpty()) out.flush();
                    else if (System.nanoTime() - before < wait - 1_000_000L) return;
                    if (bookmarks && System.nanoTime() >= nextBookmark) {
                        sendBookmark();
                        nextBookmark = nextBookmark(end);
                    }
                }
            } catch (ApiException lost) {
                var event = JsonNodeFactory.instance.objectNode().put("type", "ERROR");
                event.set("object", lost.status().tree());
                write(event.toString());
                out.flush();
            }
        }

        /// Every minute, and for the last time two seconds before the end.
        private static long nextBookmark(long end) {
            long now = System.nanoTime();
            long last = end - LAST_BOOKMARK_BEFORE_END.toNanos();
            long next = now + BOOKMARK_EVERY.toNanos();
            return last - now > 0 && last - next < 0 ? last : next;
        }

        private void sendBookmark() throws IOException {
            send("BOOKMARK", watch.bookmark(), true);
            out.flush();
        }

        private void send(String type, dev.ordinal.api.Stored object, boolean bookmark)
                throws IOException {
            if (rendering.shape().isEmpty()) {
                out.write(
                        ("{\"type\":\"" + type + "\",\"object\":")
                                .getBytes(StandardCharsets.UTF_8));
                out.write(object.bytes());
                out.write("}\n".getBytes(StandardCharsets.UTF_8));
                return;
            }
            var event = JsonNodeFactory.instance.objectNode().put("type", type);
            event.set("object", rendering.event(kind, object, bookmark, first, clock));
            first = false;
            write(event.toString());
        }

        private void write(String line) throws IOException {
            out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }
}

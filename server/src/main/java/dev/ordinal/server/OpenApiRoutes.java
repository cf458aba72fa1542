package dev.ordinal.server;

import dev.ordinal.server.discovery.OpenApiDocuments;
import dev.ordinal.server.discovery.OpenApiDocuments.Document;

import java.io.IOException;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.Supplier;

/// `/openapi/v2`, `/openapi/v3` and what is below.
///
/// @see "upstream: kube-openapi/pkg/handler3"
final class OpenApiRoutes {
    private static final String V3 = "/openapi/v3/";
    private static final DateTimeFormatter EXPIRES =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'UTC'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);

    private final Supplier<OpenApiDocuments> documents;
    private final InstantSource clock;

    OpenApiRoutes(Supplier<OpenApiDocuments> documents, InstantSource clock) {
        this.documents = documents;
        this.clock = clock;
    }

    static boolean knows(String path) {
        return path.equals("/openapi/v2") || path.equals("/openapi/v3") || path.startsWith(V3);
    }

    void answer(Exchange exchange, String path) throws IOException {
        switch (path) {
            case "/openapi/v2" -> v2(exchange);
            case "/openapi/v3" ->
                    exchange.answer(
                            200,
                            "text/plain; charset=utf-8",
                            documents
                                    .get()
                                    .index()
                                    .toString()
                                    .getBytes(java.nio.charset.StandardCharsets.UTF_8));
            default -> v3(exchange, path.substring(V3.length()));
        }
    }

    private void v2(Exchange exchange) throws IOException {
        for (var clause : Accept.parse(exchange.header("Accept"))) {
            boolean protobuf =
                    clause.mediaType().startsWith("application/com.github.proto-openapi.spec.v2")
                            && clause.mediaType().endsWith("+protobuf");
            if (!protobuf && !clause.json()) continue;
            send(exchange, documents.get().v2(protobuf));
            return;
        }
        exchange.answerHeader("Vary", "Accept");
        exchange.answer(406, null, new byte[0]);
    }

    private void v3(Exchange exchange, String path) throws IOException {
        var found = documents.get().v3(path);
        if (found.isEmpty()) {
            exchange.answer(404, null, new byte[0]);
            return;
        }
        if (Accept.parse(exchange.header("Accept")).stream().noneMatch(Accept::json)) {
            exchange.answer(406, null, new byte[0]);
            return;
        }
        var document = found.get();
        var asked = exchange.parameter("hash");
        if (!asked.isEmpty() && !asked.equals(document.hash())) {
            exchange.answerHeader("Location", V3 + path + "?hash=" + document.hash());
            exchange.answer(301, document.mediaType(), new byte[0]);
            return;
        }
        if (!asked.isEmpty()) {
            var year = clock.instant().atOffset(ZoneOffset.UTC).plusYears(1);
            exchange.answerHeader("Cache-Control", "public, immutable");
            exchange.answerHeader("Expires", EXPIRES.format(year));
        }
        send(exchange, document);
    }

    private static void send(Exchange exchange, Document document) throws IOException {
        var tag = '"' + document.hash() + '"';
        exchange.answerHeader("ETag", tag);
        exchange.answerHeader("Vary", "Accept");
        if (exchange.header("If-None-Match").equals(tag)) exchange.answer(304, null, new byte[0]);
        else exchange.answer(200, document.mediaType(), document.bytes());
    }
}

package dev.ordinal.kinds.secret;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Columns;
import dev.ordinal.kinds.DataKeys;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// Everything the API server knows about `v1` Secrets.
public final class Secrets {
    private static final Map<String, List<String>> REQUIRED =
            Map.of(
                    "kubernetes.io/dockercfg", List.of(".dockercfg"),
                    "kubernetes.io/dockerconfigjson", List.of(".dockerconfigjson"),
                    "kubernetes.io/tls", List.of("tls.crt", "tls.key"),
                    "kubernetes.io/ssh-auth", List.of("ssh-privatekey"));

    public static final Kind KIND =
            Kind.of("v1", "secrets", Schema.load("v1", "Secret"))
                    .field("type", f -> f.byDefault("Opaque"))
                    .defaulting(Secrets::encodeStrings)
                    .rules(Secrets::check)
                    .column(Columns.name())
                    .column(Columns.text("Type", "What the data is for.", Columns.at("/type")))
                    .column(
                            Columns.count(
                                    "Data",
                                    "How many keys it holds.",
                                    secret -> (long) secret.path("data").size()))
                    .column(Columns.age())
                    .selectable("type", Columns.at("/type"))
                    .build();

    private Secrets() {}

    /// stringData is write-only: it lands in data.
    private static void encodeStrings(ObjectNode secret) {
        for (var entry : secret.path("stringData").properties()) {
            var bytes = entry.getValue().asText().getBytes(StandardCharsets.UTF_8);
            secret.withObjectProperty("data")
                    .put(entry.getKey(), Base64.getEncoder().encodeToString(bytes));
        }
        secret.remove("stringData");
    }

    private static void check(JsonNode secret, @Nullable JsonNode old, Problems problems) {
        DataKeys.check(secret, "data", problems);
        DataKeys.checkSize(DataKeys.decodedBytes(secret.path("data")), problems.at("data"));
        for (var key : REQUIRED.getOrDefault(secret.path("type").asText(), List.of())) {
            if (!secret.path("data").has(key)) problems.at("data").key(key).required("");
        }
        if (old == null) return;
        if (!Trees.same(secret.path("type"), old.path("type"))) {
            problems.at("type").invalid(secret.path("type"), "field is immutable");
        }
        if (!old.path("immutable").asBoolean()) return;
        if (!secret.path("immutable").asBoolean()) {
            problems.at("immutable").forbidden("field is immutable when `immutable` is set");
        }
        if (!Trees.same(secret.path("data"), old.path("data"))) {
            problems.at("data").forbidden("field is immutable when `immutable` is set");
        }
    }
}

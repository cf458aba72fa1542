package dev.ordinal.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api.Listing;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Json;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Status;
import dev.ordinal.api.Stored;
import dev.ordinal.api.apply.Managed;
import dev.ordinal.api.table.Tables;

import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How one answer is to look: JSON or YAML, whole objects, tables or metadata only.
///
/// @param shape `Table`, `PartialObjectMetadata`, `PartialObjectMetadataList` or empty
record Rendering(String mediaType, String shape, Tables.Include include, boolean pretty) {
    private static final String SERVED = "application/json, application/yaml";

    /// @throws ApiException NotAcceptable
    static Rendering negotiate(Exchange exchange) {
        var clauses = Accept.parse(exchange.header("Accept"));
        if (clauses.stream().noneMatch(clause -> clause.json() || clause.yaml())) {
            throw new ApiException(
                    new Status(
                            406,
                            "NotAcceptable",
                            "406: Not Acceptable\n\nAvailable representations: " + SERVED,
                            Status.Details.empty()));
        }
        for (var clause : clauses) {
            if (!clause.json() && !clause.yaml()) continue;
            var shape = clause.as();
            boolean known =
                    switch (shape) {
                        case "" -> true;
                        case "Table", "PartialObjectMetadata", "PartialObjectMetadataList" ->
                                "meta.k8s.io".equals(clause.parameters().get("g"))
                                        && "v1".equals(clause.parameters().get("v"));
                        default -> false;
                    };
            if (!known) continue;
            return new Rendering(
                    clause.yaml() ? "application/yaml" : "application/json",
                    shape,
                    Tables.Include.parse(exchange.parameter("includeObject")),
                    pretty(exchange) || clause.pretty());
        }
        throw notAcceptable(SERVED);
    }

    /// Watches are streams of JSON only.
    static Rendering ofWatch(Exchange exchange) {
        var rendering = negotiate(exchange);
        if (rendering.mediaType.equals("application/json")) return rendering;
        throw notAcceptable("application/json;stream=watch");
    }

    /// For a Status: never a table, and indented JSON when nothing else is acceptable.
    static Rendering ofStatus(Exchange exchange) {
        for (var clause : Accept.parse(exchange.header("Accept"))) {
            if (!clause.json() && !clause.yaml()) continue;
            var type = clause.yaml() ? "application/yaml" : "application/json";
            return new Rendering(
                    type, "", Tables.Include.NONE, pretty(exchange) || clause.pretty());
        }
        return new Rendering("application/json", "", Tables.Include.NONE, true);
    }

    private static ApiException notAcceptable(String served) {
        return new ApiException(
                new Status(
                        406,
                        "NotAcceptable",
                        "only the following media types are accepted: " + served,
                        null));
    }

    private static boolean pretty(Exchange exchange) {
        var asked = exchange.query("pretty");
        if (!asked.isEmpty()) {
            return !asked.getFirst().equals("0") && !asked.getFirst().equalsIgnoreCase("false");
        }
        var agent = exchange.header("User-Agent");
        return agent.startsWith("curl")
                || agent.startsWith("Wget")
                || agent.startsWith("Mozilla/5.0");
    }

    byte[] object(Kind kind, Stored object, InstantSource clock) {
        if (isStatus(object)) return bytes(object.tree());
        return switch (shape) {
            case "Table" -> bytes(Tables.of(kind, object, include, clock.instant(), true));
            case "PartialObjectMetadata" -> bytes(Tables.partial(object));
            case "PartialObjectMetadataList" ->
                    throw wrongShape(
                            "PartialObjectMetadataList", "not a list (%s)".formatted(goType(kind)));
            default -> plain(object);
        };
    }

    /// Upstream's own type of the kind's objects.
    private static String goType(Kind kind) {
        var group = kind.stored().group();
        return "*%s.%s"
                .formatted(group.isEmpty() ? "core" : group.replaceFirst("\\..*", ""), kind.kind());
    }

    private static boolean isStatus(Stored object) {
        return object.tree().path("kind").asText().equals("Status");
    }

    private static ApiException wrongShape(String shape, String what) {
        return new ApiException(
                new Status(
                        406,
                        "NotAcceptable",
                        "you requested %s, but the requested object is %s".formatted(shape, what),
                        null));
    }

    /// The stored bytes go out as they are where nothing else is asked for.
    private byte[] plain(Stored object) {
        if (pretty || mediaType.equals("application/yaml")) return bytes(object.tree());
        var line = new byte[object.bytes().length + 1];
        System.arraycopy(object.bytes(), 0, line, 0, object.bytes().length);
        line[line.length - 1] = '\n';
        return line;
    }

    byte[] list(Kind kind, Listing listing, InstantSource clock) {
        return switch (shape) {
            case "Table" -> bytes(Tables.of(kind, listing, include, clock.instant()));
            case "PartialObjectMetadataList" -> bytes(Tables.partial(listing));
            case "PartialObjectMetadata" ->
                    throw wrongShape(
                            "PartialObjectMetadata", "a list (%sList)".formatted(goType(kind)));
            default -> plain(kind, listing);
        };
    }

    private byte[] plain(Kind kind, Listing listing) {
        var out = new ByteArrayOutputStream();
        var head = Json.MAPPER.createObjectNode();
        head.put("kind", kind.kind() + "List").put("apiVersion", kind.apiVersion());
        var metadata = head.putObject("metadata");
        metadata.put("resourceVersion", Long.toString(listing.revision()));
        // Upstream keeps lists of custom resources as trees, which have their empty fields too.
        if (!listing.continueToken().isEmpty() || kind.form() != null) {
            metadata.put("continue", listing.continueToken());
        }
        var remaining = listing.remaining();
        if (remaining != null) metadata.put("remainingItemCount", remaining);
        if (pretty || mediaType.equals("application/yaml")) {
            var items = head.putArray("items");
            listing.items().forEach(item -> items.add(item.tree()));
            return bytes(head);
        }
        var text = head.toString();
        out.writeBytes(text.substring(0, text.length() - 1).getBytes(StandardCharsets.UTF_8));
        out.writeBytes(",\"items\":[".getBytes(StandardCharsets.UTF_8));
        boolean first = true;
        for (var item : listing.items()) {
            if (!first) out.write(',');
            first = false;
            out.writeBytes(item.bytes());
        }
        out.writeBytes("]}\n".getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    /// The object of a watch event, on one line.
    ///
    /// @param first the stream's first event carries a table's column definitions
    JsonNode event(Kind kind, Stored object, boolean bookmark, boolean first, InstantSource clock) {
        return switch (shape) {
            case "Table" ->
                    Tables.of(
                            kind,
                            object,
                            bookmark ? Tables.Include.METADATA : include,
                            clock.instant(),
                            first);
            case "PartialObjectMetadata", "PartialObjectMetadataList" -> Tables.partial(object);
            default -> object.tree();
        };
    }

    byte[] bytes(ObjectNode tree) {
        try {
            if (mediaType.equals("application/yaml")) return yaml(Managed.expanded(tree));
            var text =
                    pretty
                            ? indented(Managed.expanded(tree))
                            : Json.MAPPER.writeValueAsString(tree) + "\n";
            return text.getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// Two spaces, and `"key": value` as Go prints it, without a last line break.
    static String indented(JsonNode tree) throws JsonProcessingException {
        var printer =
                new com.fasterxml.jackson.core.util.DefaultPrettyPrinter()
                        .withSeparators(
                                com.fasterxml.jackson.core.util.Separators.createDefaultInstance()
                                        .withObjectFieldValueSpacing(
                                                com.fasterxml.jackson.core.util.Separators.Spacing
                                                        .AFTER)
                                        .withObjectEmptySeparator("")
                                        .withArrayEmptySeparator(""));
        printer.indentArraysWith(
                com.fasterxml.jackson.core.util.DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
        return Json.MAPPER.writer(printer).writeValueAsString(tree);
    }

    private static byte[] yaml(JsonNode tree) {
        var settings =
                DumpSettings.builder()
                        .setDefaultFlowStyle(FlowStyle.BLOCK)
                        .setWidth(1 << 20)
                        .build();
        var text = new Dump(settings).dumpToString(plainTree(tree));
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static @Nullable Object plainTree(JsonNode node) {
        return switch (node) {
            case ObjectNode object -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                object.properties().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .forEach(e -> map.put(e.getKey(), plainTree(e.getValue())));
                yield map;
            }
            case ArrayNode array -> {
                List<@Nullable Object> list = new ArrayList<>();
                array.forEach(item -> list.add(plainTree(item)));
                yield list;
            }
            case JsonNode value when value.isTextual() -> value.textValue();
            case JsonNode value when value.isBoolean() -> value.booleanValue();
            case JsonNode value when value.isNumber() -> value.numberValue();
            default -> null;
        };
    }
}

package dev.ordinal.api.schema;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Json;
import dev.ordinal.api.schema.Schema.Field;
import dev.ordinal.api.schema.Schema.Merge;
import dev.ordinal.api.schema.Schema.Type;
import dev.ordinal.api.schema.Schema.Zero;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads the resource that the build derives from the model classes. Definitions are shared by all
/// kinds that use them.
final class SchemaResource {
    private static final String RESOURCE = "/dev/ordinal/schemas/schemas.json";
    private static final JsonNode ROOT = read();
    private static final Map<String, Map<String, Field>> DEFINITIONS = new HashMap<>();

    private SchemaResource() {}

    static synchronized Field kind(String name) {
        var definition = ROOT.path("kinds").path(name);
        if (!definition.isTextual()) throw new IllegalArgumentException("no schema of " + name);
        return object(definition.textValue());
    }

    static boolean has(String name) {
        return ROOT.path("kinds").has(name);
    }

    private static JsonNode read() {
        try (var resource = SchemaResource.class.getResourceAsStream(RESOURCE)) {
            if (resource == null) throw new IllegalStateException(RESOURCE + " is missing");
            return Json.MAPPER.readTree(resource);
        } catch (IOException damaged) {
            throw new UncheckedIOException(damaged);
        }
    }

    private static Field object(String definition) {
        return new Field(
                Type.OBJECT,
                definition,
                "",
                "",
                properties(definition),
                Optional.empty(),
                Optional.empty(),
                Zero.KEEP,
                Merge.GRANULAR,
                "",
                "",
                List.of());
    }

    /// A definition may hold itself, as that of JSON schemas does.
    private static Map<String, Field> properties(String definition) {
        var known = DEFINITIONS.get(definition);
        if (known != null) return known;
        Map<String, Field> properties = new LinkedHashMap<>();
        DEFINITIONS.put(definition, properties);
        for (var entry : ROOT.path("definitions").path(definition).properties()) {
            properties.put(entry.getKey(), field(entry.getValue()));
        }
        return properties;
    }

    private static Field field(JsonNode entry) {
        var type = Type.valueOf(entry.path("type").asText());
        var definition = entry.path("definition").asText("");
        var items = entry.get("items");
        var list = entry.path("list").asText("");
        return new Field(
                type,
                definition,
                entry.path("format").asText(""),
                "",
                definition.isEmpty() ? Map.of() : properties(definition),
                items == null ? Optional.empty() : Optional.of(field(items)),
                Optional.empty(),
                switch (entry.path("zero").asText("")) {
                    case "emit" -> Zero.EMIT;
                    case "keep" -> Zero.KEEP;
                    default -> Zero.DROP;
                },
                merge(type, list, entry.path("atomic").asBoolean()),
                entry.path("patchStrategy").asText(""),
                entry.path("patchMergeKey").asText(""),
                list.isEmpty() || list.equals("set") || list.equals("atomic")
                        ? List.of()
                        : List.of(list.split(",")));
    }

    private static Merge merge(Type type, String list, boolean atomic) {
        if (atomic || list.equals("atomic")) return Merge.ATOMIC;
        if (list.equals("set")) return Merge.SET;
        if (!list.isEmpty()) return Merge.MAP;
        return type == Type.LIST ? Merge.ATOMIC : Merge.GRANULAR;
    }
}

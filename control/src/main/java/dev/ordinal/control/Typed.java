package dev.ordinal.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;

import dev.ordinal.api.Json;
import dev.ordinal.api.apply.Managed;

/// Between JSON trees and the typed objects controllers read. Who owns which fields is left out: it
/// takes much room, and an object written without it keeps what it had.
public final class Typed {
    private static final ObjectMapper MAPPER =
            new ObjectMapper(Json.FACTORY)
                    .registerModule(new JavaTimeModule())
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    private Typed() {}

    public static <T> T read(JsonNode tree, Class<T> type) {
        try {
            var plain = tree instanceof ObjectNode object ? Managed.dropped(object) : tree;
            return MAPPER.treeToValue(plain, type);
        } catch (JsonProcessingException damaged) {
            throw new IllegalStateException("not a " + type.getSimpleName(), damaged);
        }
    }

    public static ObjectNode tree(Object typed) {
        return MAPPER.valueToTree(typed);
    }
}

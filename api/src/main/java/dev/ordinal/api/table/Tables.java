package dev.ordinal.api.table;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api.Listing;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Column;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Stored;

import java.time.Instant;
import java.util.List;
import java.util.Objects;

/// Turns objects into `meta.k8s.io/v1` Tables and PartialObjectMetadata.
public final class Tables {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Tables() {}

    /// How much of each object a row carries.
    public enum Include {
        NONE,
        METADATA,
        OBJECT;

        /// @throws ApiException BadRequest for anything else
        public static Include parse(String text) {
            return switch (text) {
                case "", "Metadata" -> METADATA;
                case "Object" -> OBJECT;
                case "None" -> NONE;
                default ->
                        throw ApiException.badRequest(
                                "Unable to convert to Table as requested: includeObject: Invalid value: \"%s\": must be 'Metadata', 'Object', 'None', or empty"
                                        .formatted(text));
            };
        }
    }

    public static ObjectNode of(Kind kind, Listing listing, Include include, Instant now) {
        var table = table(kind, listing.items(), include, now, true);
        var metadata = (ObjectNode) table.path("metadata");
        metadata.put("resourceVersion", Long.toString(listing.revision()));
        if (!listing.continueToken().isEmpty()) metadata.put("continue", listing.continueToken());
        var remaining = listing.remaining();
        if (remaining != null) metadata.put("remainingItemCount", remaining);
        return table;
    }

    /// One row.
    ///
    /// @param columns false: later events of a watch leave the definitions out
    public static ObjectNode of(
            Kind kind, Stored object, Include include, Instant now, boolean columns) {
        var table = table(kind, List.of(object), include, now, columns);
        ((ObjectNode) table.path("metadata"))
                .put("resourceVersion", Long.toString(object.revision()));
        return table;
    }

    private static ObjectNode table(
            Kind kind, List<Stored> objects, Include include, Instant now, boolean columns) {
        var table = NODES.objectNode();
        table.put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
        table.putObject("metadata");
        if (columns) {
            var definitions = table.putArray("columnDefinitions");
            for (var column : kind.columns()) {
                definitions
                        .addObject()
                        .put("name", column.name())
                        .put("type", column.type())
                        .put("format", column.format())
                        .put("description", column.description())
                        .put("priority", column.priority());
            }
        } else table.putNull("columnDefinitions");
        var rows = table.putArray("rows");
        for (var object : objects) {
            var row = rows.addObject();
            var cells = row.putArray("cells");
            for (var column : kind.columns()) cells.add(cell(column, object, now));
            switch (include) {
                case NONE -> row.putNull("object");
                case METADATA -> row.set("object", partial(object));
                case OBJECT -> row.set("object", object.tree());
            }
        }
        return table;
    }

    private static com.fasterxml.jackson.databind.JsonNode cell(
            Column column, Stored object, Instant now) {
        return switch (column.cell().of(object.tree(), now)) {
            case null -> NODES.nullNode();
            case String text -> NODES.textNode(text);
            case Integer number -> NODES.numberNode(number);
            case Long number -> NODES.numberNode(number);
            case Double number -> NODES.numberNode(number);
            case Boolean flag -> NODES.booleanNode(flag);
            case Object other ->
                    throw new IllegalStateException(
                            "column " + column.name() + " holds a " + other.getClass());
        };
    }

    /// An object reduced to its metadata.
    public static ObjectNode partial(Stored object) {
        var partial = NODES.objectNode();
        partial.put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
        partial.set("metadata", Objects.requireNonNull(object.tree().get("metadata")));
        return partial;
    }

    public static ObjectNode partial(Listing listing) {
        var list = NODES.objectNode();
        list.put("kind", "PartialObjectMetadataList").put("apiVersion", "meta.k8s.io/v1");
        var metadata = list.putObject("metadata");
        metadata.put("resourceVersion", Long.toString(listing.revision()));
        if (!listing.continueToken().isEmpty()) metadata.put("continue", listing.continueToken());
        var items = list.putArray("items");
        listing.items().forEach(item -> items.add(partial(item)));
        return list;
    }
}

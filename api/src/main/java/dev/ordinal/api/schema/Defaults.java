package dev.ordinal.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.schema.Schema.Field;

/// Fills in the plain defaults that a schema names. Parents are not invented: a default applies
/// where
/// its parent is there.
public final class Defaults {
    private Defaults() {}

    public static void fill(Schema schema, ObjectNode object) {
        fill(schema.root(), object);
    }

    private static void fill(Field field, JsonNode value) {
        switch (field.type()) {
            case OBJECT, OBJECT_OR_OTHER -> {
                if (!(value instanceof ObjectNode object)) return;
                field.properties()
                        .forEach(
                                (name, property) -> {
                                    var given = object.get(name);
                                    if (given == null || given.isNull()) {
                                        property.defaultValue().ifPresent(v -> object.set(name, v));
                                    } else fill(property, given);
                                });
            }
            case LIST, MAP -> field.items().ifPresent(items -> value.forEach(v -> fill(items, v)));
            default -> {}
        }
    }
}

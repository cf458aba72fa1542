package dev.ordinal.api.schema;

import dev.ordinal.api.schema.Schema.Field;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// Finds and replaces fields by path.
final class SchemaPaths {
    private SchemaPaths() {}

    static Field change(Field field, String path, UnaryOperator<Field> change) {
        if (path.isEmpty()) return change.apply(field);
        if (path.startsWith("[]")) {
            var items =
                    field.items()
                            .orElseThrow(() -> new IllegalArgumentException("no items: " + path));
            var rest = path.startsWith("[].") ? path.substring(3) : path.substring(2);
            return field.with(field.properties(), Optional.of(change(items, rest, change)));
        }
        int end = end(path);
        var name = path.substring(0, end);
        var child = field.properties().get(name);
        if (child == null) throw new IllegalArgumentException("no field " + name);
        var rest = path.substring(end);
        Map<String, Field> properties = new LinkedHashMap<>(field.properties());
        properties.put(
                name, change(child, rest.startsWith(".") ? rest.substring(1) : rest, change));
        return field.with(properties, field.items());
    }

    private static int end(String path) {
        for (int i = 0; i < path.length(); i++) {
            if (path.charAt(i) == '.' || path.charAt(i) == '[') return i;
        }
        return path.length();
    }
}

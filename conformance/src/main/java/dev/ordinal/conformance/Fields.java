package dev.ordinal.conformance;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.StreamSupport;

/// An object as one flat list of paths and values. Elements of lists are called by what tells them
/// apart (`conditions[Ready]`), plain lists are one value.
final class Fields {
    private static final Set<String> BOOKKEEPING =
            Set.of(
                    "apiVersion",
                    "kind",
                    "metadata.name",
                    "metadata.namespace",
                    "metadata.uid",
                    "metadata.resourceVersion",
                    "metadata.creationTimestamp",
                    "metadata.managedFields");
    private static final List<String> KEYS = List.of("type", "uid", "name");

    private Fields() {}

    static Map<String, String> of(JsonNode object) {
        Map<String, String> fields = new TreeMap<>();
        collect("", object, fields);
        return fields;
    }

    /// What a new object has because its maker or a default said so, in every scenario alike. The
    /// scenarios that are `full` show it.
    static boolean dullAtBirth(Resource resource, String path) {
        return switch (resource) {
            case STATEFUL_SET -> path.startsWith("spec.") || path.equals("metadata.generation");
            case REVISION -> path.startsWith("data.");
            case POD ->
                    path.equals("metadata.generation")
                            || path.equals("status.qosClass")
                            || (path.startsWith("spec.")
                                    && !path.startsWith("spec.volumes[")
                                    && !path.equals("spec.hostname")
                                    && !path.equals("spec.subdomain")
                                    && !path.equals("spec.nodeName")
                                    && !path.endsWith("].image"));
            default -> false;
        };
    }

    private static void collect(String path, JsonNode node, Map<String, String> into) {
        if (BOOKKEEPING.contains(path)) return;
        if (node.isObject()) {
            if (node.isEmpty()) into.put(path, "{}");
            node.properties()
                    .forEach(
                            field ->
                                    collect(
                                            path.isEmpty()
                                                    ? field.getKey()
                                                    : path + "." + field.getKey(),
                                            field.getValue(),
                                            into));
        } else if (node.isArray() && !node.isEmpty() && node.get(0).isObject()) {
            boolean owners = path.equals("metadata.ownerReferences");
            for (int i = 0; i < node.size(); i++) {
                var element = node.get(i);
                var here = "%s[%s]".formatted(path, owners ? i : key(node, element, i));
                if (owners) into.put(here, owner(element));
                else collect(here, element, into);
            }
        } else if (path.endsWith(".resourceVersion")) {
            into.put(path, "<version>");
        } else {
            var value = node.isTextual() ? node.asText() : node.toString();
            // An element's key stands in its path.
            boolean said =
                    KEYS.stream().anyMatch(key -> path.endsWith("[%s].%s".formatted(value, key)));
            if (!said) into.put(path, Masks.time(value));
        }
    }

    /// An owner reference in one line.
    private static String owner(JsonNode reference) {
        var text = new StringBuilder();
        for (var field : List.of("apiVersion", "kind", "name", "uid")) {
            text.append(reference.path(field).asText()).append(' ');
        }
        for (var flag : List.of("controller", "blockOwnerDeletion")) {
            if (reference.has(flag)) {
                text.append(flag).append('=').append(reference.path(flag)).append(' ');
            }
        }
        return text.toString().strip();
    }

    private static String key(JsonNode list, JsonNode element, int index) {
        for (var key : KEYS) {
            long different =
                    StreamSupport.stream(list.spliterator(), false)
                            .map(e -> e.path(key).asText())
                            .filter(k -> !k.isEmpty())
                            .distinct()
                            .count();
            if (different == list.size()) return element.path(key).asText();
        }
        return Integer.toString(index);
    }
}

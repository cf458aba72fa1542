package dev.ordinal.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// Replaces what differs from run to run in answers: ids, times, tokens and versions. An object's
/// version becomes its place among those that were seen, so that it can be told whether it changed.
/// Fields are sorted, and a patched object that a message shows is left out.
final class AnswerMasks {
    private static final Pattern ID =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    private static final Pattern NUMBERS =
            Pattern.compile("(?:in record \\(|current: |too old resource version: \\d+ \\()\\d+");
    private static final Pattern PATCHED = Pattern.compile("(Invalid value: \"(?=\\{)).*(\\}\": )");

    /// Upstream answers in protobuf too.
    private static final String PROTOBUF = ", application/vnd.kubernetes.protobuf";

    private static final Pattern TOKEN = Pattern.compile("eyJ[\\w-]+\\.[\\w-]+\\.[\\w-]+");
    private static final Pattern HASH = Pattern.compile("[0-9A-F]{128}");

    /// What `/version` tells of the program that was asked.
    private static final Set<String> BUILD =
            Set.of("gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler");

    private static final Pattern AGE = Pattern.compile("\\d+[smh]");

    private final String namespace;
    private final boolean owners;
    private final Map<String, String> versions = new HashMap<>();

    /// @param owners whether it is told who owns which fields
    AnswerMasks(String namespace, boolean owners) {
        this.namespace = namespace;
        this.owners = owners;
    }

    String text(String given) {
        if (AGE.matcher(given).matches()) return "<age>";
        var masked = ID.matcher(given).replaceAll("<id>");
        masked = TOKEN.matcher(masked).replaceAll("<token>");
        masked = HASH.matcher(masked).replaceAll("<hash>");
        masked = masked.replace(PROTOBUF, "");
        masked = PATCHED.matcher(masked).replaceAll("$1{<patched>$2");
        masked = NUMBERS.matcher(masked).replaceAll(m -> m.group().replaceAll("\\d+", "<n>"));
        return Masks.time(masked).replace(namespace, "<ns>");
    }

    JsonNode tree(JsonNode node) {
        return switch (node) {
            case ObjectNode object -> object(object);
            case ArrayNode array -> {
                var list = JsonNodeFactory.instance.arrayNode();
                array.forEach(item -> list.add(tree(item)));
                yield list;
            }
            case JsonNode value when value.isTextual() ->
                    JsonNodeFactory.instance.textNode(text(value.asText()));
            default -> node;
        };
    }

    private ObjectNode object(ObjectNode object) {
        var masked = JsonNodeFactory.instance.objectNode();
        boolean column = object.has("priority") && object.has("format");
        // The hash of a kind in a group that is named after the namespace.
        if (object.path("groupVersion").asText().contains(namespace)) {
            for (var resource : object.path("resources")) {
                if (resource.has("storageVersionHash")) {
                    ((ObjectNode) resource).put("storageVersionHash", "<hash>");
                }
            }
        }
        var fields = object.properties().stream().sorted(Map.Entry.comparingByKey()).toList();
        for (var field : fields) {
            var value = field.getValue();
            switch (field.getKey()) {
                case "managedFields" -> {
                    if (owners) masked.set("managedFields", sorted(tree(value)));
                }
                case "name" -> masked.set("name", name(object, value));
                case "causes" -> masked.set("causes", owners ? sorted(tree(value)) : tree(value));
                case "continue" ->
                        masked.put("continue", value.asText().isEmpty() ? "" : "<token>");
                case "resourceVersion" -> masked.put("resourceVersion", version(object, value));
                case "description" -> {
                    if (!column) masked.set("description", tree(value));
                }
                case "items" -> masked.set("items", items(tree(value)));
                case String key when BUILD.contains(key) -> masked.put(key, "<build>");
                default -> masked.set(text(field.getKey()), tree(value));
            }
        }
        return masked;
    }

    /// Entries come in the order of their times, which may differ by a second; causes of conflicts
    /// by manager, upstream in any order.
    private static JsonNode sorted(JsonNode entries) {
        List<JsonNode> list = new ArrayList<>();
        entries.forEach(list::add);
        list.sort(
                Comparator.comparing(
                        (JsonNode entry) ->
                                String.join(
                                        "/",
                                        entry.path("operation").asText(),
                                        entry.path("manager").asText(),
                                        entry.path("subresource").asText(),
                                        entry.path("message").asText(),
                                        entry.path("field").asText())));
        return JsonNodeFactory.instance.arrayNode().addAll(list);
    }

    /// Ours say of each item what it is; upstream leaves it to the list.
    private static JsonNode items(JsonNode items) {
        for (var item : items) {
            if (item instanceof ObjectNode object) object.remove(List.of("apiVersion", "kind"));
        }
        return items;
    }

    /// A name that was generated.
    private JsonNode name(ObjectNode of, JsonNode given) {
        var base = of.path("generateName").asText();
        boolean generated = !base.isEmpty() && given.asText().startsWith(base);
        return tree(generated ? TextNode.valueOf(base + "<generated>") : given);
    }

    /// Lists and bookmarks have whatever version the server has reached.
    private String version(ObjectNode of, JsonNode value) {
        if (!of.has("name")) return "<now>";
        return versions.computeIfAbsent(value.asText(), _ -> "<" + (versions.size() + 1) + ">");
    }
}

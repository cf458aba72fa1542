package dev.ordinal.api.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Json;

import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.exceptions.DuplicateKeyException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// From bytes to trees, noticing keys that are given twice.
public final class Text {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int DEPTH_MAX = 1000;
    private static final JsonFactory JSON =
            Json.FACTORY
                    .rebuild()
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
                    .build();

    private Text() {}

    /// The text is not JSON or YAML; the message says where.
    public static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1;

        MalformedException(String message) {
            super(message);
        }
    }

    /// @param duplicates hears the path of each key given again; the last value counts
    public static JsonNode json(byte[] bytes, Consumer<String> duplicates)
            throws MalformedException {
        try (var parser = JSON.createParser(bytes)) {
            if (parser.nextToken() == null) {
                throw new MalformedException("unexpected end of JSON input");
            }
            var value = value(parser, "", duplicates);
            if (parser.nextToken() != null) {
                throw new MalformedException("invalid character after top-level value");
            }
            return value;
        } catch (JsonProcessingException damaged) {
            throw new MalformedException(goText(damaged));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /// Close to what Go's decoder says; its exact words depend on its state machine.
    private static String goText(JsonProcessingException damaged) {
        var text = damaged.getOriginalMessage();
        if (text.startsWith("Unexpected end-of-input")) return "unexpected end of JSON input";
        var match = java.util.regex.Pattern.compile("\\('(.)' \\(code \\d+\\)\\)").matcher(text);
        var control = java.util.regex.Pattern.compile("CTRL-CHAR, code (\\d+)").matcher(text);
        if (control.find()) {
            return "invalid character '\\x%02x' looking for beginning of value"
                    .formatted(Integer.parseInt(control.group(1)));
        }
        return match.find()
                ? "invalid character '%s' looking for beginning of value".formatted(match.group(1))
                : text;
    }

    private static JsonNode value(JsonParser parser, String path, Consumer<String> duplicates)
            throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser, path, duplicates);
            case START_ARRAY -> array(parser, path, duplicates);
            case VALUE_STRING -> NODES.textNode(parser.getText());
            case VALUE_NUMBER_INT -> integer(parser);
            case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDecimalValue());
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            default -> NODES.nullNode();
        };
    }

    private static JsonNode integer(JsonParser parser) throws IOException {
        return switch (parser.getNumberType()) {
            case INT -> NODES.numberNode(parser.getIntValue());
            case LONG -> NODES.numberNode(parser.getLongValue());
            default -> NODES.numberNode(parser.getBigIntegerValue());
        };
    }

    private static ObjectNode object(JsonParser parser, String path, Consumer<String> duplicates)
            throws IOException {
        var object = NODES.objectNode();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            var name = parser.currentName();
            var at = path.isEmpty() ? name : path + "." + name;
            parser.nextToken();
            if (object.has(name)) duplicates.accept(at);
            object.set(name, value(parser, at, duplicates));
        }
        return object;
    }

    private static ArrayNode array(JsonParser parser, String path, Consumer<String> duplicates)
            throws IOException {
        var array = NODES.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            array.add(value(parser, path + "[" + array.size() + "]", duplicates));
        }
        return array;
    }

    /// @param duplicates hears of keys given again, with YAML's own words
    public static JsonNode yaml(byte[] bytes, Consumer<String> duplicates)
            throws MalformedException {
        var text = new String(bytes, StandardCharsets.UTF_8);
        checkDepth(text);
        try {
            return tree(load(text, false));
        } catch (YamlEngineException strict) {
            try {
                var lenient = tree(load(text, true));
                duplicates.accept(doubled(strict));
                return lenient;
            } catch (YamlEngineException damaged) {
                throw new MalformedException(
                        "error converting YAML to JSON: yaml: " + firstLine(damaged));
            }
        }
    }

    /// What is nested deeper than the loader's stack allows is refused before it loads.
    private static void checkDepth(String text) throws MalformedException {
        int depth = 0;
        try {
            for (var event : new Parse(LoadSettings.builder().build()).parseString(text)) {
                switch (event.getEventId()) {
                    case MappingStart, SequenceStart -> depth++;
                    case MappingEnd, SequenceEnd -> depth--;
                    default -> {}
                }
                if (depth > DEPTH_MAX) {
                    throw new MalformedException(
                            "error converting YAML to JSON: yaml: exceeded max depth of "
                                    + DEPTH_MAX);
                }
            }
        } catch (YamlEngineException _) {
            // The loader will tell what is wrong.
        }
    }

    private static @Nullable Object load(String text, boolean duplicateKeys) {
        var settings =
                LoadSettings.builder()
                        .setAllowDuplicateKeys(duplicateKeys)
                        .setMaxAliasesForCollections(50)
                        .build();
        return new Load(settings).loadFromString(text);
    }

    private static String doubled(YamlEngineException failure) {
        if (failure instanceof DuplicateKeyException twice && twice.getProblemMark().isPresent()) {
            int line = twice.getProblemMark().get().getLine() + 1;
            var key = twice.getProblem().replaceFirst("(?s)^found duplicate key ", "");
            return "line %d: key \"%s\" already set in map".formatted(line, key);
        }
        return firstLine(failure);
    }

    private static String firstLine(YamlEngineException failure) {
        var message = failure.getMessage() == null ? "malformed" : failure.getMessage();
        return message.lines().findFirst().orElse("malformed");
    }

    private static JsonNode tree(@Nullable Object value) {
        return switch (value) {
            case null -> NODES.nullNode();
            case Map<?, ?> map -> {
                var object = NODES.objectNode();
                map.forEach((key, item) -> object.set(String.valueOf(key), tree(item)));
                yield object;
            }
            case List<?> list -> {
                var array = NODES.arrayNode();
                list.forEach(item -> array.add(tree(item)));
                yield array;
            }
            case String text -> NODES.textNode(text);
            case Boolean flag -> NODES.booleanNode(flag);
            case Integer number -> NODES.numberNode(number);
            case Long number -> NODES.numberNode(number);
            case BigInteger number -> NODES.numberNode(number);
            case Double number -> NODES.numberNode(number);
            default -> NODES.textNode(value.toString());
        };
    }
}

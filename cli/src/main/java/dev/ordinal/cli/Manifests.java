package dev.ordinal.cli;

import com.fasterxml.jackson.databind.JsonNode;

import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Objects in YAML or JSON files.
final class Manifests {
    private static final String STDIN = "-";

    private Manifests() {}

    /// @param given a file, a folder of them, or `-` for the standard input
    /// @return namespaces first, the rest in the order of the files
    static List<JsonNode> read(String given) throws IOException {
        if (given.equals(STDIN))
            return parse(
                    "standard input", new String(System.in.readAllBytes(), StandardCharsets.UTF_8));
        var path = Path.of(given);
        if (!Files.exists(path))
            throw new IOException("the path \"%s\" does not exist".formatted(given));
        List<JsonNode> objects = new ArrayList<>();
        for (var file : files(path)) objects.addAll(parse(file.toString(), Files.readString(file)));
        objects.sort(
                Comparator.comparing(object -> !object.path("kind").asText().equals("Namespace")));
        return objects;
    }

    private static List<Path> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) return List.of(path);
        try (var files = Files.list(path)) {
            return files.filter(file -> file.toString().matches(".*\\.(ya?ml|json)"))
                    .sorted()
                    .toList();
        }
    }

    private static List<JsonNode> parse(String source, String text) throws IOException {
        try {
            List<JsonNode> objects = new ArrayList<>();
            for (var document : new Load(LoadSettings.builder().build()).loadAllFromString(text)) {
                if (document == null) continue;
                JsonNode object = Client.JSON.valueToTree(document);
                if (object.path("kind").asText().equals("List"))
                    object.path("items").forEach(objects::add);
                else objects.add(object);
            }
            return objects;
        } catch (YamlEngineException malformed) {
            throw new IOException(
                    "error parsing %s: %s".formatted(source, malformed.getMessage()), malformed);
        }
    }
}

package dev.ordinal.node.image;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Json;

import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// An archive with one or more images, as `docker save` writes it or in OCI layout, its files laid
/// out in a folder.
final class Archive {
    private static final Pattern SAFE = Pattern.compile("[A-Za-z0-9_.:-]+(/[A-Za-z0-9_.:-]+)*");
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

    private final Path folder;

    /// One image in it.
    ///
    /// @param layers files, lowest first
    record Entry(List<String> names, byte[] config, List<Path> layers) {}

    private Archive(Path folder) {
        this.folder = folder;
    }

    static Archive extract(Path file, Path folder) throws IOException {
        try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
                var tar =
                        new TarArchiveInputStream(
                                LayerUnpacker.plain(in), StandardCharsets.UTF_8.name())) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                var name =
                        entry.getName().startsWith("./")
                                ? entry.getName().substring(2)
                                : entry.getName();
                if (!entry.isFile()) continue;
                var to = folder.resolve(checked(name));
                Files.createDirectories(to.getParent());
                Files.copy(tar, to);
            }
        } catch (IOException | IllegalArgumentException broken) {
            if (broken instanceof ImageException known) throw known;
            throw new ImageException(
                    "%s is not an image archive: %s".formatted(file, broken.getMessage()));
        }
        return new Archive(folder);
    }

    private static String checked(String name) throws ImageException {
        if (SAFE.matcher(name).matches() && !List.of(name.split("/", -1)).contains(".."))
            return name;
        throw new ImageException("the archive has a file of the name \"%s\"".formatted(name));
    }

    List<Entry> images() throws IOException {
        if (Files.exists(folder.resolve("manifest.json"))) return saved();
        if (Files.exists(folder.resolve("index.json"))) return layout();
        throw new ImageException(
                "neither manifest.json nor index.json is in the archive: not an image");
    }

    private Path file(String name) throws ImageException {
        var file = folder.resolve(checked(name));
        if (Files.isRegularFile(file)) return file;
        throw new ImageException("the archive lacks " + name);
    }

    private List<Entry> saved() throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (var image : json(Files.readAllBytes(file("manifest.json")))) {
            List<Path> layers = new ArrayList<>();
            for (var layer : image.path("Layers")) layers.add(file(layer.asText()));
            List<String> names = new ArrayList<>();
            image.path("RepoTags").forEach(name -> names.add(name.asText()));
            entries.add(
                    new Entry(
                            names,
                            Files.readAllBytes(file(image.path("Config").asText())),
                            layers));
        }
        return entries;
    }

    private List<Entry> layout() throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (var descriptor : json(Files.readAllBytes(file("index.json"))).path("manifests")) {
            var manifest = json(blob(descriptor));
            var platforms = manifest.path("manifests");
            if (!platforms.isEmpty()) manifest = json(blob(ours(platforms)));
            List<Path> layers = new ArrayList<>();
            for (var layer : manifest.path("layers")) layers.add(file(path(layer)));
            var name = descriptor.at("/annotations/io.containerd.image.name").asText();
            if (name.isEmpty())
                name =
                        descriptor
                                .path("annotations")
                                .path("org.opencontainers.image.ref.name")
                                .asText();
            entries.add(
                    new Entry(
                            name.isEmpty() ? List.of() : List.of(name),
                            blob(manifest.path("config")),
                            layers));
        }
        return entries;
    }

    private static JsonNode ours(JsonNode manifests) throws ImageException {
        for (var manifest : manifests) {
            if (manifest.at("/platform/os").asText().equals("linux")
                    && manifest.at("/platform/architecture").asText().equals("amd64"))
                return manifest;
        }
        throw new ImageException("the archive has no image for linux/amd64");
    }

    private byte[] blob(JsonNode descriptor) throws IOException {
        var bytes = Files.readAllBytes(file(path(descriptor)));
        var digest = descriptor.path("digest").asText();
        if (!Digests.of(bytes).equals(digest)) throw new ImageException(digest + " is damaged");
        return bytes;
    }

    private static String path(JsonNode descriptor) throws ImageException {
        var digest = descriptor.path("digest").asText();
        if (!DIGEST.matcher(digest).matches())
            throw new ImageException("\"%s\" is not a digest".formatted(digest));
        return "blobs/sha256/" + Digests.hex(digest);
    }

    private static JsonNode json(byte[] bytes) throws ImageException {
        try {
            return Json.MAPPER.readTree(bytes);
        } catch (IOException malformed) {
            throw new ImageException("the archive is damaged: " + malformed.getMessage());
        }
    }
}

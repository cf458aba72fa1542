package dev.ordinal.node.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Json;
import dev.ordinal.node.runtime.Trees;

import org.jspecify.annotations.Nullable;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// The images of one cluster:
///
///     <folder>/index.json             names, layers and sizes
///     <folder>/configs/<digest>.json  configurations, as they came
///     <folder>/layers/<digest>/       unpacked layers, shared by images
///
/// Several processes may use the same folder: writers exclude each other by a lock file, readers
/// see the index before or after.
public final class ImageStore {
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

    private final Path folder;
    private final InstantSource clock;
    private volatile Snapshot snapshot = new Snapshot(null, List.of());

    private record Snapshot(@Nullable Object version, List<Image> images) {}

    private ImageStore(Path folder, InstantSource clock) {
        this.folder = folder;
        this.clock = clock;
    }

    public static ImageStore open(Path folder, InstantSource clock) throws IOException {
        Files.createDirectories(folder.resolve("layers"));
        Files.createDirectories(folder.resolve("configs"));
        return new ImageStore(folder, clock);
    }

    /// The file that is replaced whenever an image comes or goes.
    public Path index() {
        return folder.resolve("index.json");
    }

    public List<Image> list() throws IOException {
        if (!Files.exists(index())) return List.of();
        var version =
                List.of(
                        Files.getAttribute(index(), "unix:ino"),
                        Files.getLastModifiedTime(index()));
        var known = snapshot;
        if (version.equals(known.version)) return known.images;
        List<Image> images = new ArrayList<>();
        for (var entry : Json.MAPPER.readTree(index().toFile()).path("images"))
            images.add(image(entry));
        snapshot = new Snapshot(version, List.copyOf(images));
        return images;
    }

    private Image image(JsonNode entry) throws IOException {
        var id = entry.path("id").asText();
        List<String> names = new ArrayList<>();
        entry.path("names").forEach(name -> names.add(name.asText()));
        List<Path> layers = new ArrayList<>();
        entry.path("layers").forEach(layer -> layers.add(layer(layer.asText())));
        var config = Json.MAPPER.readTree(config(id).toFile());
        return new Image(
                id,
                names,
                layers,
                ImageConfig.of(config.path("config")),
                entry.path("bytes").asLong(),
                Instant.parse(entry.path("loadedAt").asText()));
    }

    private Path layer(String digest) {
        return folder.resolve("layers").resolve(Digests.hex(digest));
    }

    private Path config(String id) {
        return folder.resolve("configs").resolve(Digests.hex(id) + ".json");
    }

    /// By name, with or without tag and registry, or by id.
    public Optional<Image> find(String reference) throws IOException {
        var name = ImageName.full(reference);
        return list().stream()
                .filter(
                        image ->
                                image.id().equals(reference)
                                        || image.names().stream()
                                                .map(ImageName::full)
                                                .anyMatch(name::equals))
                .findFirst();
    }

    /// Reads every image of an archive. A name that another image had goes to the new one.
    ///
    /// @param archive of `docker save` or an OCI layout; packed with gzip or not
    /// @return the images, all or none
    /// @throws ImageException it is none, damaged, or for another kind of machine
    public List<Image> load(Path archive) throws IOException {
        if (!Files.isRegularFile(archive)) throw new ImageException("there is no file " + archive);
        try (var channel = lock();
                var _ = channel.lock()) {
            var temporary = Files.createTempDirectory(folder, ".load-");
            try {
                List<ObjectNode> loaded = new ArrayList<>();
                for (var entry : Archive.extract(archive, temporary).images())
                    loaded.add(unpack(entry, temporary));
                if (loaded.isEmpty()) throw new ImageException(archive + " has no image");
                var index = read();
                loaded.forEach(image -> put(index, image));
                write(index);
                List<Image> images = new ArrayList<>();
                for (var entry : loaded) images.add(image(entry));
                return images;
            } finally {
                Trees.delete(temporary);
            }
        }
    }

    private FileChannel lock() throws IOException {
        return FileChannel.open(
                folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private ObjectNode unpack(Archive.Entry entry, Path temporary) throws IOException {
        var config = Json.MAPPER.readTree(entry.config());
        var architecture = config.path("architecture").asText("amd64");
        if (!architecture.equals("amd64")) {
            throw new ImageException(
                    "the image is for %s; this machine runs amd64".formatted(architecture));
        }
        var digests = config.at("/rootfs/diff_ids");
        if (digests.size() != entry.layers().size()) {
            throw new ImageException(
                    "the image has %d layers, its configuration names %d"
                            .formatted(entry.layers().size(), digests.size()));
        }
        var image = JsonNodeFactory.instance.objectNode();
        var id = Digests.of(entry.config());
        image.put("id", id);
        Set<String> names = new LinkedHashSet<>();
        entry.names().forEach(name -> names.add(ImageName.withTag(name)));
        names.forEach(image.putArray("names")::add);
        var layers = image.putArray("layers");
        long bytes = 0;
        for (int i = 0; i < digests.size(); i++) {
            var digest = digests.get(i).asText();
            if (!DIGEST.matcher(digest).matches())
                throw new ImageException("\"%s\" is not a digest".formatted(digest));
            bytes += unpack(entry.layers().get(i), digest, temporary);
            layers.add(digest);
        }
        image.put("bytes", bytes).put("loadedAt", clock.instant().toString());
        Files.write(config(id), entry.config());
        return image;
    }

    private long unpack(Path file, String digest, Path temporary) throws IOException {
        var size = folder.resolve("layers").resolve(Digests.hex(digest) + ".size");
        if (Files.isDirectory(layer(digest)) && Files.exists(size))
            return Long.parseLong(Files.readString(size));
        var unpacked = Files.createTempDirectory(temporary, "layer-");
        Files.setAttribute(unpacked, "unix:mode", 0755);
        var seen = Digests.begin();
        long bytes;
        try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
                var checked = new DigestInputStream(LayerUnpacker.plain(in), seen)) {
            bytes = new LayerUnpacker(unpacked).unpack(checked);
            checked.transferTo(java.io.OutputStream.nullOutputStream());
        }
        if (!Digests.text(seen).equals(digest))
            throw new ImageException("layer %s is damaged".formatted(digest));
        if (Files.exists(layer(digest))) Trees.delete(layer(digest));
        Files.move(unpacked, layer(digest), StandardCopyOption.ATOMIC_MOVE);
        Files.writeString(size, Long.toString(bytes));
        return bytes;
    }

    private ObjectNode read() throws IOException {
        if (Files.exists(index())
                && Json.MAPPER.readTree(index().toFile()) instanceof ObjectNode index) return index;
        var index = JsonNodeFactory.instance.objectNode();
        index.putArray("images");
        return index;
    }

    private static void put(ObjectNode index, ObjectNode image) {
        var images = index.withArrayProperty("images");
        Set<String> names = new HashSet<>();
        image.path("names").forEach(name -> names.add(name.asText()));
        var kept = JsonNodeFactory.instance.arrayNode();
        for (var other : images) {
            boolean same = other.path("id").equals(image.path("id"));
            for (var it = other.path("names").elements(); it.hasNext(); ) {
                var name = it.next().asText();
                if (names.contains(name)) it.remove();
                else if (same) image.withArrayProperty("names").add(name);
            }
            if (!same) kept.add(other);
        }
        kept.add(image);
        index.set("images", kept);
    }

    private void write(ObjectNode index) throws IOException {
        var next = folder.resolve("index.json.next");
        Files.write(next, Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(index));
        try (var file = FileChannel.open(next, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        Files.move(
                next, index(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /// Takes a name away; an image without names goes with the layers no other image has. Running
    /// containers keep what they have mounted.
    ///
    /// @return whether there was such an image
    public boolean remove(String reference) throws IOException {
        try (var channel = lock();
                var _ = channel.lock()) {
            var index = read();
            var kept = JsonNodeFactory.instance.arrayNode();
            boolean found = false;
            for (var image : index.path("images")) {
                boolean whole = image.path("id").asText().equals(reference);
                found |= whole;
                for (var it = image.path("names").elements(); it.hasNext(); ) {
                    if (!it.next().asText().equals(ImageName.withTag(reference))) continue;
                    it.remove();
                    found = true;
                    whole |= image.path("names").isEmpty();
                }
                if (!whole) kept.add(image);
            }
            if (!found) return false;
            index.set("images", kept);
            write(index);
            sweep(kept);
            return true;
        }
    }

    /// Removes what no image refers to.
    private void sweep(JsonNode images) throws IOException {
        Set<String> wanted = new HashSet<>();
        for (var image : images) {
            wanted.add(Digests.hex(image.path("id").asText()) + ".json");
            for (var layer : image.path("layers")) {
                wanted.add(Digests.hex(layer.asText()));
                wanted.add(Digests.hex(layer.asText()) + ".size");
            }
        }
        for (var name : List.of("layers", "configs")) {
            try (var files = Files.list(folder.resolve(name))) {
                for (var file : files.toList()) {
                    if (!wanted.contains(file.getFileName().toString())) Trees.delete(file);
                }
            }
        }
    }
}

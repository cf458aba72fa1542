package dev.ordinal.node.image;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// One image, unpacked.
///
/// @param id digest of its configuration, as `sha256:1f2e…`
/// @param names with their tags, such as `visits:1`
/// @param layers folders, lowest first
/// @param bytes of its layers, unpacked
public record Image(
        String id,
        List<String> names,
        List<Path> layers,
        ImageConfig config,
        long bytes,
        Instant loadedAt) {
    public Image {
        names = List.copyOf(names);
        layers = List.copyOf(layers);
    }

    /// A plain file of the image as its highest layer has it; links are not followed.
    public Optional<Path> file(String relative) {
        for (var layer : layers.reversed()) {
            var file = layer.resolve(relative);
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) return Optional.of(file);
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) return Optional.empty();
        }
        return Optional.empty();
    }
}

package dev.ordinal.node.network;

import dev.ordinal.node.network.ClusterNetwork.PodNetwork;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What the next server must know of this one's network: small files, replaced whole. Not forced to
/// disk: namespaces do not outlive the machine's run either.
final class PodRecords {
    private final Path folder;
    private final Path pods;

    PodRecords(Path folder) {
        this.folder = folder;
        pods = folder.resolve("pods");
    }

    /// What the network was made from.
    Optional<String> made() throws IOException {
        return read(folder.resolve("made"));
    }

    void made(String description) throws IOException {
        write(folder.resolve("made"), description);
    }

    /// The number of the next pod; 0 at first.
    long sequence() throws IOException {
        return read(folder.resolve("sequence")).map(Long::parseLong).orElse(0L);
    }

    /// Never goes back.
    synchronized void sequence(long next) throws IOException {
        if (next > sequence()) write(folder.resolve("sequence"), Long.toString(next));
    }

    List<PodNetwork> pods(Path namespaces, String cluster) throws IOException {
        if (!Files.isDirectory(pods)) return List.of();
        List<PodNetwork> found = new ArrayList<>();
        try (var files = Files.newDirectoryStream(pods)) {
            for (var file : files) {
                if (file.toString().endsWith(".new")) continue;
                var parts = Files.readString(file).split(" ", 2);
                long number = Long.parseLong(parts[0]);
                found.add(
                        new PodNetwork(
                                file.getFileName().toString(),
                                number,
                                parts[1],
                                namespaces.resolve(cluster + "-" + number)));
            }
        }
        return found;
    }

    void add(PodNetwork pod) throws IOException {
        Files.createDirectories(pods);
        write(pods.resolve(pod.podUid()), pod.number() + " " + pod.address());
    }

    void drop(String podUid) throws IOException {
        Files.deleteIfExists(pods.resolve(podUid));
    }

    /// Forgets all but the sequence: names and addresses still do not come back soon.
    void clear() throws IOException {
        Files.deleteIfExists(folder.resolve("made"));
        if (!Files.isDirectory(pods)) return;
        try (var files = Files.newDirectoryStream(pods)) {
            for (var file : files) Files.deleteIfExists(file);
        }
    }

    private static Optional<String> read(Path file) throws IOException {
        try {
            return Optional.of(Files.readString(file));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
    }

    private static void write(Path file, String text) throws IOException {
        var next = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(next, text);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}

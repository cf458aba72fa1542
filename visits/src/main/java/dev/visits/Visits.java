package dev.visits;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/// The visits of one replica: a file with one line each, `HH:MM:SS.ffffff` in UTC, oldest first.
final class Visits {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS").withZone(ZoneOffset.UTC);

    private final Path file;

    Visits(Path file) {
        this.file = file;
    }

    /// Writes one line that survives a crash of the machine.
    ///
    /// @throws IOException the volume is full, say; nothing of the line is left then
    synchronized void add(Instant time) throws IOException {
        var line = ByteBuffer.wrap((TIME.format(time) + "\n").getBytes(StandardCharsets.US_ASCII));
        try (var channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            long before = channel.size();
            try {
                while (line.hasRemaining()) channel.write(line, before + line.position());
                channel.force(true);
            } catch (IOException failure) {
                if (channel.size() > before) channel.truncate(before);
                throw failure;
            }
        }
    }

    /// Oldest first.
    synchronized List<String> all() throws IOException {
        return Files.exists(file) ? Files.readAllLines(file, StandardCharsets.US_ASCII) : List.of();
    }

    /// Whether visits can be written.
    boolean ready() {
        var folder = file.toAbsolutePath().getParent();
        return folder != null && Files.isWritable(folder);
    }
}

package dev.ordinal.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A folder of RocksDB as it was found, in hard links beside it, until it is clear that it can be
/// used: opening changes it, and a folder that is refused has to stay what it was. RocksDB makes
/// new files and never writes into those it finds.
///
/// The links appear and disappear as a whole: where they are, all are, and the folder beside them
/// belongs to a start that did not get to its end.
final class AsFound {
    private final Path folder;
    private final Path links;
    private final Path scratch;

    private AsFound(Path folder) {
        this.folder = folder;
        links = folder.resolveSibling("as-found");
        scratch = folder.resolveSibling("scratch");
    }

    /// @param folder may be missing
    static AsFound hold(Path folder) throws IOException {
        var found = new AsFound(folder);
        found.restore();
        if (Files.exists(folder)) {
            Files.createDirectory(found.scratch);
            try (var files = Files.list(folder)) {
                for (var file : files.filter(Files::isRegularFile).toList()) {
                    Files.createLink(found.scratch.resolve(file.getFileName()), file);
                }
            }
            Files.move(found.scratch, found.links);
        }
        return found;
    }

    /// Puts the folder back; nothing may have it open.
    void restore() throws IOException {
        clear();
        if (!Files.exists(links)) return;
        if (Files.exists(folder)) Files.move(folder, scratch);
        Files.move(links, folder);
        clear();
    }

    /// The folder as it is now is right.
    void release() throws IOException {
        if (Files.exists(links)) Files.move(links, scratch);
        clear();
    }

    /// The folder as it is now is right, and what was found stays as a copy.
    void keepAs(Path copy) throws IOException {
        Files.move(links, copy);
    }

    private void clear() throws IOException {
        if (!Files.exists(scratch)) return;
        try (var files = Files.list(scratch)) {
            for (var file : files.toList()) Files.delete(file);
        }
        Files.delete(scratch);
    }
}

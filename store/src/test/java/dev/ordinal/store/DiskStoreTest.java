package dev.ordinal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

class DiskStoreTest extends StoreContract {
    @TempDir Path folder;

    @Override
    Store<String> open() throws Exception {
        return DiskStore.open(folder, TEXT, HISTORY, null);
    }

    @Test
    void everythingIsThereAfterARestart() throws Exception {
        store.put("/a", 0, text("x"));
        store.put("/b", 0, text("y"));
        store.delete("/a", 1, text("gone"));
        store.close();

        store = open();

        assertThat(store.latest().revision()).isEqualTo(3);
        assertThat(store.latest().range("/", null, 0)).containsExactly(new Entry<>("/b", 2, "y@2"));
        assertThatThrownBy(() -> store.watch("/", 1)).isInstanceOf(CompactedException.class);
        store.put("/b", 2, text("z"));
        assertThat(store.latest().revision()).isEqualTo(4);
    }

    @Test
    void aFolderHasOneOwner() {
        assertThatThrownBy(this::open)
                .isInstanceOf(StoreOpenException.class)
                .hasMessageContaining("in use by another running cluster");
    }

    @Test
    void aTornTailLosesNothing() throws Exception {
        store.put("/a", 0, text("x"));
        store.close();
        Files.write(newestLog(), new byte[100], StandardOpenOption.APPEND);

        store = open();

        assertThat(store.latest().get("/a")).isEqualTo(new Entry<>("/a", 1, "x@1"));
    }

    @Test
    void aLostWriteIsNoticed() throws Exception {
        store.put("/a", 0, text("x"));
        store.put("/b", 0, text("y"));
        store.close();
        var log = newestLog();
        var bytes = Files.readAllBytes(log);
        bytes[bytes.length / 2] ^= 1;
        Files.write(log, bytes);
        var found = files();

        assertThatThrownBy(this::open)
                .isInstanceOf(StoreOpenException.class)
                .hasMessageContaining("restore a backup");
        assertThat(files()).isEqualTo(found);

        Files.deleteIfExists(folder.resolve("acknowledged"));
        store = open();
        try (var all = Files.list(folder)) {
            assertThat(all.filter(file -> file.getFileName().toString().startsWith("damaged-")))
                    .as("a copy of what was found")
                    .singleElement()
                    .satisfies(
                            copy ->
                                    assertThat(copy.resolve(log.getFileName()))
                                            .hasBinaryContent(bytes));
        }
    }

    @Test
    void aDamagedTableIsRefusedAndLeftAlone() throws Exception {
        store.put("/a", 0, text("x"));
        store.close();
        store = open(); // the log becomes a table
        store.close();
        var table = newest(".sst");
        var bytes = Files.readAllBytes(table);
        bytes[5] ^= 1;
        Files.write(table, bytes);
        var found = files();

        assertThatThrownBy(this::open)
                .isInstanceOf(StoreOpenException.class)
                .hasMessageContaining("is damaged")
                .hasMessageContaining("restore a backup or start with another data folder");
        assertThat(files()).isEqualTo(found);

        bytes[5] ^= 1;
        Files.write(table, bytes);
        store = open();
        assertThat(store.latest().get("/a")).isEqualTo(new Entry<>("/a", 1, "x@1"));
    }

    @Test
    void aMissingFileIsRefusedAndTheRestLeftAlone() throws Exception {
        store.put("/a", 0, text("x"));
        store.close();
        var manifest = newest("MANIFEST");
        var away = Files.move(manifest, folder.resolve("away"));
        var found = files();

        assertThatThrownBy(this::open)
                .isInstanceOf(StoreOpenException.class)
                .hasMessageContaining("restore a backup or start with another data folder");
        assertThat(files()).isEqualTo(found);

        Files.move(away, manifest);
        store = open();
        assertThat(store.latest().get("/a")).isEqualTo(new Entry<>("/a", 1, "x@1"));
    }

    @Test
    void aStartThatWasKilledIsTakenBack() throws Exception {
        store.put("/a", 0, text("x"));
        store.close();
        var _ = AsFound.hold(folder.resolve("rocksdb"));
        try (var halfRead = Files.list(folder.resolve("rocksdb"))) {
            for (var file : halfRead.toList()) Files.delete(file);
        }

        store = open();

        assertThat(store.latest().get("/a")).isEqualTo(new Entry<>("/a", 1, "x@1"));
    }

    @Test
    void aNewerFormatIsRefused() throws Exception {
        store.close();
        org.rocksdb.RocksDB.loadLibrary();
        try (var database = org.rocksdb.RocksDB.open(folder.resolve("rocksdb").toString())) {
            database.put("!format".getBytes(), ByteBuffer.allocate(4).putInt(99).array());
        }

        var found = files();

        assertThatThrownBy(this::open)
                .isInstanceOf(StoreOpenException.class)
                .hasMessageContaining("data format 99");
        assertThat(files()).isEqualTo(found);

        try (var database = org.rocksdb.RocksDB.open(folder.resolve("rocksdb").toString())) {
            database.put("!format".getBytes(), ByteBuffer.allocate(4).putInt(1).array());
        }
        store = open();
    }

    private Path newestLog() throws Exception {
        return newest(".log");
    }

    /// @param part of the name: what kind of file it is
    private Path newest(String part) throws Exception {
        try (var files = Files.list(folder.resolve("rocksdb"))) {
            return files.filter(f -> f.getFileName().toString().contains(part))
                    .filter(f -> f.toFile().length() > 0)
                    .max(Comparator.comparing(Path::toString))
                    .orElseThrow();
        }
    }

    /// What every file of the folder holds.
    private Map<String, String> files() throws Exception {
        Map<String, String> files = new TreeMap<>();
        try (var all = Files.walk(folder)) {
            for (var file : all.filter(Files::isRegularFile).toList()) {
                files.put(
                        folder.relativize(file).toString(),
                        new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
        }
        return files;
    }
}

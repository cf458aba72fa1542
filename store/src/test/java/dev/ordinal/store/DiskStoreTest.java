package dev.ordinal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;

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

        assertThatThrownBy(this::open)
                .isInstanceOf(StoreOpenException.class)
                .hasMessageContaining("restore a backup");

        Files.deleteIfExists(folder.resolve("acknowledged"));
        store = open();
    }

    @Test
    void aNewerFormatIsRefused() throws Exception {
        store.close();
        org.rocksdb.RocksDB.loadLibrary();
        try (var database = org.rocksdb.RocksDB.open(folder.resolve("rocksdb").toString())) {
            database.put("!format".getBytes(), ByteBuffer.allocate(4).putInt(99).array());
        }

        assertThatThrownBy(this::open)
                .isInstanceOf(StoreOpenException.class)
                .hasMessageContaining("data format 99");

        try (var database = org.rocksdb.RocksDB.open(folder.resolve("rocksdb").toString())) {
            database.put("!format".getBytes(), ByteBuffer.allocate(4).putInt(1).array());
        }
        store = open();
    }

    private Path newestLog() throws Exception {
        try (var files = Files.list(folder.resolve("rocksdb"))) {
            return files.filter(f -> f.toString().endsWith(".log"))
                    .filter(f -> f.toFile().length() > 0)
                    .max(Comparator.comparing(Path::toString))
                    .orElseThrow();
        }
    }
}

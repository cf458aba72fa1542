package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDB;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A start that fails says in one line what to do, and leaves everything as it was.
class FailedUpIT {
    @TempDir private Path folder;

    @AfterEach
    void stop() {
        var data = folder.resolve("ordinal-data").toString();
        Commands.ordinal("down", "--delete", "--data", data).ok();
    }

    @Test
    void aTakenPortLeavesNothingBehind() throws Exception {
        var data = folder.resolve("ordinal-data").toString();
        var before = Traces.now();
        Commands.ordinal("up", "--detach", "--port", "0", "--data", data).ok();
        Commands.ordinal("image", "load", "--data", data, "visits/target/visits-image.tar").ok();
        Commands.ordinal("apply", "--data", data, "-f", "examples/visits/manifests").ok();
        Commands.ordinal("down", "--data", data).ok();
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var port = Integer.toString(taken.getLocalPort());
            var result = Commands.ordinal("up", "--port", port, "--data", data);
            assertThat(result.code()).isEqualTo(1);
            assertThat(result.text())
                    .contains("is taken by another program; choose another with --port");
        }
        assertThat(Traces.now().since(before))
                .as("the pods it had begun to start are gone, too")
                .isEmpty();
    }

    @Test
    void aDamagedStoreIsRefusedAndLeftAlone() throws Exception {
        var data = started(2); // so that there is a table
        for (var kind : List.of(".sst", "CURRENT")) {
            var file = newest(data, kind);
            var whole = Files.readAllBytes(file);
            var damaged = whole.clone();
            for (int i = 0; i < damaged.length; i += 16) damaged[i] ^= 1;
            Files.write(file, damaged);
            assertThat(refusal(data))
                    .as("%s is damaged", file.getFileName())
                    .startsWith("ordinal: " + data.resolve("store"))
                    .contains(": restore a backup or start with another data folder");
            Files.write(file, whole);
        }
        Commands.ordinal("up", "--detach", "--port", "0", "--data", data.toString()).ok();
    }

    @Test
    void aStoreOfANewerVersionIsRefusedAndLeftAlone() throws Exception {
        var data = started(1);
        RocksDB.loadLibrary();
        try (var database = RocksDB.open(data.resolve("store/rocksdb").toString())) {
            database.put(
                    "!format".getBytes(StandardCharsets.UTF_8),
                    ByteBuffer.allocate(Integer.BYTES).putInt(99).array());
        }
        assertThat(refusal(data))
                .startsWith("ordinal: " + data.resolve("store"))
                .contains("was written by a newer version (data format 99, ")
                .endsWith("): use that version or another data folder");
    }

    /// A folder that clusters have used.
    private Path started(int times) {
        var data = folder.resolve("ordinal-data");
        for (int i = 0; i < times; i++) {
            Commands.ordinal("up", "--detach", "--port", "0", "--data", data.toString()).ok();
            Commands.ordinal("apply", "--data", data.toString(), "-f", "examples/visits/manifests")
                    .ok();
            Commands.ordinal("down", "--data", data.toString()).ok();
        }
        return data;
    }

    private static Path newest(Path data, String kind) throws Exception {
        try (var files = Files.list(data.resolve("store/rocksdb"))) {
            return files.filter(file -> file.getFileName().toString().contains(kind))
                    .filter(file -> file.toFile().length() > 0)
                    .max(Path::compareTo)
                    .orElseThrow();
        }
    }

    /// The one line that `up` prints; nothing is on the machine and in the folder but what was.
    private static String refusal(Path data) throws Exception {
        var before = Traces.now();
        var files = files(data);
        var result = Commands.ordinal("up", "--port", "0", "--data", data.toString());
        assertThat(result.code()).as(result.text()).isEqualTo(1);
        assertThat(Traces.now().since(before)).isEmpty();
        assertThat(files(data)).isEqualTo(files);
        assertThat(result.text().lines()).hasSize(1);
        return result.text().strip();
    }

    /// What every file holds.
    private static Map<Path, String> files(Path data) throws Exception {
        Map<Path, String> files = new TreeMap<>();
        try (var all = Files.walk(data)) {
            for (var file : all.filter(Files::isRegularFile).toList()) {
                files.put(file, Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return files;
    }
}

package dev.ordinal.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/// Kills a writing process again and again: what it acknowledged must be there.
class KillTest {
    private static final int KILLS = 20;

    @TempDir Path folder;

    @Test
    void nothingAcknowledgedIsLost() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int kill = 0; kill < KILLS; kill++) {
            long acknowledged = writeUntilKilled(20 + random.nextInt(400));
            try (var store = DiskStore.open(folder, StoreContract.TEXT, 100, null)) {
                assertThat(store.latest().revision())
                        .as("seed %d, kill %d", seed, kill)
                        .isGreaterThanOrEqualTo(acknowledged);
                for (var entry : store.latest().range("/", null, 0)) {
                    assertThat(entry.value()).isEqualTo("v@" + entry.revision());
                }
            }
        }
    }

    /// @return the last revision the writer acknowledged
    private long writeUntilKilled(int acknowledgements) throws Exception {
        var writer =
                new ProcessBuilder(
                                List.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString(),
                                        "--enable-native-access=ALL-UNNAMED",
                                        "-XX:TieredStopAtLevel=1",
                                        "-cp",
                                        System.getProperty("java.class.path"),
                                        Writer.class.getName(),
                                        folder.toString()))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        long last = 0;
        try (var lines =
                new BufferedReader(
                        new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < acknowledgements; i++) last = Long.parseLong(lines.readLine());
            writer.toHandle()
                    .destroyForcibly(); // leaves the pipe open: what it printed still counts
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.isEmpty()) last = Math.max(last, Long.parseLong(line));
            }
        }
        assertThat(writer.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return last;
    }

    /// The process that gets killed: writes for ever and prints each acknowledged revision.
    static final class Writer {
        public static void main(String[] args) throws Exception {
            var store = DiskStore.open(Path.of(args[0]), StoreContract.TEXT, 100, null);
            for (int i = 0; ; i++) {
                var key = "/k" + i % 50;
                var entry = store.latest().get(key);
                var value = store.put(key, entry == null ? 0 : entry.revision(), r -> "v@" + r);
                // One write call a line: a killed process leaves no half number behind.
                System.out.write((value.substring(2) + "\n").getBytes(StandardCharsets.UTF_8));
                System.out.flush();
            }
        }
    }
}

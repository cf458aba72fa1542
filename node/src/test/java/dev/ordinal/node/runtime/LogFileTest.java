package dev.ordinal.node.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

class LogFileTest {
    private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");
    private static final int PART_BYTES = 64 * 1024;
    private static final int LINE_BYTES = 1024;
    private static final int PARTS_MAX = 5;

    @TempDir Path folder;
    private Instant now = START;
    private LogFile log;

    private LogFile open() throws IOException {
        var index = new LogIndex(folder.resolve("0.index"));
        log = new LogFile(folder.resolve("0.log"), index, () -> now, PART_BYTES);
        log.resume();
        return log;
    }

    private void write(String text) throws IOException {
        Files.writeString(
                folder.resolve("0.log"),
                text,
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    /// Numbered lines of 1 KiB, each at a second of its own.
    private void lines(int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            now = START.plusSeconds(i);
            write("%01023d\n".formatted(i));
            log.scan();
        }
    }

    private String read(LogOptions options) throws IOException {
        var out = new ByteArrayOutputStream();
        log.copy(options, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private List<Integer> numbers(LogOptions options) throws IOException {
        return read(options).lines().map(Integer::parseInt).toList();
    }

    private static LogOptions options(boolean stamps, OptionalLong tail, Optional<Instant> since) {
        return new LogOptions(false, stamps, tail, since, OptionalLong.empty());
    }

    private static List<Integer> range(int from, int to) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = from; i < to; i++) numbers.add(i);
        return numbers;
    }

    @Test
    void theOldestLinesOfALongLogAreDropped() throws IOException {
        open();
        int most = PARTS_MAX * PART_BYTES / LINE_BYTES;
        lines(0, most);
        assertThat(numbers(LogOptions.ALL)).isEqualTo(range(0, most));
        lines(most, most + 1);
        int least = most - most / PARTS_MAX;
        assertThat(numbers(LogOptions.ALL)).isEqualTo(range(most + 1 - least, most + 1));
        assertThat(Files.size(folder.resolve("0.log"))).isEqualTo((most + 1) * LINE_BYTES);
        assertThat(blocks()).isLessThanOrEqualTo(least * LINE_BYTES + 4096);
        assertThat(Files.size(folder.resolve("0.index"))).isEqualTo((least + 1) * 16L);
    }

    /// Bytes on the disk.
    private long blocks() {
        var log = folder.resolve("0.log").toString();
        return Long.parseLong(Shell.run("", "stat", "-c", "%b", log).strip()) * 512;
    }

    @Test
    void aLongLogIsStillCutByLinesAndTime() throws IOException {
        open();
        lines(0, 1000);
        var none = OptionalLong.empty();
        assertThat(numbers(options(false, OptionalLong.of(3), Optional.empty())))
                .containsExactly(997, 998, 999);
        assertThat(numbers(options(false, OptionalLong.of(100), Optional.empty())))
                .isEqualTo(range(900, 1000));
        var since = Optional.of(START.plusSeconds(990));
        assertThat(numbers(options(false, none, since))).isEqualTo(range(990, 1000));
        var longAgo = Optional.of(START);
        var kept = numbers(LogOptions.ALL);
        assertThat(kept).hasSizeBetween(256, 320).endsWith(999);
        assertThat(numbers(options(false, none, longAgo))).isEqualTo(kept);
        assertThat(numbers(options(false, none, Optional.of(START.plusSeconds(1000))))).isEmpty();
        assertThat(read(options(true, none, Optional.empty())).lines())
                .allSatisfy(
                        line -> {
                            int blank = line.indexOf(' ');
                            int number = Integer.parseInt(line.substring(blank + 1));
                            assertThat(Instant.parse(line.substring(0, blank)))
                                    .isEqualTo(START.plusSeconds(number));
                        });
    }

    @Test
    void aLineWithoutEndIsDroppedInPieces() throws IOException {
        open();
        write("x".repeat(6 * PART_BYTES));
        log.scan();
        assertThat(read(LogOptions.ALL)).isEqualTo("x".repeat(4 * PART_BYTES));
    }

    @Test
    void aLaterServerKnowsWhatWasSeenWhenAndWhatIsKept() throws IOException {
        open();
        lines(0, 400);
        var kept = numbers(LogOptions.ALL);
        write("half");
        log.scan();
        now = START.plusSeconds(5000);
        open();
        write(" line\nnew\n");
        var all = read(options(true, OptionalLong.empty(), Optional.empty())).lines().toList();
        assertThat(all).hasSize(kept.size() + 2);
        assertThat(all.getFirst()).endsWith("%04d".formatted(kept.getFirst()));
        assertThat(all.get(kept.size())).isEqualTo("2026-01-02T03:10:44.000000000Z half line");
        assertThat(all.getLast()).isEqualTo("2026-01-02T04:27:25.000000000Z new");
    }

    @Test
    void aSlowReaderGoesOnWithWhatIsKept() throws IOException {
        open();
        lines(0, 300);
        var read = new ByteArrayOutputStream();
        var slow =
                new OutputStream() {
                    @Override
                    public void write(int value) {
                        throw new UnsupportedOperationException();
                    }

                    @Override
                    public void write(byte[] bytes, int from, int length) throws IOException {
                        if (read.size() == 0) lines(300, 1000);
                        read.write(bytes, from, length);
                    }
                };
        log.copy(LogOptions.ALL, slow);
        var numbers = read.toString(StandardCharsets.UTF_8).lines().map(Integer::parseInt).toList();
        assertThat(numbers).isSorted().doesNotHaveDuplicates().startsWith(0, 1);
        assertThat(read.toByteArray()).doesNotContain((byte) 0);
    }
}

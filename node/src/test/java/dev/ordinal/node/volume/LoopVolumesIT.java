package dev.ordinal.node.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.control.VolumeDisk.FullException;
import dev.ordinal.node.runtime.ContainerException;
import dev.ordinal.node.runtime.Shell;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Needs root and loop devices.
class LoopVolumesIT {
    @TempDir private Path folder;
    private LoopVolumes volumes;

    @BeforeEach
    void open() throws IOException {
        volumes = new LoopVolumes(folder.resolve("volumes"));
    }

    @AfterEach
    void unmount() throws IOException {
        volumes.unmountAll();
    }

    @ParameterizedTest
    @ValueSource(longs = {4096, 1 << 20, 32 << 20, 100 << 20, 511 << 20, 600 << 20})
    void exactlyTheRoomThatWasAskedFor(long bytes) throws IOException {
        volumes.create("v", bytes);
        var file = volumes.mount("v").resolve("f");
        assertThatThrownBy(
                        () ->
                                Shell.run(
                                        "",
                                        "setpriv",
                                        "--bounding-set=-sys_resource",
                                        "dd",
                                        "if=/dev/zero",
                                        "of=" + file,
                                        "bs=4096"))
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("No space left on device");
        // A file of many pieces has an index of its own, one block here.
        long index = bytes > 64 << 20 ? 4096 : 0;
        assertThat(Files.size(file)).isBetween(bytes - index, bytes);
    }

    @Test
    void dataStaysWhenItIsMountedAgain() throws IOException {
        volumes.create("v", 1 << 20);
        Files.writeString(volumes.mount("v").resolve("f"), "kept");
        volumes.unmountAll();
        assertThat(volumes.mount("v").resolve("f")).hasContent("kept");
    }

    @Test
    void moreThanTheDiskHasIsRefused() {
        assertThatThrownBy(() -> volumes.create("v", 1L << 50))
                .isInstanceOf(FullException.class)
                .hasMessageContaining("not enough free disk space");
        assertThat(folder.resolve("volumes")).isEmptyDirectory();
    }

    @Test
    void deletingLeavesNothing() throws IOException {
        volumes.create("v", 1 << 20);
        volumes.delete("v");
        volumes.delete("v");
        assertThat(folder.resolve("volumes")).isEmptyDirectory();
        assertThatThrownBy(() -> volumes.mount("v")).isInstanceOf(IOException.class);
    }

    @Test
    void aNameIsNoPath() {
        assertThatThrownBy(() -> volumes.create("../v", 1 << 20))
                .isInstanceOf(IllegalArgumentException.class);
    }
}

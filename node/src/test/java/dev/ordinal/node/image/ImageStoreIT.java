package dev.ordinal.node.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Needs root: files of images have owners.
class ImageStoreIT {
    @TempDir private Path folder;
    private ImageStore store;

    @BeforeEach
    void open() throws IOException {
        store = ImageStore.open(folder.resolve("images"), InstantSource.system());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// What goes into a layer.
    private interface Entries {
        void write(TarArchiveOutputStream tar) throws IOException;
    }

    private static byte[] tar(Entries entries) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes)) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            entries.write(tar);
        }
        return bytes.toByteArray();
    }

    private static void file(TarArchiveOutputStream tar, String name, String content)
            throws IOException {
        var entry = new TarArchiveEntry(name, TarConstants.LF_NORMAL, true);
        entry.setSize(bytes(content).length);
        entry.setIds(7, 8);
        entry.setMode(0640);
        entry.setModTime(1_700_000_000_000L);
        tar.putArchiveEntry(entry);
        tar.write(bytes(content));
        tar.closeArchiveEntry();
    }

    private static void link(TarArchiveOutputStream tar, String name, String target, byte type)
            throws IOException {
        var entry = new TarArchiveEntry(name, type);
        entry.setLinkName(target);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    private Path saved(String name, byte[]... layers) throws IOException {
        return archive(name, "amd64", null, layers);
    }

    /// An archive as `docker save` writes it.
    private Path archive(String name, String architecture, String wrongDigest, byte[]... layers)
            throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        List<String> digests = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < layers.length; i++) {
            digests.add('"' + (wrongDigest == null ? Digests.of(layers[i]) : wrongDigest) + '"');
            names.add("\"layer%d.tar\"".formatted(i));
            files.put("layer%d.tar".formatted(i), layers[i]);
        }
        files.put(
                "config.json",
                bytes(
                        "{\"architecture\":\"%s\",\"config\":{\"Cmd\":[\"run\"],\"Env\":[\"A=b\"]},\"rootfs\":{\"diff_ids\":%s}}"
                                .formatted(architecture, digests)));
        files.put(
                "manifest.json",
                bytes(
                        "[{\"Config\":\"config.json\",\"RepoTags\":[\"%s\"],\"Layers\":%s}]"
                                .formatted(name, names)));
        var packed =
                tar(
                        out -> {
                            for (var file : files.entrySet()) {
                                var entry = new TarArchiveEntry(file.getKey());
                                entry.setSize(file.getValue().length);
                                out.putArchiveEntry(entry);
                                out.write(file.getValue());
                                out.closeArchiveEntry();
                            }
                        });
        return Files.write(Files.createTempFile(folder, "image", ".tar"), packed);
    }

    @Test
    void filesKeepOwnerModeAndTime() throws Exception {
        store.load(saved("web:1", tar(tar -> file(tar, "etc/conf", "x=1"))));

        var image = store.find("web:1").orElseThrow();
        var file = image.file("etc/conf").orElseThrow();
        assertThat(file).hasContent("x=1");
        assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(7);
        assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(8);
        assertThat((int) Files.getAttribute(file, "unix:mode") & 07777).isEqualTo(0640);
        assertThat(Files.getLastModifiedTime(file).toMillis()).isEqualTo(1_700_000_000_000L);
        assertThat(image.config().command()).containsExactly("run");
        assertThat(image.config().environment()).containsExactly("A=b");
    }

    @Test
    void whiteoutsBecomeWhatOverlaysKnow() throws Exception {
        store.load(
                saved(
                        "web:1",
                        tar(
                                tar -> {
                                    file(tar, "a", "1");
                                    file(tar, "d/b", "2");
                                }),
                        tar(
                                tar -> {
                                    file(tar, ".wh.a", "");
                                    file(tar, "d/.wh..wh..opq", "");
                                })));

        var upper = store.find("web:1").orElseThrow().layers().getLast();
        assertThat((int) Files.getAttribute(upper.resolve("a"), "unix:mode") & 0170000)
                .isEqualTo(0020000);
        assertThat(Files.getAttribute(upper.resolve("a"), "unix:rdev")).isEqualTo(0L);
        assertThat(upper.resolve("d")).isEmptyDirectory();
    }

    @Test
    void nothingIsWrittenOutside() throws Exception {
        var outside = folder.resolve("outside");
        for (var layer :
                List.of(
                        tar(tar -> file(tar, "../../../outside", "x")),
                        tar(
                                tar -> {
                                    link(tar, "door", folder.toString(), TarConstants.LF_SYMLINK);
                                    file(tar, "door/outside", "x");
                                }),
                        tar(
                                tar ->
                                        link(
                                                tar,
                                                "hard",
                                                "../../../../../../../../etc/passwd",
                                                TarConstants.LF_LINK)))) {
            assertThatThrownBy(() -> store.load(saved("bad:1", layer)))
                    .isInstanceOf(ImageException.class);
        }
        assertThat(outside).doesNotExist();
        assertThat(store.list()).isEmpty();
        try (var left = Files.list(folder.resolve("images"))) {
            assertThat(left.map(p -> p.getFileName().toString()).filter(n -> n.startsWith(".load")))
                    .isEmpty();
        }
    }

    @Test
    void anAbsoluteNameIsInsideTheImage() throws Exception {
        store.load(saved("web:1", tar(tar -> file(tar, "/etc/only-here", "x"))));
        assertThat(store.find("web:1").orElseThrow().file("etc/only-here")).isPresent();
        assertThat(Path.of("/etc/only-here")).doesNotExist();
    }

    @Test
    void damageIsNoticed() throws Exception {
        var layer = tar(tar -> file(tar, "a", "1"));
        var wrong = "sha256:" + "0".repeat(64);
        assertThatThrownBy(() -> store.load(archive("web:1", "amd64", wrong, layer)))
                .hasMessage("layer %s is damaged", wrong);
        assertThatThrownBy(() -> store.load(archive("web:1", "arm64", null, layer)))
                .hasMessage("the image is for arm64; this machine runs amd64");
        assertThatThrownBy(
                        () -> store.load(Files.writeString(folder.resolve("text"), "no archive")))
                .isInstanceOf(ImageException.class);
    }

    @Test
    void aNameGoesToTheNewestImageAndLayersGoWithTheLast() throws Exception {
        var shared = tar(tar -> file(tar, "base", "1"));
        store.load(saved("web:1", shared));
        var first = store.find("web:1").orElseThrow();
        store.load(saved("web:1", shared, tar(tar -> file(tar, "more", "2"))));
        assertThat(store.find("web:1").orElseThrow().layers()).hasSize(2);
        assertThat(store.find(first.id()).orElseThrow().names()).isEmpty();

        assertThat(store.remove("web:1")).isTrue();
        assertThat(store.remove("web:1")).isFalse();
        assertThat(first.layers().getFirst()).as("still used by the first").exists();
        assertThat(store.remove(first.id())).isTrue();
        assertThat(first.layers().getFirst()).doesNotExist();
    }

    @Test
    void aLinkOfTheImageIsALink() throws Exception {
        store.load(
                saved(
                        "web:1",
                        tar(tar -> link(tar, "sh", "/bin/busybox", TarConstants.LF_SYMLINK))));
        var image =
                store.find("web")
                        .or(
                                () -> {
                                    try {
                                        return store.find("web:1");
                                    } catch (IOException e) {
                                        throw new AssertionError(e);
                                    }
                                })
                        .orElseThrow();
        assertThat(Files.exists(image.layers().getFirst().resolve("sh"), LinkOption.NOFOLLOW_LINKS))
                .isTrue();
        assertThat(image.file("sh")).isEmpty();
    }
}

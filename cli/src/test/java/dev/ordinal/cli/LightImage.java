package dev.ordinal.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// The image `light:1`: busybox of this machine and nothing else, for tests with many pods.
final class LightImage {
    private static final Path BUSYBOX = Path.of("/bin/busybox");
    private static final String MAKE =
            """
            set -e
            cd "$FOLDER"
            mkdir -p root/bin root/tmp
            cp /bin/busybox root/bin/
            chroot root /bin/busybox --install -s /bin
            tar -C root -cf layer.tar .
            rm -r root
            digest=sha256:$(sha256sum layer.tar | cut -d' ' -f1)
            echo '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["'$digest'"]}}' >config.json
            echo '[{"Config":"config.json","RepoTags":["light:1"],"Layers":["layer.tar"]}]' >manifest.json
            tar -cf image.tar manifest.json config.json layer.tar
            """;

    private LightImage() {}

    /// Whether this machine has a busybox that runs by itself.
    static boolean canBeMade() {
        return Files.isExecutable(BUSYBOX)
                && Commands.run(Map.of(), List.of("ldd", BUSYBOX.toString())).code() != 0;
    }

    /// @param folder an empty one
    /// @return an archive as `docker save` writes it
    static Path make(Path folder) {
        Commands.run(Map.of("FOLDER", folder.toString()), List.of("sh", "-c", MAKE)).ok();
        return folder.resolve("image.tar");
    }
}

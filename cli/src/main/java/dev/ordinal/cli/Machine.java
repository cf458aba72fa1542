package dev.ordinal.cli;

import dev.ordinal.cluster.Settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What a machine must have, asked before anything is started.
final class Machine {
    private static final int JAVA = 25;

    private record Need(String program, String debianPackage) {}

    private static final List<Need> NEEDS =
            List.of(
                    new Need("nsenter", "util-linux"),
                    new Need("unshare", "util-linux"),
                    new Need("setpriv", "util-linux"),
                    new Need("fallocate", "util-linux"),
                    new Need("mount", "mount"),
                    new Need("ip", "iproute2"),
                    new Need("mkfs.ext4", "e2fsprogs"),
                    new Need("tune2fs", "e2fsprogs"));

    private Machine() {}

    /// @throws IOException what is missing, and what to do
    static void check(Settings settings) throws IOException {
        if (java.lang.Runtime.version().feature() < JAVA) {
            throw new IOException(
                    "Java %d is too old: Ordinal needs Java %d or later"
                            .formatted(java.lang.Runtime.version().feature(), JAVA));
        }
        if (settings.runtime() != Settings.RuntimeChoice.LINUX) return;
        if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
            throw new IOException(
                    "containers need root: start ordinal as root, for example with sudo (or try"
                            + " --runtime simulated, which runs none)");
        }
        List<String> lacking = new ArrayList<>();
        List<String> packages = new ArrayList<>();
        for (var need : NEEDS) {
            if (there(need.program())) continue;
            lacking.add(need.program());
            if (!packages.contains(need.debianPackage())) packages.add(need.debianPackage());
        }
        if (!lacking.isEmpty()) {
            throw new IOException(
                    "this machine lacks %s: install it, on Debian with `apt install %s`"
                            .formatted(String.join(", ", lacking), String.join(" ", packages)));
        }
    }

    private static boolean there(String program) {
        for (var folder : List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin")) {
            if (Files.isExecutable(Path.of(folder, program))) return true;
        }
        return false;
    }
}

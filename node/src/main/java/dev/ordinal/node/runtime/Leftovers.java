package dev.ordinal.node.runtime;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;

/// Takes away what a cluster has on the machine, by a shell that needs nothing of the server.
///
/// With [#whenGone] a small process waits for the server's end, however it comes: it reads from a
/// pipe that the kernel closes with the server.
public final class Leftovers implements AutoCloseable {
    private static final String CLEAN =
            """
            data=$1 network=$2 remove=$3
            killed=
            for file in "$data"/pods/*/containers/*/*/supervisor; do
              read -r pid 2>/dev/null <"$file" || continue
              tr '\\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$data/pods/" || continue
              kill -9 "$pid" 2>/dev/null && killed="$killed $pid"
            done
            tries=0
            for pid in $killed; do
              while [ -e "/proc/$pid" ] && [ $tries -lt 200 ]; do sleep 0.01; tries=$((tries + 1)); done
            done
            while read -r _ _ _ _ target _; do printf '%b\\n' "$target"; done </proc/self/mountinfo |
              sort -r | while IFS= read -r target; do
                case $target in "$data"/*) umount "$target" || umount -l "$target" ;; esac
              done
            for file in /run/netns/"$network" /run/netns/"$network"-*; do
              [ -e "$file" ] && ip netns del "${file##*/}"
            done
            ip link del "ord-${network#ordinal-}" 2>/dev/null
            find /sys/fs/cgroup -depth -type d -path "*/$network*" -exec rmdir {} + 2>/dev/null
            rm -rf --one-file-system "$data/pods" "$data/network" "$data/tools"
            [ "$remove" = yes ] && rm -rf --one-file-system "$data"
            true
            """;

    private final OutputStream pipe;
    private final Process process;

    private Leftovers(Process process) {
        this.process = process;
        pipe = process.getOutputStream();
    }

    /// Cleans now. Volumes, images and the store stay.
    ///
    /// @param data the cluster's folder
    /// @param network its name on the machine
    public static void clean(Path data, String network) {
        Shell.run("", "/bin/sh", "-c", CLEAN, "clean", data.toString(), network, "no");
    }

    /// Cleans when this process has ended or [#close] is called.
    ///
    /// @param remove whether the data goes as well
    public static Leftovers whenGone(Path data, String network, boolean remove) throws IOException {
        var text = "trap '' INT TERM HUP\ncat >/dev/null\n" + CLEAN;
        var nothing = Path.of("/dev/null").toFile();
        return new Leftovers(
                Shell.process(
                                List.of(
                                        "setsid",
                                        "/bin/sh",
                                        "-c",
                                        text,
                                        "clean",
                                        data.toString(),
                                        network,
                                        remove ? "yes" : "no"))
                        .redirectOutput(nothing)
                        .redirectError(nothing)
                        .start());
    }

    /// Waits until all is clean.
    @Override
    public void close() throws IOException {
        pipe.close();
        process.onExit().join();
    }
}

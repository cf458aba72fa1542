package dev.ordinal.node.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Looks at processes of the host. A process is named by its number and its start time, since
/// numbers are used again.
final class Processes {
    private static final int START_TIME = 19; // counted after the closing bracket of the name

    private Processes() {}

    /// When a process started, in ticks since the boot; -1 when there is none or it has ended.
    static long startTicks(long pid) {
        try {
            var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            if (fields[0].equals("Z") || fields[0].equals("X")) return -1;
            return Long.parseLong(fields[START_TIME]);
        } catch (IOException _) {
            return -1;
        }
    }

    static String bootId() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    }
}

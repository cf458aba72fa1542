package dev.ordinal.node.runtime;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// Looks at processes of the host. A process is named by its number and its start time, since
/// numbers are used again.
public final class Processes {
    private static final int START_TIME = 19; // counted after the closing bracket of the name

    private static final int TICKS_PER_SECOND = 100;

    private Processes() {}

    /// When a process started, in ticks since the boot; -1 when there is none or it has ended.
    public static long startTicks(long pid) {
        try {
            var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            if (fields[0].equals("Z") || fields[0].equals("X")) return -1;
            return Long.parseLong(fields[START_TIME]);
        } catch (IOException _) {
            return -1;
        }
    }

    /// How long this process has been running, to a hundredth of a second.
    public static Duration age() throws IOException {
        var uptime = Files.readString(Path.of("/proc/uptime"));
        var seconds = new BigDecimal(uptime.substring(0, uptime.indexOf(' ')));
        long millis = seconds.movePointRight(3).longValue();
        long ticks = startTicks(ProcessHandle.current().pid());
        return Duration.ofMillis(millis - ticks * 1000 / TICKS_PER_SECOND);
    }

    static String bootId() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    }
}

package dev.ordinal.node.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What is mounted below a folder of the host.
public final class Mounts {
    private static final Path TABLE = Path.of("/proc/self/mountinfo");
    private static final int TARGET = 4;

    private Mounts() {}

    /// Mount points at or below a folder, the latest first.
    public static List<Path> below(Path folder) throws IOException {
        return Files.readAllLines(TABLE).stream()
                .map(line -> Path.of(plain(line.split(" ", -1)[TARGET])))
                .filter(target -> target.startsWith(folder))
                .toList()
                .reversed();
    }

    public static boolean at(Path folder) throws IOException {
        return below(folder).contains(folder);
    }

    /// Blanks and the like are written as three octal digits.
    private static String plain(String field) {
        var text = new StringBuilder();
        for (int i = 0; i < field.length(); i++) {
            if (field.charAt(i) == '\\' && i + 3 < field.length()) {
                text.append((char) Integer.parseInt(field, i + 1, i + 4, 8));
                i += 3;
            } else {
                text.append(field.charAt(i));
            }
        }
        return text.toString();
    }

    public static void unmountBelow(Path folder) throws IOException {
        List<String> command = new ArrayList<>(List.of("umount"));
        for (var target : below(folder)) command.add(target.toString());
        if (command.size() > 1) Shell.run("", command.toArray(String[]::new));
    }
}

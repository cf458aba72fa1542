package dev.visits.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The libraries programs of this machine need, as `ldd` names them, the loader among them.
final class Libraries {
    private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

    private Libraries() {}

    /// @return nothing for a static program
    static Set<Path> of(List<Path> programs) throws IOException {
        List<String> command = new ArrayList<>(List.of("ldd"));
        programs.forEach(program -> command.add(program.toString()));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Set<Path> libraries = new TreeSet<>();
        var matcher = LIBRARY.matcher(said);
        while (matcher.find()) libraries.add(Path.of(matcher.group(1)));
        return libraries;
    }
}

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Checks (`check`) or rewrites (`write`) the format of every Java source below a folder.
/// Run by Maven through JDK 25: inside Maven's own, older Java no formatter reads today's syntax.
final class Format {
    public static void main(String[] args) throws Exception {
        boolean write = args[0].equals("write");
        var formatter = new Formatter(JavaFormatterOptions.builder()
                .style(JavaFormatterOptions.Style.AOSP)
                .formatJavadoc(false)
                .reorderModifiers(true)
                .build());
        List<Path> wrong = new ArrayList<>();
        for (Path source : sources(Path.of(args[1]))) {
            var text = Files.readString(source);
            var once = formatter.formatSourceAndFixImports(text);
            var formatted = formatter.formatSourceAndFixImports(once); // long strings settle the second time
            if (text.equals(formatted)) continue;
            wrong.add(source);
            if (write) Files.writeString(source, formatted);
        }
        if (wrong.isEmpty() || write) return;
        wrong.forEach(source -> System.err.println("not formatted: " + source));
        System.err.println("Run: mvn -N validate -Dformat=write");
        System.exit(1);
    }

    private static List<Path> sources(Path root) throws Exception {
        try (var files = Files.walk(root)) {
            return files.filter(f -> f.toString().endsWith(".java"))
                    .filter(f -> !root.relativize(f).toString().matches("(.*/)?(target|\\.git|\\.mvn)/.*"))
                    .sorted()
                    .toList();
        }
    }
}

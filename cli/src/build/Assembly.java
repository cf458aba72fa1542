import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/// Puts together what `./ordinal` runs: the libraries, the store's native library outside of its
/// jar, and Java's AOT cache from a training run. Run by the build, from source.
///
/// Signatures are taken out of the libraries' jars, since the cache leaves signed classes out.
public final class Assembly {
    private static final String NATIVE = "librocksdbjni-linux64.so";

    /// What RocksDB looks for in a folder it is given.
    private static final String NATIVE_AS_LOOKED_FOR = "librocksdbjnijni-linux64.so";
    private static final Instant MADE = Instant.parse("2026-01-01T00:00:00Z");

    private Assembly() {}

    /// @param args the folder to fill, the program's jar, the folder of examples, the class path
    public static void main(String[] args) throws Exception {
        var target = Path.of(args[0]);
        var lib = target.resolve("lib");
        clear(target);
        Files.createDirectories(lib);
        Files.createDirectories(target.resolve("native"));
        List<Path> jars = new ArrayList<>(List.of(Path.of(args[1])));
        for (var entry : args[3].split(":")) {
            var path = Path.of(entry);
            if (path.toString().endsWith(".jar")) jars.add(path);
            else if (!path.endsWith("cli/target/classes")) jars.add(jarOf(path));
        }
        List<Path> copies = new ArrayList<>();
        for (var jar : jars) copies.add(copy(jar, lib, target.resolve("native")));
        var path = copies.stream().map(Path::toString).collect(Collectors.joining(":"));
        Files.writeString(
                target.resolve("classpath"),
                copies.stream()
                                .map(c -> c.getFileName().toString())
                                .collect(Collectors.joining("\n"))
                        + "\n");
        train(target, path, args[2]);
    }

    /// A module of this build appears as its folder of classes before its jar is packed.
    private static Path jarOf(Path classes) throws IOException {
        try (var files = Files.list(classes.getParent())) {
            return files.filter(f -> f.toString().endsWith(".jar"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no jar beside " + classes));
        }
    }

    private static Path copy(Path jar, Path lib, Path natives) throws IOException {
        var copy = lib.resolve(jar.getFileName());
        try (var in = new ZipInputStream(Files.newInputStream(jar));
                var out = new ZipOutputStream(Files.newOutputStream(copy))) {
            for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                var name = entry.getName();
                if (name.equals(NATIVE))
                    Files.copy(
                            in,
                            natives.resolve(NATIVE_AS_LOOKED_FOR),
                            StandardCopyOption.REPLACE_EXISTING);
                if (name.matches(".*\\.(so|dll|jnilib)")
                        || name.toUpperCase(Locale.ROOT)
                                .matches("META-INF/[^/]*\\.(SF|RSA|DSA|EC)")) continue;
                var plain = new ZipEntry(name);
                plain.setLastModifiedTime(FileTime.from(MADE));
                out.putNextEntry(plain);
                in.transferTo(out);
            }
        }
        Files.setLastModifiedTime(copy, FileTime.from(MADE));
        return copy;
    }

    private static void clear(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        try (var all = Files.walk(folder)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
        }
    }

    private static void train(Path target, String path, String examples) throws Exception {
        var cache = target.resolve("ordinal.aot");
        var builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:AOTCacheOutput=" + cache,
                        "-XX:+UseSerialGC",
                        "-XX:+UseCompactObjectHeaders",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dordinal.home=" + target,
                        "-Dordinal.examples=" + examples,
                        "-cp",
                        path,
                        "dev.ordinal.cli.Main",
                        "training-run");
        var process = builder.redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0 || !Files.exists(cache))
            throw new IOException("the training run failed:\n" + output);
    }
}

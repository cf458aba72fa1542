import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
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
/// Signatures are taken out of the libraries' jars, since the cache leaves signed classes out, and
/// classes of a format it does not take either are brought to a newer one.
public final class Assembly {
    private static final String NATIVE = "librocksdbjni-linux64.so";

    /// What RocksDB looks for in a folder it is given.
    private static final String NATIVE_AS_LOOKED_FOR = "librocksdbjnijni-linux64.so";
    /// The first format with the frames that make verifying quick: what the cache takes.
    private static final int OLDEST_MAJOR = 50;

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
        var classes = modern(jars);
        List<Path> copies = new ArrayList<>();
        for (var jar : jars) copies.add(copy(jar, lib, target.resolve("native"), classes));
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

    /// Reads and writes classes; types are looked up in the jars.
    private static ClassFile modern(List<Path> jars) throws IOException {
        List<URL> urls = new ArrayList<>();
        for (var jar : jars) urls.add(jar.toUri().toURL());
        var loader = new URLClassLoader(urls.toArray(URL[]::new));
        return ClassFile.of(
                ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                ClassFile.ClassHierarchyResolverOption.of(
                        ClassHierarchyResolver.ofResourceParsing(loader)));
    }

    private static byte[] modernized(byte[] bytes, ClassFile classes) {
        var model = classes.parse(bytes);
        if (model.majorVersion() >= OLDEST_MAJOR) return bytes;
        var code = ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL);
        var version =
                ClassTransform.endHandler(
                        builder -> builder.withVersion(ClassFile.JAVA_8_VERSION, 0));
        return classes.transformClass(model, code.andThen(version));
    }

    private static Path copy(Path jar, Path lib, Path natives, ClassFile classes)
            throws IOException {
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
                if (name.endsWith(".class")) out.write(modernized(in.readAllBytes(), classes));
                else in.transferTo(out);
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

package dev.visits.image;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import com.google.cloud.tools.jib.api.buildplan.Port;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/// Builds the image of the sample application from nothing but this machine: a Java linked for it,
/// the C library it needs, and a few programs. No network, no daemon. Part of the build, not of the
/// application.
public final class ImageBuilder {
    private static final String JAVA = "/opt/java";
    private static final String CACHE = JAVA + "/lib/visits.aot";
    static final String USER = "10001";
    static final Instant MADE = Instant.parse("2026-01-01T00:00:00Z");
    private static final Pattern PORT = Pattern.compile("on port (\\d+)$");

    private ImageBuilder() {}

    /// @param args the application's classes, a folder to work in, the archive to write
    public static void main(String[] args) throws Exception {
        var classes = Path.of(args[0]);
        var work = Path.of(args[1]);
        var archive = Path.of(args[2]);
        var stamp = work.resolve("built-from");
        var tools = Tools.ofThisMachine();
        var sources = digest(classes) + " " + tools;
        if (Files.exists(archive) && Files.exists(stamp) && Files.readString(stamp).equals(sources))
            return;
        clear(work);
        var java = work.resolve("java");
        link(classes, java);
        var cache = train(java, work);
        var runtime = FileEntriesLayer.builder().setName("java");
        for (var file : files(java)) add(runtime, file, JAVA + "/" + java.relativize(file));
        for (var library : libraries(java)) add(runtime, library, library.toString());
        var application = FileEntriesLayer.builder().setName("cache");
        add(application, cache, CACHE);
        Jib.fromScratch()
                .setFormat(ImageFormat.OCI)
                .addFileEntriesLayer(tools.layer(work.resolve("tools")))
                .addFileEntriesLayer(runtime.build())
                .addFileEntriesLayer(application.build())
                .setCreationTime(MADE)
                .setUser(USER)
                .setWorkingDirectory(AbsoluteUnixPath.get("/"))
                .addEnvironmentVariable("PATH", "/usr/bin:/bin:" + JAVA + "/bin")
                .addExposedPort(Port.tcp(8000))
                .setEntrypoint(command(JAVA, "-XX:AOTCache=" + CACHE))
                .containerize(
                        Containerizer.to(
                                        TarImage.at(archive)
                                                .named(ImageReference.parse("visits:1")))
                                .setToolName("ordinal")
                                .addEventHandler(_ -> {})
                                .setOfflineMode(true)
                                .setBaseImageLayersCache(work.resolve("base-cache"))
                                .setApplicationLayersCache(work.resolve("cache")));
        Files.writeString(stamp, sources);
    }

    /// Of the application and of this builder.
    private static String digest(Path classes) throws Exception {
        var digest = MessageDigest.getInstance("SHA-256");
        for (var file : files(classes)) digest.update(Files.readAllBytes(file));
        try (var self =
                Objects.requireNonNull(
                        ImageBuilder.class.getResourceAsStream("ImageBuilder.class"))) {
            digest.update(self.readAllBytes());
        }
        return HexFormat.of().formatHex(digest.digest()) + System.getProperty("java.version");
    }

    private static void clear(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (var all = Files.walk(folder)) {
                for (var path : all.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
            }
        }
        Files.createDirectories(folder);
    }

    private static List<String> command(String java, String cache) {
        return List.of(
                java + "/bin/java",
                cache,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-m",
                "dev.visits/dev.visits.Main");
    }

    private static void link(Path classes, Path java) throws Exception {
        run(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "jlink").toString(),
                        "--module-path",
                        classes.toString(),
                        "--add-modules",
                        "dev.visits",
                        "--strip-debug",
                        "--no-header-files",
                        "--no-man-pages",
                        "--output",
                        java.toString()));
        for (var file : files(java)) Files.setLastModifiedTime(file, FileTime.from(MADE));
    }

    /// A run that tells Java what the application loads.
    private static Path train(Path java, Path work) throws Exception {
        var cache = work.resolve("visits.aot");
        Files.deleteIfExists(cache);
        var builder = new ProcessBuilder(command(java.toString(), "-XX:AOTCacheOutput=" + cache));
        builder.environment().put("VISITS_FILE", work.resolve("visits").toString());
        builder.environment().put("PORT", "0");
        var process = builder.redirectErrorStream(true).start();
        var output = new StringBuilder();
        try (var reader = process.inputReader()) {
            for (var line = reader.readLine(); line != null; line = reader.readLine()) {
                output.append(line).append('\n');
                var port = PORT.matcher(line);
                if (!port.find()) continue;
                visit(Integer.parseInt(port.group(1)));
                process.toHandle().destroy(); // SIGTERM: Java writes the cache when it ends
            }
        }
        process.waitFor();
        if (!Files.exists(cache))
            throw new IOException("no AOT cache came of the training run:\n" + output);
        Files.setLastModifiedTime(cache, FileTime.from(MADE));
        return cache;
    }

    private static void visit(int port) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            for (var path : List.of("/readyz", "/", "/", "/visits", "/healthz")) {
                var uri = URI.create("http://127.0.0.1:%d%s".formatted(port, path));
                client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
            }
        }
    }

    static void add(FileEntriesLayer.Builder layer, Path file, String target) throws IOException {
        var mode = Files.isExecutable(file) ? "755" : "644";
        var time = Files.getLastModifiedTime(file).toInstant();
        layer.addEntry(
                file.toRealPath(),
                AbsoluteUnixPath.get(target),
                FilePermissions.fromOctalString(mode),
                time);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (var all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /// Everything the linked Java loads from the system.
    private static Set<Path> libraries(Path java) throws Exception {
        List<Path> programs = new ArrayList<>(List.of(java.resolve("bin/java")));
        files(java).stream().filter(file -> file.toString().endsWith(".so")).forEach(programs::add);
        var libraries = Libraries.of(programs);
        libraries.removeIf(library -> library.startsWith(java.toAbsolutePath()));
        return libraries;
    }

    private static String run(List<String> command) throws Exception {
        return run(new ProcessBuilder(command));
    }

    private static String run(ProcessBuilder builder) throws Exception {
        var process = builder.redirectErrorStream(true).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() == 0) return output;
        throw new IOException("%s failed: %s".formatted(builder.command().getFirst(), output));
    }
}

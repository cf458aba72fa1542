package dev.ordinal.cli;

import dev.ordinal.node.image.ImageStore;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/// `ordinal image`: the images a cluster can run. Works while the cluster is up or down.
@Command(
        name = "image",
        description = "Loads, lists and removes images.",
        mixinStandardHelpOptions = true,
        subcommands = {ImageCommand.Load.class, ImageCommand.Ls.class, ImageCommand.Rm.class})
final class ImageCommand implements Callable<Integer> {
    @Override
    public Integer call() throws IOException {
        throw new IOException("image load FILE, image ls or image rm NAME");
    }

    private static ImageStore open(Where where) throws IOException {
        return ImageStore.open(where.data().resolve("images"), InstantSource.system());
    }

    /// `ordinal image load`
    @Command(
            name = "load",
            description =
                    "Loads the images of an archive: of docker save, or an OCI layout in a tar"
                            + " file.",
            mixinStandardHelpOptions = true)
    static final class Load implements Callable<Integer> {
        @Mixin private Where where = new Where();

        @Parameters(paramLabel = "FILE", description = "The archive; may be packed with gzip.")
        private Path file = Path.of("");

        @Override
        public Integer call() throws IOException {
            for (var image : open(where).load(file)) {
                System.out.println(
                        "Loaded image: "
                                + (image.names().isEmpty()
                                        ? image.id()
                                        : String.join(", ", image.names())));
            }
            return 0;
        }
    }

    /// `ordinal image ls`
    @Command(name = "ls", description = "Lists the images.", mixinStandardHelpOptions = true)
    static final class Ls implements Callable<Integer> {
        private static final int ID_SHOWN = 19;
        @Mixin private Where where = new Where();

        @Override
        public Integer call() throws IOException {
            System.out.printf("%-40s %-20s %s%n", "IMAGE", "ID", "SIZE");
            for (var image : open(where).list()) {
                for (var name : image.names().isEmpty() ? List.of("<none>") : image.names()) {
                    System.out.printf(
                            "%-40s %-20s %.1f MB%n",
                            name, image.id().substring(0, ID_SHOWN), image.bytes() / 1e6);
                }
            }
            return 0;
        }
    }

    /// `ordinal image rm`
    @Command(
            name = "rm",
            description = "Removes images. Containers that run go on.",
            mixinStandardHelpOptions = true)
    static final class Rm implements Callable<Integer> {
        @Mixin private Where where = new Where();

        @Parameters(paramLabel = "NAME", arity = "1..*", description = "Name with tag, or id.")
        private List<String> names = new ArrayList<>();

        @Override
        public Integer call() throws IOException {
            var store = open(where);
            int failed = 0;
            for (var name : names) {
                if (store.remove(name)) System.out.println("Removed: " + name);
                else {
                    System.err.println("no such image: " + name);
                    failed = 1;
                }
            }
            return failed;
        }
    }
}

package dev.ordinal.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/// `ordinal delete`: by file, or by type and names.
@Command(
        name = "delete",
        description = "Deletes objects; does not wait until they are gone.",
        mixinStandardHelpOptions = true)
final class Delete implements Callable<Integer> {
    @Mixin private Where where = new Where();

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Default: default.")
    private String namespace = "default";

    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE",
            description = "A file, a folder, or - for the standard input.")
    private List<String> files = new ArrayList<>();

    @Parameters(
            paramLabel = "TYPE NAME...",
            arity = "0..*",
            description = "As pod web-0, or pod/web-0.")
    private List<String> what = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        if (files.isEmpty() && what.isEmpty())
            throw new IOException("name what to delete, or a file with -f");
        try (var client = Client.of(where.data())) {
            for (var file : files) {
                for (var object : Manifests.read(file).reversed())
                    System.out.println(client.delete(object, namespace));
            }
            if (what.isEmpty()) return 0;
            if (what.getFirst().contains("/")) {
                for (var item : what) {
                    var parts = item.split("/", 2);
                    System.out.println(
                            client.delete(client.resource(parts[0]), namespace, parts[1]));
                }
            } else {
                if (what.size() < 2)
                    throw new IOException("resource(s) were provided, but no name was specified");
                for (var name : what.subList(1, what.size())) {
                    System.out.println(
                            client.delete(client.resource(what.getFirst()), namespace, name));
                }
            }
        }
        return 0;
    }
}

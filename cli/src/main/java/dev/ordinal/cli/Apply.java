package dev.ordinal.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/// `ordinal apply`: makes the cluster what manifests say.
@Command(
        name = "apply",
        description =
                "Creates what files describe, or merges it into what is there. What a file no"
                        + " longer mentions stays: kubectl apply removes it.",
        mixinStandardHelpOptions = true)
final class Apply implements Callable<Integer> {
    @Mixin private Where where = new Where();

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "For objects that name none (default: default).")
    private String namespace = "default";

    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE",
            required = true,
            description = "A file, a folder, or - for the standard input.")
    private List<String> files = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        try (var client = Client.of(where.data())) {
            for (var file : files) {
                for (var object : Manifests.read(file))
                    System.out.println(client.apply(object, namespace));
            }
        }
        return 0;
    }
}

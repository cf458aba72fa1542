package dev.ordinal.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/// `ordinal get`: tables, or objects as JSON.
@Command(
        name = "get",
        description = "Lists objects, as kubectl get does.",
        mixinStandardHelpOptions = true)
final class Get implements Callable<Integer> {
    @Mixin private Where where = new Where();

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Default: default.")
    private String namespace = "default";

    @Option(
            names = {"-A", "--all-namespaces"},
            description = "In every namespace.")
    private boolean everywhere;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "wide|json|name",
            description = "Form of the output.")
    private String output = "";

    @Parameters(
            paramLabel = "TYPE[,TYPE] [NAME]",
            arity = "1..*",
            description = "As po,sts or pod web-0 or pod/web-0.")
    private List<String> what = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        try (var client = Client.of(where.data())) {
            System.out.print(text(client, what, everywhere ? "" : namespace, output));
        }
        return 0;
    }

    /// @param namespace empty for all
    static String text(Client client, List<String> what, String namespace, String output)
            throws java.io.IOException, InterruptedException {
        var types = what.getFirst();
        var name = what.size() > 1 ? what.get(1) : "";
        if (types.contains("/")) {
            name = types.substring(types.indexOf('/') + 1);
            types = types.substring(0, types.indexOf('/'));
        }
        List<String> texts = new ArrayList<>();
        boolean several = types.contains(",");
        for (var type : types.split(",", -1)) {
            var resource = client.resource(type);
            var path = resource.path(namespace, name);
            switch (output) {
                case "json" -> texts.add(client.get(path).toPrettyString() + "\n");
                case "name" -> {
                    var answer = client.get(path);
                    var items = name.isEmpty() ? answer.path("items") : List.of(answer);
                    var lines = new StringBuilder();
                    items.forEach(
                            item ->
                                    lines.append(resource.title())
                                            .append('/')
                                            .append(item.at("/metadata/name").asText())
                                            .append('\n'));
                    texts.add(lines.toString());
                }
                case "", "wide" -> {
                    var table = client.table(path);
                    if (table.path("rows").isEmpty()) continue;
                    boolean namespaces = namespace.isEmpty() && resource.namespaced();
                    texts.add(
                            Tables.text(
                                    table,
                                    several ? resource.title() + "/" : "",
                                    output.equals("wide"),
                                    namespaces));
                }
                default ->
                        throw new java.io.IOException(
                                "unknown output \"%s\": wide, json or name".formatted(output));
            }
        }
        if (texts.isEmpty())
            return namespace.isEmpty()
                    ? "No resources found\n"
                    : "No resources found in %s namespace.\n".formatted(namespace);
        return String.join("\n", texts);
    }
}

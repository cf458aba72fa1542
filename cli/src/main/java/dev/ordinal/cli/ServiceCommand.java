package dev.ordinal.cli;

import com.fasterxml.jackson.databind.JsonNode;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/// `ordinal service`: where a Service can be reached from this machine.
@Command(
        name = "service",
        description = "Prints a Service's URL, and opens it where there is a desktop.",
        mixinStandardHelpOptions = true)
final class ServiceCommand implements Callable<Integer> {
    @Mixin private Where where = new Where();

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Default: default.")
    private String namespace = "default";

    @Parameters(paramLabel = "NAME", description = "Name of the Service.")
    private String name = "";

    @Override
    public Integer call() throws Exception {
        try (var client = Client.of(where.data())) {
            var url =
                    url(client.get("/api/v1/namespaces/%s/services/%s".formatted(namespace, name)));
            System.out.println(url);
            if (System.getenv("DISPLAY") != null
                    && Files.isExecutable(Path.of("/usr/bin/xdg-open"))) {
                new ProcessBuilder("/usr/bin/xdg-open", url).start();
            }
        }
        return 0;
    }

    /// The load balancer's address, else a node port.
    static String url(JsonNode service) throws IOException {
        var port = service.at("/spec/ports/0");
        var address = service.at("/status/loadBalancer/ingress/0/ip").asText();
        if (!address.isEmpty())
            return "http://%s:%s".formatted(address, port.path("port").asText());
        if (port.path("nodePort").asInt() != 0)
            return "http://127.0.0.1:" + port.path("nodePort").asText();
        throw new IOException(
                "Service %s is of type %s: only NodePort and LoadBalancer have an address outside the cluster"
                        .formatted(
                                service.at("/metadata/name").asText(),
                                service.at("/spec/type").asText()));
    }
}

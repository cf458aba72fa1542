package dev.ordinal.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

import java.util.concurrent.Callable;

/// `ordinal status`: whether a cluster is up, and where.
@Command(
        name = "status",
        description = "Tells whether the cluster is up.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
    @Mixin private Where where = new Where();

    @Override
    public Integer call() throws Exception {
        var data = where.data();
        var running = Running.find(data);
        if (running.isEmpty()) {
            System.out.printf("down (data in %s)%n", data);
            return 1;
        }
        try (var client = Client.of(data)) {
            var version = client.get("/version").path("gitVersion").asText();
            int pods = client.get("/api/v1/pods").path("items").size();
            System.out.printf(
                    "up: %s, Kubernetes %s, process %d, %d pods%nkubeconfig: %s%n",
                    client.uri("/"),
                    version,
                    running.get().pid(),
                    pods,
                    data.resolve("pki").resolve("kubeconfig"));
        }
        return 0;
    }
}

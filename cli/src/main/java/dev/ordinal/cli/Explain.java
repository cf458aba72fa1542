package dev.ordinal.cli;

import dev.ordinal.control.Typed;
import dev.ordinal.kinds.statefulset.Explanation;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/// `ordinal explain`: what a StatefulSet waits for, by the plan that its controller acts on.
@Command(
        name = "explain",
        description = "Says in one sentence what a StatefulSet waits for.",
        mixinStandardHelpOptions = true)
final class Explain implements Callable<Integer> {
    @Mixin private Where where = new Where();

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Default: default.")
    private String namespace = "default";

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "Of another cluster, any Kubernetes.")
    private Path kubeconfig = Path.of("");

    @Parameters(paramLabel = "sts/NAME", description = "The set.")
    private String what = "";

    @Override
    public Integer call() throws Exception {
        int slash = what.indexOf('/');
        var type = slash < 0 ? "sts" : what.substring(0, slash);
        var name = what.substring(slash + 1);
        try (var client =
                kubeconfig.toString().isEmpty()
                        ? Client.of(where.data())
                        : new Client(Kubeconfig.read(kubeconfig))) {
            if (!client.resource(type).title().equals("statefulset.apps")) {
                throw new IOException("explain knows StatefulSets only: sts/NAME");
            }
            var set = client.get(client.resource("sts").path(namespace, name));
            System.out.println(
                    Explanation.of(
                                    Typed.read(set, StatefulSet.class),
                                    all(client, "pods", Pod.class),
                                    all(
                                            client,
                                            "persistentvolumeclaims",
                                            PersistentVolumeClaim.class),
                                    all(client, "events", Event.class),
                                    Instant.now())
                            .text(Instant.now()));
        }
        return 0;
    }

    private <T> List<T> all(Client client, String resource, Class<T> type)
            throws IOException, InterruptedException {
        List<T> all = new ArrayList<>();
        for (var item : client.get(client.resource(resource).path(namespace, "")).path("items")) {
            all.add(Typed.read(item, type));
        }
        return all;
    }
}

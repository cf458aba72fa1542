package dev.ordinal.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.concurrent.Callable;

/// `ordinal logs`: what a container wrote.
@Command(
        name = "logs",
        description = "Prints the log of a container.",
        mixinStandardHelpOptions = true)
final class Logs implements Callable<Integer> {
    @Mixin private Where where = new Where();

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Default: default.")
    private String namespace = "default";

    @Option(
            names = {"-c", "--container"},
            paramLabel = "NAME",
            description = "When the pod has several.")
    private String container = "";

    @Option(
            names = {"-f", "--follow"},
            description = "Goes on until the container ends.")
    private boolean follow;

    @Option(
            names = {"-p", "--previous"},
            description = "Of the instance before.")
    private boolean previous;

    @Option(names = "--timestamps", description = "Begins each line with its time.")
    private boolean timestamps;

    @Option(names = "--tail", paramLabel = "LINES", description = "Only the last lines.")
    private long tail = -1;

    @Parameters(paramLabel = "POD", description = "Name of the pod.")
    private String pod = "";

    @Override
    public Integer call() throws Exception {
        var name = pod.substring(pod.indexOf('/') + 1);
        var path =
                new StringBuilder(
                        "/api/v1/namespaces/%s/pods/%s/log?follow=%s&previous=%s&timestamps=%s"
                                .formatted(namespace, name, follow, previous, timestamps));
        if (!container.isEmpty()) path.append("&container=").append(container);
        if (tail >= 0) path.append("&tailLines=").append(tail);
        try (var client = Client.of(where.data());
                var in = client.stream(path.toString())) {
            in.transferTo(System.out);
            System.out.flush();
        }
        return 0;
    }
}

package dev.ordinal.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/// `ordinal exec`: a command inside a container.
@Command(
        name = "exec",
        description = "Runs a command in a container.",
        mixinStandardHelpOptions = true)
final class Exec implements Callable<Integer> {
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
            names = {"-i", "--stdin"},
            description = "Passes the standard input on.")
    private boolean stdin;

    @Option(
            names = {"-t", "--tty"},
            description = "Gives the command a terminal.")
    private boolean tty;

    @Parameters(index = "0", paramLabel = "POD", description = "Name of the pod.")
    private String pod = "";

    @Parameters(
            index = "1..*",
            paramLabel = "COMMAND",
            arity = "1..*",
            description = "After --, with its arguments.")
    private List<String> command = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        var name = pod.substring(pod.indexOf('/') + 1);
        try (var client = Client.of(where.data())) {
            var session = new ExecSession(client, namespace, name, container, command);
            return session.run(stdin ? System.in : null, System.out, System.err, tty);
        }
    }
}

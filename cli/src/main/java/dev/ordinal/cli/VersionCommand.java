package dev.ordinal.cli;

import dev.ordinal.cluster.Cluster;

import picocli.CommandLine.Command;

import java.util.concurrent.Callable;

/// `ordinal version`
@Command(name = "version", description = "Prints the version.", mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        System.out.println("ordinal, Kubernetes " + Cluster.VERSION);
        return 0;
    }
}

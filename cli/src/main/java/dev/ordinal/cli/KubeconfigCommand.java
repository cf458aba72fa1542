package dev.ordinal.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

import java.util.concurrent.Callable;

/// `ordinal kubeconfig`: the path of the file clients need.
@Command(
        name = "kubeconfig",
        description = "Prints the path of the kubeconfig: export KUBECONFIG=$(ordinal kubeconfig)",
        mixinStandardHelpOptions = true)
final class KubeconfigCommand implements Callable<Integer> {
    @Mixin private Where where = new Where();

    @Override
    public Integer call() throws Exception {
        var file = where.data().resolve("pki").resolve("kubeconfig");
        var _ = Kubeconfig.read(file);
        System.out.println(file);
        return 0;
    }
}

package dev.ordinal.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `ordinal`, and its verbs.
@Command(
        name = "ordinal",
        description = "A Kubernetes cluster for stateful workloads in one JVM.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = {
            Demo.class, Up.class, Down.class, StatusCommand.class, ServiceCommand.class,
            KubeconfigCommand.class, ImageCommand.class, Get.class, Apply.class, Delete.class,
            Exec.class, Logs.class, VersionCommand.class, TrainingRun.class
        })
public final class Main {
    private Main() {}

    /// @param args a verb and its options; `--help` lists them
    public static void main(String[] args) {
        var line =
                new CommandLine(new Main())
                        .setCaseInsensitiveEnumValuesAllowed(true)
                        .setExecutionExceptionHandler(
                                (failure, command, _) -> {
                                    var message = failure.getMessage();
                                    command.getErr()
                                            .println(
                                                    "ordinal: "
                                                            + (message == null
                                                                    ? failure
                                                                    : message));
                                    return 1;
                                });
        System.exit(line.execute(args));
    }

    /// What `--version` prints.
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"ordinal, Kubernetes " + dev.ordinal.cluster.Cluster.VERSION};
        }
    }
}

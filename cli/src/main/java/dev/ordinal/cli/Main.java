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
            Exec.class, Logs.class, Explain.class, VersionCommand.class, TrainingRun.class
        })
public final class Main {
    private Main() {}

    /// @param args a verb and its options; `--help` lists them
    public static void main(String[] args) {
        quiet();
        var line =
                new CommandLine(new Main())
                        .setCaseInsensitiveEnumValuesAllowed(true)
                        .setExecutionExceptionHandler(
                                (failure, command, _) -> {
                                    var message =
                                            failure instanceof InterruptedException
                                                    ? "interrupted"
                                                    : failure.getMessage();
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

    /// Warnings and errors on standard error, one line each; nothing less.
    private static void quiet() {
        System.setProperty(
                "java.util.logging.SimpleFormatter.format", "%1$tF %1$tT %4$s %5$s%6$s%n");
        java.util.logging.Logger.getLogger("").setLevel(java.util.logging.Level.WARNING);
    }

    /// What `--version` prints.
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"ordinal, Kubernetes " + dev.ordinal.cluster.Cluster.VERSION};
        }
    }
}

package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The chart of the worked example, by Helm 4.
class HelmIT {
    private static final String CHART = "examples/visits/chart";

    @TempDir private Path home;

    @Rule("api 13.5")
    @Test
    void theChartIsInstalledUpgradedRolledBackAndUninstalled() throws Exception {
        assumeTrue(Commands.kubectlIsThere(), "no kubectl");
        assumeTrue(helmIsThere(), "no helm 4: .ci/run downloads it");
        try (var cluster = new LiveCluster()) {
            cluster.load(Home.image());
            assertThat(
                            helm(
                                    cluster,
                                    "install",
                                    "app-python",
                                    CHART,
                                    "--create-namespace",
                                    "--wait",
                                    "--timeout=60s"))
                    .contains("STATUS: deployed", "DESCRIPTION: Install complete");
            assertThat(ready(cluster)).isEqualTo("3 of 3");
            assertThat(LiveCluster.get(cluster.url() + "/visits")).contains("app-python-");

            helm(
                    cluster,
                    "upgrade",
                    "app-python",
                    CHART,
                    "--set=replicas=2",
                    "--wait",
                    "--timeout=60s");
            assertThat(ready(cluster)).isEqualTo("2 of 2");

            helm(cluster, "rollback", "app-python", "1", "--wait", "--timeout=60s");
            assertThat(ready(cluster)).isEqualTo("3 of 3");
            assertThat(helm(cluster, "history", "app-python").lines())
                    .hasSize(4)
                    .last()
                    .asString()
                    .contains("deployed", "Rollback to 1");

            assertThat(helm(cluster, "uninstall", "app-python", "--wait", "--timeout=60s"))
                    .isEqualTo("release \"app-python\" uninstalled\n");
            cluster.in("wait", "--for=delete", "pod", "-l", "app=app-python", "--timeout=30s").ok();
            assertThat(cluster.in("get", "sts,svc,po,secret,pvc", "-o", "name").ok())
                    .as("claims outlive their set")
                    .isEqualTo(
                            """
                            persistentvolumeclaim/visits-app-python-0
                            persistentvolumeclaim/visits-app-python-1
                            persistentvolumeclaim/visits-app-python-2
                            """);
        }
    }

    private boolean helmIsThere() {
        var version =
                Commands.run(
                        Map.of("HOME", home.toString()),
                        List.of("sh", "-c", "helm version --template '{{.Version}}'"));
        return version.code() == 0 && version.text().startsWith("v4.");
    }

    private String helm(LiveCluster cluster, String... arguments) {
        List<String> command = new ArrayList<>(List.of("helm", "--namespace=app-python"));
        command.addAll(List.of(arguments));
        return Commands.run(
                        Map.of(
                                "HOME",
                                home.toString(),
                                "KUBECONFIG",
                                cluster.data().resolve("pki/kubeconfig").toString()),
                        command)
                .ok();
    }

    private static String ready(LiveCluster cluster) {
        return cluster.in(
                        "get",
                        "sts",
                        "app-python",
                        "-o",
                        "jsonpath={.status.readyReplicas} of {.spec.replicas}")
                .ok();
    }
}

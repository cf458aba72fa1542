package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What kubectl makes of a folder with a kustomization, by the installed one and by the newest that
/// .ci/run has found.
class KubectlIT {
    private static final Path MANIFESTS = Commands.ROOT.resolve("examples/visits/manifests");
    private static Path data;

    @TempDir private Path folder;

    @BeforeAll
    static void start() throws IOException {
        data = Files.createTempDirectory("ordinal-it-");
        Commands.ordinal(
                        "up",
                        "--detach",
                        "--runtime",
                        "simulated",
                        "--port",
                        "0",
                        "--data",
                        data.toString())
                .ok();
    }

    @AfterAll
    static void stop() {
        Commands.ordinal("down", "--delete", "--data", data.toString()).ok();
    }

    @Rule("api 8.12")
    @ParameterizedTest
    @ValueSource(strings = {"kubectl", "kubectl-newest"})
    void aKustomizationIsAppliedComparedAndAppliedByTheServer(String kubectl) throws IOException {
        assumeTrue(
                Commands.run(Map.of(), List.of("sh", "-c", "command -v " + kubectl)).code() == 0,
                "no " + kubectl);
        var name = kubectl.equals("kubectl") ? "installed" : "newest";
        customize(name, 2);
        assertThat(run(kubectl, "apply", "-k", folder.toString()).ok().lines())
                .containsExactly(
                        "namespace/%s created".formatted(name),
                        "configmap/colours-fgc5dgmbkf created",
                        "service/app-python created",
                        "statefulset.apps/app-python created");
        run(kubectl, "-n", name, "rollout", "status", "sts/app-python", "--timeout=30s").ok();
        assertThat(run(kubectl, "diff", "-k", folder.toString()).ok()).isEmpty();

        customize(name, 3);
        var differs = run(kubectl, "diff", "-k", folder.toString());
        assertThat(differs.code()).isEqualTo(1);
        assertThat(differs.text())
                .contains("\n-  replicas: 2\n+  replicas: 3\n")
                .contains("\n-  generation: 1\n+  generation: 2\n");
        assertThat(replicas(kubectl, name)).as("nothing is changed by it").isEqualTo("2");

        assertThat(onServer(kubectl).text())
                .as("a list of templates is owned as a whole, with its defaults")
                .contains("conflict with \"kubectl-client-side-apply\"", ".volumeClaimTemplates");
        assertThat(onServer(kubectl, "--force-conflicts").ok())
                .contains("statefulset.apps/app-python serverside-applied");
        assertThat(replicas(kubectl, name)).isEqualTo("3");
        assertThat(run(kubectl, "diff", "--server-side", "-k", folder.toString()).ok()).isEmpty();
        run(kubectl, "-n", name, "scale", "sts/app-python", "--replicas=1").ok();
        assertThat(onServer(kubectl).text())
                .contains("conflict with \"%s\" with subresource \"scale\"".formatted(kubectl));
        run(kubectl, "delete", "-k", folder.toString(), "--timeout=30s").ok();
        assertThat(run(kubectl, "get", "ns", name).text()).contains("not found");
    }

    private Commands.Result onServer(String kubectl, String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("apply", "--server-side", "-k", folder.toString()));
        arguments.addAll(List.of(more));
        return run(kubectl, arguments.toArray(String[]::new));
    }

    private String replicas(String kubectl, String namespace) {
        return run(
                        kubectl,
                        "-n",
                        namespace,
                        "get",
                        "sts",
                        "app-python",
                        "-o",
                        "jsonpath={.spec.replicas}")
                .ok();
    }

    private void customize(String namespace, int replicas) throws IOException {
        for (var file : List.of("service.yaml", "statefulset.yaml")) {
            Files.writeString(folder.resolve(file), Files.readString(MANIFESTS.resolve(file)));
        }
        Files.writeString(
                folder.resolve("namespace.yaml"),
                "{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(namespace));
        Files.writeString(
                folder.resolve("kustomization.yaml"),
                """
                namespace: %s
                resources: [namespace.yaml, service.yaml, statefulset.yaml]
                replicas: [{name: app-python, count: %d}]
                configMapGenerator: [{name: colours, literals: [sky=blue]}]
                patches:
                - target: {kind: Service}
                  patch: |
                    - {op: remove, path: /spec/ports/0/nodePort}
                """
                        .formatted(namespace, replicas));
    }

    private static Commands.Result run(String kubectl, String... arguments) {
        List<String> command = new ArrayList<>(List.of(kubectl));
        command.addAll(List.of(arguments));
        return Commands.run(
                Map.of("KUBECONFIG", data.resolve("pki/kubeconfig").toString()), command);
    }
}

package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Users, roles and what they allow, by kubectl.
class AccessIT {
    private static LiveCluster cluster;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(Commands.kubectlIsThere());
        cluster = new LiveCluster();
    }

    @AfterAll
    static void stop() throws IOException {
        if (cluster != null) cluster.close();
    }

    private static Commands.Result as(String user, String... arguments) {
        var all = new String[arguments.length + 2];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        all[arguments.length] = "--as";
        all[arguments.length + 1] = user;
        return cluster.kubectl(all);
    }

    @Rule({"api 10.5", "api 10.8"})
    @Test
    void aBindingLetsAUserReadAndNothingElse() {
        cluster.kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods").ok();
        cluster.kubectl("create", "rolebinding", "ann", "--role=reader", "--user=ann").ok();
        assertThat(as("ann", "auth", "can-i", "list", "pods").ok()).isEqualTo("yes\n");
        assertThat(as("ann", "auth", "can-i", "delete", "pods").text()).isEqualTo("no\n");
        assertThat(as("ann", "get", "pods").ok()).contains("No resources found");
        assertThat(as("ann", "get", "secrets").text())
                .isEqualTo(
                        "Error from server (Forbidden): secrets is forbidden: User \"ann\" cannot"
                                + " list resource \"secrets\" in API group \"\" in the namespace"
                                + " \"default\"\n");
        assertThat(as("ann", "auth", "can-i", "--list").ok())
                .containsPattern("pods +\\[] +\\[] +\\[get list]")
                .containsPattern("selfsubjectreviews.authentication.k8s.io +\\[] +\\[] +\\[create]")
                .containsPattern("\\[/healthz] +\\[] +\\[get]");
    }

    @Rule({"api 10.8", "api 10.9"})
    @Test
    void oneLearnsWhoOneIs() {
        assertThat(cluster.kubectl("auth", "whoami").ok())
                .containsPattern("Username +ordinal-admin")
                .containsPattern("Groups +\\[system:masters system:authenticated]");
        assertThat(cluster.kubectl("auth", "whoami", "--as=system:serviceaccount:default:web").ok())
                .containsPattern(
                        "Groups +\\[system:serviceaccounts system:serviceaccounts:default"
                                + " system:authenticated]");
    }

    @Rule({"api 10.1", "api 10.3"})
    @Test
    void aTokenOpensTheApiAsLongAsItsAccountIsThere() {
        cluster.kubectl("create", "sa", "robot").ok();
        cluster.kubectl(
                        "create",
                        "rolebinding",
                        "robot",
                        "--clusterrole=view",
                        "--serviceaccount=default:robot")
                .ok();
        var token = cluster.kubectl("create", "token", "robot", "--duration=10m").ok().strip();
        assertThat(by(token, "auth", "whoami").ok())
                .containsPattern("Username +system:serviceaccount:default:robot")
                .containsPattern("Extra: authentication.kubernetes.io/credential-id +\\[JTI=");
        assertThat(by(token, "get", "services", "-o", "name").ok())
                .isEqualTo("service/kubernetes\n");
        assertThat(by(token, "get", "secrets").text())
                .contains("User \"system:serviceaccount:default:robot\" cannot list resource");
        assertThat(by(token, "get", "--raw", "/.well-known/openid-configuration").ok())
                .contains("\"issuer\":\"https://kubernetes.default.svc.cluster.local\"");
        cluster.kubectl("delete", "sa", "robot").ok();
        assertThat(by(token, "get", "services").text()).contains("Unauthorized");
    }

    @Rule("api 10.3")
    @Test
    void aPodReachesTheApiByTheTokenItMounts(@TempDir Path folder) throws IOException {
        assumeTrue(LightImage.canBeMade(), "no static busybox");
        cluster.load(LightImage.make(folder));
        cluster.kubectl("create", "ns", "inside").ok();
        cluster.kubectl(
                        "-n",
                        "inside",
                        "create",
                        "rolebinding",
                        "pods",
                        "--clusterrole=view",
                        "--serviceaccount=inside:default")
                .ok();
        var program =
                Commands.run(Map.of(), List.of("sh", "-c", "readlink -f $(command -v kubectl)"));
        cluster.apply(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: caller, namespace: inside}
                spec:
                  terminationGracePeriodSeconds: 0
                  containers:
                  - name: c
                    image: "light:1"
                    command: [sleep, "1000"]
                    volumeMounts: [{name: kubectl, mountPath: /kubectl, readOnly: true}]
                  volumes: [{name: kubectl, hostPath: {path: %s, type: File}}]
                """
                        .formatted(program.ok().strip()));
        cluster.kubectl(
                        "-n",
                        "inside",
                        "wait",
                        "--for=condition=Ready",
                        "pod/caller",
                        "--timeout=60s")
                .ok();
        assertThat(inside("/kubectl", "get", "pods", "-o", "name").ok()).isEqualTo("pod/caller\n");
        assertThat(inside("/kubectl", "auth", "whoami").ok())
                .containsPattern("Username +system:serviceaccount:inside:default")
                .containsPattern("pod-name +\\[caller]");
        assertThat(inside("/kubectl", "get", "nodes").text())
                .contains("User \"system:serviceaccount:inside:default\" cannot list resource");
        cluster.kubectl("delete", "ns", "inside", "--wait=false").ok();
    }

    private static Commands.Result inside(String... command) {
        List<String> all = new ArrayList<>(List.of("-n", "inside", "exec", "caller", "--"));
        all.addAll(List.of(command));
        return cluster.kubectl(all.toArray(String[]::new));
    }

    private static Commands.Result by(String token, String... arguments) {
        List<String> command = new ArrayList<>(List.of("kubectl", "--kubeconfig=/dev/null"));
        command.addAll(List.of("--server=https://127.0.0.1:" + cluster.port()));
        command.addAll(List.of("--insecure-skip-tls-verify", "--token=" + token));
        command.addAll(List.of(arguments));
        return Commands.run(Map.of(), command);
    }

    @Rule("api 10.6")
    @Test
    void anAdminOfANamespaceGivesWhatTheyHave() {
        cluster.kubectl("create", "ns", "team").ok();
        cluster.kubectl(
                        "-n",
                        "team",
                        "create",
                        "rolebinding",
                        "boss",
                        "--clusterrole=admin",
                        "--user=boss")
                .ok();
        as("boss", "-n", "team", "create", "rolebinding", "x", "--clusterrole=edit", "--user=x")
                .ok();
        assertThat(as("x", "-n", "team", "auth", "can-i", "create", "statefulsets").ok())
                .isEqualTo("yes\n");
        assertThat(
                        as(
                                        "boss",
                                        "-n",
                                        "team",
                                        "create",
                                        "role",
                                        "nodes",
                                        "--verb=get",
                                        "--resource=nodes")
                                .text())
                .contains(
                        "is attempting to grant RBAC permissions not currently held:\n"
                                + "{APIGroups:[\"\"], Resources:[\"nodes\"], Verbs:[\"get\"]}");
    }

    @Rule("api 10.7")
    @Test
    void rolesAreReconciledFromAFile() throws IOException {
        var file = Files.createTempFile("role", ".yaml");
        Files.writeString(
                file,
                """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRole
                metadata: {name: custom}
                rules:
                - {verbs: [get], apiGroups: [""], resources: [pods]}
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRoleBinding
                metadata: {name: custom}
                subjects:
                - {kind: User, name: cat, apiGroup: rbac.authorization.k8s.io}
                roleRef: {kind: ClusterRole, name: custom, apiGroup: rbac.authorization.k8s.io}
                """);
        try {
            assertThat(cluster.kubectl("auth", "reconcile", "-f", file.toString()).ok())
                    .contains("clusterrole.rbac.authorization.k8s.io/custom reconciled")
                    .contains("clusterrolebinding.rbac.authorization.k8s.io/custom reconciled");
        } finally {
            Files.delete(file);
        }
        assertThat(as("cat", "auth", "can-i", "get", "pods", "-A").ok()).isEqualTo("yes\n");
        assertThat(cluster.kubectl("get", "clusterrolebinding", "custom", "-o", "wide").ok())
                .containsPattern("NAME +ROLE +AGE +USERS +GROUPS +SERVICEACCOUNTS")
                .containsPattern("custom +ClusterRole/custom +\\d+s +cat");
        assertThat(cluster.kubectl("get", "clusterrole", "view").ok())
                .containsPattern("NAME +CREATED AT\nview +\\d{4}-\\d\\d-\\d\\dT");
    }
}

package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/// The worked example, by kubectl, on real processes.
class WorkedExampleIT {
    private static LiveCluster cluster;

    @TempDir private Path folder;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(Commands.kubectlIsThere());
        cluster = new LiveCluster();
        cluster.loadExample();
    }

    @AfterAll
    static void stop() throws IOException {
        if (cluster != null) cluster.close();
    }

    @BeforeEach
    void asInTheManifests() {
        cluster.kubectl("apply", "-f", "examples/visits/manifests/statefulset.yaml").ok();
        cluster.in(
                        "patch",
                        "sts",
                        "app-python",
                        "--type=merge",
                        "-p",
                        "{\"spec\":{\"replicas\":3,\"updateStrategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"partition\":0}}}}")
                .ok();
        cluster.rolledOut();
    }

    @Test
    void tablesReadAsOnAnyCluster() {
        var text = cluster.in("get", "po,sts,svc,pvc").ok();
        assertThat(text)
                .containsPattern(
                        "NAME +READY +STATUS +RESTARTS +AGE\npod/app-python-0 +1/1 +Running +\\d+")
                .containsPattern("statefulset.apps/app-python +3/3 +\\d+[ms]")
                .containsPattern(
                        "service/app-python +LoadBalancer +10\\.96\\.\\d+\\.\\d+"
                                + " +127\\.96\\.\\d+\\.\\d+ +8000:30000/TCP")
                .containsPattern(
                        "persistentvolumeclaim/visits-app-python-0 +Bound +pvc-[-0-9a-f]{36} +32Mi"
                                + " +RWX +standard +<unset>");
        assertThat(cluster.in("get", "po", "-o", "name").ok())
                .isEqualTo("pod/app-python-0\npod/app-python-1\npod/app-python-2\n");
        assertThat(cluster.in("get", "po", "-o", "wide").ok())
                .containsPattern("app-python-0 .* 10\\.244\\.\\d+\\.\\d+ +ordinal +<none> +<none>");
        assertThat(cluster.in("describe", "sts", "app-python").ok())
                .contains("3 Running / 0 Waiting / 0 Succeeded / 0 Failed");
        assertThat(cluster.in("describe", "pod", "app-python-0").ok())
                .contains("Successfully assigned app-python/app-python-0 to ordinal");
        assertThat(cluster.kubectl("version").ok()).contains("Server Version: v1.36");
        assertThat(cluster.kubectl("api-resources").ok())
                .containsPattern("statefulsets +sts +apps/v1 +true +StatefulSet");
    }

    @Test
    void aVolumeHasExactlyTheRoomThatWasAskedFor() {
        var text =
                cluster.exec(
                        "app-python-1",
                        "dd if=/dev/zero of=/var/app-python/big bs=4096 2>&1; stat -c %s"
                                + " /var/app-python/big");
        assertThat(text).contains("No space left on device").endsWith("\n33554432\n".substring(1));
        cluster.exec(
                "app-python-0", "echo well >/var/app-python/other && rm /var/app-python/other");
        cluster.exec("app-python-1", "rm /var/app-python/big");
    }

    @Test
    void aDeletedPodComesBackWithItsVolume() {
        cluster.exec("app-python-2", "echo mine >/var/app-python/note");
        var before = cluster.containers();
        cluster.in("delete", "pod", "app-python-2").ok();
        cluster.rolledOut();
        assertThat(cluster.containers()).isNotEqualTo(before).hasSize(3);
        assertThat(cluster.exec("app-python-2", "cat /var/app-python/note; hostname"))
                .isEqualTo("mine\napp-python-2\n");
    }

    @Test
    void scalingKeepsClaimsAndData() {
        cluster.in("scale", "sts/app-python", "--replicas=5").ok();
        cluster.rolledOut();
        cluster.exec("app-python-4", "echo four >/var/app-python/note");
        cluster.in("scale", "sts/app-python", "--replicas=1").ok();
        cluster.in("wait", "--for=delete", "pod/app-python-4", "pod/app-python-1", "--timeout=30s")
                .ok();
        assertThat(cluster.in("get", "pvc", "-o", "name").ok().lines()).hasSize(5);
        cluster.in("scale", "sts/app-python", "--replicas=5").ok();
        cluster.rolledOut();
        assertThat(cluster.exec("app-python-4", "cat /var/app-python/note")).isEqualTo("four\n");
    }

    @Test
    void aPartitionHoldsLowerOrdinalsBack() {
        cluster.in(
                        "patch",
                        "sts",
                        "app-python",
                        "-p",
                        "{\"spec\":{\"updateStrategy\":{\"rollingUpdate\":{\"partition\":2}},\"template\":{\"metadata\":{\"annotations\":{\"held\":\"partition\"}}}}}")
                .ok();
        cluster.rolledOut();
        assertThat(
                        cluster.in(
                                        "get",
                                        "po",
                                        "-o",
                                        "jsonpath={.items[*].metadata.annotations.held}")
                                .ok())
                .isEqualTo("partition");
        assertThat(
                        cluster.in(
                                        "get",
                                        "po",
                                        "app-python-2",
                                        "-o",
                                        "jsonpath={.metadata.annotations.held}")
                                .ok())
                .isEqualTo("partition");
    }

    @Test
    void onDeleteWaitsForTheUser() {
        cluster.in(
                        "patch",
                        "sts",
                        "app-python",
                        "--type=merge",
                        "-p",
                        "{\"spec\":{\"updateStrategy\":{\"type\":\"OnDelete\",\"rollingUpdate\":null},\"template\":{\"metadata\":{\"annotations\":{\"asked\":\"ondelete\"}}}}}")
                .ok();
        assertThat(
                        cluster.in(
                                        "get",
                                        "po",
                                        "-o",
                                        "jsonpath={.items[*].metadata.annotations.asked}")
                                .ok())
                .doesNotContain("ondelete");
        cluster.in("delete", "pod", "app-python-1").ok();
        cluster.in("wait", "--for=condition=Ready", "pod/app-python-1", "--timeout=30s").ok();
        assertThat(
                        cluster.in(
                                        "get",
                                        "po",
                                        "-o",
                                        "jsonpath={.items[*].metadata.annotations.asked}")
                                .ok())
                .isEqualTo("ondelete");
    }

    @Rule({"statefulset 10.5", "statefulset 16 C", "pods 10.4"})
    @Test
    void aBadImageIsToldAndRolledBack() {
        cluster.in("set", "image", "sts/app-python", "app-python=visits:none").ok();
        cluster.in(
                        "wait",
                        "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff",
                        "pod/app-python-2",
                        "--timeout=30s")
                .ok();
        assertThat(
                        cluster.in(
                                        "get",
                                        "events",
                                        "-o",
                                        "jsonpath={range .items[*]}{.reason} {.message}{\"\\n"
                                                + "\"}{end}")
                                .ok())
                .contains(
                        "Failed Error: ErrImagePull",
                        "Pulling Pulling image \"visits:none\"",
                        "BackOff Back-off pulling image \"visits:none\"");
        cluster.in("rollout", "undo", "sts/app-python").ok();
        cluster.in("delete", "pod", "app-python-2")
                .ok(); // upstream's known issue: a broken pod blocks the way back
        cluster.rolledOut();
        assertThat(
                        cluster.in(
                                        "get",
                                        "po",
                                        "-o",
                                        "jsonpath={.items[*].spec.containers[0].image}")
                                .ok())
                .isEqualTo("visits:1 visits:1 visits:1");
    }

    @Test
    void noRequestFailsDuringRollingUpdates() throws Exception {
        var url = cluster.url() + "/visits";
        var stop = new AtomicBoolean();
        var served = new AtomicInteger();
        var failure = new AtomicReference<Throwable>();
        Set<String> pods = new TreeSet<>();
        var visitor =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    while (!stop.get()) {
                                        try {
                                            var text = LiveCluster.get(url);
                                            pods.add(text.substring(0, text.indexOf(',')));
                                            served.incrementAndGet();
                                        } catch (IOException failed) {
                                            failure.compareAndSet(null, failed);
                                        }
                                    }
                                });
        for (int i = 0; i < 3; i++) {
            cluster.in("rollout", "restart", "sts/app-python").ok();
            cluster.rolledOut();
        }
        stop.set(true);
        visitor.join();
        assertThat(failure.get()).isNull();
        assertThat(pods)
                .containsExactly(
                        "{\"pod\":\"app-python-0\"",
                        "{\"pod\":\"app-python-1\"",
                        "{\"pod\":\"app-python-2\"");
        assertThat(served.get()).isGreaterThan(50);
    }

    @Rule("pods 8.10")
    @Test
    void aPodSeesNothingOfTheHost() {
        var text =
                cluster.exec(
                        "app-python-0",
                        "exec 2>/dev/null; ls /.old*; ls /home/* /root; mknod /tmp/disk b 254 0 &&"
                                + " cat /tmp/disk; for p in /proc/[0-9]*; do [ \"$(cat $p/comm)\" ="
                                + " systemd ] && echo HOST; done; mount -t tmpfs none /tmp && echo"
                                + " MOUNTED; cat /proc/1/comm");
        assertThat(text).isEqualTo("java\n");
    }

    @Test
    void namesResolveTheMomentAnAddressExists() {
        assertThat(cluster.exec("app-python-0", "nslookup app-python.app-python.svc.cluster.local"))
                .containsPattern("Address: 10\\.96\\.");
        assertThat(cluster.exec("app-python-0", "nslookup kubernetes.default.svc.cluster.local"))
                .contains("Address: 10.96.0.1");
        assertThat(cluster.exec("app-python-0", "wget -q -O - http://app-python:8000/healthz"))
                .isEqualTo("ok\n");
    }

    @Rule("pods 11.6")
    @Test
    void aSessionPassesInputAndExitCodesOn() {
        assertThat(cluster.in("exec", "app-python-0", "--", "sh", "-c", "exit 7").code())
                .isEqualTo(7);
        assertThat(cluster.in("exec", "app-python-0", "--", "nothing").text())
                .contains("executable file not found in $PATH");
        assertThat(cluster.in("logs", "app-python-1", "--tail=1").ok())
                .contains("app-python-1 serves visits");
        assertThat(cluster.in("logs", "app-python-1", "--timestamps").ok())
                .containsPattern("^20\\d\\d-\\d\\d-\\d\\dT");
    }

    @Rule("pods 11.6")
    @Test
    void aTerminalIsOne() {
        var command =
                "script -qec 'stty cols 91 rows 33; kubectl -n app-python exec -it app-python-0 --"
                        + " sh -c \"stty size; tty\"' /dev/null";
        var text =
                Commands.run(
                                java.util.Map.of(
                                        "KUBECONFIG",
                                        cluster.data().resolve("pki/kubeconfig").toString()),
                                List.of("sh", "-c", command))
                        .ok();
        assertThat(text).contains("33 91").contains("/dev/pts/0");
    }

    @Test
    void watchesTellWhatHappens() throws Exception {
        var environment =
                java.util.Map.of("KUBECONFIG", cluster.data().resolve("pki/kubeconfig").toString());
        var builder =
                new ProcessBuilder(
                                "kubectl",
                                "-n",
                                "app-python",
                                "get",
                                "po",
                                "app-python-2",
                                "-w",
                                "-o",
                                "name")
                        .redirectErrorStream(true);
        builder.environment().putAll(environment);
        var watch = builder.start();
        try (var reader = watch.inputReader()) {
            assertThat(reader.readLine()).isEqualTo("pod/app-python-2");
            cluster.in("label", "pod", "app-python-2", "seen=yes").ok();
            assertThat(reader.readLine()).isEqualTo("pod/app-python-2");
        } finally {
            watch.destroy();
        }
    }

    @Rule({"pods 11.3", "pods 5.10"})
    @Test
    void aLogIsFollowedToItsEnd() {
        var manifest =
                "apiVersion: v1\n"
                    + "kind: Pod\n"
                    + "metadata: {name: counter}\n"
                    + "spec:\n"
                    + "  restartPolicy: Never\n"
                    + "  containers:\n"
                    + "  - {name: c, image: 'visits:1', command: [sh, -c, 'for i in 1 2 3; do echo"
                    + " line $i; sleep 0.1; done; echo why >/dev/termination-log; exit 4']}\n";
        try {
            var file = Files.writeString(Files.createTempFile("pod", ".yaml"), manifest);
            try {
                cluster.in("create", "-f", file.toString()).ok();
                cluster.in(
                                "wait",
                                "--for=jsonpath={.status.phase}=Failed",
                                "pod/counter",
                                "--timeout=20s")
                        .ok();
                assertThat(cluster.in("logs", "-f", "counter").ok())
                        .isEqualTo("line 1\nline 2\nline 3\n");
                assertThat(
                                cluster.in(
                                                "get",
                                                "po",
                                                "counter",
                                                "-o",
                                                "jsonpath={.status.containerStatuses[0].state.terminated.exitCode}"
                                                    + " {.status.containerStatuses[0].state.terminated.message}")
                                        .ok())
                        .isEqualTo("4 why\n");
                assertThat(cluster.in("get", "po", "counter", "--no-headers").ok())
                        .containsPattern("counter +0/1 +Error +0 ");
                assertThat(cluster.in("delete", "-f", file.toString()).ok())
                        .contains("pod \"counter\" deleted");
            } finally {
                Files.delete(file);
            }
        } catch (IOException broken) {
            throw new AssertionError(broken);
        }
    }

    @Rule({"pods 6.1", "pods 6.4", "pods 7.4"})
    @Test
    void configurationReachesContainers() throws Exception {
        in("create", "configmap", "settings", "--from-literal=COLOUR=blue", "--from-literal=size=9")
                .ok();
        in("create", "secret", "generic", "key", "--from-literal=word=sesame").ok();
        var manifest =
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: reader, labels: {a: b}}
                spec:
                  terminationGracePeriodSeconds: 1
                  volumes:
                  - {name: cm, configMap: {name: settings}}
                  - {name: tmp, emptyDir: {}}
                  - {name: ram, emptyDir: {medium: Memory}}
                  - name: self
                    downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
                  initContainers:
                  - {name: first, image: 'visits:1', command: [sh, -c, 'echo from init >/tmp/x/note'], volumeMounts: [{name: tmp, mountPath: /tmp/x}]}
                  containers:
                  - name: c
                    image: visits:1
                    command: [sh, -c, 'sleep 1000']
                    envFrom: [{configMapRef: {name: settings}}]
                    env:
                    - {name: WORD, valueFrom: {secretKeyRef: {name: key, key: word}}}
                    - {name: WHO, value: '$(WORD) of $(COLOUR)'}
                    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                    volumeMounts:
                    - {name: cm, mountPath: /cm}
                    - {name: tmp, mountPath: /tmp/x}
                    - {name: ram, mountPath: /ram}
                    - {name: self, mountPath: /self}
                """;
        var file = Files.writeString(Files.createTempFile("pod", ".yaml"), manifest);
        in("create", "-f", file.toString()).ok();
        Files.delete(file);
        in("wait", "--for=condition=Ready", "pod/reader", "--timeout=20s").ok();
        assertThat(
                        in(
                                        "exec",
                                        "reader",
                                        "-c",
                                        "c",
                                        "--",
                                        "sh",
                                        "-c",
                                        "echo $WHO; cat /cm/size; echo; cat /tmp/x/note"
                                            + " /self/labels; echo; touch /cm/x 2>/dev/null || echo"
                                            + " read-only; touch /ram/y && echo ok; [ $IP ="
                                            + " $(hostname -i | cut -d' ' -f1) ] && echo same")
                                .ok())
                .isEqualTo("sesame of blue\n9\nfrom init\na=\"b\"\nread-only\nok\nsame\n");
        in("delete", "pod", "reader").ok();
        in("delete", "configmap/settings", "secret/key").ok();
    }

    @Rule({"statefulset 7.7", "statefulset 10.6"})
    @Test
    void updatesGoFromTheHighestOrdinalDown() throws Exception {
        try (var watch = new PodWatch(cluster, "app-python", "app-python")) {
            cluster.in("rollout", "restart", "sts/app-python").ok();
            assertThat(watch.untilGone(3))
                    .filteredOn(told -> told.startsWith("DELETED"))
                    .containsExactly(
                            "DELETED app-python-2", "DELETED app-python-1", "DELETED app-python-0");
        }
        cluster.rolledOut();
    }

    @Test
    void anOrderedSetStartsAndStopsOneByOne() throws Exception {
        var manifest =
                """
                apiVersion: apps/v1
                kind: StatefulSet
                metadata: {name: ordered}
                spec:
                  replicas: 3
                  serviceName: ordered
                  selector: {matchLabels: {app: ordered}}
                  template:
                    metadata: {labels: {app: ordered}}
                    spec:
                      terminationGracePeriodSeconds: 5
                      containers:
                      - name: c
                        image: visits:1
                        env: [{name: VISITS_FILE, value: /tmp/visits}]
                        readinessProbe: {httpGet: {path: /readyz, port: 8000}}
                """;
        var file = Files.writeString(Files.createTempFile("set", ".yaml"), manifest);
        try (var watch = new PodWatch(cluster, "default", "ordered")) {
            in("create", "-f", file.toString()).ok();
            in("rollout", "status", "sts/ordered", "--timeout=60s").ok();
            in("scale", "sts/ordered", "--replicas=0").ok();
            assertThat(watch.untilGone(3))
                    .containsExactly(
                            "ADDED ordered-0",
                            "READY ordered-0",
                            "ADDED ordered-1",
                            "READY ordered-1",
                            "ADDED ordered-2",
                            "READY ordered-2",
                            "DELETED ordered-2",
                            "DELETED ordered-1",
                            "DELETED ordered-0");
        } finally {
            Files.delete(file);
        }
        in("delete", "sts", "ordered").ok();
    }

    @Test
    void whoAppliesOnTheServerOwnsWhatItSays() throws Exception {
        var settings =
                "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"settings\"},\"data\":{%s}}";
        apply(settings.formatted("\"colour\":\"red\",\"size\":\"1\"")).ok();
        in("patch", "cm", "settings", "--type=merge", "-p", "{\"data\":{\"colour\":\"blue\"}}")
                .ok();

        var refused = apply(settings.formatted("\"colour\":\"green\""));
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.text())
                .startsWith(
                        """
                        error: Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data.colour
                        Please review the fields above--they currently have other managers. Here
                        are the ways you can resolve this warning:
                        """);
        assertThat(apply(settings.formatted("\"colour\":\"green\""), "--force-conflicts").ok())
                .isEqualTo("configmap/settings serverside-applied\n");
        assertThat(in("get", "cm", "settings", "-o", "jsonpath={.data}").ok())
                .isEqualTo("{\"colour\":\"green\"}");
        assertThat(in("get", "cm", "settings", "-o", "yaml").ok()).doesNotContain("managedFields");
        assertThat(in("get", "cm", "settings", "-o", "yaml", "--show-managed-fields").ok())
                .contains(
                        "      f:data:\n"
                                + "        f:colour: {}\n"
                                + "    manager: kubectl\n"
                                + "    operation: Apply\n");
        in("delete", "cm", "settings").ok();
    }

    @Test
    void clientSideApplyBecomesServerSideApply() throws Exception {
        var settings =
                "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"moved\"},\"data\":{%s}}";
        var file =
                Files.writeString(
                        folder.resolve("moved.json"),
                        settings.formatted("\"a\":\"1\",\"b\":\"2\""));
        in("apply", "-f", file.toString()).ok();
        assertThat(apply(settings.formatted("\"a\":\"3\"")).ok())
                .contains("configmap/moved serverside-applied\n");
        assertThat(in("get", "cm", "moved", "-o", "jsonpath={.data}").ok())
                .isEqualTo("{\"a\":\"3\"}");
        in("delete", "cm", "moved").ok();
    }

    private Commands.Result apply(String manifest, String... options) throws IOException {
        var file = Files.writeString(folder.resolve("applied.json"), manifest);
        return in(
                Stream.concat(
                                Stream.of("apply", "--server-side", "-f", file.toString()),
                                Stream.of(options))
                        .toArray(String[]::new));
    }

    @Test
    void customResourcesAreThereAtOnceAndOutliveTheServer() throws Exception {
        cluster.apply(
                """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: backups.example.com}
                spec:
                  group: example.com
                  scope: Namespaced
                  names: {plural: backups, singular: backup, kind: Backup, shortNames: [bk]}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    subresources:
                      scale: {specReplicasPath: .spec.copies, statusReplicasPath: .status.copies}
                    additionalPrinterColumns:
                    - {name: Copies, type: integer, jsonPath: .spec.copies}
                    schema:
                      openAPIV3Schema:
                        type: object
                        properties:
                          spec:
                            type: object
                            properties:
                              copies: {type: integer, minimum: 1, default: 2, description: How many}
                          status:
                            type: object
                            properties: {copies: {type: integer}}
                """);
        in("wait", "--for=condition=Established", "crd/backups.example.com", "--timeout=10s").ok();
        cluster.apply(
                """
                apiVersion: example.com/v1
                kind: Backup
                metadata: {name: nightly}
                spec: {}
                """);
        assertThat(in("explain", "backups.spec.copies").ok()).contains("How many");
        var refused =
                in("patch", "bk", "nightly", "--type=merge", "-p", "{\"spec\":{\"copies\":0}}");
        assertThat(refused.text())
                .contains(
                        "The Backup \"nightly\" is invalid: spec.copies: Invalid value: 0:"
                                + " spec.copies in body should be greater than or equal to 1");
        in("scale", "bk/nightly", "--replicas=5").ok();
        cluster.kill();
        cluster.up();
        assertThat(in("get", "bk").ok()).containsPattern("NAME +COPIES\nnightly +5\n");
        in("delete", "crd", "backups.example.com", "--timeout=10s").ok();
        assertThat(in("get", "bk").text())
                .contains("the server could not find the requested resource");
    }

    @Test
    void aWarningKeepsItsLetters() throws Exception {
        var manifest =
                "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"w\"},\"żółć\":1}";
        var file = Files.writeString(folder.resolve("map.json"), manifest).toString();
        assertThat(in("create", "--dry-run=server", "--validate=warn", "-f", file).ok())
                .contains("Warning: unknown field \"żółć\"");
    }

    @Test
    void whatCannotBeDoneIsSaid() {
        var manifest =
                "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"greedy\"},\"spec\":{\"hostPID\":true,\"terminationGracePeriodSeconds\":1,\"containers\":[{\"name\":\"c\",\"image\":\"visits:1\"}]}}";
        Commands.run(
                        java.util.Map.of(
                                "KUBECONFIG", cluster.data().resolve("pki/kubeconfig").toString()),
                        List.of("sh", "-c", "echo '" + manifest + "' | kubectl create -f -"))
                .ok();
        in("wait", "--for=jsonpath={.status.phase}=Pending", "pod/greedy", "--timeout=10s").ok();
        assertThat(in("describe", "pod", "greedy").ok())
                .contains("this node does not support spec.hostPID");
        in("delete", "pod", "greedy", "--timeout=20s").ok();
    }

    @Rule({"pods 5.10", "pods 3.11", "pods 11.4"})
    @Test
    void aCrashLoopIsToldByItsLogAndKeepsOneOldInstance() throws Exception {
        var manifest =
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: looper}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: c
                    image: visits:1
                    terminationMessagePolicy: FallbackToLogsOnError
                    command: [sh, -c, 'echo run; echo why it failed; exit 9']
                """;
        var file = Files.writeString(Files.createTempFile("pod", ".yaml"), manifest);
        in("create", "-f", file.toString()).ok();
        Files.delete(file);
        in(
                        "wait",
                        "--for=jsonpath={.status.containerStatuses[0].restartCount}=2",
                        "pod/looper",
                        "--timeout=60s")
                .ok();
        assertThat(
                        in(
                                        "get",
                                        "po",
                                        "looper",
                                        "-o",
                                        "jsonpath={.status.containerStatuses[0].lastState.terminated.message}")
                                .ok())
                .isEqualTo("run\nwhy it failed\n");
        var uid = in("get", "po", "looper", "-o", "jsonpath={.metadata.uid}").ok();
        try (var attempts =
                Files.list(
                        cluster.data()
                                .resolve("pods")
                                .resolve(uid)
                                .resolve("containers")
                                .resolve("c"))) {
            assertThat(attempts.map(p -> p.getFileName().toString()).sorted())
                    .containsExactly("1", "2");
        }
        assertThat(in("logs", "looper", "--previous").ok()).isEqualTo("run\nwhy it failed\n");
        in("delete", "pod", "looper").ok();
    }

    private static Commands.Result in(String... arguments) {
        return cluster.kubectl(arguments);
    }
}

package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What single pods do, on real processes.
class PodsIT {
    private static LiveCluster cluster;

    @TempDir private Path out;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        cluster = LiveCluster.withLightImage(folder);
    }

    @AfterAll
    static void stop() throws IOException {
        if (cluster != null) cluster.close();
    }

    private static String kubectl(String... arguments) {
        return cluster.kubectl(arguments).ok();
    }

    /// Pods with the folder `out` of the host, which write what happens into it.
    private void run(String manifest, String... pods) throws IOException {
        cluster.apply(manifest.replace("OUT", out.toString()));
        for (var pod : pods)
            kubectl("wait", "--for=condition=Ready", "pod/" + pod, "--timeout=30s");
    }

    @Rule({"pods 5.3", "pods 5.4", "pods 5.5"})
    @Test
    void aPodEndsByItsHookThenItsSignalThenItsSidecar() throws Exception {
        run(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: long}
                spec:
                  terminationGracePeriodSeconds: 10
                  volumes: [{name: out, hostPath: {path: OUT, type: Directory}}]
                  initContainers:
                  - name: side
                    image: light:1
                    restartPolicy: Always
                    command: [sh, -c, 'trap "echo side >>/out/order; exit 0" TERM; touch /tmp/ready; while :; do sleep 100 & wait $!; done']
                    startupProbe: {exec: {command: [ls, /tmp/ready]}, periodSeconds: 1, failureThreshold: 30}
                    volumeMounts: [{name: out, mountPath: /out}]
                  containers:
                  - name: c
                    image: light:1
                    command: [sh, -c, 'trap "echo term >>/out/order; sleep 1; echo end >>/out/order; exit 0" TERM; touch /tmp/ready; while :; do sleep 100 & wait $!; done']
                    readinessProbe: {exec: {command: [ls, /tmp/ready]}, periodSeconds: 1}
                    lifecycle: {preStop: {exec: {command: [sh, -c, 'echo hook >>/out/order']}}}
                    volumeMounts: [{name: out, mountPath: /out}]
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: short}
                spec:
                  terminationGracePeriodSeconds: 1
                  volumes: [{name: out, hostPath: {path: OUT, type: Directory}}]
                  containers:
                  - name: c
                    image: light:1
                    command: [sh, -c, 'trap "sleep 1.5; echo late >/out/late; exit 0" TERM; touch /tmp/ready; while :; do sleep 100 & wait $!; done']
                    readinessProbe: {exec: {command: [ls, /tmp/ready]}, periodSeconds: 1}
                    volumeMounts: [{name: out, mountPath: /out}]
                """,
                "long",
                "short");
        kubectl("delete", "pod", "long", "short", "--timeout=30s");
        assertThat(out.resolve("order")).hasContent("hook\nterm\nend\nside");
        assertThat(out.resolve("late")).as("two seconds after the signal").hasContent("late");
    }

    @Rule("pods 11.8")
    @Test
    void filesAreCopiedIntoAPodAndBack() throws Exception {
        run(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: store}
                spec:
                  terminationGracePeriodSeconds: 0
                  containers: [{name: c, image: 'light:1', command: [sleep, '1000']}]
                """,
                "store");
        var there = Files.createDirectories(out.resolve("there"));
        Files.writeString(there.resolve("one"), "1");
        Files.writeString(there.resolve("two"), "2".repeat(100_000));
        kubectl("cp", there.toString(), "store:/tmp/files");
        kubectl("exec", "store", "--", "rm", "/tmp/files/one");
        kubectl("cp", "store:/tmp/files", out.resolve("back").toString());
        assertThat(out.resolve("back/two")).hasContent("2".repeat(100_000));
        assertThat(out.resolve("back/one")).doesNotExist();
        kubectl("delete", "pod", "store", "--timeout=30s");
    }

    @Rule({"pods 5.8", "pods 5.10", "pods 6.7", "pods 6.8", "pods 6.9", "pods 8.1", "pods 8.3"})
    @Test
    void aPodFindsItsNamesItsUserAndItsMessageFile() throws Exception {
        cluster.apply(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: self}
                spec:
                  restartPolicy: Never
                  hostname: web
                  subdomain: shop
                  setHostnameAsFQDN: true
                  securityContext: {runAsUser: 1000, runAsGroup: 1001, fsGroup: 2000}
                  volumes: [{name: tmp, emptyDir: {}}]
                  containers:
                  - name: c
                    image: light:1
                    command:
                    - sh
                    - -c
                    - |
                      hostname; echo $HOSTNAME; id -u; id -G
                      while read -r line; do case $line in *web*) echo "$line";; esac; done </etc/hosts
                      cat /etc/resolv.conf
                      while [ ! -e /tmp/hooked ]; do sleep 0.1; done
                      printf DONE >/tmp/why
                    terminationMessagePath: /tmp/why
                    lifecycle: {postStart: {exec: {command: [touch, /tmp/hooked]}}}
                    volumeMounts: [{name: tmp, mountPath: /tmp}]
                """);
        kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/self", "--timeout=30s");
        var address = kubectl("get", "pod", "self", "-o", "jsonpath={.status.podIP}");
        assertThat(kubectl("logs", "self"))
                .startsWith(
                        """
                        web.shop.default.svc.cluster.local
                        web.shop.default.svc.cluster.local
                        1000
                        1001 2000
                        %s\tweb.shop.default.svc.cluster.local\tweb
                        search default.svc.cluster.local svc.cluster.local cluster.local\
                        """
                                .formatted(address))
                .contains("\nnameserver 10.96.0.10\noptions ndots:5\n");
        var message = "jsonpath={.status.containerStatuses[0].state.terminated.message}";
        assertThat(kubectl("get", "pod", "self", "-o", message)).isEqualTo("DONE");
        kubectl("delete", "pod", "self", "--timeout=30s");
    }
}

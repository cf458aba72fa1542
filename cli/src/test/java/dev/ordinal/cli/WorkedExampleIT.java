package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/// The worked example, by kubectl, on real processes.
class WorkedExampleIT {
    private static LiveCluster cluster;

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
                .containsPattern("statefulset.apps/app-python +3/3 +\\d+s")
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
}

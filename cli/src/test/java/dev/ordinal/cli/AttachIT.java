package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;

/// Who attaches to containers of real pods, by the real kubectl.
@Timeout(60)
class AttachIT {
    private static LiveCluster cluster;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        cluster = LiveCluster.withLightImage(folder);
        cluster.apply(
                pod("clock", "", "i=0; while sleep 0.05; do i=$((i+1)); echo tick-$i; done")
                        + pod("reader", "stdin: true", "exec cat")
                        + pod("once", "stdin: true, stdinOnce: true", "cat; echo end; sleep 1000")
                        + pod("shell", "stdin: true, tty: true", "exec sh")
                        + pod("done", "", "exit 0").replace("Always", "Never")
                        + pod("absent", "", "exit 0").replace("light:1", "none:1"));
        for (var name : new String[] {"clock", "reader", "once", "shell"}) {
            cluster.kubectl("wait", "--for=condition=Ready", "pod/" + name, "--timeout=30s").ok();
        }
    }

    private static String pod(String name, String streams, String script) {
        return """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: %s}
        spec:
          terminationGracePeriodSeconds: 0
          restartPolicy: Always
          containers:
          - {name: c, image: light:1, command: [sh, -c, '%s'], %s}
        """
                .formatted(name, script, streams);
    }

    @AfterAll
    static void stop() throws IOException {
        if (cluster != null) cluster.close();
    }

    private static void runsStill(String pod) {
        var path = "jsonpath={.status.containerStatuses[0].restartCount} {.status.phase}";
        assertThat(cluster.kubectl("get", "pod", pod, "-o", path).ok()).isEqualTo("0 Running");
    }

    @Rule("pods 11.5")
    @Test
    void whoAttachesSeesWhatIsPrintedFromThenOn() throws IOException {
        assertThat(Follow.firstLine(cluster, "clock", "c")).isEqualTo("tick-1");
        try (var kubectl = new Kubectl(cluster, "attach", "clock")) {
            assertThat(kubectl.until("tick-")).isNotEqualTo("tick-1");
        }
        runsStill("clock");
    }

    @Rule("api 14.3")
    @Test
    void whatIsTypedReachesAContainerThatOutlivesItsClients() throws Exception {
        try (var kubectl = new Kubectl(cluster, "attach", "-i", "reader")) {
            kubectl.type("hello\n");
            kubectl.until("hello");
            kubectl.kill();
        }
        try (var kubectl = new Kubectl(cluster, "attach", "-i", "reader")) {
            kubectl.type("again\n");
            kubectl.until("again");
            kubectl.endInput();
            assertThat(kubectl.code()).isZero();
        }
        runsStill("reader");
        assertThat(cluster.kubectl("logs", "reader").ok()).isEqualTo("hello\nagain\n");
    }

    @Test
    void anInputForOneClientEndsWhenThatIsGone() throws IOException {
        try (var kubectl = new Kubectl(cluster, "attach", "-i", "once")) {
            kubectl.type("hello\n");
            kubectl.until("hello");
        }
        try (var logs = new Kubectl(cluster, "logs", "-f", "once")) {
            assertThat(logs.until("end")).isEqualTo("end");
        }
    }

    @Rule({"pods 11.6", "api 14.4"})
    @Test
    void aPodIsRunForAPipeAndGoes() throws Exception {
        try (var kubectl =
                new Kubectl(
                        cluster,
                        "run",
                        "piped",
                        "-i",
                        "--rm",
                        "--restart=Never",
                        "--image=light:1",
                        "--",
                        "sh",
                        "-c",
                        "sort -r; exit 3")) {
            kubectl.type("one\ntwo\n");
            kubectl.endInput();
            assertThat(kubectl.rest())
                    .contains("two\none\n")
                    .contains("pod \"piped\" deleted")
                    .contains("pod default/piped terminated (Error)");
            assertThat(kubectl.code()).isEqualTo(3);
        }
        assertThat(cluster.kubectl("get", "pod", "piped").text()).contains("not found");
    }

    @Rule({"pods 11.6", "api 14.5"})
    @Test
    void aPodIsRunOnATerminal() throws Exception {
        try (var kubectl =
                Kubectl.onTerminal(
                        cluster, "run term -it --rm --restart=Never --image=light:1 -- sh")) {
            kubectl.type("until [ \"$(stty size)\" = \"33 91\" ]; do :; done; echo si''zed; tty\n");
            kubectl.until("sized");
            kubectl.until("/dev/pts/0");
            kubectl.type("exit 5\n");
            assertThat(kubectl.rest()).contains("pod \"term\" deleted");
            assertThat(kubectl.code()).isEqualTo(5);
        }
    }

    @Test
    void aTerminalIsLeftAndComeBackTo() throws IOException {
        try (var kubectl = Kubectl.onTerminal(cluster, "attach -it shell")) {
            kubectl.type("note=ke''pt; echo set-$note; echo $TERM\n");
            kubectl.until("set-kept");
            kubectl.until("xterm");
        }
        try (var kubectl = Kubectl.onTerminal(cluster, "attach -it shell")) {
            kubectl.type("echo still-$note\n");
            kubectl.until("still-kept");
        }
        runsStill("shell");
    }

    @Rule("pods 11.5")
    @Test
    void whatCannotBeAttachedToIsRefusedInUpstreamsWords() {
        assertThat(cluster.kubectl("attach", "absent").text())
                .contains("container c not found in pod absent_default");
        assertThat(cluster.kubectl("exec", "absent", "--", "ls").text())
                .contains("container not found (\"c\")");
        cluster.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/done").ok();
        assertThat(cluster.kubectl("attach", "done").text())
                .contains("cannot attach a container in a completed pod");
        assertThat(cluster.kubectl("attach", "shell").text())
                .as("errors apart, which a terminal has not; kubectl cannot show why")
                .endsWith("Error from server: \n");
        var raw = "/api/v1/namespaces/default/pods/clock/attach";
        assertThat(cluster.kubectl("get", "--raw", raw).text())
                .contains("Upgrade request required");
        assertThat(cluster.kubectl("create", "--as=eve", "--raw", raw, "-f", "/dev/null").text())
                .contains("User \"eve\" cannot create resource \"pods/attach\"");
    }
}

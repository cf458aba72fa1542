package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.PodStreams.ExecOptions;
import dev.ordinal.api.PodStreams.LogOptions;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;
import dev.ordinal.node.pod.Machine.CannotStartException;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// Whose log is read and who runs a command, and what is said when that cannot be.
class PodAccessTest {
    @TempDir Path folder;
    private TestNode node;
    private PodAccess access;

    @BeforeEach
    void open() throws IOException {
        node = new TestNode(folder, Probes.ALWAYS_WELL, Hooks.NONE);
        access = new PodAccess(node.agent, node.runtime, node.parts.machine(), node.parts.clock());
    }

    @AfterEach
    void close() throws IOException {
        node.close();
    }

    private Stored pod() {
        return node.cluster.api.get(Types.PODS, "default", "p");
    }

    private String log(String container, boolean previous) throws Exception {
        var options = new LogOptions(container, false, previous, false, null, null, null, null);
        var out = new ByteArrayOutputStream();
        access.logs(pod(), options, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private void refused(String container, boolean previous, String message) {
        assertThatThrownBy(() -> log(container, previous))
                .hasMessage(message)
                .extracting(e -> ((ApiException) e).code())
                .isEqualTo(400);
    }

    private static boolean runs(com.fasterxml.jackson.databind.JsonNode pod) {
        return pod.at("/status/containerStatuses/0/state").has("running");
    }

    @Rule("pods 11.4")
    @Test
    void theNewestInstanceIsReadOrTheOneBefore() throws Exception {
        node.createPod("", "");
        node.awaitPod(PodAccessTest::runs);
        node.runtime.print(node.key(0), "first");
        assertThat(log("", false)).isEqualTo("first\n");
        refused("c", true, "previous terminated container \"c\" in pod \"p\" not found");
        refused("x", false, "container x is not valid for pod p");
        node.runtime.end(node.key(0), 1);
        node.awaitPod(
                pod ->
                        runs(pod)
                                && pod.at("/status/containerStatuses/0/restartCount").asInt() == 1);
        assertThat(log("c", true)).isEqualTo("first\n");
        assertThat(log("c", false)).isEmpty();
    }

    private void waits(String reason, String text) throws Exception {
        node.refusal = new CannotStartException(reason, "no");
        node.createPod("", "");
        node.awaitPod(
                pod ->
                        pod.at("/status/containerStatuses/0/state/waiting/reason")
                                .asText()
                                .equals(
                                        reason.equals("ErrImagePull")
                                                ? "ImagePullBackOff"
                                                : reason));
        refused("c", false, "container \"c\" in pod \"p\" is waiting to start: " + text);
    }

    @Rule("pods 11.4")
    @Test
    void whatCannotStartHasNoLog() throws Exception {
        waits("CreateContainerConfigError", "CreateContainerConfigError");
    }

    @Rule("pods 11.4")
    @Test
    void whatHasNoImageHasNoLog() throws Exception {
        waits("ErrImagePull", "trying and failing to pull image");
    }

    @Rule("pods 11.4")
    @Test
    void severalContainersMustBeNamed() throws Exception {
        node.createPod(
                "'initContainers':[{'name':'first','image':'i'}],", "},{'name':'d','image':'i'");
        refused(
                "",
                false,
                "a container name must be specified for pod p, choose one of: [first c d]");
    }

    @Rule("pods 11.5")
    @Test
    void aCommandNeedsARunningContainer() throws Exception {
        var options = new ExecOptions("", List.of("ls"), false, true, true, false);
        node.refusal = new CannotStartException("CreateContainerConfigError", "no");
        node.createPod("", "");
        node.awaitPod(pod -> pod.at("/status/containerStatuses/0/state").has("waiting"));
        assertThatThrownBy(() -> access.exec(pod(), options))
                .hasMessage("container not found (\"c\")")
                .extracting(e -> ((ApiException) e).code())
                .isEqualTo(500);
    }

    @Rule("pods 5.12")
    @Test
    void aPodThatHasEndedKeepsItsLog() throws Exception {
        node.createPod("'restartPolicy':'Never',", "");
        node.awaitPod(PodAccessTest::runs);
        node.runtime.print(node.key(0), "last words");
        node.runtime.end(node.key(0), 0);
        node.awaitPod(pod -> pod.at("/status/phase").asText().equals("Succeeded"));
        assertThat(log("c", false)).isEqualTo("last words\n");
        assertThat(pod().tree().path("metadata").has("deletionTimestamp")).isFalse();
    }
}

package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.control.Types;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// Pods on a node with simulated containers.
class PodAgentTest {
    @TempDir Path folder;
    private TestNode node;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        node = new TestNode(folder, Probes.ALWAYS_WELL);
    }

    @AfterEach
    void close() throws IOException {
        node.close();
    }

    private static boolean runs(JsonNode pod) {
        return pod.at("/status/containerStatuses/0/state").has("running");
    }

    private Path file() {
        return folder.resolve(node.key(0).podUid()).resolve("volumes/v/a");
    }

    private void awaitRefresh() throws InterruptedException {
        assertThat(node.refreshed.poll(10, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void aVolumeFollowsItsObjectAndNoOther() throws Exception {
        for (var name : new String[] {"m", "other"}) {
            var map = "{'metadata':{'name':'%s'},'data':{'a':'1'}}".formatted(name);
            node.cluster.create(Types.CONFIG_MAPS, map);
        }
        node.createPod("'volumes':[{'name':'v','configMap':{'name':'m'}}],", "");
        node.awaitPod(PodAgentTest::runs);
        node.cluster.merge(Types.CONFIG_MAPS, "other", "{'data':{'a':'2'}}");
        node.cluster.merge(Types.CONFIG_MAPS, "m", "{'data':{'a':'2'}}");
        awaitRefresh();
        assertThat(file()).hasContent("2");
        assertThat(node.refreshed).isEmpty();
    }

    @Test
    void aVolumeFollowsThePodsLabels() throws Exception {
        node.createPod(
                "'volumes':[{'name':'v','downwardAPI':{'items':[{'path':'a','fieldRef':{'fieldPath':'metadata.labels'}}]}}],",
                "");
        node.awaitPod(PodAgentTest::runs);
        node.cluster.merge(Types.PODS, "p", "{'metadata':{'labels':{'tier':'two'}}}");
        awaitRefresh();
        assertThat(file()).hasContent("tier=\"two\"");
    }
}

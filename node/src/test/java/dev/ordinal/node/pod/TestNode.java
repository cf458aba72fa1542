package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Types;
import dev.ordinal.node.pod.Machine.CannotStartException;
import dev.ordinal.node.runtime.ContainerKey;
import dev.ordinal.node.runtime.ContainerSpec;
import dev.ordinal.node.runtime.SimulatedRuntime;
import dev.ordinal.node.volume.LoopVolumes;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;

/// A node `n1` whose containers are simulated and whose volumes of objects are real folders.
final class TestNode implements AutoCloseable {
    final TestApi cluster = new TestApi();
    final SimulatedRuntime runtime = new SimulatedRuntime(cluster.clock());
    final BlockingQueue<String> refreshed = new LinkedBlockingQueue<>();
    final PodAgent.Parts parts;
    final PodAgent agent;

    /// Why no container can be started; its image is not there then.
    volatile @Nullable CannotStartException refusal;

    private boolean started;

    TestNode(Path folder, Probes probes, Hooks hooks) throws IOException {
        parts =
                new PodAgent.Parts(
                        cluster.api,
                        runtime,
                        new FoldersOnly(folder),
                        probes,
                        hooks,
                        new EventRecorder(cluster.api, "kubelet", "n1", cluster.clock()),
                        "n1",
                        "10.0.0.1",
                        cluster.clock());
        agent = new PodAgent(parts);
    }

    /// Creates pod `p` with one container `c`, bound to the node. The node starts with the first:
    /// what was there before is no news to it.
    ///
    /// @param spec further fields, each with a comma at its end
    void createPod(String spec, String container) throws InterruptedException {
        if (!started) agent.start();
        started = true;
        cluster.create(
                Types.PODS,
                "{'metadata':{'name':'p'},'spec':{%s'nodeName':'n1','containers':[{'name':'c','image':'i'%s}]}}"
                        .formatted(spec, container));
    }

    JsonNode awaitPod(Predicate<JsonNode> wanted) throws Exception {
        return cluster.await(Types.PODS, wanted);
    }

    ContainerKey key(int attempt) {
        var uid = cluster.get(Types.PODS, "p").at("/metadata/uid").asText();
        return new ContainerKey(uid, "c", attempt);
    }

    @Override
    public void close() throws IOException {
        agent.close();
        runtime.close();
        cluster.close();
    }

    private final class FoldersOnly implements Machine {
        private final SimulatedMachine simulated = new SimulatedMachine(0);
        private final PodVolumes volumes;

        FoldersOnly(Path folder) throws IOException {
            volumes =
                    new PodVolumes(
                            cluster.api,
                            new LoopVolumes(folder.resolve("disk")),
                            folder,
                            cluster.clock());
        }

        @Override
        public Prepared prepare(JsonNode pod) throws NotYetException {
            volumes.prepare(pod);
            return simulated.prepare(pod);
        }

        @Override
        public void refresh(JsonNode pod) throws NotYetException {
            volumes.refresh(pod);
            refreshed.add(pod.at("/metadata/resourceVersion").asText());
        }

        @Override
        public ContainerSpec container(
                JsonNode pod, JsonNode container, int attempt, Prepared prepared)
                throws CannotStartException {
            if (refusal != null) throw refusal;
            return simulated.container(pod, container, attempt, prepared);
        }

        @Override
        public void release(String podUid) {
            volumes.release(podUid);
            simulated.release(podUid);
        }

        @Override
        public Optional<Image> image(String reference) {
            return refusal == null ? simulated.image(reference) : Optional.empty();
        }
    }
}

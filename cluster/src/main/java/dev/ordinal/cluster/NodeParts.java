package dev.ordinal.cluster;

import dev.ordinal.api.Api;
import dev.ordinal.api.PodStreams;
import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Lifetime;
import dev.ordinal.control.VolumeDisk;
import dev.ordinal.node.pod.NodeObject;
import dev.ordinal.node.pod.PodAccess;
import dev.ordinal.node.pod.PodAgent;
import dev.ordinal.node.pod.Probes;
import dev.ordinal.node.pod.SimulatedMachine;
import dev.ordinal.node.runtime.SimulatedRuntime;

import java.io.IOException;
import java.time.InstantSource;

/// The node of a cluster: its agent with the runtime the settings name.
final class NodeParts implements AutoCloseable {
    private static final long SIMULATED_DISK = 1L << 40;
    private static final String ADDRESS = "127.0.0.1";

    private final Lifetime life = new Lifetime();
    private final VolumeDisk disk;
    private final PodStreams streams;
    private final String name;

    private NodeParts(Settings settings, Api api, InstantSource clock)
            throws IOException, InterruptedException {
        name = settings.name();
        var runtime = life.own(new SimulatedRuntime(clock));
        var machine = new SimulatedMachine(SIMULATED_DISK);
        disk = machine;
        var version = Cluster.VERSION;
        new NodeObject(api, clock, name, ADDRESS, version, runtime.name() + "://" + version)
                .register();
        var agent =
                life.own(
                        new PodAgent(
                                new PodAgent.Parts(
                                        api,
                                        runtime,
                                        machine,
                                        Probes.ALWAYS_WELL,
                                        new EventRecorder(api, "kubelet", name, clock),
                                        name,
                                        ADDRESS,
                                        clock)));
        streams = new PodAccess(agent, runtime, clock);
        agent.start();
    }

    static NodeParts open(Settings settings, Api api, InstantSource clock)
            throws IOException, InterruptedException {
        return new NodeParts(settings, api, clock);
    }

    VolumeDisk disk() {
        return disk;
    }

    PodStreams streams() {
        return streams;
    }

    String name() {
        return name;
    }

    @Override
    public void close() throws IOException {
        life.close();
    }
}

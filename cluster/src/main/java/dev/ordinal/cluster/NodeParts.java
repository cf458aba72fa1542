package dev.ordinal.cluster;

import dev.ordinal.api.Api;
import dev.ordinal.api.PodStreams;
import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Lifetime;
import dev.ordinal.control.VolumeDisk;
import dev.ordinal.node.dns.ClusterView;
import dev.ordinal.node.dns.DnsServer;
import dev.ordinal.node.dns.Zone;
import dev.ordinal.node.image.ImageStore;
import dev.ordinal.node.network.Cidr;
import dev.ordinal.node.network.ClusterNetwork;
import dev.ordinal.node.pod.Hooks;
import dev.ordinal.node.pod.LinuxMachine;
import dev.ordinal.node.pod.Machine;
import dev.ordinal.node.pod.NodeObject;
import dev.ordinal.node.pod.NodeProbes;
import dev.ordinal.node.pod.PodAccess;
import dev.ordinal.node.pod.PodAgent;
import dev.ordinal.node.pod.Probes;
import dev.ordinal.node.pod.SimulatedMachine;
import dev.ordinal.node.proxy.ServiceProxy;
import dev.ordinal.node.runtime.Leftovers;
import dev.ordinal.node.runtime.LinuxRuntime;
import dev.ordinal.node.runtime.Runtime;
import dev.ordinal.node.runtime.SimulatedRuntime;
import dev.ordinal.node.volume.LoopVolumes;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.time.InstantSource;
import java.util.Optional;

/// The node of a cluster: its agent with the runtime the settings name, and on a real machine its
/// network, volumes, images, proxy and DNS.
final class NodeParts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeParts.class);
    private static final long SIMULATED_DISK = 1L << 40;
    private static final String LOOPBACK = "127.0.0.1";
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
    private static final int DNS_OFFSET = 10;

    private final Settings settings;
    private final InstantSource clock;
    private final Lifetime life = new Lifetime();
    private @Nullable ServiceProxy proxy;
    private final boolean tookOver;
    private volatile boolean podsGoOn;

    /// Does nothing on the machine yet.
    NodeParts(Settings settings, InstantSource clock) throws IOException {
        this.settings = settings;
        this.clock = clock;
        tookOver = hasPods(settings);
    }

    /// What a node on a real machine is made of, before anything is asked of the API.
    record Prepared(
            ClusterNetwork network, LoopVolumes volumes, LinuxRuntime runtime, ImageStore images) {}

    /// A node at work.
    record Started(VolumeDisk disk, PodStreams streams) {}

    /// Makes, or takes over, what the node has on the machine. Nothing, when it is simulated.
    Optional<Prepared> prepare() throws IOException, InterruptedException {
        if (settings.runtime() != Settings.RuntimeChoice.LINUX) return Optional.empty();
        var network = network();
        var volumes = new LoopVolumes(settings.data().resolve("volumes"));
        life.own(
                () -> {
                    if (!podsGoOn) volumes.unmountAll();
                });
        var images = ImageStore.open(settings.data().resolve("images"), clock);
        return Optional.of(new Prepared(network, volumes, runtime(network), images));
    }

    /// @param machine from {@link #prepare()}
    Started start(Api api, Optional<Prepared> machine) throws IOException, InterruptedException {
        if (machine.isPresent()) return start(api, machine.get());
        var simulated = new SimulatedMachine(SIMULATED_DISK);
        if (settings.runtime() == Settings.RuntimeChoice.NONE) {
            return new Started(simulated, new NoStreams());
        }
        var runtime = life.own(new SimulatedRuntime(clock));
        var agent = agent(api, runtime, simulated, Probes.ALWAYS_WELL, Hooks.NONE, LOOPBACK);
        agent.start();
        return new Started(simulated, new PodAccess(agent, runtime, simulated, clock));
    }

    private Started start(Api api, Prepared parts) throws IOException, InterruptedException {
        var network = parts.network();
        var dns = dnsAddress(settings);
        var machine =
                new LinuxMachine(
                        new LinuxMachine.Parts(
                                api,
                                parts.images(),
                                parts.volumes(),
                                network,
                                settings.data().resolve("pods"),
                                dns,
                                RESOLV_CONF,
                                settings.name(),
                                network.gateway(),
                                clock));
        var probes = new NodeProbes(parts.runtime(), network.sockets());
        var agent = agent(api, parts.runtime(), machine, probes, probes, network.gateway());
        serve(api, network, dns);
        agent.start();
        followImages(parts.images(), agent);
        return new Started(parts.volumes(), new PodAccess(agent, parts.runtime(), machine, clock));
    }

    /// The address of the cluster's DNS server, which its Service has.
    static String dnsAddress(Settings settings) {
        return Cidr.parse(settings.serviceCidr()).at(DNS_OFFSET);
    }

    static ClusterNetwork.Settings networkSettings(Settings settings) {
        return new ClusterNetwork.Settings(
                settings.name(),
                Cidr.parse(settings.podCidr()),
                Cidr.parse(settings.serviceCidr()),
                settings.data().resolve("network"));
    }

    private ClusterNetwork network() throws IOException, InterruptedException {
        var network = ClusterNetwork.open(networkSettings(settings));
        if (settings.temporary()) {
            life.own(Leftovers.whenGone(settings.data(), network.name(), true));
        }
        life.own(
                () -> {
                    if (podsGoOn) network.close();
                    else network.destroy();
                });
        return network;
    }

    private LinuxRuntime runtime(ClusterNetwork network) throws IOException {
        var runtime =
                LinuxRuntime.open(
                        settings.data(),
                        network.name(),
                        dev.ordinal.node.runtime.Lifetime.OUTLIVES_SERVER,
                        clock);
        life.own(
                () -> {
                    if (!podsGoOn) runtime.removeAll();
                    runtime.close();
                });
        return runtime;
    }

    private PodAgent agent(
            Api api, Runtime runtime, Machine machine, Probes probes, Hooks hooks, String address)
            throws IOException {
        var version = Cluster.VERSION;
        var name = settings.name();
        new NodeObject(
                        api,
                        clock,
                        name,
                        address,
                        version,
                        runtime.name() + "://" + version,
                        settings.maxPods())
                .register();
        return life.own(
                new PodAgent(
                        new PodAgent.Parts(
                                api,
                                runtime,
                                machine,
                                probes,
                                hooks,
                                new EventRecorder(api, "kubelet", name, clock),
                                name,
                                address,
                                clock)));
    }

    private void serve(Api api, ClusterNetwork network, String dns)
            throws IOException, InterruptedException {
        var informers = new Informers(api);
        var made =
                new ServiceProxy(
                        new ServiceProxy.Parts(
                                api,
                                informers,
                                network,
                                LOOPBACK,
                                new EventRecorder(api, "service-controller", "", clock),
                                clock));
        var view = new ClusterView(informers);
        informers.start(life);
        made.start(life);
        proxy = made;
        var zone =
                new Zone(view, Cidr.parse(settings.podCidr()), Cidr.parse(settings.serviceCidr()));
        life.own(DnsServer.start(zone, network.sockets(), dns, RESOLV_CONF));
    }

    /// A pod that waits for an image is looked at again when images change.
    private void followImages(ImageStore images, PodAgent pods) throws IOException {
        var watch = life.own(images.index().getFileSystem().newWatchService());
        var folder = images.index().getParent();
        if (folder == null) throw new IOException("the image store has no folder");
        folder.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
        life.run(
                "images",
                () -> {
                    try {
                        while (true) {
                            var key = watch.take();
                            key.pollEvents();
                            pods.nudge();
                            if (!key.reset()) LOG.warn("the folder of images is gone");
                        }
                    } catch (ClosedWatchServiceException _) {
                        // The node was closed.
                    }
                });
    }

    /// Tells the proxy where the Service `kubernetes` leads.
    void apiServer(InetSocketAddress address) {
        if (proxy != null) proxy.backend(new Key("default", "kubernetes"), address);
    }

    /// Closing leaves the pods to the next server, if an earlier one has left any to this.
    void leavePods() {
        podsGoOn = tookOver && !settings.temporary();
    }

    private static boolean hasPods(Settings settings) throws IOException {
        var pods = settings.data().resolve("pods");
        if (!Files.isDirectory(pods)) return false;
        try (var folders = Files.list(pods)) {
            return folders.findAny().isPresent();
        }
    }

    String name() {
        return settings.name();
    }

    @Override
    public void close() throws IOException {
        life.close();
    }
}

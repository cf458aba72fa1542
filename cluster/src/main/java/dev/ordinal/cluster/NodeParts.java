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

/// The node of a cluster: its agent with the runtime the settings name, and on a real machine its
/// network, volumes, images, proxy and DNS.
final class NodeParts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeParts.class);
    private static final long SIMULATED_DISK = 1L << 40;
    private static final String LOOPBACK = "127.0.0.1";
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
    private static final int DNS_OFFSET = 10;

    private final Settings settings;
    private final Api api;
    private final InstantSource clock;
    private final Lifetime life = new Lifetime();
    private final VolumeDisk disk;
    private final PodStreams streams;
    private @Nullable ServiceProxy proxy;
    private final boolean tookOver;
    private volatile boolean podsGoOn;

    private NodeParts(Settings settings, Api api, InstantSource clock)
            throws IOException, InterruptedException {
        this.settings = settings;
        this.api = api;
        this.clock = clock;
        tookOver = hasPods(settings);
        try {
            if (settings.runtime() == Settings.RuntimeChoice.NONE) {
                disk = new SimulatedMachine(SIMULATED_DISK);
                streams = new NoStreams();
            } else if (settings.runtime() == Settings.RuntimeChoice.SIMULATED) {
                var machine = new SimulatedMachine(SIMULATED_DISK);
                disk = machine;
                var runtime = life.own(new SimulatedRuntime(clock));
                var made = agent(runtime, machine, Probes.ALWAYS_WELL, Hooks.NONE, LOOPBACK);
                streams = new PodAccess(made, runtime, clock);
                made.start();
            } else {
                var network = network();
                var volumes = new LoopVolumes(settings.data().resolve("volumes"));
                disk = volumes;
                life.own(
                        () -> {
                            if (!podsGoOn) volumes.unmountAll();
                        });
                var runtime = runtime(network);
                var images = ImageStore.open(settings.data().resolve("images"), clock);
                var dns = dnsAddress(settings);
                var machine =
                        new LinuxMachine(
                                new LinuxMachine.Parts(
                                        api,
                                        images,
                                        volumes,
                                        network,
                                        settings.data().resolve("pods"),
                                        dns,
                                        RESOLV_CONF,
                                        settings.name(),
                                        network.gateway()));
                var probes = new NodeProbes(runtime, network.sockets());
                var made = agent(runtime, machine, probes, probes, network.gateway());
                streams = new PodAccess(made, runtime, clock);
                serve(network, dns);
                made.start();
                followImages(images, made);
            }
        } catch (IOException | InterruptedException | RuntimeException failure) {
            leavePods();
            try {
                life.close();
            } catch (IOException also) {
                failure.addSuppressed(also);
            }
            throw failure;
        }
    }

    static NodeParts open(Settings settings, Api api, InstantSource clock)
            throws IOException, InterruptedException {
        return new NodeParts(settings, api, clock);
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
            Runtime runtime, Machine machine, Probes probes, Hooks hooks, String address)
            throws IOException {
        var version = Cluster.VERSION;
        var name = settings.name();
        new NodeObject(api, clock, name, address, version, runtime.name() + "://" + version)
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

    private void serve(ClusterNetwork network, String dns)
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

    VolumeDisk disk() {
        return disk;
    }

    PodStreams streams() {
        return streams;
    }

    String name() {
        return settings.name();
    }

    @Override
    public void close() throws IOException {
        life.close();
    }
}

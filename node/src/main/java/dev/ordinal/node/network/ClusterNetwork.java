package dev.ordinal.node.network;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The network of one cluster: a named namespace with the pods' bridge, in which every Service
/// address can be bound, and one namespace for each pod.
///
/// It stays when the server ends and is taken over by the next one with the same settings.
/// [#destroy] takes it away.
public final class ClusterNetwork implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterNetwork.class);
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final Path FORWARD = Path.of("/proc/sys/net/ipv4/ip_forward");
    private static final Cidr LINKS = Cidr.parse("100.64.0.0/10");
    private static final int LINK_BITS = 30;
    private static final int LINKS_TRIED = 64;

    private final Settings settings;
    private final String id;
    private final PodRecords records;
    private final Map<String, PodNetwork> pods = new ConcurrentHashMap<>();
    private final AddressPool addresses;
    private final Cidr link;
    private final NamespaceSockets sockets;

    /// What a cluster's network is made from.
    ///
    /// @param name of the cluster
    /// @param podCidr addresses of pods; the first is the gateway's
    /// @param serviceCidr addresses of Services
    /// @param state a folder of its own below the cluster's data
    public record Settings(String name, Cidr podCidr, Cidr serviceCidr, Path state) {
        /// What names everything of this network on the machine, such as `ordinal-1f2e3d4c`.
        public String id() {
            return "ordinal-" + identity(this);
        }
    }

    /// One pod's part.
    ///
    /// @param number given once
    /// @param namespace the file to enter it by
    public record PodNetwork(String podUid, long number, String address, Path namespace) {}

    private ClusterNetwork(Settings settings) throws IOException, InterruptedException {
        this.settings = settings;
        id = identity(settings);
        records = new PodRecords(settings.state());
        var made = records.made();
        if (made.isPresent() && made.get().equals(description(linkOf(made.get())))) {
            link = linkOf(made.get());
        } else {
            clear();
            link = freeLink();
            build();
        }
        addresses = new AddressPool(settings.podCidr(), records.sequence());
        takeOver();
        sockets = new NamespaceSockets(namespace());
    }

    /// Makes the network, or takes over the one a former server left.
    ///
    /// @throws IOException not root, no `ip`, or the kernel refuses; the message says which
    public static ClusterNetwork open(Settings settings) throws IOException, InterruptedException {
        return new ClusterNetwork(settings);
    }

    private static String identity(Settings settings) {
        try {
            var text = settings.name() + "\0" + settings.state().toAbsolutePath().normalize();
            var digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 4);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// Such as `ordinal-1f2e3d4c`.
    public String name() {
        return settings.id();
    }

    /// The cluster's namespace.
    public Path namespace() {
        return NAMESPACES.resolve(name());
    }

    /// Sockets inside: on Service addresses, on the gateway, to pods.
    public Sockets sockets() {
        return sockets;
    }

    /// The cluster's end of the bridge, every pod's default route; serves as the node's address.
    public String gateway() {
        return addresses.gateway();
    }

    public Cidr podCidr() {
        return settings.podCidr();
    }

    /// Where pods reach the host itself.
    public String hostAddress() {
        return link.at(1);
    }

    private String hostLink() {
        return "ord-" + id;
    }

    /// Identifies the namespace that is mounted now and all it was made from.
    private String description(Cidr ofLink) throws IOException {
        if (!Namespace.exists(namespace())) return "none";
        return "%s %s %s %s"
                .formatted(
                        ofLink,
                        settings.podCidr(),
                        settings.serviceCidr(),
                        Files.getAttribute(namespace(), "unix:ino"));
    }

    private static Cidr linkOf(String description) {
        return Cidr.parse(description.substring(0, description.indexOf(' ')));
    }

    private Cidr freeLink() throws IOException {
        var routes = HostRoutes.read();
        long places = 1L << (LINK_BITS - LINKS.bits());
        long first = Long.parseLong(id, 16);
        for (long i = 0; i < LINKS_TRIED; i++) {
            long place = (first + i) % places;
            var candidate =
                    new Cidr(LINKS.network() + (int) (place << (32 - LINK_BITS)), LINK_BITS);
            if (routes.free(candidate)) return candidate;
        }
        throw new IOException("no free link addresses in " + LINKS);
    }

    private void build() throws IOException, InterruptedException {
        try {
            Files.createDirectories(settings.state());
            IpCommand.batch(
                    List.of(
                            "netns add " + name(),
                            "link add %s type veth peer name host netns %s"
                                    .formatted(hostLink(), name()),
                            "addr add %s/%d dev %s".formatted(link.at(1), LINK_BITS, hostLink()),
                            "link set %s up".formatted(hostLink())));
            Namespace.in(
                    namespace(),
                    () -> {
                        Files.writeString(FORWARD, "1");
                        IpCommand.batch(inside());
                        return true;
                    });
            routeFromHost();
            records.made(description(link));
        } catch (IOException | InterruptedException | RuntimeException failure) {
            clear();
            throw failure;
        }
    }

    private List<String> inside() {
        var pods = settings.podCidr();
        var mac = "02:6f:" + id.replaceAll("(..)(?=.)", "$1:");
        return List.of(
                "link set lo up",
                "link add br0 address %s type bridge".formatted(mac),
                "addr add %s/%d dev br0".formatted(pods.at(1), pods.bits()),
                "link set br0 up",
                "route add local %s dev lo".formatted(settings.serviceCidr()),
                "addr add %s/%d dev host".formatted(link.at(2), LINK_BITS),
                "link set host up");
    }

    /// Lets programs on the host reach pods, unless the addresses mean something else there.
    private void routeFromHost() throws IOException {
        if (!HostRoutes.read().free(settings.podCidr())) {
            LOG.info(
                    "the host routes {} elsewhere: pods have no address there", settings.podCidr());
            return;
        }
        IpCommand.batch(
                List.of(
                        "route add %s via %s dev %s"
                                .formatted(settings.podCidr(), link.at(2), hostLink())));
    }

    private void takeOver() throws IOException, InterruptedException {
        for (var pod : records.pods(NAMESPACES, name())) {
            if (Namespace.exists(pod.namespace())) {
                pods.put(pod.podUid(), pod);
                addresses.keep(pod.address());
            } else {
                records.drop(pod.podUid());
            }
        }
        var known = pods.values().stream().map(PodNetwork::namespace).toList();
        for (var file : podNamespaces()) {
            if (!known.contains(file)) takeAway(file);
        }
    }

    private List<Path> podNamespaces() throws IOException {
        if (!Files.isDirectory(NAMESPACES)) return List.of();
        try (var files = Files.newDirectoryStream(NAMESPACES, name() + "-*")) {
            List<Path> found = new ArrayList<>();
            files.forEach(found::add);
            return found;
        }
    }

    /// Gives a pod its namespace and address, or the ones it has.
    ///
    /// @throws IOException the pod has none then
    public PodNetwork add(String podUid) throws IOException, InterruptedException {
        var present = pods.get(podUid);
        if (present != null) return present;
        var taken = addresses.take();
        records.sequence(addresses.sequence());
        var netns = name() + "-" + taken.number();
        var pod =
                new PodNetwork(podUid, taken.number(), taken.address(), NAMESPACES.resolve(netns));
        try {
            Namespace.in(
                    namespace(),
                    () -> {
                        IpCommand.batch(
                                List.of(
                                        "netns add " + netns,
                                        "link add v%d master br0 up type veth peer name eth0 netns %s"
                                                .formatted(taken.number(), netns)));
                        return true;
                    });
            Namespace.in(
                    pod.namespace(),
                    () -> {
                        IpCommand.batch(
                                List.of(
                                        "link set lo up",
                                        "addr add %s/%d dev eth0"
                                                .formatted(
                                                        taken.address(), settings.podCidr().bits()),
                                        "link set eth0 up",
                                        "route add default via " + addresses.gateway()));
                        return true;
                    });
            records.add(pod);
        } catch (IOException | InterruptedException | RuntimeException failure) {
            takeAway(pod.namespace());
            addresses.giveBack(taken.address());
            throw failure;
        }
        pods.put(podUid, pod);
        return pod;
    }

    public Optional<PodNetwork> get(String podUid) {
        return Optional.ofNullable(pods.get(podUid));
    }

    /// Those of a former server included.
    public List<PodNetwork> all() {
        return List.copyOf(pods.values());
    }

    /// Takes a pod's network away; an unknown pod is fine. Its address rests until its turn comes.
    public void remove(String podUid) throws IOException, InterruptedException {
        var pod = pods.get(podUid);
        if (pod == null) return;
        takeAway(pod.namespace());
        records.drop(podUid);
        pods.remove(podUid);
        addresses.giveBack(pod.address());
    }

    /// The kernel frees a namespace some time later; its link goes here and now.
    private void takeAway(Path pod) throws IOException, InterruptedException {
        var netns = pod.getFileName().toString();
        var link = "v" + netns.substring(name().length() + 1);
        Namespace.in(
                namespace(),
                () -> {
                    IpCommand.attempt(List.of("link del " + link, "netns del " + netns));
                    return true;
                });
        Files.deleteIfExists(pod);
    }

    private void clear() throws IOException {
        List<String> lines = new ArrayList<>();
        for (var pod : podNamespaces()) lines.add("netns del " + pod.getFileName());
        lines.add("link del " + hostLink());
        if (Files.exists(namespace())) lines.add("netns del " + name());
        IpCommand.attempt(lines);
        for (var pod : podNamespaces()) Files.deleteIfExists(pod);
        Files.deleteIfExists(namespace());
        records.clear();
    }

    /// Takes everything away, the pods' namespaces too.
    public void destroy() throws IOException {
        close();
        pods.clear();
        clear();
    }

    /// Leaves the network to the next server.
    @Override
    public void close() {
        sockets.close();
    }
}

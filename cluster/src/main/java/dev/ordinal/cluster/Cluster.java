package dev.ordinal.cluster;

import dev.ordinal.api.Api;
import dev.ordinal.api.Registry;
import dev.ordinal.api.Stored;
import dev.ordinal.api.StoredCodec;
import dev.ordinal.control.Lifetime;
import dev.ordinal.control.Writes;
import dev.ordinal.kinds.Access;
import dev.ordinal.kinds.Catalogue;
import dev.ordinal.kinds.customresourcedefinition.CustomKinds;
import dev.ordinal.kinds.rbac.DefaultRoles;
import dev.ordinal.kinds.rbac.RbacAuthorizer;
import dev.ordinal.kinds.service.ServiceAddresses;
import dev.ordinal.node.runtime.Leftovers;
import dev.ordinal.server.ApiServer;
import dev.ordinal.server.auth.Pki;
import dev.ordinal.store.DiskStore;
import dev.ordinal.store.Store;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// A running cluster: store, API, controllers and node in this JVM. Closing it stops everything it
/// started.
public final class Cluster implements AutoCloseable {
    /// As `kubectl version` shows it.
    public static final String VERSION = "v1.36.0";

    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);
    private static final int HISTORY_MAX = 20_000;
    private static final Duration ROLES_LATER = Duration.ofSeconds(3);

    private final Settings settings;
    private final Lifetime life = new Lifetime();
    private final Registry api;
    private final ApiServer server;

    private Cluster(Settings settings) throws IOException, InterruptedException {
        this.settings = settings;
        @Nullable NodeParts node = null;
        try {
            InstantSource clock = InstantSource.system();
            Files.createDirectories(settings.data());
            Store<Stored> store =
                    life.own(
                            DiskStore.open(
                                    settings.data().resolve("store"),
                                    new StoredCodec(),
                                    HISTORY_MAX,
                                    settings.rocksdbLibrary()));
            node = life.own(new NodeParts(settings, clock));
            var apiAddress = firstAddress(settings.serviceCidr());
            var machine = life.begin("machine", node::prepare);
            var serving = life.begin("serving", () -> serving(apiAddress, store, clock));
            var addresses = new ServiceAddresses(settings.serviceCidr(), 30000, 32767);
            var customKinds = new CustomKinds();
            var access = Access.of(() -> accountKeys(serving), clock);
            api =
                    new Registry(
                            Catalogue.kinds(settings.featureGates(), access),
                            Catalogue.admissions(addresses, customKinds, access),
                            store,
                            clock,
                            new SecureRandom());
            addresses.load(api);
            customKinds.load(api);
            access.load(api);
            new Bootstrap(api).run(apiAddress, NodeParts.dnsAddress(settings));
            var started = node.start(api, machine.get());
            var pki = serving.get().pki();
            Controllers.of(
                            api,
                            clock,
                            settings.featureGates(),
                            customKinds,
                            access.roles(),
                            started.disk(),
                            node.name(),
                            pki.authorityPem(),
                            Writes.AT_ONCE)
                    .chosen(settings.controllers())
                    .start(life, clock);
            server = life.own(serving.get().server());
            server.start(api, started.streams(), access.tokens(), access.roles());
            node.apiServer(new InetSocketAddress(settings.host(), server.port()));
            pki.writeKubeconfig(
                    settings.kubeconfig(),
                    settings.name(),
                    "https://%s:%d".formatted(settings.host(), server.port()));
            life.run("default-roles", () -> fill(access.roles()));
        } catch (IOException | InterruptedException | RuntimeException failure) {
            if (node != null) node.leavePods();
            try {
                life.close();
            } catch (IOException also) {
                failure.addSuppressed(also);
            }
            throw failure;
        }
    }

    private static KeyPair accountKeys(Lifetime.Begun<Serving> serving) {
        try {
            return serving.get().pki().accountKeys();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    /// Nobody waits for it but who asks for roles or would be refused without: what starts together
    /// with the cluster has the machine to itself.
    private void fill(RbacAuthorizer roles) throws InterruptedException {
        roles.awaitNeed(ROLES_LATER);
        try {
            DefaultRoles.reconcile(api);
        } catch (RuntimeException failure) {
            LOG.warn("the default roles are not complete: {}", failure.toString());
        } finally {
            roles.complete();
        }
    }

    /// Answers API requests when this returns.
    ///
    /// @throws IOException with a message that says what to do
    public static Cluster start(Settings settings) throws IOException, InterruptedException {
        return new Cluster(settings);
    }

    /// Whether a folder is a cluster's; nothing in any other is ever removed.
    public static boolean isIn(Path data) {
        return Files.isDirectory(data.resolve("store").resolve("rocksdb"))
                && Files.isDirectory(data.resolve("pki"));
    }

    /// Takes away what a cluster that is down has left on the machine: pods, mounts, its network.
    /// The state stays.
    public static void clean(Settings settings) {
        Leftovers.clean(settings.data(), NodeParts.networkSettings(settings).id());
    }

    private static String firstAddress(String cidr) {
        var network = cidr.substring(0, cidr.indexOf('/'));
        return network.substring(0, network.lastIndexOf('.') + 1) + "1";
    }

    private List<String> names(String apiAddress) throws IOException {
        return List.of(
                "localhost",
                "127.0.0.1",
                "::1",
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                "kubernetes.default.svc.cluster.local",
                apiAddress,
                InetAddress.getByName(settings.host()).getHostAddress());
    }

    private record Serving(Pki pki, ApiServer server) {}

    /// Keys and a server that does not listen yet.
    private Serving serving(String apiAddress, Store<Stored> store, InstantSource clock)
            throws IOException {
        Map<String, Supplier<Optional<String>>> checks =
                Map.of("ping", Optional::empty, "store", store::failure);
        var pki = Pki.open(settings.data().resolve("pki"), clock, names(apiAddress));
        var serves = new ApiServer.Settings(settings.host(), settings.port(), VERSION, checks);
        return new Serving(pki, new ApiServer(serves, pki, clock));
    }

    /// The way in for clients in this JVM.
    public Api api() {
        return api;
    }

    /// The port the API listens on.
    public int port() {
        return server.port();
    }

    /// A kubeconfig with an administrator's certificate.
    public Path kubeconfig() {
        return settings.kubeconfig();
    }

    @Override
    public void close() throws IOException {
        life.close();
    }
}

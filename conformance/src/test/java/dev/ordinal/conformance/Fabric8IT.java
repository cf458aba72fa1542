package dev.ordinal.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ordinal.testing.Rule;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ConfigMapList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectorBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// The fabric8 client at what programs do with it, on a cluster of ours or, with
/// `-Dkubeconfig=FILE`, on any other.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Fabric8IT {
    private static final int PATIENCE_SECONDS = 30;

    private ControlPlane server;
    private KubernetesClient client;
    private String namespace;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        server = new ControlPlane(folder);
        client = client(Files.readString(server.kubeconfig()));
    }

    @AfterAll
    void stop() throws Exception {
        client.close();
        server.close();
    }

    @BeforeEach
    void open() throws Exception {
        namespace = server.namespace("fabric8");
    }

    @AfterEach
    void forget() throws Exception {
        server.forget(namespace);
    }

    private static KubernetesClient client(String kubeconfig) {
        return new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeconfig)).build();
    }

    private NonNamespaceOperation<ConfigMap, ConfigMapList, Resource<ConfigMap>> maps() {
        return client.configMaps().inNamespace(namespace);
    }

    private ConfigMap map(String name, String value) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .addToLabels("mine", "yes")
                .endMetadata()
                .withData(Map.of("value", value))
                .build();
    }

    /// Writes down what an informer or a watch tells.
    private static final class Told implements ResourceEventHandler<ConfigMap>, Watcher<ConfigMap> {
        private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

        @Override
        public void onAdd(ConfigMap map) {
            lines.add("add " + text(map));
        }

        @Override
        public void onUpdate(ConfigMap old, ConfigMap now) {
            lines.add("update " + text(old) + " to " + now.getData().get("value"));
        }

        @Override
        public void onDelete(ConfigMap map, boolean unknown) {
            lines.add("delete " + text(map) + (unknown ? " or later" : ""));
        }

        @Override
        public void eventReceived(Action action, ConfigMap map) {
            lines.add(action == Action.BOOKMARK ? bookmark(map) : action + " " + text(map));
        }

        @Override
        public void onClose() {
            lines.add("end");
        }

        @Override
        public void onClose(WatcherException cause) {
            lines.add(cause.isHttpGone() ? "gone" : "broken: " + cause.getMessage());
        }

        private static String text(ConfigMap map) {
            return map.getMetadata().getName() + "=" + map.getData().get("value");
        }

        private static String bookmark(ConfigMap map) {
            var notes = map.getMetadata().getAnnotations();
            return "BOOKMARK" + (notes == null ? "" : " " + notes);
        }

        String next() throws InterruptedException {
            return String.valueOf(lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
    }

    @Rule({"api 5.9", "api 13.3"})
    @Test
    void anInformerTellsWhatIsThereAndThenEveryChange() throws Exception {
        maps().resource(map("a", "1")).create();
        var told = new Told();
        try (var informer = maps().withLabel("mine", "yes").inform(told)) {
            assertThat(told.next()).isEqualTo("add a=1");
            maps().resource(map("b", "1")).create();
            assertThat(told.next()).isEqualTo("add b=1");
            maps().withName("a").edit(a -> new ConfigMapBuilder(a).addToData("value", "2").build());
            assertThat(told.next()).isEqualTo("update a=1 to 2");
            maps().withName("b").edit(b -> relabelled(b, "no"));
            assertThat(told.next()).as("out of the selection").isEqualTo("delete b=1");
            maps().withName("b").edit(b -> relabelled(b, "yes"));
            assertThat(told.next()).as("into the selection").isEqualTo("add b=1");
            maps().withName("a").delete();
            assertThat(told.next()).isEqualTo("delete a=2");
            assertThat(informer.getStore().listKeys()).containsExactly(namespace + "/b");
        }
    }

    private static ConfigMap relabelled(ConfigMap map, String mine) {
        return new ConfigMapBuilder(map)
                .editMetadata()
                .addToLabels("mine", mine)
                .endMetadata()
                .build();
    }

    @Test
    void anInformerMissesNothingWhenItsConnectionBreaks() throws Exception {
        maps().resource(map("a", "1")).create();
        maps().resource(map("b", "1")).create();
        var told = new Told();
        try (var wire = new Wire(server.port());
                var behind = client(server.kubeconfigAt(wire.port()));
                var _ = behind.configMaps().inNamespace(namespace).withLabel("mine").inform(told)) {
            assertThat(told.next()).isEqualTo("add a=1");
            assertThat(told.next()).isEqualTo("add b=1");
            wire.cut();
            maps().withName("a").edit(a -> new ConfigMapBuilder(a).addToData("value", "2").build());
            maps().withName("b").delete();
            maps().resource(map("c", "1")).create();
            wire.mend();
            assertThat(told.next()).isEqualTo("update a=1 to 2");
            assertThat(told.next()).isEqualTo("delete b=1");
            assertThat(told.next()).isEqualTo("add c=1");
        }
    }

    @Test
    void aWatchEndsInOrderAfterItsTime() throws Exception {
        var told = new Told();
        var options = new ListOptionsBuilder().withTimeoutSeconds(1L).build();
        maps().resource(map("a", "1")).create();
        try (var _ = maps().withLabel("mine").watch(options, told)) {
            assertThat(told.next()).isEqualTo("ADDED a=1");
        }
        assertThat(told.next()).isEqualTo("end");
    }

    @Rule({"api 5.5", "api 13.3"})
    @Test
    void aStreamedListEndsWithABookmarkThatSaysSo() throws Exception {
        maps().resource(map("a", "1")).create();
        maps().resource(map("b", "1")).create();
        var told = new Told();
        var options =
                new ListOptionsBuilder()
                        .withSendInitialEvents(true)
                        .withResourceVersionMatch("NotOlderThan")
                        .withAllowWatchBookmarks(true)
                        .build();
        try (var _ = maps().withLabel("mine").watch(options, told)) {
            assertThat(told.next()).isEqualTo("ADDED a=1");
            assertThat(told.next()).isEqualTo("ADDED b=1");
            assertThat(told.next()).isEqualTo("BOOKMARK {k8s.io/initial-events-end=true}");
            maps().withName("b").delete();
            assertThat(told.next()).isEqualTo("DELETED b=1");
        }
    }

    @Test
    void theNextCandidateLeadsWhenTheLeaderLetsGo() throws Exception {
        BlockingQueue<String> leaders = new LinkedBlockingQueue<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var one = elector("one", leaders, threads).start();
            assertThat(leaders.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("one leads");
            var two = elector("two", leaders, threads).start();
            var lease = client.leases().inNamespace(namespace).withName("lock");
            assertThat(lease.get().getSpec().getHolderIdentity()).isEqualTo("one");
            one.cancel(true);
            assertThat(leaders.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("one stops");
            assertThat(leaders.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("two leads");
            var held = lease.get().getSpec();
            assertThat(held.getHolderIdentity()).isEqualTo("two");
            assertThat(held.getLeaseDurationSeconds()).isEqualTo(60);
            assertThat(held.getRenewTime()).isAfterOrEqualTo(held.getAcquireTime());
            two.cancel(true);
        }
    }

    /// Its lease outlasts the test: only one that is let go can change hands.
    private LeaderElector elector(String name, BlockingQueue<String> leaders, Executor threads) {
        var callbacks =
                new LeaderCallbacks(
                        () -> leaders.add(name + " leads"),
                        () -> leaders.add(name + " stops"),
                        _ -> {});
        return new LeaderElectorBuilder(client, threads)
                .withConfig(
                        new LeaderElectionConfig(
                                new LeaseLock(namespace, "lock", name),
                                Duration.ofSeconds(60),
                                Duration.ofSeconds(50),
                                Duration.ofMillis(200),
                                callbacks,
                                true,
                                name))
                .build();
    }

    @Test
    void whatOthersHaveAppliedIsAConflictUnlessForced() {
        maps().resource(map("shared", "first")).patch(applied("first", false));
        var refused =
                catchThrowableOfType(
                        KubernetesClientException.class,
                        () ->
                                maps().resource(map("shared", "second"))
                                        .patch(applied("second", false)));
        assertThat(refused.getCode()).isEqualTo(409);
        assertThat(refused.getMessage())
                .contains("Apply failed with 1 conflict: conflict with \"first\": .data.value");
        assertThat(refused.getStatus().getDetails().getCauses())
                .containsExactly(
                        new StatusCause(
                                ".data.value", "conflict with \"first\"", "FieldManagerConflict"));
        var forced = maps().resource(map("shared", "second")).patch(applied("second", true));
        assertThat(forced.getData()).containsEntry("value", "second");
        assertThat(forced.getMetadata().getManagedFields())
                .extracting(ManagedFieldsEntry::getManager, Fabric8IT::ownsTheValue)
                .containsExactly(tuple("first", false), tuple("second", true));
        var dropped = map("shared", "");
        dropped.setData(null);
        assertThat(maps().resource(dropped).patch(applied("second", false)).getData())
                .as("what its only owner applies no longer is gone")
                .isNullOrEmpty();
    }

    private static PatchContext applied(String manager, boolean force) {
        return new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(manager)
                .withForce(force)
                .build();
    }

    private static boolean ownsTheValue(ManagedFieldsEntry entry) {
        return entry.getFieldsV1().getAdditionalProperties().containsKey("f:data");
    }

    @Rule("api 13.3")
    @Test
    void anInformerListsAgainWhenItsRevisionIsForgotten() throws Exception {
        assumeTrue(server.isOurs(), "this forgets when it is started again");
        maps().resource(map("a", "1")).create();
        var before = maps().resource(map("b", "1")).create().getMetadata().getResourceVersion();
        var told = new Told();
        try (var wire = new Wire(server.port());
                var behind = client(server.kubeconfigAt(wire.port()));
                var _ = behind.configMaps().inNamespace(namespace).withLabel("mine").inform(told)) {
            assertThat(told.next()).isEqualTo("add a=1");
            assertThat(told.next()).isEqualTo("add b=1");
            wire.cut();
            maps().withName("a").edit(a -> new ConfigMapBuilder(a).addToData("value", "2").build());
            maps().withName("b").delete();
            server.startAgain();
            var late = new Told();
            var from = new ListOptionsBuilder().withResourceVersion(before).build();
            try (var _ = maps().watch(from, late)) {
                assertThat(late.next()).as("the revision is forgotten").isEqualTo("gone");
            }
            wire.mend();
            assertThat(told.next()).isEqualTo("update a=1 to 2");
            assertThat(told.next()).isEqualTo("delete b=1 or later");
            maps().resource(map("c", "1")).create();
            assertThat(told.next()).isEqualTo("add c=1");
        }
    }
}

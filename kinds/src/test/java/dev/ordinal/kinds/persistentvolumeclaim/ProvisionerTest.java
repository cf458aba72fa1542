package dev.ordinal.kinds.persistentvolumeclaim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Status;
import dev.ordinal.control.Types;
import dev.ordinal.control.VolumeDisk;
import dev.ordinal.kinds.Intercepted;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.kinds.persistentvolume.VolumeController;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Volumes made on demand, on a disk in memory.
class ProvisionerTest {
    private final TestCluster cluster = new TestCluster(1);
    private final Map<String, Long> files = new TreeMap<>();
    private final Set<String> unfinished = new TreeSet<>();
    private boolean full;
    private boolean refuseVolumes;

    private final VolumeDisk disk =
            new VolumeDisk() {
                @Override
                public String path(String volume) {
                    return "/volumes/" + volume;
                }

                @Override
                public void create(String volume, long bytes) throws IOException {
                    if (full) throw new IOException("no space left");
                    files.put(volume, bytes);
                    unfinished.add(volume);
                }

                @Override
                public void finish(String volume) {
                    unfinished.remove(volume);
                }

                @Override
                public Set<String> unfinished() {
                    return Set.copyOf(unfinished);
                }

                @Override
                public void delete(String volume) {
                    files.remove(volume);
                    unfinished.remove(volume);
                }
            };

    @BeforeEach
    void start() {
        cluster.run((api, informers) -> new ClaimController(api, informers, () -> cluster.now));
        cluster.run((api, informers) -> new VolumeController(api, informers, () -> cluster.now));
        cluster.run(ProtectionController::new);
        cluster.run(
                (api, informers) ->
                        new Provisioner(
                                Intercepted.api(api, this::refuse),
                                informers,
                                () -> cluster.now,
                                disk,
                                "node"));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void refuse(String call) {
        if (!refuseVolumes || !call.equals("create persistentvolumes")) return;
        throw new ApiException(new Status(500, "", "not now", null));
    }

    private void createClass(String more) {
        cluster.create(
                Types.STORAGE_CLASSES,
                null,
                "{'metadata':{'name':'standard'},'provisioner':'ordinal.dev/local'%s}"
                        .formatted(more));
    }

    private void createClaim(String more) throws Exception {
        cluster.create(
                Types.CLAIMS,
                "default",
                """
                {'metadata':{'name':'c1'},
                 'spec':{'resources':{'requests':{'storage':'3Mi'}},'storageClassName':'standard',
                         'accessModes':['ReadWriteOnce']%s}}
                """
                        .formatted(more));
        cluster.settle();
    }

    private List<String> events() {
        return cluster.api.list(Types.EVENTS, null, Api.ListOptions.ALL).items().stream()
                .map(
                        e ->
                                e.tree().path("reason").asText()
                                        + ": "
                                        + e.tree().path("message").asText())
                .toList();
    }

    @Rule({"storage 7.4", "storage 7.5"})
    @Test
    void makesAVolumeForAClaim() throws Exception {
        createClass("");
        createClaim("");

        var uid = cluster.api.get(Types.CLAIMS, "default", "c1").uid();
        var volume = cluster.api.get(Types.VOLUMES, null, "pvc-" + uid).tree();
        assertThat(files).containsExactly(Map.entry("pvc-" + uid, 3L << 20));
        assertThat(volume.at("/spec/claimRef/uid").asText()).isEqualTo(uid);
        assertThat(volume.at("/spec/storageClassName").asText()).isEqualTo("standard");
        assertThat(volume.at("/spec/persistentVolumeReclaimPolicy").asText()).isEqualTo("Delete");
        assertThat(volume.at("/spec/capacity/storage").asText()).isEqualTo("3Mi");
        assertThat(volume.at("/spec/accessModes/0").asText()).isEqualTo("ReadWriteOnce");
        assertThat(volume.at("/spec/local/path").asText()).isEqualTo("/volumes/pvc-" + uid);
        assertThat(volume.at("/metadata/annotations").path(Storage.PROVISIONED_BY).asText())
                .isEqualTo("ordinal.dev/local");
        assertThat(volume.at("/metadata/finalizers").toString())
                .contains(Storage.PROVISIONER_FINALIZER);
        assertThat(
                        cluster.api
                                .get(Types.CLAIMS, "default", "c1")
                                .tree()
                                .at("/status/phase")
                                .asText())
                .isEqualTo("Bound");
        assertThat(events())
                .contains("ProvisioningSucceeded: Successfully provisioned volume pvc-" + uid);
    }

    @Rule("storage 7.4")
    @Test
    void waitsForANodeWhenTheClassDoes() throws Exception {
        createClass(",'volumeBindingMode':'WaitForFirstConsumer'");
        createClaim("");
        assertThat(files).isEmpty();

        cluster.patch(
                Types.CLAIMS,
                "default",
                "c1",
                null,
                "{'metadata':{'annotations':{'volume.kubernetes.io/selected-node':'node'}}}");
        cluster.settle();
        assertThat(files).hasSize(1);
    }

    @Rule("storage 7.7")
    @Test
    void aVolumeThatIsThereAlreadyIsUsed() throws Exception {
        full = true;
        createClass("");
        createClaim("");
        var uid = cluster.api.get(Types.CLAIMS, "default", "c1").uid();
        cluster.create(
                Types.VOLUMES,
                null,
                """
                {'metadata':{'name':'pvc-%s'},
                 'spec':{'capacity':{'storage':'3Mi'},'accessModes':['ReadWriteOnce'],
                         'storageClassName':'standard','csi':{'driver':'d','volumeHandle':'h'},
                         'claimRef':{'namespace':'default','name':'c1','uid':'%s'}}}
                """
                        .formatted(uid, uid));
        cluster.now = cluster.now.plusSeconds(10);
        cluster.settle();

        assertThat(
                        cluster.api
                                .get(Types.CLAIMS, "default", "c1")
                                .tree()
                                .at("/spec/volumeName")
                                .asText())
                .isEqualTo("pvc-" + uid);
        assertThat(files).isEmpty();
    }

    @Rule({"storage 7.5", "storage 4.2"})
    @Test
    void aFailureIsToldAndTriedAgain() throws Exception {
        full = true;
        createClass("");
        createClaim("");
        assertThat(events())
                .contains(
                        "ProvisioningFailed: failed to provision volume with StorageClass"
                                + " \"standard\": no space left");
        assertThat(cluster.names(Types.VOLUMES, null)).isEmpty();

        full = false;
        cluster.now = cluster.now.plusSeconds(1);
        cluster.settle();
        assertThat(cluster.names(Types.VOLUMES, null)).hasSize(1);
    }

    @Rule("storage 7.5")
    @Test
    void blockVolumesAreRefused() throws Exception {
        createClass("");
        createClaim(",'volumeMode':'Block'");

        assertThat(files).isEmpty();
        assertThat(events())
                .contains(
                        "ProvisioningFailed: volumeMode Block is not supported by"
                                + " ordinal.dev/local");
    }

    @Rule({"storage 8.2", "storage 7.4"})
    @Test
    void theVolumeOfADeletedClaimGoesWithItsData() throws Exception {
        createClass("");
        createClaim("");
        cluster.api.delete(Types.CLAIMS, "default", "c1", Api.DeleteOptions.DEFAULT);
        cluster.settle();

        assertThat(files).isEmpty();
        assertThat(cluster.names(Types.VOLUMES, null)).isEmpty();
    }

    @Rule({"storage 8.2", "storage 7.4"})
    @Test
    void aRetainedVolumeKeepsItsData() throws Exception {
        createClass(",'reclaimPolicy':'Retain'");
        createClaim("");
        var name = cluster.names(Types.VOLUMES, null).getFirst();
        assertThat(
                        cluster.api
                                .get(Types.VOLUMES, null, name)
                                .tree()
                                .at("/metadata/finalizers")
                                .toString())
                .doesNotContain(Storage.PROVISIONER_FINALIZER);

        cluster.api.delete(Types.CLAIMS, "default", "c1", Api.DeleteOptions.DEFAULT);
        cluster.settle();
        assertThat(files).hasSize(1);
        assertThat(cluster.names(Types.VOLUMES, null)).hasSize(1);
    }

    @Test
    void aClaimThatGoesBeforeItsVolumeHasAnObjectLeavesNoData() throws Exception {
        createClass("");
        refuseVolumes = true;
        createClaim("");
        assertThat(files).hasSize(1);
        assertThat(cluster.names(Types.VOLUMES, null)).isEmpty();

        cluster.api.delete(Types.CLAIMS, "default", "c1", Api.DeleteOptions.DEFAULT);
        cluster.settle();
        assertThat(cluster.names(Types.CLAIMS, "default")).isEmpty();
        assertThat(files).isEmpty();
    }

    @Test
    void aVolumeThatHasItsObjectByAnotherTryKeepsItsData() throws Exception {
        createClass("");
        refuseVolumes = true;
        createClaim("");
        refuseVolumes = false;
        cluster.now = cluster.now.plus(Duration.ofSeconds(1));
        cluster.settle();
        assertThat(cluster.names(Types.VOLUMES, null)).hasSize(1);
        assertThat(files).hasSize(1);
    }
}

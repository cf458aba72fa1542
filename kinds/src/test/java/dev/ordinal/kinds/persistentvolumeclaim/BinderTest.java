package dev.ordinal.kinds.persistentvolumeclaim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.kinds.persistentvolume.VolumeController;
import dev.ordinal.testing.Rule;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/// Claims and volumes with their controllers, in stories.
class BinderTest {
    private static final String STATIC = "'storageClassName':''";

    private final TestCluster cluster = new TestCluster(1);

    @BeforeEach
    void start() {
        cluster.run((api, informers) -> new ClaimController(api, informers, () -> cluster.now));
        cluster.run((api, informers) -> new VolumeController(api, informers, () -> cluster.now));
        cluster.run(ProtectionController::new);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void createVolume(String name, String size, String... spec) throws Exception {
        cluster.create(
                Types.VOLUMES,
                null,
                """
                {'metadata':{'name':'%s'},
                 'spec':{'capacity':{'storage':'%s'},'accessModes':['ReadWriteOnce'],
                         'csi':{'driver':'d','volumeHandle':'h'}%s}}
                """
                        .formatted(name, size, members(spec)));
        cluster.settle();
    }

    private void createClaim(String name, String size, String... spec) throws Exception {
        cluster.create(
                Types.CLAIMS,
                "default",
                """
                {'metadata':{'name':'%s'},
                 'spec':{'resources':{'requests':{'storage':'%s'}},
                         'accessModes':['ReadWriteOnce']%s}}
                """
                        .formatted(name, size, members(spec)));
        cluster.settle();
    }

    private static String members(String... spec) {
        return spec.length == 0 ? "" : "," + String.join(",", spec);
    }

    private JsonNode volume(String name) {
        return cluster.api.get(Types.VOLUMES, null, name).tree();
    }

    private JsonNode claim(String name) {
        return cluster.api.get(Types.CLAIMS, "default", name).tree();
    }

    private String phase(JsonNode object) {
        return object.at("/status/phase").asText();
    }

    private static String annotation(JsonNode object, String key) {
        return object.path("metadata").path("annotations").path(key).asText("none");
    }

    private void deleteClaim(String name) throws Exception {
        cluster.api.delete(Types.CLAIMS, "default", name, Api.DeleteOptions.DEFAULT);
        cluster.settle();
    }

    private void deleteVolume(String name) throws Exception {
        cluster.api.delete(Types.VOLUMES, null, name, Api.DeleteOptions.DEFAULT);
        cluster.settle();
    }

    private void patchVolume(String name, String patch) throws Exception {
        cluster.patch(Types.VOLUMES, null, name, null, patch);
        cluster.settle();
    }

    /// `Kind/name Type Reason: message`, in order of creation.
    private List<String> events() {
        return cluster.api.list(Types.EVENTS, null, Api.ListOptions.ALL).items().stream()
                .sorted(Comparator.comparing((Stored e) -> e.name().replaceAll(".*\\.", "")))
                .map(Stored::tree)
                .map(
                        e ->
                                "%s/%s %s %s: %s"
                                        .formatted(
                                                e.at("/involvedObject/kind").asText(),
                                                e.at("/involvedObject/name").asText(),
                                                e.path("type").asText(),
                                                e.path("reason").asText(),
                                                e.path("message").asText()))
                .toList();
    }

    private void createPod(String name, String more) throws Exception {
        cluster.create(
                Types.PODS,
                "default",
                """
                {'metadata':{'name':'%s'},
                 'spec':{'containers':[{'name':'c','image':'i:1'}]%s,
                         'volumes':[{'name':'v','persistentVolumeClaim':{'claimName':'c1'}}]}}
                """
                        .formatted(name, more));
        cluster.settle();
    }

    // --- binding

    @Rule({"storage 14 T1", "storage 5.3", "storage 8.1", "storage 13 1"})
    @Test
    void staticBind() throws Exception {
        createVolume("pv1", "5Gi");
        assertThat(phase(volume("pv1"))).isEqualTo("Available");
        createClaim("c1", "3Gi", STATIC);

        var ref = volume("pv1").at("/spec/claimRef");
        assertThat(ref.path("apiVersion").asText()).isEqualTo("v1");
        assertThat(ref.path("kind").asText()).isEqualTo("PersistentVolumeClaim");
        assertThat(ref.path("namespace").asText()).isEqualTo("default");
        assertThat(ref.path("name").asText()).isEqualTo("c1");
        assertThat(ref.path("uid")).isEqualTo(claim("c1").at("/metadata/uid"));
        assertThat(ref.path("resourceVersion").asText()).isNotEmpty();
        assertThat(annotation(volume("pv1"), Storage.BOUND_BY_CONTROLLER)).isEqualTo("yes");
        assertThat(phase(volume("pv1"))).isEqualTo("Bound");
        assertThat(claim("c1").at("/spec/volumeName").asText()).isEqualTo("pv1");
        assertThat(annotation(claim("c1"), Storage.BOUND_BY_CONTROLLER)).isEqualTo("yes");
        assertThat(annotation(claim("c1"), Storage.BIND_COMPLETED)).isEqualTo("yes");
        assertThat(claim("c1").path("status").toString())
                .isEqualTo(
                        "{\"accessModes\":[\"ReadWriteOnce\"],\"capacity\":{\"storage\":\"5Gi\"},"
                                + "\"phase\":\"Bound\"}");
        assertThat(events()).isEmpty();
    }

    @Rule("storage 5.3")
    @Test
    void theFourWritesComeInOrder() throws Exception {
        createVolume("pv1", "5Gi");
        cluster.create(
                Types.CLAIMS,
                "default",
                """
                {'metadata':{'name':'c1'},
                 'spec':{'resources':{'requests':{'storage':'3Gi'}},'storageClassName':'',
                         'accessModes':['ReadWriteOnce']}}
                """);
        try (var watched = new Writes(cluster)) {
            cluster.settle();

            assertThat(watched.all())
                    .containsExactly(
                            "pv1 ref Available -",
                            "pv1 ref Bound -",
                            "c1 pv1 Pending completed",
                            "c1 pv1 Bound completed");
        }
    }

    /// Every version of volumes and claims as it was written.
    private static final class Writes implements AutoCloseable {
        private final Api.Watching volumes;
        private final Api.Watching claims;

        Writes(TestCluster cluster) {
            var now = cluster.api.list(Types.CLAIMS, null, Api.ListOptions.ALL).revision();
            var after = Api.WatchOptions.after(Long.toString(now));
            volumes = cluster.api.watch(Types.VOLUMES, null, after);
            claims = cluster.api.watch(Types.CLAIMS, null, after);
        }

        List<String> all() throws InterruptedException {
            var events = new java.util.ArrayList<>(volumes.next(java.time.Duration.ZERO));
            events.addAll(claims.next(java.time.Duration.ZERO));
            return events.stream()
                    .map(Api.WatchEvent::object)
                    .sorted(Comparator.comparingLong(Stored::revision))
                    .map(Writes::text)
                    .toList();
        }

        private static String text(Stored object) {
            var tree = object.tree();
            var link =
                    tree.at("/spec/claimRef").isObject()
                            ? "ref"
                            : tree.at("/spec/volumeName").asText("-");
            return "%s %s %s %s"
                    .formatted(
                            object.name(),
                            link,
                            tree.at("/status/phase").asText(),
                            annotation(tree, Storage.BIND_COMPLETED).equals("yes")
                                    ? "completed"
                                    : "-");
        }

        @Override
        public void close() {
            volumes.close();
            claims.close();
        }
    }

    @Rule({"storage 14 T2", "storage 8.1"})
    @Test
    void boundByAReservationOfTheVolume() throws Exception {
        createVolume("pv1", "5Gi", "'claimRef':{'namespace':'default','name':'c1'}");
        assertThat(phase(volume("pv1"))).isEqualTo("Available");
        createClaim("other", "3Gi", STATIC);
        assertThat(phase(claim("other"))).isEqualTo("Pending");
        createClaim("c1", "3Gi", STATIC);

        assertThat(volume("pv1").at("/spec/claimRef/uid"))
                .isEqualTo(claim("c1").at("/metadata/uid"));
        assertThat(annotation(volume("pv1"), Storage.BOUND_BY_CONTROLLER)).isEqualTo("none");
        assertThat(annotation(claim("c1"), Storage.BOUND_BY_CONTROLLER)).isEqualTo("yes");
        assertThat(annotation(claim("c1"), Storage.BIND_COMPLETED)).isEqualTo("yes");
        assertThat(phase(claim("c1"))).isEqualTo("Bound");
    }

    @Rule("storage 14 T3")
    @Test
    void boundByARequestOfTheClaim() throws Exception {
        createVolume("pv1", "5Gi");
        createClaim("c1", "3Gi", STATIC, "'volumeName':'pv1'");

        assertThat(annotation(volume("pv1"), Storage.BOUND_BY_CONTROLLER)).isEqualTo("yes");
        assertThat(annotation(claim("c1"), Storage.BOUND_BY_CONTROLLER)).isEqualTo("none");
        assertThat(annotation(claim("c1"), Storage.BIND_COMPLETED)).isEqualTo("yes");
    }

    @Rule({"storage 14 T4", "storage 7.3", "storage 12"})
    @Test
    void dynamicBind() throws Exception {
        cluster.create(
                Types.STORAGE_CLASSES,
                null,
                "{'metadata':{'name':'ext'},'provisioner':'example.org/p'}");
        createClaim("c1", "3Gi", "'storageClassName':'ext'");

        assertThat(phase(claim("c1"))).isEqualTo("Pending");
        assertThat(annotation(claim("c1"), Storage.PROVISIONER)).isEqualTo("example.org/p");
        assertThat(annotation(claim("c1"), Storage.BETA_PROVISIONER)).isEqualTo("example.org/p");
        assertThat(events())
                .containsExactly(
                        "PersistentVolumeClaim/c1 Normal ExternalProvisioning: Waiting for a volume"
                            + " to be created either by the external provisioner 'example.org/p' or"
                            + " manually by the system administrator. If volume creation is"
                            + " delayed, please verify that the provisioner is running and"
                            + " correctly registered.");

        createVolume(
                "made",
                "3Gi",
                "'storageClassName':'other'",
                "'claimRef':{'namespace':'default','name':'c1','uid':'%s'}"
                        .formatted(claim("c1").at("/metadata/uid").asText()));
        assertThat(phase(claim("c1"))).isEqualTo("Bound");
        assertThat(phase(volume("made"))).isEqualTo("Bound");
        assertThat(annotation(volume("made"), Storage.BOUND_BY_CONTROLLER)).isEqualTo("none");
    }

    @Rule("storage 14 T5")
    @Test
    void delayedDynamicBind() throws Exception {
        cluster.create(
                Types.STORAGE_CLASSES,
                null,
                "{'metadata':{'name':'late'},'provisioner':'example.org/p',"
                        + "'volumeBindingMode':'WaitForFirstConsumer'}");
        createClaim("c1", "3Gi", "'storageClassName':'late'");
        assertThat(annotation(claim("c1"), Storage.PROVISIONER)).isEqualTo("none");
        assertThat(events()).hasSize(1).first().asString().contains("WaitForFirstConsumer");

        cluster.patch(
                Types.CLAIMS,
                "default",
                "c1",
                null,
                "{'metadata':{'annotations':{'volume.kubernetes.io/selected-node':'n1'}}}");
        cluster.settle();
        assertThat(annotation(claim("c1"), Storage.PROVISIONER)).isEqualTo("example.org/p");
    }

    @Rule({"storage 14 T9", "storage 5.3"})
    @Test
    void oneOfTwoClaimsThatRaceForAVolumeLooksForAnother() throws Exception {
        createVolume("pv1", "5Gi");
        cluster.pump();
        patchVolumeUnseen("{'spec':{'claimRef':{'namespace':'default','name':'d','uid':'d-uid'}}}");
        cluster.create(
                Types.CLAIMS,
                "default",
                "{'metadata':{'name':'c1'},'spec':{'resources':{'requests':{'storage':'3Gi'}},"
                        + "'storageClassName':'','accessModes':['ReadWriteOnce']}}");
        for (var informer : cluster.informers.all()) {
            if (!informer.type().equals(Types.VOLUMES)) informer.pump(java.time.Duration.ZERO);
        }
        cluster.step();
        assertThat(volume("pv1").at("/spec/claimRef/name").asText()).isEqualTo("d");

        createVolume("pv2", "5Gi");
        cluster.now = cluster.now.plusSeconds(1);
        cluster.settle();
        assertThat(claim("c1").at("/spec/volumeName").asText()).isEqualTo("pv2");
    }

    private void patchVolumeUnseen(String patch) {
        cluster.patch(Types.VOLUMES, null, "pv1", null, patch);
    }

    @Rule("storage 5.3")
    @Test
    void abandonedBindingsAreCompleted() throws Exception {
        createVolume("pv1", "5Gi");
        createClaim("c1", "3Gi", STATIC);
        cluster.patch(
                Types.CLAIMS,
                "default",
                "c1",
                "status",
                "{'status':{'phase':'Pending','capacity':null,'accessModes':null}}");
        cluster.settle();

        assertThat(phase(claim("c1"))).isEqualTo("Bound");
        assertThat(claim("c1").at("/status/capacity/storage").asText()).isEqualTo("5Gi");
    }

    @Rule({"storage 5.2", "storage 13 9", "storage 8.3"})
    @Test
    void aClaimWithoutItsVolumeIsLostUntilItComesBack() throws Exception {
        createVolume("pv1", "5Gi");
        createClaim("c1", "3Gi", STATIC);
        deleteVolume("pv1");
        assertThat(volume("pv1").path("metadata").has("deletionTimestamp")).isTrue();
        assertThat(phase(volume("pv1"))).isEqualTo("Bound");

        patchVolume("pv1", "{'metadata':{'finalizers':null}}");
        assertThat(claim("c1").path("status").toString()).isEqualTo("{\"phase\":\"Lost\"}");
        assertThat(events())
                .containsExactly(
                        "PersistentVolumeClaim/c1 Warning ClaimLost: Bound claim has lost its"
                                + " PersistentVolume. Data on the volume is lost!");

        createVolume("pv1", "5Gi");
        assertThat(phase(claim("c1"))).isEqualTo("Bound");
    }

    @Rule({"storage 3.3", "storage 13 11"})
    @Test
    void aLaterDefaultClassIsAssigned() throws Exception {
        createClaim("c1", "3Gi");
        assertThat(claim("c1").path("spec").has("storageClassName")).isFalse();

        cluster.create(
                Types.STORAGE_CLASSES,
                null,
                "{'metadata':{'name':'std','annotations':{"
                        + "'storageclass.kubernetes.io/is-default-class':'true'}},"
                        + "'provisioner':'example.org/p'}");
        cluster.settle();
        assertThat(claim("c1").at("/spec/storageClassName").asText()).isEqualTo("std");
        assertThat(annotation(claim("c1"), Storage.PROVISIONER)).isEqualTo("example.org/p");
    }

    // --- after the claim

    @Rule({"storage 14 T7", "storage 8.2", "storage 8.1", "storage 13 7"})
    @Test
    void aRetainedVolumeStaysReleasedUntilItsReferenceIsRemoved() throws Exception {
        createVolume("pv1", "5Gi");
        createClaim("c1", "3Gi", STATIC);
        deleteClaim("c1");
        assertThat(phase(volume("pv1"))).isEqualTo("Released");
        assertThat(volume("pv1").at("/spec/claimRef/name").asText()).isEqualTo("c1");

        createClaim("c1", "3Gi", STATIC);
        assertThat(phase(claim("c1"))).as("another uid").isEqualTo("Pending");

        patchVolume("pv1", "{'spec':{'claimRef':null}}");
        assertThat(phase(claim("c1"))).isEqualTo("Bound");
    }

    @Rule({"storage 8.2", "storage 13 7"})
    @Test
    void volumesOfExternalProvisionersAreTheirBusiness() throws Exception {
        createVolume("csi", "5Gi", "'persistentVolumeReclaimPolicy':'Delete'");
        createClaim("c1", "3Gi", STATIC);
        deleteClaim("c1");

        assertThat(phase(volume("csi"))).isEqualTo("Released");
        assertThat(events()).isEmpty();
    }

    @Rule("storage 8.2")
    @Test
    void volumesNobodyCanDeleteFail() throws Exception {
        createLocal("/data");
        createClaim("c1", "3Gi", STATIC);
        deleteClaim("c1");

        var why =
                "error getting deleter volume plugin for volume \"pv1\": no volume plugin"
                        + " matched";
        assertThat(phase(volume("pv1"))).isEqualTo("Failed");
        assertThat(volume("pv1").at("/status/message").asText()).isEqualTo(why);
        assertThat(events())
                .containsExactly("PersistentVolume/pv1 Warning VolumeFailedDelete: " + why);
    }

    private void createLocal(String path) throws Exception {
        cluster.create(
                Types.VOLUMES,
                null,
                """
                {'metadata':{'name':'pv1'},
                 'spec':{'capacity':{'storage':'5Gi'},'accessModes':['ReadWriteOnce'],
                         'persistentVolumeReclaimPolicy':'Delete','local':{'path':'%s'},
                         'nodeAffinity':{'required':{'nodeSelectorTerms':[{'matchExpressions':[
                           {'key':'a','operator':'In','values':['b']}]}]}}}}
                """
                        .formatted(path));
        cluster.settle();
    }

    private void createHostPath(String policy, String path) throws Exception {
        cluster.create(
                Types.VOLUMES,
                null,
                """
                {'metadata':{'name':'pv1'},
                 'spec':{'capacity':{'storage':'5Gi'},'accessModes':['ReadWriteOnce'],
                         'persistentVolumeReclaimPolicy':'%s','hostPath':{'path':'%s'}}}
                """
                        .formatted(policy, path));
        cluster.settle();
    }

    @Rule("storage 8.2")
    @Test
    void hostPathsOutsideTmpAreNotDeleted() throws Exception {
        createHostPath("Delete", "/data");
        createClaim("c1", "3Gi", STATIC);
        deleteClaim("c1");

        assertThat(volume("pv1").at("/status/message").asText())
                .isEqualTo("host_path deleter only supports /tmp/.+ but received provided /data");
    }

    @Rule("storage 8.2")
    @Test
    void thereIsNoRecycler() throws Exception {
        createHostPath("Recycle", "/data");
        createClaim("c1", "3Gi", STATIC);
        deleteClaim("c1");

        assertThat(phase(volume("pv1"))).isEqualTo("Failed");
        assertThat(events())
                .containsExactly(
                        "PersistentVolume/pv1 Warning VolumeFailedRecycle: No recycler plugin found"
                                + " for the volume!");
    }

    @Rule("storage 8.2")
    @Test
    void aChangedPolicyIsFollowedEvenWhenReleased() throws Exception {
        createVolume("pv1", "5Gi");
        createClaim("c1", "3Gi", STATIC);
        deleteClaim("c1");
        assertThat(phase(volume("pv1"))).isEqualTo("Released");

        patchVolume("pv1", "{'spec':{'persistentVolumeReclaimPolicy':'Recycle'}}");
        assertThat(phase(volume("pv1"))).isEqualTo("Failed");
    }

    @Rule({"storage 8.1", "storage 13 22"})
    @Test
    void aPairOfDifferentModesIsToldOnBothSides() throws Exception {
        createClaim("c1", "3Gi", STATIC, "'volumeMode':'Block'");
        createVolume(
                "pv1",
                "5Gi",
                "'claimRef':{'namespace':'default','name':'c1','uid':'%s'}"
                        .formatted(claim("c1").at("/metadata/uid").asText()));

        assertThat(events())
                .contains(
                        "PersistentVolume/pv1 Warning VolumeMismatch: Cannot bind PersistentVolume"
                                + " to requested PersistentVolumeClaim \"c1\" due to incompatible"
                                + " volumeMode.",
                        "PersistentVolumeClaim/c1 Warning VolumeMismatch: Cannot bind"
                            + " PersistentVolume \"pv1\" to requested PersistentVolumeClaim due to"
                            + " incompatible volumeMode.");
        assertThat(phase(claim("c1"))).isEqualTo("Pending");
    }

    @Rule("storage 8.1")
    @Test
    void aVolumeWhoseClaimIsBoundElsewhereBecomesFreeAgain() throws Exception {
        createVolume("pv1", "5Gi");
        createClaim("c1", "3Gi", STATIC);
        var uid = claim("c1").at("/metadata/uid").asText();
        var ref = "'claimRef':{'namespace':'default','name':'c1','uid':'%s'}".formatted(uid);

        createVolume("byUser".toLowerCase(), "5Gi", ref);
        assertThat(phase(volume("byuser"))).isEqualTo("Available");
        assertThat(volume("byuser").at("/spec/claimRef/name").asText()).isEqualTo("c1");
        assertThat(volume("byuser").at("/spec/claimRef").has("uid")).isFalse();

        createVolume("bycontroller", "5Gi");
        patchVolume(
                "bycontroller",
                "{'metadata':{'annotations':{'%s':'yes'}},'spec':{%s}}"
                        .formatted(Storage.BOUND_BY_CONTROLLER, ref));
        assertThat(phase(volume("bycontroller"))).isEqualTo("Available");
        assertThat(volume("bycontroller").path("spec").has("claimRef")).isFalse();
        assertThat(annotation(volume("bycontroller"), Storage.BOUND_BY_CONTROLLER))
                .isEqualTo("none");
    }

    @Rule("storage 8.1")
    @Test
    void aProvisionedVolumeWhoseClaimIsBoundElsewhereIsReleased() throws Exception {
        createVolume("pv1", "5Gi");
        createClaim("c1", "3Gi", STATIC);
        var uid = claim("c1").at("/metadata/uid").asText();
        cluster.create(
                Types.VOLUMES,
                null,
                """
                {'metadata':{'name':'extra','annotations':{'%s':'example.org/p'}},
                 'spec':{'capacity':{'storage':'5Gi'},'accessModes':['ReadWriteOnce'],
                         'persistentVolumeReclaimPolicy':'Delete','csi':{'driver':'d','volumeHandle':'h'},
                         'claimRef':{'namespace':'default','name':'c1','uid':'%s'}}}
                """
                        .formatted(Storage.PROVISIONED_BY, uid));
        cluster.settle();

        assertThat(phase(volume("extra"))).isEqualTo("Released");
        assertThat(volume("extra").at("/spec/claimRef/uid").asText()).isEqualTo(uid);
    }

    @Rule({"storage 2.3", "storage 13 21"})
    @Test
    void eachPhaseHasItsTime() throws Exception {
        createVolume("pv1", "5Gi");
        var available = volume("pv1").at("/status/lastPhaseTransitionTime").asText();
        assertThat(available).isEqualTo(cluster.now.toString());

        cluster.now = cluster.now.plusSeconds(5);
        createClaim("c1", "3Gi", STATIC);
        assertThat(volume("pv1").at("/status/lastPhaseTransitionTime").asText())
                .isEqualTo(cluster.now.toString());
        cluster.now = cluster.now.plusSeconds(5);
        deleteClaim("c1");
        assertThat(volume("pv1").at("/status/lastPhaseTransitionTime").asText())
                .isEqualTo(cluster.now.toString());
    }

    // --- protection

    @Rule({"storage 14 T8", "storage 8.3", "storage 13 14"})
    @Test
    void aClaimOutlivesThePodsThatUseIt() throws Exception {
        createVolume("pv1", "5Gi");
        createClaim("c1", "3Gi", STATIC);
        createPod("p", ",'nodeName':'n'");
        deleteClaim("c1");
        assertThat(claim("c1").path("metadata").has("deletionTimestamp")).isTrue();
        assertThat(phase(claim("c1"))).isEqualTo("Bound");

        cluster.patch(Types.PODS, "default", "p", "status", "{'status':{'phase':'Succeeded'}}");
        cluster.settle();
        assertThat(cluster.names(Types.CLAIMS, "default"))
                .as("an ended pod still counts")
                .containsExactly("c1");

        cluster.stopped("p");
        cluster.settle();
        assertThat(cluster.names(Types.CLAIMS, "default")).isEmpty();
        assertThat(phase(volume("pv1"))).isEqualTo("Released");
    }

    @Rule("storage 8.3")
    @Test
    void anUnscheduledPodDoesNotHoldAClaim() throws Exception {
        createClaim("c1", "3Gi", STATIC);
        createPod("p", "");
        deleteClaim("c1");

        assertThat(cluster.names(Types.CLAIMS, "default")).isEmpty();
    }

    @Rule({"storage 8.3", "storage 13 8"})
    @Test
    void aDeletedVolumeGoesAfterItsClaim() throws Exception {
        createVolume("pv1", "5Gi");
        createClaim("c1", "3Gi", STATIC);
        deleteVolume("pv1");
        assertThat(cluster.names(Types.VOLUMES, null)).containsExactly("pv1");

        deleteClaim("c1");
        assertThat(cluster.names(Types.VOLUMES, null)).isEmpty();
    }

    @Rule("storage 8.3")
    @Test
    void lostFinalizersAreGivenAgain() throws Exception {
        createVolume("pv1", "5Gi");
        createClaim("c1", "3Gi", STATIC);
        assertThat(claim("c1").at("/metadata/finalizers/0").asText())
                .isEqualTo("kubernetes.io/pvc-protection");
        assertThat(volume("pv1").at("/metadata/finalizers/0").asText())
                .isEqualTo("kubernetes.io/pv-protection");

        cluster.patch(Types.CLAIMS, "default", "c1", null, "{'metadata':{'finalizers':null}}");
        patchVolume("pv1", "{'metadata':{'finalizers':null}}");

        assertThat(claim("c1").at("/metadata/finalizers/0").asText())
                .isEqualTo("kubernetes.io/pvc-protection");
        assertThat(volume("pv1").at("/metadata/finalizers/0").asText())
                .isEqualTo("kubernetes.io/pv-protection");
    }

    /// The claim is heard of before the volume that was there first.
    @Test
    void nobodyIsToldOfAMissingVolumeThatIsOnlyNotYetSeen() throws Exception {
        cluster.settle();
        cluster.create(
                Types.VOLUMES,
                null,
                """
                {'metadata':{'name':'v'},
                 'spec':{'capacity':{'storage':'1Gi'},'accessModes':['ReadWriteOnce'],
                         'storageClassName':'none','csi':{'driver':'d','volumeHandle':'h'}}}
                """);
        cluster.patch(Types.VOLUMES, null, "v", "status", "{'status':{'phase':'Available'}}");
        cluster.create(
                Types.CLAIMS,
                "default",
                """
                {'metadata':{'name':'c'},
                 'spec':{'resources':{'requests':{'storage':'1Gi'}},'storageClassName':'none',
                         'accessModes':['ReadWriteOnce']}}
                """);
        cluster.informers.of(Types.CLAIMS, PersistentVolumeClaim.class).pump(Duration.ZERO);
        cluster.step();
        cluster.settle();
        assertThat(phase(claim("c"))).isEqualTo("Bound");
        assertThat(events()).noneMatch(event -> event.contains("ProvisioningFailed"));
    }
}

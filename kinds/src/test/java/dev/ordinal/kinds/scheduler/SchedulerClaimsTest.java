package dev.ordinal.kinds.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.api.Api;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.List;

/// Pods whose claims keep them from being scheduled.
class SchedulerClaimsTest {
    private final TestCluster cluster = new TestCluster(1);

    @BeforeEach
    void start() {
        cluster.run((api, informers) -> new Scheduler(api, informers, () -> cluster.now));
        cluster.createNode("n", "{'pods':'110'}");
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void createPod(String name, String claim) throws Exception {
        cluster.create(
                Types.PODS,
                "default",
                """
                {'metadata':{'name':'%s'},
                 'spec':{'containers':[{'name':'c','image':'i:1'}],
                         'volumes':[{'name':'v','persistentVolumeClaim':{'claimName':'%s'}}]}}
                """
                        .formatted(name, claim));
        cluster.settle();
    }

    private void createClaim(String name, String mode) throws Exception {
        cluster.create(
                Types.CLAIMS,
                "default",
                """
                {'metadata':{'name':'%s'},
                 'spec':{'resources':{'requests':{'storage':'1Mi'}},'storageClassName':'',
                         'accessModes':['%s']}}
                """
                        .formatted(name, mode));
        cluster.settle();
    }

    private void bind(String claim) throws Exception {
        cluster.create(
                Types.VOLUMES,
                null,
                """
                {'metadata':{'name':'v'},
                 'spec':{'capacity':{'storage':'1Mi'},'accessModes':['ReadWriteOnce'],
                         'hostPath':{'path':'/v'}}}
                """);
        cluster.patch(
                Types.CLAIMS,
                "default",
                claim,
                null,
                "{'metadata':{'annotations':{'pv.kubernetes.io/bind-completed':'yes'}},"
                        + "'spec':{'volumeName':'v'}}");
        cluster.patch(Types.CLAIMS, "default", claim, "status", "{'status':{'phase':'Bound'}}");
        cluster.settle();
    }

    private String node(String pod) {
        return cluster.api.get(Types.PODS, "default", pod).tree().at("/spec/nodeName").asText();
    }

    private String condition(String pod) {
        for (var c : cluster.api.get(Types.PODS, "default", pod).tree().at("/status/conditions")) {
            if (c.path("type").asText().equals("PodScheduled")) {
                return "%s %s: %s"
                        .formatted(
                                c.path("status").asText(),
                                c.path("reason").asText(),
                                c.path("message").asText());
            }
        }
        return "none";
    }

    private List<String> events() {
        return cluster.api.list(Types.EVENTS, "default", Api.ListOptions.ALL).items().stream()
                .map(
                        e ->
                                e.tree().path("reason").asText()
                                        + ": "
                                        + e.tree().path("message").asText())
                .toList();
    }

    @Rule({"storage 10.1", "storage 10.3"})
    @Test
    void waitsForAMissingClaimAndForItsVolume() throws Exception {
        createPod("p", "c");
        assertThat(condition("p"))
                .isEqualTo(
                        "False Unschedulable: 0/1 nodes are available: persistentvolumeclaim \"c\""
                                + " not found.");
        assertThat(events())
                .containsExactly(
                        "FailedScheduling: 0/1 nodes are available: persistentvolumeclaim \"c\" not"
                                + " found.");

        createClaim("c", "ReadWriteOnce");
        assertThat(condition("p")).endsWith("pod has unbound immediate PersistentVolumeClaims.");
        bind("c");
        assertThat(node("p")).isEqualTo("n");
    }

    @Rule({"storage 10.1", "storage 8.3"})
    @Test
    void doesNotUseAClaimThatIsBeingDeleted() throws Exception {
        createClaim("c", "ReadWriteOnce");
        bind("c");
        cluster.api.delete(Types.CLAIMS, "default", "c", Api.DeleteOptions.DEFAULT);
        createPod("p", "c");

        assertThat(condition("p")).endsWith("persistentvolumeclaim \"c\" is being deleted.");
        assertThat(node("p")).isEmpty();
    }

    @Rule("storage 10.1")
    @Test
    void doesNotUseALostClaim() throws Exception {
        createClaim("c", "ReadWriteOnce");
        bind("c");
        cluster.patch(Types.CLAIMS, "default", "c", "status", "{'status':{'phase':'Lost'}}");
        createPod("p", "c");

        assertThat(condition("p"))
                .endsWith(
                        "persistentvolumeclaim \"c\" bound to non-existent persistentvolume"
                                + " \"v\".");
    }

    @Rule({"storage 10.2", "storage 10.6", "storage 13 16"})
    @Test
    void aClaimForOnePodIsUsedByOnePod() throws Exception {
        createClaim("c", "ReadWriteOncePod");
        bind("c");
        createPod("p", "c");
        createPod("q", "c");
        assertThat(node("p")).isEqualTo("n");
        assertThat(condition("q"))
                .endsWith(
                        "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod"
                                + " access mode already in-use by another pod. no new claims to"
                                + " deallocate, preemption: 0/1 nodes are available: 1 No"
                                + " preemption victims found for incoming pod.");

        cluster.stopped("p");
        cluster.settle();
        assertThat(node("q")).isEqualTo("n");
    }

    @Rule("storage 10.6")
    @Test
    void aClaimForOneNodeIsUsedByManyPods() throws Exception {
        createClaim("c", "ReadWriteOnce");
        bind("c");
        createPod("p", "c");
        createPod("q", "c");

        assertThat(node("q")).isEqualTo("n");
    }

    private void createLateClass(String provisioner) throws Exception {
        cluster.create(
                Types.STORAGE_CLASSES,
                null,
                "{'metadata':{'name':'late'},'provisioner':'%s','volumeBindingMode':'WaitForFirstConsumer'}"
                        .formatted(provisioner));
        cluster.create(
                Types.CLAIMS,
                "default",
                """
                {'metadata':{'name':'c'},
                 'spec':{'resources':{'requests':{'storage':'1Gi'}},'storageClassName':'late',
                         'accessModes':['ReadWriteOnce']}}
                """);
        cluster.settle();
    }

    private void createVolume(String name, String size, String node) throws Exception {
        cluster.create(
                Types.VOLUMES,
                null,
                """
                {'metadata':{'name':'%s'},
                 'spec':{'capacity':{'storage':'%s'},'accessModes':['ReadWriteOnce'],
                         'storageClassName':'late','local':{'path':'/v'},
                         'nodeAffinity':{'required':{'nodeSelectorTerms':[{'matchExpressions':[
                           {'key':'host','operator':'In','values':['%s']}]}]}}}}
                """
                        .formatted(name, size, node));
        cluster.patch(Types.VOLUMES, null, name, "status", "{'status':{'phase':'Available'}}");
        cluster.settle();
    }

    @Rule({"storage 10.4", "storage 10.5", "storage 14 T5"})
    @Test
    void tellsTheProvisionerTheNodeAndWaitsForTheClaim() throws Exception {
        createLateClass("example.com/outside");
        createPod("p", "c");

        var claim = cluster.api.get(Types.CLAIMS, "default", "c").tree();
        assertThat(claim.at("/metadata/annotations/volume.kubernetes.io~1selected-node").asText())
                .isEqualTo("n");
        var pod = cluster.api.get(Types.PODS, "default", "p").tree();
        assertThat(pod.at("/status/nominatedNodeName").asText()).isEqualTo("n");
        assertThat(node("p")).isEmpty();
        assertThat(condition("p")).isEqualTo("none");

        bind("c");
        assertThat(node("p")).isEqualTo("n");
        pod = cluster.api.get(Types.PODS, "default", "p").tree();
        assertThat(pod.path("status").has("nominatedNodeName")).isFalse();
        assertThat(pod.at("/metadata/generation").asInt()).isEqualTo(1);
    }

    @Rule({"storage 10.4", "storage 10.5", "storage 14 T6"})
    @Test
    void reservesTheSmallestVolumeOfTheNode() throws Exception {
        cluster.patch(Types.NODES, null, "n", null, "{'metadata':{'labels':{'host':'here'}}}");
        createLateClass("kubernetes.io/no-provisioner");
        createVolume("elsewhere", "1Gi", "there");
        createVolume("big", "9Gi", "here");
        createVolume("fit", "2Gi", "here");
        createPod("p", "c");

        var fit = cluster.api.get(Types.VOLUMES, null, "fit").tree();
        var claim = cluster.api.get(Types.CLAIMS, "default", "c");
        assertThat(fit.at("/spec/claimRef/uid").asText()).isEqualTo(claim.uid());
        assertThat(fit.at("/metadata/annotations/pv.kubernetes.io~1bound-by-controller").asText())
                .isEqualTo("yes");
        for (var other : List.of("elsewhere", "big")) {
            var volume = cluster.api.get(Types.VOLUMES, null, other).tree();
            assertThat(volume.path("spec").has("claimRef")).isFalse();
        }
    }

    @Rule({"storage 10.2", "storage 13 18"})
    @Test
    void saysWhenNoVolumeOfTheNodeFits() throws Exception {
        createLateClass("kubernetes.io/no-provisioner");
        createVolume("elsewhere", "1Gi", "there");
        createPod("p", "c");

        assertThat(condition("p"))
                .isEqualTo(
                        "False Unschedulable: 0/1 nodes are available: 1 node(s) didn't find"
                                + " available persistent volumes to bind. no new claims to"
                                + " deallocate, preemption: 0/1 nodes are available: 1 Preemption"
                                + " is not helpful for scheduling.");
    }

    @Rule("storage 10.7")
    @Test
    void aPodThatHasItsNodeDoesNotChooseForItsClaim() throws Exception {
        createLateClass("example.com/outside");
        cluster.create(
                Types.PODS,
                "default",
                """
                {'metadata':{'name':'p'},
                 'spec':{'containers':[{'name':'c','image':'i:1'}],'nodeName':'n',
                         'volumes':[{'name':'v','persistentVolumeClaim':{'claimName':'c'}}]}}
                """);
        cluster.settle();

        var claim = cluster.api.get(Types.CLAIMS, "default", "c").tree();
        assertThat(claim.path("metadata").has("annotations")).isFalse();
    }
}

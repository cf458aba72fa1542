package dev.ordinal.kinds.persistentvolumeclaim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.control.Typed;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.StorageClass;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The next step for the claim `ns/c`, told in one line.
class ClaimPlanTest {
    private static final String MINE = "'claimRef':{'namespace':'ns','name':'c'}";
    private static final String BOUND_TO_ME =
            "'claimRef':{'namespace':'ns','name':'c','uid':'c-uid'}";
    private static final String THEIRS = "'claimRef':{'namespace':'ns','name':'d','uid':'d-uid'}";
    private static final String COMPLETED = "'pv.kubernetes.io/bind-completed':'yes'";

    private final List<PersistentVolume> volumes = new ArrayList<>();
    private final Map<String, StorageClass> classes = new HashMap<>();
    private final List<String> waitingPods = new ArrayList<>();

    private static PersistentVolumeClaim claim(String annotations, String... spec) {
        var members = new StringBuilder();
        for (var member : spec) members.append(',').append(member);
        boolean modes = members.indexOf("accessModes") >= 0;
        if (!modes) members.append(",'accessModes':['ReadWriteOnce']");
        return Typed.read(
                TestCluster.json(
                        """
                        {'metadata':{'namespace':'ns','name':'c','uid':'c-uid','annotations':{%s}},
                         'spec':{'resources':{'requests':{'storage':'3Gi'}}%s}}
                        """
                                .formatted(annotations, members)),
                PersistentVolumeClaim.class);
    }

    private ClaimPlanTest volume(String name, String size, String... spec) {
        return volumeIn("Available", "", name, size, spec);
    }

    private ClaimPlanTest volumeIn(
            String phase, String metadata, String name, String size, String... spec) {
        var members = new StringBuilder();
        for (var member : spec) members.append(',').append(member);
        boolean modes = members.indexOf("accessModes") >= 0;
        if (!modes) members.append(",'accessModes':['ReadWriteOnce']");
        volumes.add(
                Typed.read(
                        TestCluster.json(
                                """
                                {'metadata':{'name':'%s'%s},'status':{'phase':'%s'},
                                 'spec':{'capacity':{'storage':'%s'}%s}}
                                """
                                        .formatted(name, metadata, phase, size, members)),
                        PersistentVolume.class));
        return this;
    }

    private ClaimPlanTest storageClass(String name, String more) {
        classes.put(
                name,
                Typed.read(
                        TestCluster.json("{'metadata':{'name':'%s'}%s}".formatted(name, more)),
                        StorageClass.class));
        return this;
    }

    private String plan(PersistentVolumeClaim claim) {
        var seen = new ClaimPlan.Observation(claim, volumes, classes, waitingPods);
        return switch (ClaimPlan.of(seen)) {
            case ClaimPlan.Nothing _ -> "nothing";
            case ClaimPlan.Bind(var volume) -> "bind " + volume.getMetadata().getName();
            case ClaimPlan.AssignClass(var name) -> "class " + name;
            case ClaimPlan.Request(var provisioner) -> "ask " + provisioner;
            case ClaimPlan.Wait(var notice) ->
                    notice.map(n -> n.type() + " " + n.reason() + ": " + n.message())
                            .orElse("wait");
            case ClaimPlan.Lose(var reason, var message) -> "lose " + reason + ": " + message;
        };
    }

    private String plan(String... spec) {
        return plan(claim("", spec));
    }

    private String bound(String... spec) {
        return plan(claim(COMPLETED, spec));
    }

    // --- section 6: the search

    @Rule({"storage 6.6", "storage 13 2"})
    @Test
    void theSmallestThatFitsWins() {
        volume("large", "10Gi").volume("small", "2Gi").volume("medium", "5Gi");

        assertThat(plan("'storageClassName':''")).isEqualTo("bind medium");
    }

    @Rule("storage 6.6")
    @Test
    void ofEqualVolumesTheFirstWins() {
        volume("a", "3Gi").volume("b", "3Gi");

        assertThat(plan("'storageClassName':''")).isEqualTo("bind a");
    }

    @Rule({"storage 6.1", "storage 13 3"})
    @Test
    void fewerAccessModesGoFirstEvenIfLarger() {
        volume("both", "3Gi", "'accessModes':['ReadWriteOnce','ReadWriteMany']");
        volume("one", "5Gi", "'accessModes':['ReadWriteOnce']");

        assertThat(plan("'storageClassName':''")).isEqualTo("bind one");
        assertThat(plan("'storageClassName':''", "'accessModes':['ReadWriteMany']"))
                .isEqualTo("bind both");
        assertThat(plan("'storageClassName':''", "'accessModes':['ReadOnlyMany']"))
                .startsWith("Normal FailedBinding");
    }

    @Rule("storage 6.1")
    @Test
    void theModesOfAVolumeAreASet() {
        volume("a", "5Gi", "'accessModes':['ReadWriteMany','ReadWriteOnce']");
        volume("b", "3Gi", "'accessModes':['ReadWriteOnce','ReadWriteMany']");

        assertThat(plan("'storageClassName':''")).isEqualTo("bind b");
    }

    @Rule("storage 6.2")
    @Test
    void aVolumeOfAnotherClaimModeOrAttributesDoesNotFit() {
        volume("theirs", "3Gi", THEIRS);
        volume("block", "3Gi", "'volumeMode':'Block'");
        volume("gold", "3Gi", "'volumeAttributesClassName':'gold'");
        volumeIn("Available", ",'deletionTimestamp':'2026-01-01T00:00:00Z'", "going", "3Gi");
        volume("tiny", "3071Mi");

        assertThat(plan("'storageClassName':''")).startsWith("Normal FailedBinding");
        assertThat(plan("'storageClassName':''", "'volumeMode':'Block'")).isEqualTo("bind block");
        assertThat(plan("'storageClassName':''", "'volumeAttributesClassName':'gold'"))
                .isEqualTo("bind gold");
    }

    @Rule({"storage 6.3", "storage 13 6", "storage 14 T6"})
    @Test
    void aVolumeReservedForTheClaimWinsWhateverItsClassLabelsAndPhase() {
        volume("small", "3Gi");
        volumeIn("Pending", "", "mine", "9Gi", MINE, "'storageClassName':'other'");

        assertThat(plan("'storageClassName':''", "'selector':{'matchLabels':{'a':'b'}}"))
                .isEqualTo("bind mine");
    }

    @Rule("storage 6.3")
    @Test
    void aReservedVolumeStillHasToBeLargeEnough() {
        volume("mine", "1Gi", MINE);

        assertThat(plan("'storageClassName':''")).startsWith("Normal FailedBinding");
    }

    @Rule("storage 6.3")
    @Test
    void anOrdinaryMatchInASmallerModeSetBeatsAReservedVolume() {
        volume("small", "3Gi");
        volume("mine", "3Gi", MINE, "'accessModes':['ReadWriteOnce','ReadWriteMany']");

        assertThat(plan("'storageClassName':''")).isEqualTo("bind small");
    }

    @Rule("storage 6.3")
    @Test
    void aReservationForAnEarlierClaimOfThatNameIsNotForThisOne() {
        volume("old", "3Gi", "'claimRef':{'namespace':'ns','name':'c','uid':'old-uid'}");
        volume("elsewhere", "3Gi", "'claimRef':{'namespace':'other','name':'c'}");

        assertThat(plan("'storageClassName':''")).startsWith("Normal FailedBinding");
    }

    @Rule({"storage 6.4", "storage 5.1 A"})
    @Test
    void whileBindingIsDelayedOnlyReservedVolumesCount() {
        storageClass("late", ",'provisioner':'p','volumeBindingMode':'WaitForFirstConsumer'");
        volume("free", "3Gi", "'storageClassName':'late'");
        assertThat(plan("'storageClassName':'late'")).startsWith("Normal WaitForFirstConsumer");

        volume("mine", "3Gi", MINE);
        assertThat(plan("'storageClassName':'late'")).isEqualTo("bind mine");
    }

    @Rule({"storage 6.5", "storage 13 4"})
    @Test
    void phaseLabelsAndClassHaveToMatch() {
        volumeIn("Released", "", "released", "3Gi");
        volumeIn("Available", ",'labels':{'a':'b'}", "labelled", "9Gi");
        volume("plain", "4Gi");
        volume("fast", "3Gi", "'storageClassName':'fast'");

        assertThat(plan("'storageClassName':''")).isEqualTo("bind plain");
        assertThat(plan("'storageClassName':''", "'selector':{'matchLabels':{'a':'b'}}"))
                .isEqualTo("bind labelled");
        assertThat(plan("'storageClassName':'fast'")).isEqualTo("bind fast");
    }

    @Rule("storage 6.7")
    @Test
    void aClassNeedNotExistForStaticBinding() {
        volume("v", "3Gi", "'storageClassName':'nowhere'");

        assertThat(plan("'storageClassName':'nowhere'")).isEqualTo("bind v");
        assertThat(
                        plan(
                                claim(
                                        "'volume.beta.kubernetes.io/storage-class':'nowhere'",
                                        "'storageClassName':'ignored'")))
                .isEqualTo("bind v");
    }

    @Rule({"storage 6.8", "storage 13 16"})
    @Test
    void oncePodMatchesOnlyVolumesThatListIt() {
        volume("once", "3Gi");
        assertThat(plan("'storageClassName':''", "'accessModes':['ReadWriteOncePod']"))
                .startsWith("Normal FailedBinding");

        volume("pod", "3Gi", "'accessModes':['ReadWriteOncePod']");
        assertThat(plan("'storageClassName':''", "'accessModes':['ReadWriteOncePod']"))
                .isEqualTo("bind pod");
    }

    @Rule("storage 6.5")
    @Test
    void aVolumeWithoutLabelsMatchesNoSelector() {
        volume("v", "3Gi");
        volumes.getFirst().getMetadata().setLabels(null);

        assertThat(plan("'storageClassName':''", "'selector':{'matchLabels':{'a':'b'}}"))
                .startsWith("Normal FailedBinding");
    }

    @Rule("storage 5.1 B")
    @Test
    void theRequestedVolumeIsFoundByName() {
        volume("other", "3Gi").volume("v", "3Gi");

        assertThat(plan("'volumeName':'v'")).isEqualTo("bind v");
    }

    // --- section 5.1 A: without volumeName

    @Rule({"storage 5.1 A", "storage 3.3", "storage 13 11", "storage 13 12"})
    @Test
    void aClaimWithoutClassGetsTheDefaultOneAndTheEmptyClassStays() {
        storageClass("std", ",'provisioner':'p'");
        assertThat(plan())
                .isEqualTo(
                        "Normal FailedBinding: no persistent volumes available for this claim and"
                                + " no storage class is set");

        classes.get("std")
                .getMetadata()
                .setAnnotations(Map.of("storageclass.kubernetes.io/is-default-class", "true"));
        assertThat(plan()).isEqualTo("class std");
        assertThat(plan("'storageClassName':''")).startsWith("Normal FailedBinding");
        assertThat(plan(claim("'volume.beta.kubernetes.io/storage-class':''")))
                .startsWith("Normal FailedBinding");
        assertThat(plan("'volumeName':'v'")).isEqualTo("wait");
        volume("v", "3Gi");
        assertThat(plan()).as("a volume goes before a class").isEqualTo("bind v");
    }

    @Rule({"storage 5.1 A", "storage 13 10", "storage 14 T5"})
    @Test
    void aDelayedClaimWaitsForAPodAndThenForItsNode() {
        storageClass("late", ",'provisioner':'p','volumeBindingMode':'WaitForFirstConsumer'");
        var late = "'storageClassName':'late'";
        assertThat(plan(late))
                .isEqualTo(
                        "Normal WaitForFirstConsumer: waiting for first consumer to be created"
                                + " before binding");

        waitingPods.add("p");
        assertThat(plan(late))
                .isEqualTo("Normal WaitForPodScheduled: waiting for pod p to be scheduled");
        waitingPods.add("q");
        assertThat(plan(late))
                .isEqualTo("Normal WaitForPodScheduled: waiting for pods p,q to be scheduled");

        assertThat(plan(claim("'volume.kubernetes.io/selected-node':'n'", late)))
                .isEqualTo("ask p");
    }

    // --- section 7: provisioning

    @Rule({"storage 7.1", "storage 5.1 A", "storage 13 17"})
    @Test
    void aMissingClassIsAFailure() {
        assertThat(plan("'storageClassName':'x'"))
                .isEqualTo(
                        "Warning ProvisioningFailed: storageclass.storage.k8s.io \"x\" not found");
    }

    @Rule({"storage 7.2", "storage 13 18"})
    @Test
    void noPluginHasANameOfKubernetes() {
        storageClass("none", ",'provisioner':'kubernetes.io/no-provisioner'");

        assertThat(plan("'storageClassName':'none'"))
                .isEqualTo(
                        "Warning ProvisioningFailed: no volume plugin matched name:"
                                + " kubernetes.io/no-provisioner");
    }

    @Rule("storage 7.3")
    @Test
    void anyOtherProvisionerIsAsked() {
        storageClass("ext", ",'provisioner':'example.org/p'");

        assertThat(plan("'storageClassName':'ext'")).isEqualTo("ask example.org/p");
    }

    // --- section 5.1 B: with volumeName

    @Rule("storage 5.1 B")
    @Test
    void aMissingRequestedVolumeIsWaitedForSilently() {
        assertThat(plan("'volumeName':'v'")).isEqualTo("wait");
    }

    @Rule({"storage 5.1 B", "storage 13 5"})
    @Test
    void aRequestedVolumeIsChecked() {
        var wanted = new String[] {"'volumeName':'v'", "'storageClassName':''"};
        var cannot = "Warning VolumeMismatch: Cannot bind to requested volume \"v\": ";
        volumeIn("Available", ",'deletionTimestamp':'2026-01-01T00:00:00Z'", "v", "1Gi");
        assertThat(plan(wanted)).isEqualTo(cannot + "the volume is marked for deletion \"v\"");

        replace("1Gi", "'storageClassName':'x'");
        assertThat(plan(wanted)).isEqualTo(cannot + "requested PV is too small");
        replace("3Gi", "'storageClassName':'x'", "'volumeAttributesClassName':'x'");
        assertThat(plan(wanted)).isEqualTo(cannot + "storageClassName does not match");
        replace("3Gi", "'volumeAttributesClassName':'x'", "'volumeMode':'Block'");
        assertThat(plan(wanted)).isEqualTo(cannot + "volumeAttributesClassName does not match");
        replace("3Gi", "'volumeMode':'Block'", "'accessModes':['ReadOnlyMany']");
        assertThat(plan(wanted)).isEqualTo(cannot + "incompatible volumeMode");
        replace("3Gi", "'accessModes':['ReadOnlyMany']");
        assertThat(plan(wanted)).isEqualTo(cannot + "incompatible accessMode");
        replace("3Gi");
        assertThat(plan(wanted)).isEqualTo("bind v");
    }

    private void replace(String size, String... spec) {
        volumes.clear();
        volume("v", size, spec);
    }

    @Rule({"storage 5.1 B", "storage 13 4"})
    @Test
    void neitherSelectorNorPhaseNorDelayMatterForARequestedVolume() {
        storageClass("late", ",'provisioner':'p','volumeBindingMode':'WaitForFirstConsumer'");
        volumeIn("Released", "", "v", "3Gi", "'storageClassName':'late'");

        assertThat(
                        plan(
                                "'volumeName':'v'",
                                "'storageClassName':'late'",
                                "'selector':{'matchLabels':{'a':'b'}}"))
                .isEqualTo("bind v");
    }

    @Rule("storage 5.1 B")
    @Test
    void aRequestedVolumeThatNamesTheClaimIsBoundUnchecked() {
        volume("v", "1Gi", MINE, "'volumeMode':'Block'");

        assertThat(plan("'volumeName':'v'")).isEqualTo("bind v");
    }

    @Rule("storage 5.1 B")
    @Test
    void aRequestedVolumeOfAnotherClaimIsWaitedFor() {
        volume("v", "3Gi", THEIRS);

        assertThat(plan("'volumeName':'v'"))
                .isEqualTo(
                        "Warning FailedBinding: volume \"v\" already bound to a different claim.");
    }

    // --- section 5.2: bound before

    @Rule({"storage 5.2", "storage 13 9"})
    @Test
    void aBoundClaimIsRepairedOrLost() {
        assertThat(bound())
                .isEqualTo(
                        "lose ClaimLost: Bound claim has lost reference to PersistentVolume. Data"
                                + " on the volume is lost!");
        assertThat(bound("'volumeName':'v'"))
                .isEqualTo(
                        "lose ClaimLost: Bound claim has lost its PersistentVolume. Data on the"
                                + " volume is lost!");
        volume("v", "3Gi", THEIRS);
        assertThat(bound("'volumeName':'v'"))
                .isEqualTo(
                        "lose ClaimMisbound: Two claims are bound to the same volume, this one is"
                                + " bound incorrectly");
        replace("3Gi");
        assertThat(bound("'volumeName':'v'")).isEqualTo("bind v");
        replace("3Gi", BOUND_TO_ME);
        assertThat(bound("'volumeName':'v'")).isEqualTo("bind v");
        replace("3Gi", MINE);
        assertThat(bound("'volumeName':'v'")).startsWith("lose ClaimMisbound");
    }
}

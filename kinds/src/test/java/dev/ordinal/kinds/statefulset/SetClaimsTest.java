package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.api.Api;
import dev.ordinal.control.Types;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Claims of a set, and whom they belong to.
class SetClaimsTest {
    private static final String TWO_CLAIMS =
            "'volumeClaimTemplates':["
                    + "{'metadata':{'name':'a'},'spec':{'accessModes':['ReadWriteOnce'],"
                    + "'resources':{'requests':{'storage':'1Mi'}}}},"
                    + "{'metadata':{'name':'b'},'spec':{'accessModes':['ReadWriteOnce'],"
                    + "'resources':{'requests':{'storage':'1Mi'}}}}]";

    private final Web web = new Web();

    @AfterEach
    void close() {
        web.close();
    }

    private void createClaim(String name, String metadata) {
        web.cluster.create(
                Types.CLAIMS,
                "default",
                """
                {'metadata':{'name':'%s'%s},'spec':{'accessModes':['ReadOnlyMany'],
                 'resources':{'requests':{'storage':'9Mi'}}}}
                """
                        .formatted(name, metadata));
    }

    private void deleteClaim(String name) {
        web.cluster.api.delete(Types.CLAIMS, "default", name, Api.DeleteOptions.DEFAULT);
    }

    private java.util.List<String> claims() {
        return web.cluster.names(Types.CLAIMS, "default");
    }

    @Rule({"statefulset 3.1", "statefulset 3.2", "statefulset 2.3"})
    @Test
    void claimsAreMadeBeforeTheirPod() throws Exception {
        web.refuse("create pods", "no").create(1, TWO_CLAIMS);

        assertThat(claims()).containsExactly("a-web-0", "b-web-0");
        assertThat(web.owners(Types.CLAIMS, "a-web-0")).isEmpty();
        assertThat(web.pods()).isEmpty();
    }

    @Rule("statefulset 3.2")
    @Test
    void anExistingClaimIsUsedAsItIs() throws Exception {
        createClaim("data-web-0", "");
        web.create(1, Web.CLAIMS);

        assertThat(web.pods()).containsExactly("web-0");
        assertThat(
                        web.get(Types.CLAIMS, "data-web-0")
                                .at("/spec/resources/requests/storage")
                                .asText())
                .isEqualTo("9Mi");
        assertThat(web.get(Types.CLAIMS, "data-web-0").path("metadata").has("labels")).isFalse();
    }

    @Rule({"statefulset 3.2", "statefulset 3.5", "statefulset 7.5c"})
    @Test
    void aMissingClaimOfAPendingPodIsMadeAtTheNextLook() throws Exception {
        web.create(1, Web.CLAIMS);
        web.patch("{'spec':{'template':{'metadata':{'labels':{'x':'y'}}}}}");
        web.cluster.patch(
                Types.CLAIMS, "default", "data-web-0", null, "{'metadata':{'finalizers':null}}");
        deleteClaim("data-web-0");
        web.settle();
        assertThat(claims()).as("a change of claims is no reason to look").isEmpty();

        web.patch("{'metadata':{'annotations':{'look':'again'}}}");
        assertThat(claims()).containsExactly("data-web-0");
    }

    @Rule("statefulset 3.3")
    @Test
    void aClaimThatIsBeingDeletedHoldsThePodBack() throws Exception {
        createClaim("data-web-0", ",'finalizers':['example.org/hold']");
        deleteClaim("data-web-0");
        web.create(1, Web.CLAIMS);

        assertThat(web.pods()).isEmpty();
        assertThat(web.events())
                .contains(
                        "Warning FailedCreate: Create Pod web-0 in StatefulSet web failed error:"
                                + " pvc data-web-0 is being deleted");

        web.cluster.patch(
                Types.CLAIMS, "default", "data-web-0", null, "{'metadata':{'finalizers':null}}");
        web.later(10);
        assertThat(web.pods()).as("tried again after a back-off").containsExactly("web-0");
    }

    @Rule({"statefulset 3.4", "statefulset 11"})
    @Test
    void allClaimsAreTriedAndTheirFailuresComeTogether() throws Exception {
        web.refuse("create persistentvolumeclaims", "quota").create(1, TWO_CLAIMS);

        assertThat(web.events())
                .containsExactly(
                        "Warning FailedCreate: Create Claim a-web-0 for Pod web-0 in StatefulSet"
                                + " web failed error: quota",
                        "Warning FailedCreate: Create Claim b-web-0 for Pod web-0 in StatefulSet"
                                + " web failed error: quota",
                        "Warning FailedCreate: Create Pod web-0 in StatefulSet web failed error:"
                            + " [failed to create PVC a-web-0: quota, failed to create PVC b-web-0:"
                            + " quota]");
        assertThat(web.pods()).isEmpty();
    }

    @Rule("statefulset 3.4")
    @Test
    void aClaimThatSomebodyElseMakesMeanwhileFailsThePassSilently() throws Exception {
        web.cluster.create(Types.STATEFUL_SETS, "default", Web.json(1, Web.CLAIMS));
        web.cluster.pump();
        createClaim("data-web-0", "");
        web.cluster.step();

        assertThat(web.pods()).isEmpty();
        assertThat(web.events())
                .containsExactly(
                        "Warning FailedCreate: Create Pod web-0 in StatefulSet web failed error:"
                                + " failed to create PVC data-web-0: persistentvolumeclaims"
                                + " \"data-web-0\" already exists");
        web.later(10);
        assertThat(web.pods()).containsExactly("web-0");
    }

    @Rule({"statefulset 4", "statefulset 4.2"})
    @Test
    void aNewClaimBelongsToItsSetAsSoonAsItsPodIsThere() throws Exception {
        web.create(1, Web.CLAIMS, Web.retention("Delete", "Delete"));

        assertThat(web.owners(Types.CLAIMS, "data-web-0")).containsExactly("StatefulSet/web");
    }

    @Rule({"statefulset 11.2", "statefulset 4.2"})
    @Test
    void theOwnersAreSetEvenWhenThePodIsRefused() throws Exception {
        web.refuse("create pods", "exceeded quota")
                .create(1, Web.CLAIMS, Web.retention("Delete", "Retain"));

        assertThat(web.owners(Types.CLAIMS, "data-web-0")).containsExactly("StatefulSet/web");
        assertThat(web.events())
                .containsExactly(
                        "Normal SuccessfulCreate: Create Claim data-web-0 Pod web-0 in StatefulSet"
                                + " web success",
                        "Warning FailedCreate: Create Pod web-0 in StatefulSet web failed error:"
                                + " exceeded quota");
    }

    @Rule({"statefulset 4", "statefulset 4.2", "statefulset 14 15"})
    @Test
    void aCondemnedPodTakesItsClaimsBeforeItGoes() throws Exception {
        web.running(2, Web.CLAIMS, Web.retention("Delete", "Delete")).scale(1);

        assertThat(web.owners(Types.CLAIMS, "data-web-1")).containsExactly("Pod/web-1");
        assertThat(web.owners(Types.CLAIMS, "data-web-0")).containsExactly("StatefulSet/web");
        assertThat(web.pods()).containsExactly("web-0", "(web-1)");
    }

    @Rule({"statefulset 4.7", "statefulset 14 15", "statefulset 7.5g", "statefulset 11"})
    @Test
    void aChangedPolicyIsFollowedAtOnceAndToldByPod() throws Exception {
        web.running(1, Web.CLAIMS);

        web.patch("{'spec':{" + Web.retention("Delete", "Retain") + "}}");
        assertThat(web.owners(Types.CLAIMS, "data-web-0")).containsExactly("StatefulSet/web");
        assertThat(web.events())
                .last()
                .isEqualTo(
                        "Normal SuccessfulUpdate: Update Pod web-0 in StatefulSet web successful");

        web.patch("{'spec':{" + Web.retention("Retain", "Delete") + "}}");
        assertThat(web.owners(Types.CLAIMS, "data-web-0")).isEmpty();
    }

    @Rule("statefulset 4.7")
    @Test
    void claimsWithoutPodAreNotTouched() throws Exception {
        web.running(2, Web.CLAIMS).scale(1).gone(1);

        web.patch("{'spec':{" + Web.retention("Delete", "Delete") + "}}");

        assertThat(web.owners(Types.CLAIMS, "data-web-1")).isEmpty();
        assertThat(web.owners(Types.CLAIMS, "data-web-0")).containsExactly("StatefulSet/web");
    }

    @Rule({"statefulset 4.4", "statefulset 11"})
    @Test
    void anotherControllerOfAClaimIsWarnedOf() throws Exception {
        createClaim(
                "data-web-0",
                ",'ownerReferences':[{'apiVersion':'v1','kind':'ConfigMap','name':'k','uid':'u',"
                        + "'controller':true}]");
        web.create(1, Web.CLAIMS, Web.retention("Delete", "Delete"));

        assertThat(web.owners(Types.CLAIMS, "data-web-0")).containsExactly("ConfigMap/k");
        assertThat(web.events())
                .contains(
                        "Warning ConflictingController: PersistentVolumeClaim data-web-0 has a"
                            + " conflicting OwnerReference that acts as a manging controller, the"
                            + " retention policy is ignored for this claim");
    }

    @Rule({"statefulset 4.6", "statefulset 4.8"})
    @Test
    void scalingUpAgainWaitsForTheOldClaimToGo() throws Exception {
        web.running(2, Web.CLAIMS, Web.retention("Retain", "Delete")).scale(1).gone(1);
        var old = web.get(Types.CLAIMS, "data-web-1").at("/metadata/uid").asText();

        web.scale(2);
        assertThat(web.pods())
                .as("its claim still belongs to the old pod")
                .containsExactly("web-0");
        int events = web.events().size();
        web.later(1000);
        assertThat(web.events()).as("silently").hasSize(events);

        deleteClaim("data-web-1");
        web.cluster.patch(
                Types.CLAIMS, "default", "data-web-1", null, "{'metadata':{'finalizers':null}}");
        web.patch("{'metadata':{'annotations':{'look':'again'}}}");
        assertThat(web.pods()).containsExactly("web-0", "web-1");
        assertThat(web.get(Types.CLAIMS, "data-web-1").at("/metadata/uid").asText())
                .isNotEqualTo(old);
    }

    @Rule("statefulset 2.5")
    @Test
    void aPodWithoutItsClaimCannotBeRepaired() throws Exception {
        web.cluster.create(
                Types.PODS,
                "default",
                "{'metadata':{'name':'web-0','labels':{'app':'web',"
                        + "'statefulset.kubernetes.io/pod-name':'web-0'}},"
                        + "'spec':{'containers':[{'name':'c','image':'i:1'}]}}");
        web.cluster.ready("web-0");
        web.create(1, Web.CLAIMS);

        assertThat(claims()).containsExactly("data-web-0");
        assertThat(web.events())
                .anyMatch(
                        e ->
                                e.startsWith(
                                        "Warning FailedUpdate: Update Pod web-0 in StatefulSet web"
                                            + " failed error: Pod \"web-0\" is invalid: spec:"
                                            + " Forbidden: pod updates may not change fields other"
                                            + " than"));
    }
}

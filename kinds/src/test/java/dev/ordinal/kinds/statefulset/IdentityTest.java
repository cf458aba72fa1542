package dev.ordinal.kinds.statefulset;

import static dev.ordinal.kinds.statefulset.Given.pod;
import static dev.ordinal.kinds.statefulset.Given.set;
import static dev.ordinal.kinds.statefulset.Given.setWithClaims;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;

import org.junit.jupiter.api.Test;

import java.util.List;

/// What belongs to one ordinal.
class IdentityTest {
    private static final String TEMPLATE =
            """
            {'metadata':{'labels':{'app':'web'},'annotations':{'a':'b'},'finalizers':['f/x'],
                         'name':'ignored'},
             'spec':{'hostname':'mine','subdomain':'mine','containers':[{'name':'c'}],
                     'volumes':[{'name':'tmp','emptyDir':{}},{'name':'data','emptyDir':{}}]}}
            """;

    private static ObjectNode newPod(Given set) {
        return Identity.newPod(set.set(), TestCluster.json(TEMPLATE), "web-r2", 3);
    }

    @Rule("statefulset 2.1")
    @Test
    void theOrdinalIsTheNumberAfterTheLastDash() {
        assertThat(Identity.ordinal("web-0")).isZero();
        assertThat(Identity.ordinal("web-1-12")).isEqualTo(12);
        assertThat(Identity.ordinal("web-01")).isEqualTo(1);
        assertThat(Identity.ordinal("web-2147483647")).isEqualTo(Integer.MAX_VALUE);
        assertThat(Identity.ordinal("web-2147483648")).isEqualTo(-1);
        assertThat(Identity.ordinal("web-a")).isEqualTo(-1);
        assertThat(Identity.ordinal("web")).isEqualTo(-1);
        assertThat(Identity.ordinal("-5")).isEqualTo(5);
        assertThat(Identity.ordinal("web-9")).isEqualTo(9);
        for (var none : List.of("", "12", "web-", "web1", "web-/", "web-:", "web-:1", "web/1")) {
            assertThat(Identity.ordinal(none)).as(none).isEqualTo(-1);
        }
    }

    @Rule("statefulset 2.1")
    @Test
    void aMemberIsNamedAfterItsSet() {
        var set = set(1).set();

        assertThat(Identity.member(set, pod("web-7"))).isTrue();
        assertThat(Identity.member(set, pod("web-07"))).isTrue();
        assertThat(Identity.member(set, pod("web-99999999999"))).isTrue();
        assertThat(Identity.member(set, pod("web-a-7"))).isFalse();
        assertThat(Identity.member(set, pod("web"))).isFalse();
        for (var other : List.of("web-", "web-a", "webx7", "abc-7", "web7")) {
            assertThat(Identity.member(set, named(other))).as(other).isFalse();
        }
    }

    private static Pod named(String name) {
        return new PodBuilder().withNewMetadata().withName(name).endMetadata().build();
    }

    @Test
    void aPodWithoutVolumesHasNoneOfItsClaims() {
        var set = setWithClaims(1).set();
        var bare = named("web-0");
        assertThat(Identity.storageMatches(set, bare)).isFalse();
        bare.setSpec(new PodSpec());
        bare.getSpec().setVolumes(null);
        assertThat(Identity.storageMatches(set, bare)).isFalse();
    }

    @Rule("statefulset 2.3")
    @Test
    void aNewPodIsItsTemplateWithAnIdentity() {
        var pod = newPod(setWithClaims(9, "'serviceName':'svc'"));

        assertThat(pod)
                .isEqualTo(
                        TestCluster.json(
                                """
                                {'apiVersion':'v1','kind':'Pod',
                                 'metadata':{'name':'web-3','generateName':'web-','namespace':'default',
                                   'annotations':{'a':'b'},'finalizers':['f/x'],
                                   'labels':{'app':'web','statefulset.kubernetes.io/pod-name':'web-3',
                                     'apps.kubernetes.io/pod-index':'3',
                                     'controller-revision-hash':'web-r2'},
                                   'ownerReferences':[{'apiVersion':'apps/v1','kind':'StatefulSet',
                                     'name':'web','uid':'set-uid','controller':true,
                                     'blockOwnerDeletion':true}]},
                                 'spec':{'hostname':'web-3','subdomain':'svc',
                                   'containers':[{'name':'c'}],
                                   'volumes':[
                                     {'name':'data','persistentVolumeClaim':{'claimName':'data-web-3'}},
                                     {'name':'tmp','emptyDir':{}}]}}
                                """));
    }

    @Rule("statefulset 2.3")
    @Test
    void withoutServiceNameAPodHasNoSubdomain() {
        assertThat(newPod(set(9)).path("spec").has("subdomain")).isFalse();
        assertThat(newPod(set(9, "'serviceName':''")).path("spec").has("subdomain")).isFalse();
    }

    @Rule("statefulset 2.3")
    @Test
    void withoutClaimTemplatesTheVolumesAreThoseOfTheTemplate() {
        assertThat(newPod(set(9)).at("/spec/volumes"))
                .isEqualTo(TestCluster.json(TEMPLATE).at("/spec/volumes"));
    }

    @Rule("statefulset 2.4")
    @Test
    void theIdentityIsNameNamespaceAndNameLabel() {
        var set = set(1).set();

        assertThat(Identity.matches(set, pod("0"))).isTrue();
        assertThat(Identity.matches(set, pod("0 misnamed"))).isFalse();
        assertThat(Identity.matches(set, pod("web-00"))).isFalse();
        assertThat(Identity.matches(set, pod("other-0"))).isFalse();
        var elsewhere = pod("0");
        elsewhere.getMetadata().setNamespace("elsewhere");
        assertThat(Identity.matches(set, elsewhere)).isFalse();
        var unlabelled = pod("0");
        unlabelled.getMetadata().setLabels(null);
        assertThat(Identity.matches(set, unlabelled)).isFalse();
    }

    @Rule("statefulset 2.4")
    @Test
    void aRepairWritesNameLabelAndIndexButNeitherRevisionNorHostname() {
        var pod =
                TestCluster.json(
                        """
                        {'metadata':{'name':'web-02','labels':{'controller-revision-hash':'old'}},
                         'spec':{'hostname':'h'}}
                        """);

        Identity.repair(setWithClaims(3).set(), pod);

        assertThat(pod)
                .isEqualTo(
                        TestCluster.json(
                                """
                                {'metadata':{'name':'web-2','labels':{'controller-revision-hash':'old',
                                   'statefulset.kubernetes.io/pod-name':'web-2',
                                   'apps.kubernetes.io/pod-index':'2'}},
                                 'spec':{'hostname':'h','volumes':[
                                   {'name':'data','persistentVolumeClaim':{'claimName':'data-web-2'}}]}}
                                """));
    }

    @Rule("statefulset 2.5")
    @Test
    void theStorageIsAVolumeForEachClaimTemplate() {
        var set = setWithClaims(1).set();

        assertThat(Identity.storageMatches(set, pod("0"))).isTrue();
        assertThat(Identity.storageMatches(set, pod("0 unmounted"))).isFalse();
        assertThat(Identity.storageMatches(set, pod("web-x"))).isFalse();
        assertThat(Identity.storageMatches(set(1).set(), pod("0 unmounted"))).isTrue();
        assertThat(Identity.storageMatches(set(1).set(), pod("web-x"))).isFalse();
        var wrong = pod("0");
        wrong.getSpec()
                .getVolumes()
                .getFirst()
                .getPersistentVolumeClaim()
                .setClaimName("data-web-9");
        assertThat(Identity.storageMatches(set, wrong)).isFalse();
        wrong.getSpec().getVolumes().getFirst().setPersistentVolumeClaim(null);
        assertThat(Identity.storageMatches(set, wrong)).isFalse();
    }

    @Rule("statefulset 3.1")
    @Test
    void aClaimIsItsTemplateWithTheLabelsOfTheSelector() {
        var template =
                TestCluster.json(
                        """
                        {'metadata':{'name':'data','labels':{'app':'x','tier':'db'},
                                     'annotations':{'a':'b'}},
                         'spec':{'storageClassName':'fast'}}
                        """);

        assertThat(Identity.newClaim(setWithClaims(1).set(), template, 4))
                .isEqualTo(
                        TestCluster.json(
                                """
                                {'apiVersion':'v1','kind':'PersistentVolumeClaim',
                                 'metadata':{'name':'data-web-4','namespace':'default',
                                   'labels':{'app':'web','tier':'db'},'annotations':{'a':'b'}},
                                 'spec':{'storageClassName':'fast'}}
                                """));
    }

    @Rule("statefulset 2.4")
    @Test
    void aPodOfAnotherSetWithTheSameOrdinalDoesNotMatch() {
        var set = set(1).set();
        set.getMetadata().setName("we");

        assertThat(Identity.matches(set, pod("web-0"))).isFalse();
        assertThat(Identity.member(set, pod("web-0"))).isFalse();
    }

    @Rule({"statefulset 2.3", "statefulset 2.5"})
    @Test
    void whatIsNotThereIsNoFault() {
        var set = set(1).set();
        set.getSpec().setVolumeClaimTemplates(null);
        var bare = pod("0");
        bare.getSpec().setVolumes(null);
        assertThat(Identity.storageMatches(set, bare)).isTrue();
        bare.setSpec(null);
        assertThat(Identity.storageMatches(set, bare)).isTrue();

        var plain = TestCluster.json("{'metadata':{'annotations':null},'spec':{}}");
        var made = Identity.newPod(set, plain, "r", 0);
        assertThat(made.path("metadata").has("annotations")).isFalse();
        assertThat(made.path("metadata").has("finalizers")).isFalse();
        assertThat(made.at("/metadata/labels").size()).isEqualTo(3);
        assertThat(made.path("spec").has("volumes")).isFalse();
    }

    @Rule("statefulset 3.1")
    @Test
    void anEmptySelectorGivesAClaimNoLabels() {
        var set = setWithClaims(1).set();
        set.getSpec().getSelector().setMatchLabels(java.util.Map.of());

        var claim = Identity.newClaim(set, TestCluster.json("{'metadata':{'name':'data'}}"), 0);

        assertThat(claim.path("metadata").has("labels")).isFalse();
    }

    @Rule("statefulset 3.1")
    @Test
    void matchExpressionsGiveAClaimNoLabels() {
        var set = setWithClaims(1).set();
        set.getSpec().getSelector().setMatchLabels(null);

        var claim = Identity.newClaim(set, TestCluster.json("{'metadata':{'name':'data'}}"), 0);

        assertThat(claim.path("metadata").has("labels")).isFalse();
    }
}

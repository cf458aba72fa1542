package dev.ordinal.kinds.persistentvolumeclaim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;

/// What the API makes of claims, volumes and classes.
class StorageRulesTest {
    private static final String CLAIM =
            """
            {'metadata':{'name':'c'},'spec':{'accessModes':['ReadWriteOnce'],
              'resources':{'requests':{'storage':'3Gi'}}}}
            """;
    private static final String VOLUME =
            """
            {'metadata':{'name':'v'},'spec':{'accessModes':['ReadWriteOnce'],
              'capacity':{'storage':'3Gi'},'hostPath':{'path':'/d'}}}
            """;
    private static final String CLASS = "{'metadata':{'name':'s'},'provisioner':'example.org/p'}";

    private final TestCluster cluster = new TestCluster(1);

    @AfterEach
    void close() {
        cluster.close();
    }

    private static ObjectNode with(String object, String path, String field, String json) {
        var tree = TestCluster.json(object);
        var place = (ObjectNode) tree.at(path);
        if (json.equals("-")) place.remove(field);
        else place.set(field, TestCluster.json("{'v':" + json + "}").path("v"));
        return tree;
    }

    private static String namespace(GroupVersionResource type) {
        return type.equals(Types.CLAIMS) ? "default" : null;
    }

    private String refusal(GroupVersionResource type, ObjectNode object) {
        return refusal(() -> cluster.create(type, namespace(type), object.toString()));
    }

    private String refusedPatch(GroupVersionResource type, String name, String patch) {
        return refusal(() -> cluster.patch(type, namespace(type), name, null, patch));
    }

    private static String refusal(Runnable write) {
        try {
            write.run();
            return "accepted";
        } catch (ApiException refused) {
            assertThat(refused.status().code()).isEqualTo(422);
            return String.valueOf(refused.getMessage()).replaceFirst("^.* is invalid: ", "");
        }
    }

    private JsonNode claim() {
        return cluster.create(Types.CLAIMS, "default", CLAIM).tree();
    }

    private void bind(String size) {
        cluster.patch(
                Types.CLAIMS,
                "default",
                "c",
                "status",
                "{'status':{'phase':'Bound','capacity':{'storage':'%s'}}}".formatted(size));
    }

    // --- classes

    @Rule("storage 2.1")
    @Test
    void aClassDeletesAndBindsAtOnceByDefault() {
        var tree = cluster.create(Types.STORAGE_CLASSES, null, CLASS).tree();

        assertThat(tree.path("reclaimPolicy").asText()).isEqualTo("Delete");
        assertThat(tree.path("volumeBindingMode").asText()).isEqualTo("Immediate");
        assertThat(tree.has("allowVolumeExpansion")).isFalse();
    }

    @Rule("storage 2.1")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "provisioner | '' | provisioner: Required value",
                "reclaimPolicy | 'Recycle' | reclaimPolicy: Unsupported value: \"Recycle\":"
                        + " supported values: \"Delete\", \"Retain\"",
                "volumeBindingMode | 'Soon' | volumeBindingMode: Unsupported value: \"Soon\":"
                        + " supported values: \"Immediate\", \"WaitForFirstConsumer\"",
            })
    void aClassIsChecked(String field, String json, String error) {
        assertThat(refusal(Types.STORAGE_CLASSES, with(CLASS, "", field, json))).isEqualTo(error);
    }

    @Rule("storage 2.1")
    @Test
    void mostOfAClassIsFixed() {
        cluster.create(Types.STORAGE_CLASSES, null, CLASS);
        for (var change :
                new String[] {
                    "'parameters':{'a':'b'}",
                    "'provisioner':'example.org/q'",
                    "'reclaimPolicy':'Retain'",
                    "'volumeBindingMode':'WaitForFirstConsumer'"
                }) {
            assertThat(refusedPatch(Types.STORAGE_CLASSES, "s", "{" + change + "}"))
                    .as(change)
                    .endsWith("field is immutable");
        }
        assertThat(
                        refusedPatch(
                                Types.STORAGE_CLASSES,
                                "s",
                                "{'allowVolumeExpansion':true,'mountOptions':['ro'],"
                                        + "'metadata':{'annotations':{'a':'b'}}}"))
                .isEqualTo("accepted");
    }

    // --- claims

    @Rule("storage 2.2")
    @Test
    void aClaimIsPendingProtectedAndForFileSystems() {
        var claim = claim();

        assertThat(claim.path("status")).hasToString("{\"phase\":\"Pending\"}");
        assertThat(claim.at("/spec/volumeMode").asText()).isEqualTo("Filesystem");
        assertThat(claim.at("/metadata/finalizers"))
                .hasToString("[\"kubernetes.io/pvc-protection\"]");
    }

    @Rule({"storage 2.2", "storage 13 16"})
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "/spec | accessModes | [] | spec.accessModes: Required value: at least 1 access"
                        + " mode is required",
                "/spec | accessModes | ['X'] | spec.accessModes: Unsupported value: \"X\":"
                    + " supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\","
                    + " \"ReadWriteOncePod\"",
                "/spec | accessModes | ['ReadWriteOncePod','ReadWriteOnce'] | spec.accessModes:"
                        + " Forbidden: may not use ReadWriteOncePod with other access modes",
                "/spec/resources | requests | - | spec.resources[storage]: Required value",
                "/spec/resources/requests | storage | '0' | spec.resources[storage]: Invalid value:"
                        + " \"0\": must be greater than zero",
                "/spec | volumeMode | 'X' | spec.volumeMode: Unsupported value: \"X\": supported"
                        + " values: \"Block\", \"Filesystem\"",
                "/spec | storageClassName | 'A' | spec.storageClassName: Invalid value: \"A\": a"
                        + " lowercase RFC 1123 subdomain",
                "/spec | volumeAttributesClassName | 'A' | spec.volumeAttributesClassName: Invalid"
                        + " value: \"A\": a lowercase RFC 1123 subdomain",
                "/spec | selector | {'matchLabels':{'bad key':'v'}} | spec.selector.matchLabels:"
                        + " Invalid value: \"bad key\": name part must consist",
            })
    void aClaimIsChecked(String path, String field, String json, String error) {
        assertThat(refusal(Types.CLAIMS, with(CLAIM, path, field, json))).startsWith(error);
    }

    @Rule({"storage 2.2", "storage 13 19"})
    @Test
    void theSpecOfAClaimIsFixedButForItsVolumeAndItsFirstClass() {
        claim();

        assertThat(refusedPatch(Types.CLAIMS, "c", "{'spec':{'accessModes':['ReadOnlyMany']}}"))
                .startsWith(
                        "spec: Forbidden: spec is immutable after creation except"
                                + " resources.requests and volumeAttributesClassName for bound"
                                + " claims\n");
        assertThat(
                        refusedPatch(
                                Types.CLAIMS,
                                "c",
                                "{'spec':{'resources':{'requests':{'storage':'4Gi'}}}}"))
                .as("not bound yet")
                .startsWith("spec: Forbidden: spec is immutable");
        assertThat(
                        refusedPatch(
                                Types.CLAIMS,
                                "c",
                                "{'spec':{'volumeName':'v','storageClassName':'s'}}"))
                .isEqualTo("accepted");
        assertThat(refusedPatch(Types.CLAIMS, "c", "{'spec':{'volumeName':'w'}}"))
                .startsWith("spec: Forbidden: spec is immutable");
        assertThat(refusedPatch(Types.CLAIMS, "c", "{'spec':{'storageClassName':'t'}}"))
                .startsWith("spec: Forbidden: spec is immutable");
    }

    @Rule({"storage 2.2", "storage 13 15"})
    @Test
    void aBoundClaimMayGrowAndShrinkToWhatItHas() {
        claim();
        bind("3Gi");
        var resize = "{'spec':{'resources':{'requests':{'storage':'%s'}}}}";
        cluster.create(
                Types.STORAGE_CLASSES,
                null,
                CLASS.replace("}", "").replace("'s'", "'s'}") + ",'allowVolumeExpansion':true}");

        assertThat(refusedPatch(Types.CLAIMS, "c", resize.formatted("2Gi")))
                .isEqualTo(
                        "spec.resources.requests.storage: Forbidden: field can not be less than"
                                + " status.capacity");
    }

    @Rule("storage 2.2")
    @Test
    void theModeOfAVolumeIsFixed() {
        claim();

        assertThat(refusedPatch(Types.CLAIMS, "c", "{'spec':{'volumeMode':'Block'}}"))
                .contains("volumeMode: Invalid value: \"Block\": field is immutable");
    }

    @Rule("storage 2.2")
    @Test
    void attributesThatWereAppliedCannotBeTakenAway() {
        cluster.create(
                Types.CLAIMS,
                "default",
                with(CLAIM, "/spec", "volumeAttributesClassName", "'gold'").toString());
        cluster.patch(
                Types.CLAIMS,
                "default",
                "c",
                "status",
                "{'status':{'phase':'Bound','currentVolumeAttributesClassName':'gold'}}");

        assertThat(refusedPatch(Types.CLAIMS, "c", "{'spec':{'volumeAttributesClassName':null}}"))
                .isEqualTo(
                        "spec.volumeAttributesClassName: Forbidden: update to nil is forbidden when"
                                + " status.currentVolumeAttributesClassName is not nil");
        assertThat(refusedPatch(Types.CLAIMS, "c", "{'spec':{'volumeAttributesClassName':''}}"))
                .isEqualTo(
                        "spec.volumeAttributesClassName: Forbidden: update to empty string is"
                            + " forbidden when status.currentVolumeAttributesClassName is not nil");
        assertThat(
                        refusedPatch(
                                Types.CLAIMS,
                                "c",
                                "{'spec':{'volumeAttributesClassName':'silver'}}"))
                .isEqualTo("accepted");
    }

    // --- volumes

    @Rule("storage 2.3")
    @Test
    void aVolumeIsPendingRetainedAndProtected() {
        var volume = cluster.create(Types.VOLUMES, null, VOLUME).tree();

        assertThat(volume.path("status").toString())
                .isEqualTo(
                        "{\"lastPhaseTransitionTime\":\"%s\",\"phase\":\"Pending\"}"
                                .formatted(cluster.now));
        assertThat(volume.at("/spec/persistentVolumeReclaimPolicy").asText()).isEqualTo("Retain");
        assertThat(volume.at("/spec/volumeMode").asText()).isEqualTo("Filesystem");
        assertThat(volume.at("/metadata/finalizers"))
                .hasToString("[\"kubernetes.io/pv-protection\"]");
    }

    @Rule("storage 2.3")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "/spec | hostPath | - | spec: Required value: must specify a volume type",
                "/spec | nfs | {'server':'s','path':'/'} | spec.nfs: Forbidden: may not specify"
                        + " more than 1 volume type",
                "/spec | accessModes | [] | spec.accessModes: Required value",
                "/spec | accessModes | ['ReadWriteOncePod','ReadWriteOnce'] | spec.accessModes:"
                        + " Forbidden: may not use ReadWriteOncePod with other access modes",
                "/spec | capacity | {} | spec.capacity: Required value",
                "/spec | capacity | {'cpu':'1','storage':'1Gi'} | spec.capacity: Unsupported value:"
                        + " \"cpu\": supported values: \"storage\"",
                "/spec/capacity | storage | '0' | spec.capacity[storage]: Invalid value: \"0\":"
                        + " must be greater than zero",
                "/spec | persistentVolumeReclaimPolicy | 'X' | spec.persistentVolumeReclaimPolicy:"
                        + " Unsupported value: \"X\": supported values: \"Delete\", \"Recycle\","
                        + " \"Retain\"",
                "/spec/hostPath | path | '/a/../b' | spec.hostPath.path: Invalid value:"
                        + " \"/a/../b\": must not contain '..'",
            })
    void aVolumeIsChecked(String path, String field, String json, String error) {
        assertThat(refusal(Types.VOLUMES, with(VOLUME, path, field, json))).startsWith(error);
    }

    @Rule("storage 2.3")
    @Test
    void aLocalVolumeNamesItsNode() {
        var local = with(VOLUME, "/spec", "local", "{'path':'/d'}");
        ((ObjectNode) local.path("spec")).remove("hostPath");

        assertThat(refusal(Types.VOLUMES, local))
                .isEqualTo(
                        "spec.nodeAffinity: Required value: Local volume requires node affinity");
    }

    @Rule("storage 2.3")
    @Test
    void recyclingIsDeprecatedAndNotForTheRoot() {
        var recycled = with(VOLUME, "/spec", "persistentVolumeReclaimPolicy", "'Recycle'");
        var written =
                cluster.api.create(
                        Types.VOLUMES,
                        null,
                        new Api.Body.Tree(recycled.deepCopy()),
                        Api.WriteOptions.by("test"));
        assertThat(written.warnings())
                .containsExactly(
                        "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is"
                                + " deprecated. Instead, the recommended approach is to use dynamic"
                                + " provisioning.");

        ((ObjectNode) recycled.at("/spec/hostPath")).put("path", "/");
        assertThat(refusal(Types.VOLUMES, recycled))
                .isEqualTo(
                        "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a"
                                + " hostPath mount of '/'");
    }

    @Rule({"storage 2.3", "storage 13 20"})
    @Test
    void theSourceOfAVolumeIsFixedAndMostElseIsNot() {
        cluster.create(
                Types.VOLUMES,
                null,
                with(VOLUME, "/spec", "volumeAttributesClassName", "'gold'").toString());

        assertThat(refusedPatch(Types.VOLUMES, "v", "{'spec':{'hostPath':{'path':'/e'}}}"))
                .startsWith(
                        "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is"
                                + " immutable after creation\n");
        assertThat(refusedPatch(Types.VOLUMES, "v", "{'spec':{'volumeMode':'Block'}}"))
                .isEqualTo("spec.volumeMode: Invalid value: \"Block\": field is immutable");
        assertThat(refusedPatch(Types.VOLUMES, "v", "{'spec':{'volumeAttributesClassName':null}}"))
                .isEqualTo(
                        "spec.volumeAttributesClassName: Forbidden: update from non-nil value to"
                                + " nil is forbidden");
        assertThat(
                        refusedPatch(
                                Types.VOLUMES,
                                "v",
                                "{'spec':{'capacity':{'storage':'9Gi'},'storageClassName':'s',"
                                        + "'accessModes':['ReadOnlyMany'],'mountOptions':['ro'],"
                                        + "'persistentVolumeReclaimPolicy':'Delete',"
                                        + "'claimRef':{'namespace':'default','name':'c'}}}"))
                .isEqualTo("accepted");
    }

    // --- the default class

    private String classOf(String claim) {
        return cluster.create(Types.CLAIMS, "default", claim)
                .tree()
                .at("/spec/storageClassName")
                .asText("none");
    }

    private void createDefault(String name, String key) {
        cluster.create(
                Types.STORAGE_CLASSES,
                null,
                "{'metadata':{'name':'%s','annotations':{'%s':'true'}},'provisioner':'example.org/p'}"
                        .formatted(name, key));
    }

    @Rule({"storage 3.1", "storage 3.2", "storage 1"})
    @Test
    void aNewClaimGetsTheDefaultClassUnlessItSaysSomethingElse() {
        assertThat(classOf(CLAIM)).isEqualTo("none");
        createDefault("std", "storageclass.kubernetes.io/is-default-class");

        assertThat(classOf(CLAIM.replace("'c'", "'d'"))).isEqualTo("std");
        var empty = with(CLAIM.replace("'c'", "'e'"), "/spec", "storageClassName", "''");
        assertThat(classOf(empty.toString())).isEmpty();
        var legacy =
                with(
                        CLAIM.replace("'c'", "'f'"),
                        "/metadata",
                        "annotations",
                        "{'volume.beta.kubernetes.io/storage-class':'x'}");
        assertThat(classOf(legacy.toString())).isEqualTo("none");
    }

    @Rule({"storage 3.2", "storage 1", "storage 13 13"})
    @Test
    void ofSeveralDefaultsTheNewestWinsThenTheFirstByName() {
        createDefault("old", "storageclass.kubernetes.io/is-default-class");
        cluster.now = cluster.now.plus(Duration.ofSeconds(1));
        createDefault("new-b", "storageclass.beta.kubernetes.io/is-default-class");
        createDefault("new-a", "storageclass.kubernetes.io/is-default-class");

        assertThat(classOf(CLAIM)).isEqualTo("new-a");
    }

    @Rule("storage 3.4")
    @Test
    void volumesGetNoDefaultClass() {
        createDefault("std", "storageclass.kubernetes.io/is-default-class");

        assertThat(
                        cluster.create(Types.VOLUMES, null, VOLUME)
                                .tree()
                                .path("spec")
                                .has("storageClassName"))
                .isFalse();
    }
}

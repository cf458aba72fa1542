package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.FeatureGates;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;
import java.util.function.Consumer;

/// What the API makes of a StatefulSet: defaults, rules, conflicts, scale.
class StatefulSetsTest {
    private final TestCluster cluster = new TestCluster(1);

    @AfterEach
    void close() {
        cluster.close();
    }

    private JsonNode create(String... more) {
        return cluster.create(Types.STATEFUL_SETS, "default", Web.json(2, more)).tree();
    }

    /// What a valid set with this change is refused with.
    private String refusal(Consumer<ObjectNode> change) {
        var set = TestCluster.json(Web.json(2, Web.CLAIMS));
        change.accept(set);
        return refusal(() -> cluster.create(Types.STATEFUL_SETS, "default", set.toString()));
    }

    private static String refusal(Runnable write) {
        try {
            write.run();
            return "accepted";
        } catch (ApiException refused) {
            assertThat(refused.status().code()).isEqualTo(422);
            assertThat(refused.status().reason()).isEqualTo("Invalid");
            return String.valueOf(refused.getMessage())
                    .replace("StatefulSet.apps \"web\" is invalid: ", "");
        }
    }

    private String refusedUpdate(String patch) {
        return refusal(() -> cluster.patch(Types.STATEFUL_SETS, "default", "web", null, patch));
    }

    private static Consumer<ObjectNode> spec(String field, String json) {
        return at("/spec", field, json);
    }

    private static Consumer<ObjectNode> at(String path, String field, String json) {
        var value = TestCluster.json("{'v':" + json + "}").path("v");
        return set -> ((ObjectNode) set.at(path)).set(field, value);
    }

    private static Consumer<ObjectNode> without(String path, String field) {
        return set -> ((ObjectNode) set.at(path)).remove(field);
    }

    // --- 1.1 .. 1.5

    @Rule("statefulset 1.1")
    @Test
    void isServedAsUpstreamServesIt() {
        var kind = StatefulSets.kind(FeatureGates.DEFAULT);

        assertThat(kind.apiVersion()).isEqualTo("apps/v1");
        assertThat(kind.kind()).isEqualTo("StatefulSet");
        assertThat(kind.plural()).isEqualTo("statefulsets");
        assertThat(kind.shortNames()).containsExactly("sts");
        assertThat(kind.categories()).containsExactly("all");
        assertThat(kind.namespaced()).isTrue();
        assertThat(kind.hasStatus()).isTrue();
        assertThat(kind.scale()).isNotNull();
        assertThat(kind.updatesUnconditionally()).isTrue();
        assertThat(kind.createsOnUpdate()).isFalse();
    }

    @Rule("statefulset 1.1")
    @Test
    void aPutOfAMissingSetIsNotFoundAndOneWithoutVersionIsFine() {
        var set = TestCluster.json(Web.json(3));
        assertThatThrownBy(() -> put(set)).hasMessage("statefulsets.apps \"web\" not found");

        create();
        assertThat(put(set).at("/spec/replicas").asInt()).isEqualTo(3);
    }

    private JsonNode put(ObjectNode set) {
        return cluster.api
                .update(
                        Types.STATEFUL_SETS,
                        "default",
                        "web",
                        null,
                        new Api.Body.Tree(set.deepCopy()),
                        Api.WriteOptions.by("test"))
                .object()
                .tree();
    }

    @Rule("statefulset 1.2")
    @Test
    void theGenerationCountsChangesOfTheSpec() {
        var json = TestCluster.json(Web.json(2));
        json.putObject("status").put("replicas", 9);
        var set = cluster.create(Types.STATEFUL_SETS, "default", json.toString()).tree();
        assertThat(set.at("/status/replicas").asInt()).as("status is dropped").isZero();
        assertThat(set.at("/metadata/generation").asInt()).isEqualTo(1);

        assertThat(
                        patch(null, "{'metadata':{'labels':{'a':'b'}}}")
                                .at("/metadata/generation")
                                .asInt())
                .isEqualTo(1);
        assertThat(patch(null, "{'status':{'replicas':5}}").at("/status/replicas").asInt())
                .isZero();
        assertThat(patch(null, "{'spec':{'replicas':3}}").at("/metadata/generation").asInt())
                .isEqualTo(2);
        assertThat(patch(null, "{'spec':{'replicas':3}}").at("/metadata/generation").asInt())
                .isEqualTo(2);
        var status = patch("status", "{'spec':{'replicas':7},'status':{'replicas':1}}");
        assertThat(status.at("/spec/replicas").asInt()).isEqualTo(3);
        assertThat(status.at("/status/replicas").asInt()).isEqualTo(1);
        assertThat(status.at("/metadata/generation").asInt()).isEqualTo(2);
    }

    private JsonNode patch(String subresource, String patch) {
        return cluster.patch(Types.STATEFUL_SETS, "default", "web", subresource, patch).tree();
    }

    @Rule("statefulset 1.4")
    @Test
    void everyDefault() {
        var set =
                cluster.create(
                                Types.STATEFUL_SETS,
                                "default",
                                """
                                {'metadata':{'name':'web'},
                                 'spec':{'selector':{'matchLabels':{'a':'b'}},
                                   'template':{'metadata':{'labels':{'a':'b'}},
                                     'spec':{'containers':[
                                       {'name':'c','image':'i','ports':[{'containerPort':80}],
                                        'readinessProbe':{'httpGet':{'port':80}}},
                                       {'name':'d','image':'i:latest'},{'name':'e','image':'i:1'}]}},
                                   'volumeClaimTemplates':[{'metadata':{'name':'data'},
                                     'spec':{'accessModes':['ReadWriteOnce'],
                                             'resources':{'requests':{'storage':'1Gi'}}}}]}}
                                """)
                        .tree();

        var spec = set.path("spec");
        assertThat(rest(spec, "template", "volumeClaimTemplates"))
                .isEqualTo(
                        "{\"persistentVolumeClaimRetentionPolicy\":{\"whenDeleted\":\"Retain\","
                            + "\"whenScaled\":\"Retain\"},\"podManagementPolicy\":\"OrderedReady\","
                            + "\"replicas\":1,\"revisionHistoryLimit\":10,"
                            + "\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"serviceName\":\"\","
                            + "\"updateStrategy\":{\"rollingUpdate\":{\"partition\":0},"
                            + "\"type\":\"RollingUpdate\"}}");
        assertThat(rest(spec.at("/template/spec"), "containers"))
                .isEqualTo(
                        "{\"dnsPolicy\":\"ClusterFirst\",\"restartPolicy\":\"Always\","
                                + "\"schedulerName\":\"default-scheduler\",\"securityContext\":{},"
                                + "\"terminationGracePeriodSeconds\":30}");
        assertThat(spec.at("/template/spec/containers/0"))
                .hasToString(
                        "{\"image\":\"i\",\"imagePullPolicy\":\"Always\",\"name\":\"c\","
                            + "\"ports\":[{\"containerPort\":80,\"protocol\":\"TCP\"}],"
                            + "\"readinessProbe\":{\"failureThreshold\":3,"
                            + "\"httpGet\":{\"path\":\"/\",\"port\":80,\"scheme\":\"HTTP\"},"
                            + "\"periodSeconds\":10,\"successThreshold\":1,\"timeoutSeconds\":1},"
                            + "\"resources\":{},"
                            + "\"terminationMessagePath\":\"/dev/termination-log\","
                            + "\"terminationMessagePolicy\":\"File\"}");
        assertThat(spec.at("/template/spec/containers/1/imagePullPolicy").asText())
                .isEqualTo("Always");
        assertThat(spec.at("/template/spec/containers/2/imagePullPolicy").asText())
                .isEqualTo("IfNotPresent");
        assertThat(spec.at("/volumeClaimTemplates/0"))
                .hasToString(
                        "{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\","
                            + "\"metadata\":{\"name\":\"data\"},"
                            + "\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],"
                            + "\"resources\":{\"requests\":{\"storage\":\"1Gi\"}},"
                            + "\"volumeMode\":\"Filesystem\"},\"status\":{\"phase\":\"Pending\"}}");
    }

    private static String rest(JsonNode object, String... without) {
        return ((ObjectNode) object.deepCopy()).remove(List.of(without)).toString();
    }

    @Rule("statefulset 1.4")
    @Test
    void aStrategyThatNamesItsTypeGetsNoBlock() {
        assertThat(create("'updateStrategy':{'type':'RollingUpdate'}").at("/spec/updateStrategy"))
                .hasToString("{\"type\":\"RollingUpdate\"}");
    }

    @Rule({"statefulset 1.4", "statefulset 0"})
    @Test
    void maxUnavailableIsDroppedUnlessItsGateIsOn() {
        var asked = "'updateStrategy':{'rollingUpdate':{'maxUnavailable':2}}";
        assertThat(create(asked).at("/spec/updateStrategy/rollingUpdate"))
                .hasToString("{\"partition\":0}");
        try (var on = new TestCluster(1, FeatureGates.parse("MaxUnavailableStatefulSet=true"))) {
            var set = on.create(Types.STATEFUL_SETS, "default", Web.json(2, asked)).tree();
            assertThat(set.at("/spec/updateStrategy/rollingUpdate"))
                    .hasToString("{\"maxUnavailable\":2,\"partition\":0}");
            var defaulted =
                    on.create(
                                    Types.STATEFUL_SETS,
                                    "default",
                                    Web.json(2).replace("'name':'web'}", "'name':'two'}"))
                            .tree();
            assertThat(defaulted.at("/spec/updateStrategy/rollingUpdate/maxUnavailable").asInt())
                    .isEqualTo(1);
        }
    }

    @Rule({"statefulset 1.6", "statefulset 14 17"})
    @Test
    void warnsOfWhatIsUnwise() {
        var set =
                TestCluster.json(
                        Web.json(
                                1,
                                "'revisionHistoryLimit':-1",
                                Web.CLAIMS.replace("1Mi", "1500m")));
        var written =
                cluster.api.create(
                        Types.STATEFUL_SETS,
                        "default",
                        new Api.Body.Tree(set),
                        Api.WriteOptions.by("test"));

        assertThat(written.warnings())
                .containsExactly(
                        "spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte"
                                + " value \"1500m\" is invalid, must be an integer",
                        "spec.revisionHistoryLimit: a negative value retains all historical"
                                + " revisions; a value >= 0 is recommended");
    }

    // --- 1.7: rules, one row each

    @Rule("statefulset 1.7")
    @Test
    void theNameIsALabel() {
        assertThat(refusal(at("/metadata", "name", "'a.b'")))
                .endsWith("metadata.name: Invalid value: \"a.b\": must not contain dots");
        assertThat(refusal(at("/metadata", "name", "'A'")))
                .endsWith(
                        "metadata.name: Invalid value: \"A\": a lowercase RFC 1123 label must"
                            + " consist of lower case alphanumeric characters or '-', and must"
                            + " start and end with an alphanumeric character (e.g. 'my-name',  or"
                            + " '123-abc', regex used for validation is"
                            + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?')");
        assertThat(refusal(at("/metadata", "name", "'" + "a".repeat(64) + "'")))
                .endsWith(": must be no more than 63 characters");
        assertThat(
                        refusal(
                                set -> {
                                    var metadata = (ObjectNode) set.path("metadata");
                                    metadata.remove("name");
                                    metadata.put("generateName", "web-");
                                }))
                .isEqualTo("accepted");
    }

    @Rule("statefulset 1.7")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "podManagementPolicy | 'X' | spec.podManagementPolicy: Invalid value: \"X\": must"
                        + " be 'OrderedReady' or 'Parallel'",
                "updateStrategy | {'type':'X'} | spec.updateStrategy: Invalid value:"
                        + " {\"Type\":\"X\",\"RollingUpdate\":null}: must be 'RollingUpdate' or"
                        + " 'OnDelete'",
                "updateStrategy | {'type':'OnDelete','rollingUpdate':{'partition':1}} |"
                    + " spec.updateStrategy.rollingUpdate: Invalid value:"
                    + " {\"Partition\":1,\"MaxUnavailable\":null}: only allowed for updateStrategy"
                    + " 'RollingUpdate'",
                "updateStrategy | {'rollingUpdate':{'partition':-1}} |"
                        + " spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be"
                        + " greater than or equal to 0",
                "persistentVolumeClaimRetentionPolicy | {'whenDeleted':'X'} |"
                    + " spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value:"
                    + " \"X\": supported values: \"Retain\", \"Delete\"",
                "persistentVolumeClaimRetentionPolicy | {'whenScaled':'X'} |"
                    + " spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value:"
                    + " \"X\": supported values: \"Retain\", \"Delete\"",
                "replicas | -1 | spec.replicas: Invalid value: -1: must be greater than or equal to"
                        + " 0",
                "minReadySeconds | -1 | spec.minReadySeconds: Invalid value: -1: must be greater"
                        + " than or equal to 0",
                "ordinals | {'start':-1} | spec.ordinals.start: Invalid value: -1: must be greater"
                        + " than or equal to 0",
            })
    void eachFieldHasItsRule(String field, String json, String error) {
        assertThat(refusal(spec(field, json))).isEqualTo(error);
    }

    @Rule("statefulset 1.7")
    @Test
    void theServiceNameIsALabelAndOptional() {
        assertThat(refusal(spec("serviceName", "'a.b'")))
                .isEqualTo("spec.serviceName: Invalid value: \"a.b\": must not contain dots");
        assertThat(refusal(spec("serviceName", "''"))).isEqualTo("accepted");
    }

    @Rule("statefulset 1.7")
    @Test
    void claimTemplatesAreCheckedAsClaimsOnCreation() {
        assertThat(refusal(at("/spec/volumeClaimTemplates/0/spec", "accessModes", "[]")))
                .isEqualTo(
                        "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1"
                                + " access mode is required");
    }

    @Rule("statefulset 1.7")
    @Test
    void theSelectorIsRequiredNotEmptyAndMatches() {
        assertThat(refusal(without("/spec", "selector")))
                .isEqualTo(
                        "[spec.selector: Required value, spec.template.metadata.labels: Invalid"
                                + " value: {\"app\":\"web\"}: `selector` does not match template"
                                + " `labels`]");
        assertThat(refusal(spec("selector", "{}")))
                .isEqualTo(
                        "spec.selector: Invalid value: {}: empty selector is invalid for"
                                + " statefulset");
        assertThat(refusal(spec("selector", "{'matchLabels':{'app':'other'}}")))
                .isEqualTo(
                        "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}:"
                                + " `selector` does not match template `labels`");
    }

    @Rule("statefulset 1.7")
    @ParameterizedTest
    @CsvSource({
        "In, true",
        "NotIn, false",
        "Exists, true",
        "DoesNotExist, false",
    })
    void expressionsOfTheSelectorAreUnderstood(String operator, boolean matches) {
        var values = operator.contains("In") ? ",'values':['web','x']" : "";

        var refusal =
                refusal(
                        spec(
                                "selector",
                                "{'matchExpressions':[{'key':'app','operator':'%s'%s}]}"
                                        .formatted(operator, values)));

        if (matches) assertThat(refusal).isEqualTo("accepted");
        else assertThat(refusal).contains("`selector` does not match template `labels`");
    }

    @Rule("statefulset 1.7")
    @Test
    void labelsOfTheTemplateAreChecked() {
        assertThat(refusal(at("/spec/template/metadata/labels", "bad key", "'x'")))
                .startsWith(
                        "spec.template.labels: Invalid value: \"bad key\": name part must consist");
    }

    @Rule("statefulset 1.7")
    @Test
    void hostnameAndSubdomainAreIgnored() {
        assertThat(refusal(at("/spec/template/spec", "hostname", "'not.a.label'")))
                .isEqualTo("accepted");
        cluster.api.delete(Types.STATEFUL_SETS, "default", "web", Api.DeleteOptions.DEFAULT);
        assertThat(refusal(at("/spec/template/spec", "subdomain", "'Not_one'")))
                .isEqualTo("accepted");
    }

    @Rule("statefulset 1.7")
    @Test
    void podsOfASetAlwaysRestartAndHaveNoDeadline() {
        assertThat(refusal(at("/spec/template/spec", "restartPolicy", "'Never'")))
                .isEqualTo(
                        "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported"
                                + " values: \"Always\"");
        assertThat(refusal(at("/spec/template/spec", "activeDeadlineSeconds", "5")))
                .isEqualTo(
                        "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds"
                                + " in StatefulSet is not Supported");
    }

    @Rule("statefulset 1.7")
    @Test
    void claimTemplatesCountAsVolumes() {
        var mount = "[{'name':'data','mountPath':'/d'}]";
        assertThat(refusal(at("/spec/template/spec/containers/0", "volumeMounts", mount)))
                .isEqualTo("accepted");
        assertThat(
                        refusal(
                                at(
                                        "/spec/template/spec/containers/0",
                                        "volumeMounts",
                                        mount.replace("data", "other"))))
                .isEqualTo(
                        "spec.template.spec.containers[0].volumeMounts[0].name: Not found:"
                                + " \"other\"");
    }

    @Rule("statefulset 1.7")
    @Test
    void severalErrorsComeInOneListAndAsCauses() {
        var set = TestCluster.json(Web.json(-1, "'minReadySeconds':-2"));

        assertThatThrownBy(() -> cluster.create(Types.STATEFUL_SETS, "default", set.toString()))
                .hasMessage(
                        "StatefulSet.apps \"web\" is invalid: [spec.replicas: Invalid value: -1:"
                            + " must be greater than or equal to 0, spec.minReadySeconds: Invalid"
                            + " value: -2: must be greater than or equal to 0]")
                .satisfies(
                        e -> {
                            var details = ((ApiException) e).status().details();
                            assertThat(details.name()).isEqualTo("web");
                            assertThat(details.group()).isEqualTo("apps");
                            assertThat(details.kind()).isEqualTo("StatefulSet");
                            assertThat(details.causes()).hasSize(2);
                            var cause = details.causes().getFirst();
                            assertThat(cause.reason()).isEqualTo("FieldValueInvalid");
                            assertThat(cause.field()).isEqualTo("spec.replicas");
                            assertThat(cause.message())
                                    .isEqualTo(
                                            "Invalid value: -1: must be greater than or equal to"
                                                    + " 0");
                        });
    }

    @Rule("statefulset 1.7 gate")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "-1 | spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: -1: must be"
                        + " greater than or equal to 0",
                "0 | spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be"
                        + " 0",
                "'0%' | spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\":"
                        + " cannot be 0",
                "'101%' | spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value:"
                        + " \"101%\": must not be greater than 100%",
                "'100%' | accepted",
                "5 | accepted",
            })
    void maxUnavailableIsAtLeastOneAndAtMostAll(String most, String error) {
        try (var on = new TestCluster(1, FeatureGates.parse("MaxUnavailableStatefulSet=true"))) {
            var set =
                    Web.json(
                            2,
                            "'updateStrategy':{'rollingUpdate':{'maxUnavailable':" + most + "}}");

            assertThat(refusal(() -> on.create(Types.STATEFUL_SETS, "default", set)))
                    .isEqualTo(error);
        }
    }

    // --- 1.8, 1.9

    @Rule({"statefulset 1.8", "statefulset 14 18"})
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{'spec':{'serviceName':'other'}}",
                "{'spec':{'podManagementPolicy':'Parallel'}}",
                "{'spec':{'volumeClaimTemplates':[{'metadata':{'name':'more'},'spec':{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1Mi'}}}}]}}",
                "{'spec':{'selector':{'matchExpressions':[{'key':'app','operator':'Exists'}]}}}",
            })
    void otherFieldsCannotBeChanged(String patch) {
        create(Web.CLAIMS);

        assertThat(refusedUpdate(patch))
                .isEqualTo(
                        "spec: Forbidden: updates to statefulset spec for fields other than"
                            + " 'replicas', 'ordinals', 'template', 'updateStrategy',"
                            + " 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and"
                            + " 'minReadySeconds' are forbidden");
    }

    @Rule("statefulset 1.8")
    @Test
    void theMutableFieldsCanBeChanged() {
        create();

        assertThat(
                        refusedUpdate(
                                """
                                {'spec':{'replicas':5,'ordinals':{'start':1},'minReadySeconds':3,
                                  'revisionHistoryLimit':2,'updateStrategy':{'rollingUpdate':{'partition':1}},
                                  'persistentVolumeClaimRetentionPolicy':{'whenScaled':'Delete'},
                                  'template':{'spec':{'containers':[{'name':'c','image':'i:2'}]}}}}
                                """))
                .isEqualTo("accepted");
    }

    @Rule("statefulset 1.8")
    @Test
    void theForbiddenChangeIsToldLast() {
        create();

        assertThat(refusedUpdate("{'spec':{'replicas':-1,'serviceName':'other'}}"))
                .startsWith(
                        "[spec.replicas: Invalid value: -1: must be greater than or equal to 0,"
                                + " spec: Forbidden:");
    }

    @Rule("statefulset 1.9")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "'replicas':-1 | [status.replicas: Invalid value: -1: must be greater than or equal"
                        + " to 0, status.readyReplicas",
                "'replicas':1,'readyReplicas':2 | status.readyReplicas: Invalid value: 2: cannot be"
                        + " greater than status.replicas",
                "'replicas':1,'currentReplicas':2 | status.currentReplicas: Invalid value: 2:"
                        + " cannot be greater than status.replicas",
                "'replicas':1,'updatedReplicas':2 | status.updatedReplicas: Invalid value: 2:"
                        + " cannot be greater than status.replicas",
                "'replicas':1,'availableReplicas':1 | status.availableReplicas: Invalid value: 1:"
                        + " cannot be greater than status.readyReplicas",
                "'replicas':0,'collisionCount':-1 | [status.collisionCount: Invalid value: -1: must"
                        + " be greater than or equal to 0",
                "'replicas':0,'collisionCount':1 | status.collisionCount: Invalid value: 1: cannot"
                        + " be decremented",
                "'replicas':2,'readyReplicas':1,'availableReplicas':1,'currentReplicas':2,'updatedReplicas':2"
                    + " | accepted",
            })
    void theCountersOfAStatusFit(String status, String error) {
        create();
        if (status.contains("collisionCount")) patch("status", "{'status':{'collisionCount':2}}");

        assertThat(
                        refusal(
                                () ->
                                        cluster.patch(
                                                Types.STATEFUL_SETS,
                                                "default",
                                                "web",
                                                "status",
                                                "{'status':{" + status + "}}")))
                .startsWith(error);
    }

    // --- 1.10

    @Rule("statefulset 1.10")
    @Test
    void conflictsAndDuplicates() {
        var first = create();
        patch(null, "{'spec':{'replicas':5}}");

        assertThatThrownBy(() -> put((ObjectNode) first))
                .hasMessage(
                        "Operation cannot be fulfilled on statefulsets.apps \"web\": the object has"
                            + " been modified; please apply your changes to the latest version and"
                            + " try again")
                .matches(e -> ((ApiException) e).is("Conflict"));
        assertThatThrownBy(this::create)
                .hasMessage("statefulsets.apps \"web\" already exists")
                .matches(e -> ((ApiException) e).is("AlreadyExists"));
        assertThatThrownBy(() -> cluster.api.get(Types.STATEFUL_SETS, "default", "none"))
                .hasMessage("statefulsets.apps \"none\" not found");
    }

    // --- 10.1

    private JsonNode scale(ObjectNode scale) {
        return cluster.api
                .update(
                        Types.STATEFUL_SETS,
                        "default",
                        "web",
                        "scale",
                        new Api.Body.Tree(scale),
                        Api.WriteOptions.by("test"))
                .object()
                .tree();
    }

    @Rule({"statefulset 10.1", "statefulset 14 19"})
    @Test
    void scaleIsAnotherViewOfTheSet() {
        var set = create();

        var scale = cluster.api.get(Types.STATEFUL_SETS, "default", "web", "scale").tree();
        assertThat(scale.path("apiVersion").asText()).isEqualTo("autoscaling/v1");
        assertThat(scale.path("kind").asText()).isEqualTo("Scale");
        for (var field :
                List.of("name", "namespace", "uid", "resourceVersion", "creationTimestamp")) {
            assertThat(scale.path("metadata").path(field))
                    .isEqualTo(set.path("metadata").path(field));
        }
        assertThat(scale.at("/spec/replicas").asInt()).isEqualTo(2);
        assertThat(scale.at("/status/selector").asText()).isEqualTo("app=web");

        patch("scale", "{'spec':{'replicas':4}}");
        var scaled = cluster.api.get(Types.STATEFUL_SETS, "default", "web").tree();
        assertThat(scaled.at("/spec/replicas").asInt()).isEqualTo(4);
        assertThat(scaled.at("/metadata/generation").asInt()).isEqualTo(2);
    }

    @Rule({"statefulset 10.1", "statefulset 14 19"})
    @Test
    void scaleKnowsConflicts() {
        var scale = (ObjectNode) create().deepCopy();
        scale.removeAll();
        scale.put("apiVersion", "autoscaling/v1").put("kind", "Scale");
        scale.putObject("metadata").put("name", "web").put("namespace", "default");
        scale.putObject("spec").put("replicas", 3);
        assertThat(scale(scale.deepCopy()).at("/spec/replicas").asInt())
                .as("without version: unconditional")
                .isEqualTo(3);

        var stale = scale.deepCopy();
        ((ObjectNode) stale.path("metadata")).put("resourceVersion", "1");
        assertThatThrownBy(() -> scale(stale)).hasMessageContaining("the object has been modified");
        var other = scale.deepCopy();
        ((ObjectNode) other.path("metadata")).put("uid", "u1");
        assertThatThrownBy(() -> scale(other))
                .hasMessageContaining(
                        "Precondition failed: UID in precondition: u1, UID in object meta: ");
        var negative = scale.deepCopy();
        ((ObjectNode) negative.path("spec")).put("replicas", -1);
        assertThatThrownBy(() -> scale(negative))
                .hasMessage(
                        "Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1:"
                                + " must be greater than or equal to 0");
    }
}

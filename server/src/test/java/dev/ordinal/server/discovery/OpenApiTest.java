package dev.ordinal.server.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;

import dev.ordinal.api.Kind;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

class OpenApiTest {
    private static final Kind PODS =
            Kind.of("v1", "pods", Schema.load("v1", "Pod"))
                    .status()
                    .returnsDeleted()
                    .subresources("binding", "eviction", "log", "exec")
                    .build();
    private static final Kind SETS =
            Kind.of("apps/v1", "statefulsets", Schema.load("apps/v1", "StatefulSet"))
                    .status()
                    .scale("/spec/replicas", "/status/replicas", "/spec/selector")
                    .build();

    private final ObjectNode pods = OpenApi.of(List.of(PODS), Descriptions.read());
    private final ObjectNode sets = OpenApi.of(List.of(SETS), Descriptions.read());
    private final ObjectNode access = OpenApi.of(access(), Descriptions.read());

    private static List<Kind> access() {
        List<Kind> kinds = new ArrayList<>();
        for (var kind : List.of("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")) {
            kinds.add(kind("rbac.authorization.k8s.io/v1", kind).build());
        }
        for (var kind :
                List.of(
                        "LocalSubjectAccessReview",
                        "SelfSubjectAccessReview",
                        "SelfSubjectRulesReview",
                        "SubjectAccessReview")) {
            kinds.add(kind("authorization.k8s.io/v1", kind).answering((it, _) -> it).build());
        }
        for (var kind : List.of("SelfSubjectReview", "TokenRequest", "TokenReview")) {
            kinds.add(kind("authentication.k8s.io/v1", kind).answering((it, _) -> it).build());
        }
        return kinds;
    }

    private static Kind.Builder kind(String version, String kind) {
        var plural = kind.toLowerCase(Locale.ROOT) + "s";
        return Kind.of(version, plural, Schema.load(version, kind));
    }

    @Rule("api 3.8")
    @Test
    void everyDefinitionAndFieldIsDescribed() {
        List<String> silent = new ArrayList<>();
        for (var document : List.of(pods, sets, access)) {
            for (var schema : document.at("/components/schemas").properties()) {
                if (!schema.getValue().has("description")) silent.add(schema.getKey());
                for (var field : schema.getValue().path("properties").properties()) {
                    if (!field.getValue().has("description")) {
                        silent.add(schema.getKey() + "." + field.getKey());
                    }
                }
            }
        }
        assertThat(silent).isEmpty();
    }

    @Rule("api 3.8")
    @Test
    void everyReferenceLeadsSomewhere() {
        for (var document : List.of(pods, sets)) {
            for (var reference : document.findValuesAsText("$ref")) {
                assertThat(document.at(reference.substring(1)).isObject()).as(reference).isTrue();
            }
        }
    }

    @Rule("api 3.8")
    @Test
    void aPatchTellsWhatApplyLooksFor() {
        var patch =
                sets.at(
                        "/paths/~1apis~1apps~1v1~1namespaces~1{namespace}~1statefulsets~1{name}/patch");
        assertThat(patch.at("/x-kubernetes-group-version-kind/kind").asText())
                .isEqualTo("StatefulSet");
        assertThat(patch.findValuesAsText("name")).contains("fieldValidation");
        assertThat(patch.path("operationId").asText())
                .isEqualTo("patchAppsV1NamespacedStatefulSet");
        assertThat(patch.at("/requestBody/content").has("application/strategic-merge-patch+json"))
                .isTrue();
    }

    @Rule("api 3.8")
    @Test
    void fieldsTellHowTheyMergeWhatIsRequiredAndWhatIsAllowed() {
        var port = pods.at("/components/schemas/io.k8s.api.core.v1.ContainerPort");
        assertThat(port.path("required").toString()).isEqualTo("[\"containerPort\"]");
        assertThat(port.at("/properties/protocol/enum").toString())
                .isEqualTo("[\"SCTP\",\"TCP\",\"UDP\"]");
        var ports = pods.at("/components/schemas/io.k8s.api.core.v1.Container/properties/ports");
        assertThat(ports.path("x-kubernetes-list-type").asText()).isEqualTo("map");
        assertThat(ports.path("x-kubernetes-list-map-keys").toString())
                .isEqualTo("[\"containerPort\",\"protocol\"]");
        assertThat(ports.path("x-kubernetes-patch-merge-key").asText()).isEqualTo("containerPort");
    }

    @Rule("api 3.8")
    @Test
    void subresourcesNameTheirOwnKind() {
        var paths = sets.path("paths");
        var scale = paths.path("/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}/scale");
        assertThat(scale.at("/patch/x-kubernetes-group-version-kind").toString())
                .isEqualTo("{\"group\":\"autoscaling\",\"kind\":\"Scale\",\"version\":\"v1\"}");
        var binding = pods.path("paths").path("/api/v1/namespaces/{namespace}/pods/{name}/binding");
        assertThat(binding.at("/post/x-kubernetes-group-version-kind/kind").asText())
                .isEqualTo("Binding");
    }

    @Rule("api 3.7")
    @Test
    void theSecondVersionHasAllDefinitionsOnce() {
        var whole = OpenApiV2.of(List.of(pods, sets));
        assertThat(
                        whole.at("/definitions/io.k8s.api.core.v1.PodSpec/properties/volumes/items")
                                .toString())
                .isEqualTo("{\"$ref\":\"#/definitions/io.k8s.api.core.v1.Volume\"}");
        assertThat(whole.path("definitions").has("io.k8s.api.apps.v1.StatefulSet")).isTrue();
        assertThat(whole.toString()).doesNotContain("#/components", "\"oneOf\"", "\"allOf\"");
    }

    @Rule("api 3.7")
    @Test
    void theSecondVersionIsAMessageToo() throws Exception {
        var whole = OpenApiV2.of(List.of(pods));
        var document = UnknownFieldSet.parseFrom(OpenApiV2Protobuf.encode(whole));
        assertThat(text(document, 1)).isEqualTo("2.0");
        var definitions = part(document, 9);
        var named =
                definitions.getField(1).getLengthDelimitedList().stream()
                        .map(OpenApiTest::parsed)
                        .toList();
        assertThat(named).hasSize(whole.path("definitions").size());
        var port =
                named.stream()
                        .filter(n -> text(n, 1).equals("io.k8s.api.core.v1.ContainerPort"))
                        .map(n -> part(n, 2))
                        .findFirst()
                        .orElseThrow();
        assertThat(text(port, 19)).isEqualTo("containerPort");
        assertThat(text(part(port, 22), 1)).isEqualTo("object");
        assertThat(part(port, 25).getField(1).getLengthDelimitedList()).hasSize(5);
        var paths = part(document, 8).getField(2).getLengthDelimitedList();
        assertThat(paths).hasSize(whole.path("paths").size());
    }

    private static UnknownFieldSet part(UnknownFieldSet of, int number) {
        return parsed(of.getField(number).getLengthDelimitedList().getFirst());
    }

    private static UnknownFieldSet parsed(ByteString bytes) {
        try {
            return UnknownFieldSet.parseFrom(bytes);
        } catch (com.google.protobuf.InvalidProtocolBufferException damaged) {
            throw new AssertionError(damaged);
        }
    }

    private static String text(UnknownFieldSet of, int number) {
        return of.getField(number).getLengthDelimitedList().getFirst().toStringUtf8();
    }
}

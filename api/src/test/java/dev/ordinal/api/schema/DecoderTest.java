package dev.ordinal.api.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

class DecoderTest {
    private static final Schema POD = Schema.load("v1", "Pod");

    private final List<String> unknown = new ArrayList<>();
    private final List<String> duplicates = new ArrayList<>();

    private ObjectNode decode(Schema schema, String json) throws Exception {
        var tree = Text.json(json.getBytes(StandardCharsets.UTF_8), duplicates::add);
        return Decoder.decode(schema, (ObjectNode) tree, unknown::add);
    }

    @Test
    void dropsAndReportsUnknownFields() throws Exception {
        var pod =
                decode(
                        POD,
                        "{'spec':{'foo':1,'containers':[{'name':'a','bar':2}]}}"
                                .replace('\'', '"'));

        assertThat(unknown).containsExactly("spec.foo", "spec.containers[0].bar");
        assertThat(pod.at("/spec/containers/0").has("bar")).isFalse();
    }

    @Test
    void reportsKeysGivenTwice() throws Exception {
        decode(POD, "{'spec':{'hostname':'a','hostname':'b'}}".replace('\'', '"'));

        assertThat(duplicates).containsExactly("spec.hostname");
    }

    @Test
    void showsZeroValuesAsKubernetesDoes() throws Exception {
        var pod =
                decode(
                        POD,
                        """
                        {"spec":{"hostNetwork":false,"terminationGracePeriodSeconds":0,"nodeName":"",
                          "containers":[{"name":"a","env":[]}]},"metadata":{"creationTimestamp":null}}
                        """);

        assertThat(pod)
                .hasToString(
                        "{\"metadata\":{},\"spec\":{\"containers\":[{\"name\":\"a\",\"resources\":{}}],"
                            + "\"terminationGracePeriodSeconds\":0},\"status\":{}}");
    }

    @Test
    void spellsQuantitiesAndTimesCanonically() throws Exception {
        var pod =
                decode(
                        POD,
                        """
                        {"metadata":{"creationTimestamp":"2026-01-02T04:04:05.9+01:00"},
                         "spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":0.5,"memory":"1024Mi"}}}]}}
                        """);

        assertThat(pod.at("/metadata/creationTimestamp").asText())
                .isEqualTo("2026-01-02T03:04:05Z");
        assertThat(pod.at("/spec/containers/0/resources/limits"))
                .hasToString("{\"cpu\":\"500m\",\"memory\":\"1Gi\"}");
    }

    @Test
    void namesTheGoFieldOfAWrongType() {
        assertThatThrownBy(() -> decode(POD, "{\"spec\":{\"hostNetwork\":\"yes\"}}"))
                .hasMessage(
                        "json: cannot unmarshal string into Go struct field"
                                + " PodSpec.spec.hostNetwork of type bool");
        assertThatThrownBy(() -> decode(POD, "{\"spec\":{\"containers\":{}}}"))
                .hasMessage(
                        "json: cannot unmarshal object into Go struct field PodSpec.spec.containers"
                                + " of type []v1.Container");
    }

    @Test
    void decodingTwiceChangesNothing() throws Exception {
        var set = Schema.load("apps/v1", "StatefulSet");
        var once =
                decode(
                        set,
                        """
                        {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"web","labels":{"b":"1","a":"2"}},
                         "spec":{"replicas":0,"selector":{"matchLabels":{"app":"web"}},"template":{"spec":{"containers":[]}},
                           "volumeClaimTemplates":[{"metadata":{"name":"d"},"spec":{"storageClassName":""}}]}}
                        """);

        assertThat(Decoder.normalize(set, once)).hasToString(once.toString());
        assertThat(once.at("/spec/volumeClaimTemplates/0/spec/storageClassName").isTextual())
                .isTrue();
        assertThat(once.fieldNames()).toIterable().startsWith("kind", "apiVersion", "metadata");
    }

    @Test
    void readsYaml() throws Exception {
        var tree = Text.yaml("a: 1\nb: [x, true]\n".getBytes(StandardCharsets.UTF_8), _ -> {});

        assertThat(tree).hasToString("{\"a\":1,\"b\":[\"x\",true]}");
    }
}

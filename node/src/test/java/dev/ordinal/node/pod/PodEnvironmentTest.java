package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.control.Types;
import dev.ordinal.node.image.Image;
import dev.ordinal.node.image.ImageConfig;
import dev.ordinal.node.pod.Machine.CannotStartException;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// What a container finds in its environment.
class PodEnvironmentTest {
    private final TestApi cluster = new TestApi();

    @AfterEach
    void close() {
        cluster.close();
    }

    @Rule("pods 6.2")
    @ParameterizedTest
    @CsvSource({
        "$(A)/$(B), 1/two",
        "$(NONE), $(NONE)",
        "$$(A), $(A)",
        "$A and $, $A and $",
        "$(A, $(A",
        "$$$(A), $1",
        "x$(A)y$(A), x1y1"
    })
    void knownNamesAreReplaced(String text, String expected) {
        assertThat(PodEnvironment.expand(text, Map.of("A", "1", "B", "two"))).isEqualTo(expected);
    }

    private static JsonNode json(String text) throws IOException {
        return new ObjectMapper().readTree(text.replace('\'', '"'));
    }

    private Map<String, String> resolve(String container) throws Exception {
        return resolve(container, "");
    }

    private Map<String, String> resolve(String container, String spec) throws Exception {
        var pod =
                json(
                        """
                        {'metadata':{'name':'p','namespace':'default','uid':'u','labels':{'tier':'one'},
                         'annotations':{'note':'x'}},
                         'spec':{'nodeName':'n1','serviceAccountName':'web'%s}}
                        """
                                .formatted(spec));
        var config =
                new ImageConfig(
                        List.of("FROM_IMAGE=1", "BOTH=image"), List.of(), List.of(), "", "", "");
        var image = new Image("sha256:1", List.of(), List.of(), config, 0, Instant.EPOCH);
        var own = json("{'name':'c'%s}".formatted(container));
        return new PodEnvironment(cluster.api, pod, own, image, "10.244.0.2", "10.0.0.1")
                .resolve("web-0", "/root");
    }

    private void configMap(String name, String data) {
        cluster.create(
                Types.CONFIG_MAPS, "{'metadata':{'name':'%s'},'data':{%s}}".formatted(name, data));
    }

    @Rule("pods 6.1")
    @Test
    void laterSourcesReplaceEarlierOnesAndEnvReplacesAll() throws Exception {
        configMap("one", "'A':'one','B':'one','BOTH':'map'");
        configMap("two", "'B':'two','C':'two'");
        cluster.create(Types.SECRETS, "{'metadata':{'name':'s'},'stringData':{'word':'sesame'}}");
        var seen =
                resolve(
                        """
                        ,'envFrom':[{'configMapRef':{'name':'one'}},{'configMapRef':{'name':'two'}},
                          {'prefix':'S_','secretRef':{'name':'s'}}],
                         'env':[{'name':'C','value':'env'},{'name':'D','value':'$(A) $(C) $(S_word) $(LATER)'},
                          {'name':'LATER','value':'x'}]
                        """);
        assertThat(seen)
                .containsEntry("A", "one")
                .containsEntry("B", "two")
                .containsEntry("C", "env")
                .containsEntry("S_word", "sesame")
                .containsEntry("D", "one env sesame $(LATER)")
                .containsEntry("FROM_IMAGE", "1")
                .containsEntry("BOTH", "map")
                .containsEntry("HOSTNAME", "web-0");
    }

    @Rule("pods 6.2")
    @Test
    void valuesFromElsewhereAreNotExpanded() throws Exception {
        configMap("m", "'k':'$(A)'");
        var env =
                ",'env':[{'name':'A','value':'1'},{'name':'B','valueFrom':{'configMapKeyRef':{'name':'m','key':'k'}}},{'name':'C','value':'$(B)'}]";
        assertThat(resolve(env)).containsEntry("B", "$(A)").containsEntry("C", "$(A)");
    }

    private void refused(String container, String message) {
        assertThatThrownBy(() -> resolve(container))
                .isInstanceOf(CannotStartException.class)
                .hasMessage(message)
                .extracting(e -> ((CannotStartException) e).reason())
                .isEqualTo("CreateContainerConfigError");
    }

    @Rule({"pods 6.3", "pods 2.5"})
    @Test
    void whatIsMissingIsSaidOrLeftOut() throws Exception {
        var env = ",'env':[{'name':'A','valueFrom':{'%s':{'name':'%s','key':'k'%s}}}]";
        configMap("m", "'other':'1'");
        cluster.create(Types.SECRETS, "{'metadata':{'name':'s'},'stringData':{'other':'1'}}");
        refused(env.formatted("configMapKeyRef", "none", ""), "configmap \"none\" not found");
        refused(env.formatted("secretKeyRef", "none", ""), "secret \"none\" not found");
        refused(
                env.formatted("configMapKeyRef", "m", ""),
                "couldn't find key k in ConfigMap default/m");
        refused(env.formatted("secretKeyRef", "s", ""), "couldn't find key k in Secret default/s");
        refused(",'envFrom':[{'secretRef':{'name':'none'}}]", "secret \"none\" not found");
        for (var name : List.of("none", "m")) {
            assertThat(resolve(env.formatted("configMapKeyRef", name, ",'optional':true")))
                    .doesNotContainKey("A");
        }
        assertThat(resolve(",'envFrom':[{'configMapRef':{'name':'none','optional':true}}]"))
                .containsEntry("FROM_IMAGE", "1");
    }

    private String field(String path) throws Exception {
        var env = ",'env':[{'name':'A','valueFrom':{'fieldRef':{'fieldPath':\"%s\"}}}]";
        return String.valueOf(resolve(env.formatted(path.replace("'", "\\u0027"))).get("A"));
    }

    @Rule("pods 6.4")
    @Test
    void aPodKnowsItself() throws Exception {
        assertThat(field("metadata.name")).isEqualTo("p");
        assertThat(field("metadata.namespace")).isEqualTo("default");
        assertThat(field("metadata.uid")).isEqualTo("u");
        assertThat(field("metadata.labels['tier']")).isEqualTo("one");
        assertThat(field("metadata.labels['none']")).isEmpty();
        assertThat(field("metadata.annotations['note']")).isEqualTo("x");
        assertThat(field("spec.nodeName")).isEqualTo("n1");
        assertThat(field("spec.serviceAccountName")).isEqualTo("web");
        assertThat(field("status.podIP")).isEqualTo("10.244.0.2");
        assertThat(field("status.podIPs")).isEqualTo("10.244.0.2");
        assertThat(field("status.hostIP")).isEqualTo("10.0.0.1");
        assertThat(field("status.hostIPs")).isEqualTo("10.0.0.1");
    }

    private String resource(String name, String divisor) throws Exception {
        var container =
                """
                ,'resources':{'limits':{'cpu':'250m','memory':'1Mi'}},
                 'env':[{'name':'A','valueFrom':{'resourceFieldRef':{'resource':'%s','divisor':'%s'}}}]
                """;
        return String.valueOf(resolve(container.formatted(name, divisor)).get("A"));
    }

    @Rule("pods 6.4")
    @Test
    void resourcesAreRoundedUpToTheirDivisor() throws Exception {
        assertThat(resource("limits.cpu", "0")).isEqualTo("1");
        assertThat(resource("limits.cpu", "1m")).isEqualTo("250");
        assertThat(resource("limits.memory", "0")).isEqualTo("1048576");
        assertThat(resource("limits.memory", "1Gi")).isEqualTo("1");
        assertThat(resource("requests.cpu", "0")).isEqualTo("0");
        var whole =
                ",'env':[{'name':'A','valueFrom':{'resourceFieldRef':{'resource':'limits.memory'}}}]";
        assertThat(resolve(whole)).containsEntry("A", Long.toString(NodeObject.memoryBytes()));
    }

    @Rule("pods 6.6")
    @Test
    void servicesOfTheNamespaceAreThereUnlessTheyAreNotWanted() throws Exception {
        var service =
                "{'metadata':{'name':'%s'},'spec':{'clusterIP':'%s','ports':[{'name':'http-a','port':80},{'name':'dns','port':53,'protocol':'UDP'}]}}";
        cluster.create(Types.SERVICES, service.formatted("my-db", "10.96.0.7"));
        cluster.create(Types.SERVICES, service.formatted("headless", "None"));
        cluster.create(Types.SERVICES, service.formatted("kubernetes", "10.96.0.1"));
        var seen =
                resolve(
                        ",'env':[{'name':'MY_DB_SERVICE_PORT','value':'mine'},{'name':'A','value':'$(MY_DB_SERVICE_HOST)'}]");
        assertThat(seen)
                .containsEntry("MY_DB_SERVICE_HOST", "10.96.0.7")
                .containsEntry("MY_DB_SERVICE_PORT", "mine")
                .containsEntry("MY_DB_SERVICE_PORT_HTTP_A", "80")
                .containsEntry("MY_DB_SERVICE_PORT_DNS", "53")
                .containsEntry("MY_DB_PORT", "tcp://10.96.0.7:80")
                .containsEntry("MY_DB_PORT_80_TCP", "tcp://10.96.0.7:80")
                .containsEntry("MY_DB_PORT_80_TCP_PROTO", "tcp")
                .containsEntry("MY_DB_PORT_80_TCP_PORT", "80")
                .containsEntry("MY_DB_PORT_80_TCP_ADDR", "10.96.0.7")
                .containsEntry("MY_DB_PORT_53_UDP", "udp://10.96.0.7:53")
                .containsEntry("A", "10.96.0.7")
                .containsEntry("KUBERNETES_SERVICE_HOST", "10.96.0.1")
                .doesNotContainKey("HEADLESS_SERVICE_HOST");
        assertThat(resolve("", ",'enableServiceLinks':false"))
                .containsEntry("KUBERNETES_SERVICE_HOST", "10.96.0.1")
                .doesNotContainKey("MY_DB_SERVICE_HOST");
    }
}

package dev.ordinal.kinds.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Which pods get the volume with their account's token.
class TokenVolumeTest {
    private static final String PATH = "/var/run/secrets/kubernetes.io/serviceaccount";

    private final TestCluster cluster = new TestCluster(1);

    @AfterEach
    void close() {
        cluster.close();
    }

    private JsonNode pod(String more) {
        return cluster.create(
                        Types.PODS,
                        "default",
                        "{'metadata':{'name':'p'},'spec':{%s'containers':[{'name':'c','image':'i'}]}}"
                                .formatted(more))
                .tree()
                .path("spec");
    }

    @Rule({"api 10.3", "pods 1.6", "api 11"})
    @Test
    void everyContainerMountsItReadOnly() {
        var spec = pod("'initContainers':[{'name':'a','image':'i'}],");
        var name = spec.at("/volumes/0/name").asText();
        assertThat(name).matches("kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}");
        for (var container : new String[] {"/initContainers/0", "/containers/0"}) {
            var mount = spec.at(container + "/volumeMounts/0");
            assertThat(mount.path("name").asText()).isEqualTo(name);
            assertThat(mount.path("mountPath").asText()).isEqualTo(PATH);
            assertThat(mount.path("readOnly").asBoolean()).isTrue();
        }
        assertThat(spec.at("/volumes/0/projected").toString())
                .isEqualTo(
                        """
                        {"defaultMode":420,"sources":[{"serviceAccountToken":{"expirationSeconds":3607,\
                        "path":"token"}},{"configMap":{"items":[{"key":"ca.crt","path":"ca.crt"}],\
                        "name":"kube-root-ca.crt"}},{"downwardAPI":{"items":[{"fieldRef":{"apiVersion":"v1",\
                        "fieldPath":"metadata.namespace"},"path":"namespace"}]}}]}\
                        """);
    }

    @Rule({"api 10.3", "pods 1.6", "api 11"})
    @Test
    void thePodsWordCountsBeforeTheAccounts() {
        assertThat(pod("'automountServiceAccountToken':false,").has("volumes")).isFalse();
        cluster.create(
                Types.SERVICE_ACCOUNTS,
                "default",
                "{'metadata':{'name':'shy'},'automountServiceAccountToken':false}");
        cluster.stopped("p");
        assertThat(pod("'serviceAccountName':'shy',").has("volumes")).isFalse();
        cluster.stopped("p");
        var asked = pod("'serviceAccountName':'shy','automountServiceAccountToken':true,");
        assertThat(asked.has("volumes")).isTrue();
    }

    @Rule({"api 10.3", "pods 1.6", "api 11"})
    @Test
    void aContainerThatHasSomethingThereKeepsIt() {
        var spec =
                cluster.create(
                                Types.PODS,
                                "default",
                                "{'metadata':{'name':'p'},'spec':{'volumes':[{'name':'mine'}],'containers':"
                                    + "[{'name':'c','image':'i','volumeMounts':[{'name':'mine',"
                                        + "'mountPath':'%s'}]}]}}".formatted(PATH))
                        .tree()
                        .path("spec");
        assertThat(spec.path("volumes")).hasSize(1);
        assertThat(spec.at("/containers/0/volumeMounts")).hasSize(1);
    }

    @Rule("api 10.3")
    @Test
    void aShortLifeOrAStrangePathIsRefused() {
        assertThatThrownBy(
                        () ->
                                pod(
                                        "'volumes':[{'name':'t','projected':{'sources':[{'serviceAccountToken':"
                                            + "{'path':'../t','expirationSeconds':599}}]}}],"))
                .hasMessage(
                        "Pod \"p\" is invalid:"
                            + " [spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds:"
                            + " Invalid value: 599: may not specify a duration less than 10"
                            + " minutes, spec.volumes[0].projected.path: Invalid value: \"../t\":"
                            + " must not contain '..']");
    }
}

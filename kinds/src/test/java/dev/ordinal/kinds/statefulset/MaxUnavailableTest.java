package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.api.FeatureGates;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The field rollingUpdate.maxUnavailable, on both sides of its gate.
///
/// @see "KEP-961"
class MaxUnavailableTest {
    private static final FeatureGates ON = FeatureGates.parse("MaxUnavailableStatefulSet=true");

    private static TestCluster cluster(FeatureGates gates) {
        var cluster = new TestCluster(1, gates);
        cluster.run(
                (api, informers) ->
                        new StatefulSetController(api, informers, () -> cluster.now, gates));
        return cluster;
    }

    private static void create(TestCluster cluster, String rollingUpdate) throws Exception {
        cluster.create(
                Types.STATEFUL_SETS,
                "default",
                """
                {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"web"},
                 "spec":{"replicas":5,"podManagementPolicy":"Parallel","selector":{"matchLabels":{"app":"web"}},
                   "updateStrategy":{"type":"RollingUpdate","rollingUpdate":%s},
                   "template":{"metadata":{"labels":{"app":"web"}},
                     "spec":{"containers":[{"name":"c","image":"i:1"}]}}}}
                """
                        .formatted(rollingUpdate));
        cluster.settle();
        for (int i = 0; i < 5; i++) cluster.ready("web-" + i);
        cluster.settle();
    }

    private static String stored(TestCluster cluster) {
        return cluster.api
                .get(Types.STATEFUL_SETS, "default", "web")
                .tree()
                .at("/spec/updateStrategy/rollingUpdate")
                .toString();
    }

    private static long goneAfterUpdate(TestCluster cluster) throws Exception {
        cluster.patch(
                Types.STATEFUL_SETS,
                "default",
                "web",
                null,
                "{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'i:2'}]}}}}");
        cluster.settle();
        return cluster.names(Types.PODS, "default").stream()
                .filter(
                        pod ->
                                cluster.api
                                        .get(Types.PODS, "default", pod)
                                        .tree()
                                        .path("metadata")
                                        .has("deletionTimestamp"))
                .count();
    }

    @Test
    void withTheGateOffTheFieldIsDropped() throws Exception {
        try (var cluster = cluster(FeatureGates.DEFAULT)) {
            create(cluster, "{'maxUnavailable':2}");
            assertThat(stored(cluster)).isEqualTo("{\"partition\":0}");
            assertThat(goneAfterUpdate(cluster)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,2", "'40%',2", "'59%',2", "'10%',1", "'100%',5"})
    void withTheGateOnThatManyPodsGoAtOnce(String most, int gone) throws Exception {
        try (var cluster = cluster(ON)) {
            var value = most.endsWith("%") ? "'" + most + "'" : most;
            create(cluster, "{'maxUnavailable':" + value + "}");
            assertThat(goneAfterUpdate(cluster)).isEqualTo(gone);
        }
    }

    @Test
    void withTheGateOnItIsOneByDefault() throws Exception {
        try (var cluster = cluster(ON)) {
            create(cluster, "{}");
            assertThat(stored(cluster)).isEqualTo("{\"maxUnavailable\":1,\"partition\":0}");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0,cannot be 0",
        "'\"0%\"',cannot be 0",
        "'\"101%\"',must not be greater than 100%",
        "-1,must be greater than or equal to 0",
        "'\"two\"',a valid percent string must be a numeric string"
    })
    void whatItCannotBeIsRefused(String most, String why) {
        try (var cluster = cluster(ON)) {
            assertThatThrownBy(() -> create(cluster, "{\"maxUnavailable\":" + most + "}"))
                    .hasMessageContaining(
                            "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value")
                    .hasMessageContaining(why);
        }
    }
}

package dev.ordinal.kinds.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.api.Api;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What the API makes of the pods that sets rely on.
class PodsTest {
    private final TestCluster cluster = new TestCluster(1);

    @AfterEach
    void close() {
        cluster.close();
    }

    private void create() {
        cluster.create(
                Types.PODS,
                "default",
                "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i:1'}]}}");
    }

    @Rule({"statefulset 13.1", "pods 1.3", "pods 1.12"})
    @Test
    void aNewPodIsPendingAndHasItsClassOfService() {
        create();

        var pod = cluster.api.get(Types.PODS, "default", "p").tree();
        assertThat(pod.at("/status/phase").asText()).isEqualTo("Pending");
        assertThat(pod.at("/status/qosClass").asText()).isEqualTo("BestEffort");
        assertThat(pod.at("/metadata/generation").asInt()).isEqualTo(1);
    }

    @Rule({"statefulset 13.1", "pods 1.9"})
    @Test
    void theSpecOfAPodIsFixedButForItsImagesAndAFewFields() {
        create();

        cluster.patch(
                Types.PODS,
                "default",
                "p",
                null,
                "{'spec':{'containers':[{'name':'c','image':'i:2'}]}}");
        assertThatThrownBy(
                        () ->
                                cluster.patch(
                                        Types.PODS,
                                        "default",
                                        "p",
                                        null,
                                        "{'spec':{'hostname':'other'}}"))
                .hasMessageContaining(
                        "spec: Forbidden: pod updates may not change fields other than");
    }

    @Rule({"statefulset 12.5", "pods 1.17"})
    @Test
    void watchersSeeTheEndOfTheGracePeriodBeforeThePodGoes() throws Exception {
        var created =
                cluster.create(
                        Types.PODS,
                        "default",
                        "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i:1'}]}}");
        var after = Api.WatchOptions.after(Long.toString(created.revision()));
        try (var watch = cluster.api.watch(Types.PODS, "default", after)) {
            cluster.api.delete(Types.PODS, "default", "p", Api.DeleteOptions.DEFAULT);

            List<String> seen = new ArrayList<>();
            while (seen.size() < 2) {
                for (var event : watch.next(Duration.ofSeconds(10))) {
                    var metadata = event.object().tree().path("metadata");
                    seen.add(event.type() + " " + metadata.path("deletionGracePeriodSeconds"));
                }
            }
            assertThat(seen).containsExactly("MODIFIED 0", "DELETED 0");
        }
    }

    @Rule("pods 1.12")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BestEffort | {} | {}",
                "BestEffort | {'limits':{'cpu':'0'}} | {'requests':{'memory':'0'}}",
                "Burstable | {'limits':{'cpu':'1','memory':'1Gi'}} | {}",
                "Burstable | {'limits':{'cpu':'1','memory':'1Gi'}} | {'limits':{'cpu':'1'}}",
                "Guaranteed | {'limits':{'cpu':'1','memory':'1Gi'}} |"
                        + " {'limits':{'cpu':'500m','memory':'1'}}",
                "Burstable | {'limits':{'cpu':'1','memory':'1Gi'},'requests':{'cpu':'500m'}} |"
                        + " {'limits':{'cpu':'1','memory':'1Gi'}}"
            })
    void theClassFollowsFromAllContainers(String expected, String first, String second) {
        var pod =
                cluster.create(
                        Types.PODS,
                        "default",
                        "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'a','image':'i','resources':%s},{'name':'b','image':'i','resources':%s}]}}"
                                .formatted(first, second));
        assertThat(pod.tree().at("/status/qosClass").asText()).isEqualTo(expected);
    }

    @Rule("pods 1.12")
    @Test
    void aWholePodsResourcesCountInsteadOfItsContainers() {
        var pod =
                cluster.create(
                        Types.PODS,
                        "default",
                        "{'metadata':{'name':'p'},'spec':{'resources':{'requests':{'cpu':'1','memory':'1'},'limits':{'cpu':'1','memory':'1'}},'containers':[{'name':'a','image':'i'}]}}");
        assertThat(pod.tree().at("/status/qosClass").asText()).isEqualTo("Guaranteed");
    }
}

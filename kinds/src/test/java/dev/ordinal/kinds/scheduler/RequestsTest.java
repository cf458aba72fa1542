package dev.ordinal.kinds.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.control.Typed;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import io.fabric8.kubernetes.api.model.Pod;

import org.junit.jupiter.api.Test;

import java.util.Map;

class RequestsTest {
    private static Map<String, Long> of(String spec) {
        return Requests.of(Typed.read(TestCluster.json("{'spec':" + spec + "}"), Pod.class));
    }

    @Rule({"pods 12.9", "pods 9.2"})
    @Test
    void containersAddUpInThousandthsOfACpuAndBytes() {
        assertThat(
                        of(
                                """
                                {'containers':[
                                  {'name':'a','resources':{'requests':{'cpu':'0.5','memory':'1Ki'}}},
                                  {'name':'b','resources':{'requests':{'cpu':'250m','example.com/card':'2'}}},
                                  {'name':'c'}]}
                                """))
                .isEqualTo(Map.of("cpu", 750L, "memory", 1024L, "example.com/card", 2L));
    }

    @Rule("pods 9.2")
    @Test
    void anInitContainerRunsAloneButBesideTheSidecarsBeforeIt() {
        var spec =
                """
                {'initContainers':[
                   {'name':'early','resources':{'requests':{'cpu':'3'}}},
                   {'name':'sidecar','restartPolicy':'Always','resources':{'requests':{'cpu':'2'}}},
                   {'name':'late','resources':{'requests':{'cpu':'%s'}}}],
                 'containers':[{'name':'a','resources':{'requests':{'cpu':'1'}}}]}
                """;

        assertThat(of(spec.formatted("1")))
                .as("sidecar and container")
                .isEqualTo(Map.of("cpu", 3000L));
        assertThat(of(spec.formatted("5"))).as("sidecar and late").isEqualTo(Map.of("cpu", 7000L));
    }

    @Rule("pods 9.2")
    @Test
    void theWholePodsRequestReplacesTheSumAndOverheadComesOnTop() {
        assertThat(
                        of(
                                """
                                {'resources':{'requests':{'cpu':'2','ephemeral-storage':'9'}},
                                 'overhead':{'cpu':'100m','memory':'10'},
                                 'containers':[{'name':'a','resources':{'requests':{'cpu':'1'}}}]}
                                """))
                .isEqualTo(Map.of("cpu", 2100L, "memory", 10L));
    }
}

package dev.ordinal.kinds.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.api.ApiException;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.Intercepted;
import dev.ordinal.kinds.TestCluster;

import org.junit.jupiter.api.Test;

import java.time.Duration;

class SchedulerTest {
    private boolean conflict = true;

    private void refuseOnce(String call) {
        if (!conflict || !call.equals("create pods")) return;
        conflict = false;
        throw ApiException.conflict(Types.PODS, "p", "somebody was faster");
    }

    @Test
    void aBindingThatMeetsAConflictIsTriedAgain() throws Exception {
        try (var cluster = new TestCluster(1)) {
            cluster.run(
                    (api, informers) ->
                            new Scheduler(
                                    Intercepted.api(api, this::refuseOnce),
                                    informers,
                                    () -> cluster.now));
            cluster.createNode("n", "{'pods':'110'}");
            cluster.create(
                    Types.PODS,
                    "default",
                    "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i:1'}]}}");
            cluster.settle();
            cluster.now = cluster.now.plus(Duration.ofSeconds(1));
            cluster.settle();

            assertThat(conflict).as("the first one was refused").isFalse();
            var pod = cluster.api.get(Types.PODS, "default", "p").tree();
            assertThat(pod.at("/spec/nodeName").asText()).isEqualTo("n");
        }
    }
}

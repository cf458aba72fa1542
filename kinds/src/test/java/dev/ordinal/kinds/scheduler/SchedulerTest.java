package dev.ordinal.kinds.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.api.Api;
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
            createPod(cluster, "p");
            cluster.settle();
            cluster.now = cluster.now.plus(Duration.ofSeconds(1));
            cluster.settle();

            assertThat(conflict).as("the first one was refused").isFalse();
            var pod = cluster.api.get(Types.PODS, "default", "p").tree();
            assertThat(pod.at("/spec/nodeName").asText()).isEqualTo("n");
        }
    }

    /// While one pod is being bound another one finds no room; then the first is refused, and goes.
    @Test
    void roomThatWasGivenInVainIsGivenToAnother() throws Exception {
        try (var cluster = new TestCluster(1)) {
            cluster.run(
                    (api, informers) ->
                            new Scheduler(
                                    Intercepted.api(
                                            api,
                                            call -> {
                                                if (!conflict || !call.equals("create pods"))
                                                    return;
                                                createPod(cluster, "second");
                                                settle(cluster);
                                                refuseOnce(call);
                                            }),
                                    informers,
                                    () -> cluster.now));
            cluster.createNode("n", "{'pods':'1'}");
            createPod(cluster, "first");
            cluster.settle();
            assertThat(conflict).as("the first one was refused").isFalse();

            cluster.api.delete(Types.PODS, "default", "first", Api.DeleteOptions.DEFAULT);
            cluster.settle();

            var second = cluster.api.get(Types.PODS, "default", "second").tree();
            assertThat(second.at("/spec/nodeName").asText()).isEqualTo("n");
        }
    }

    private static void createPod(TestCluster cluster, String name) {
        cluster.create(
                Types.PODS,
                "default",
                "{'metadata':{'name':'%s'},'spec':{'containers':[{'name':'c','image':'i:1'}]}}"
                        .formatted(name));
    }

    private static void settle(TestCluster cluster) {
        try {
            cluster.settle();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }
}

package dev.ordinal.kinds.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;

class TaintEvictionTest {
    private static final String MAINTENANCE =
            "{'spec':{'taints':[{'key':'maintenance','effect':'NoExecute'}]}}";

    private static final String A_MINUTE =
            "{'key':'maintenance','operator':'Exists','effect':'NoExecute','tolerationSeconds':60}";
    private static final String CONDITIONS =
            "{'status':{'conditions':[{'type':'Ready','status':'%s'},{'type':'DiskPressure','status':'%s'}]}}";

    private final TestCluster cluster = new TestCluster(1);

    @BeforeEach
    void start() {
        cluster.run((api, informers) -> new NodeTaints(api, informers, () -> cluster.now));
        cluster.run((api, informers) -> new TaintEviction(api, informers, () -> cluster.now));
        cluster.createNode("n1", "{'cpu':'1'}");
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void createPod(String tolerations) throws InterruptedException {
        cluster.create(
                Types.PODS,
                "default",
                """
                {'metadata':{'name':'p'},
                 'spec':{'nodeName':'n1','tolerations':[%s],
                         'containers':[{'name':'c','image':'i:1'}]}}
                """
                        .formatted(tolerations));
        cluster.settle();
    }

    private void patchNode(String subresource, String patch) throws InterruptedException {
        cluster.patch(Types.NODES, null, "n1", subresource, patch);
        cluster.settle();
    }

    private JsonNode pod() {
        return cluster.api.get(Types.PODS, "default", "p").tree();
    }

    private boolean evicted() {
        return pod().path("metadata").has("deletionTimestamp");
    }

    private List<String> events() {
        return cluster.api.list(Types.EVENTS, "default", ListOptions.ALL).items().stream()
                .map(event -> event.tree().path("message").asText())
                .toList();
    }

    @Test
    void aPodThatDoesNotTolerateATaintGoesAndSaysWhy() throws Exception {
        createPod("");
        patchNode(null, MAINTENANCE);
        assertThat(evicted()).isTrue();
        var last = pod().at("/status/conditions");
        var condition = last.get(last.size() - 1);
        assertThat(condition.path("type").asText()).isEqualTo("DisruptionTarget");
        assertThat(condition.path("status").asText()).isEqualTo("True");
        assertThat(condition.path("reason").asText()).isEqualTo("DeletionByTaintManager");
        assertThat(condition.path("message").asText())
                .isEqualTo("Taint manager: deleting due to NoExecute taint");
        assertThat(events()).containsExactly("Marking for deletion Pod default/p");
    }

    @Test
    void aPodThatToleratesItForEverStays() throws Exception {
        createPod("{'key':'maintenance','operator':'Exists'}");
        patchNode(null, MAINTENANCE);
        cluster.now = cluster.now.plus(Duration.ofDays(1));
        cluster.settle();
        assertThat(evicted()).isFalse();
    }

    @Test
    void aPodThatToleratesItForSomeTimeGoesThen() throws Exception {
        createPod(A_MINUTE);
        patchNode(null, MAINTENANCE);
        cluster.now = cluster.now.plusSeconds(59);
        cluster.settle();
        assertThat(evicted()).isFalse();
        cluster.now = cluster.now.plusSeconds(1);
        cluster.settle();
        assertThat(evicted()).isTrue();
    }

    @Test
    void aTaintThatGoesInTimeSavesThePod() throws Exception {
        createPod(A_MINUTE);
        patchNode(null, MAINTENANCE);
        cluster.now = cluster.now.plusSeconds(59);
        patchNode(null, "{'spec':{'taints':null}}");
        cluster.now = cluster.now.plusSeconds(60);
        cluster.settle();
        assertThat(evicted()).isFalse();
        assertThat(events()).containsExactly("Cancelling deletion of Pod default/p");
    }

    @Test
    void aCordonedNodeHasItsTaintAsLongAsItIs() throws Exception {
        createPod("");
        patchNode(
                null,
                "{'spec':{'unschedulable':true,'taints':[{'key':'mine','effect':'NoSchedule'}]}}");
        assertThat(taints())
                .containsExactly(
                        "mine NoSchedule ",
                        "node.kubernetes.io/unschedulable NoSchedule 2026-01-02T03:04:05Z");
        assertThat(evicted()).isFalse();
        patchNode(null, "{'spec':{'unschedulable':null}}");
        assertThat(taints()).containsExactly("mine NoSchedule ");
    }

    @Test
    void conditionsOfANodeAreItsTaints() throws Exception {
        patchNode("status", CONDITIONS.formatted("False", "True"));
        assertThat(taints())
                .containsExactly(
                        "node.kubernetes.io/disk-pressure NoSchedule 2026-01-02T03:04:05Z",
                        "node.kubernetes.io/not-ready NoSchedule 2026-01-02T03:04:05Z");
        patchNode("status", CONDITIONS.formatted("True", "False"));
        assertThat(taints()).isEmpty();
    }

    private List<String> taints() {
        return cluster.api
                .get(Types.NODES, null, "n1")
                .tree()
                .at("/spec/taints")
                .valueStream()
                .map(
                        t ->
                                "%s %s %s"
                                        .formatted(
                                                t.path("key").asText(),
                                                t.path("effect").asText(),
                                                t.path("timeAdded").asText()))
                .toList();
    }
}

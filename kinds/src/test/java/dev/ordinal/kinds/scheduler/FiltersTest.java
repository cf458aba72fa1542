package dev.ordinal.kinds.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.api.Api;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.kinds.priorityclass.PriorityClasses;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.List;

/// Which node a pod gets, and what it is told when there is none. The words are compared with those
/// of a real Kubernetes by the scenarios `schedule-*` of `conformance`.
class FiltersTest {
    private static final String NO_VICTIMS = "1 No preemption victims found for incoming pod.";
    private static final String NO_HELP = "1 Preemption is not helpful for scheduling.";

    private final TestCluster cluster = new TestCluster(1);

    @BeforeEach
    void start() {
        cluster.run((api, informers) -> new Scheduler(api, informers, () -> cluster.now));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void node(String name, String labels) throws Exception {
        cluster.createNode(name, "{'pods':'3','cpu':'2','memory':'1Gi'}");
        cluster.patch(
                Types.NODES, null, name, null, "{'metadata':{'labels':%s}}".formatted(labels));
        cluster.settle();
    }

    /// Where a new pod goes, or why it waits.
    private String place(String name, String labels, String spec) throws Exception {
        cluster.create(
                Types.PODS,
                "default",
                "{'metadata':{'name':'%s','labels':%s},'spec':%s}".formatted(name, labels, spec));
        return where(name);
    }

    private String where(String name) throws Exception {
        cluster.settle();
        var pod = cluster.api.get(Types.PODS, "default", name).tree();
        var node = pod.at("/spec/nodeName").asText();
        return node.isEmpty() ? pod.at("/status/conditions/0/message").asText() : node;
    }

    private static String spec(String more) {
        return "{'containers':[{'name':'c','image':'i:1'}]%s}".formatted(more);
    }

    private static String asking(String requests) {
        return "{'containers':[{'name':'c','image':'i:1','resources':{'requests':%s}}]}"
                .formatted(requests);
    }

    private static String waits(int nodes, String reasons, String preemption) {
        return "0/%d nodes are available: %s. no new claims to deallocate, preemption: 0/%d nodes are available: %s"
                .formatted(nodes, reasons, nodes, preemption);
    }

    @Rule("pods 12.9")
    @Test
    void aPodThatIsBeingBoundCountsAlready() throws Exception {
        node("n", "{}");
        for (var name : List.of("a", "b", "c")) {
            cluster.create(
                    Types.PODS,
                    "default",
                    "{'metadata':{'name':'%s'},'spec':%s}".formatted(name, asking("{'cpu':'1'}")));
        }
        cluster.settle();

        var bound =
                cluster.api.list(Types.PODS, "default", Api.ListOptions.ALL).items().stream()
                        .filter(pod -> !pod.tree().at("/spec/nodeName").asText().isEmpty())
                        .count();
        assertThat(bound).isEqualTo(2);
    }

    @Rule({"pods 12.9", "pods 12.10"})
    @Test
    void aPodWaitsUntilThereIsRoom() throws Exception {
        node("n", "{}");
        assertThat(place("big", "{}", asking("{'cpu':'3','memory':'1Mi'}")))
                .isEqualTo(waits(1, "1 Insufficient cpu", NO_HELP));
        assertThat(place("a", "{}", asking("{'cpu':'1500m'}"))).isEqualTo("n");
        assertThat(place("b", "{}", asking("{'cpu':'501m'}")))
                .isEqualTo(waits(1, "1 Insufficient cpu", NO_VICTIMS));

        cluster.stopped("a");
        assertThat(where("b")).isEqualTo("n");
    }

    @Rule("pods 12.9")
    @Test
    void aNodeTakesSoManyPods() throws Exception {
        node("n", "{}");
        for (var name : List.of("a", "b", "c")) {
            assertThat(place(name, "{}", spec(""))).isEqualTo("n");
        }

        assertThat(place("d", "{}", spec(""))).isEqualTo(waits(1, "1 Too many pods", NO_VICTIMS));
    }

    @Rule("pods 12.10")
    @Test
    void nodesAreCountedByTheirReasons() throws Exception {
        node("one", "{}");
        node("two", "{}");
        node("three", "{'disk':'fast'}");
        cluster.patch(Types.NODES, null, "one", null, "{'spec':{'unschedulable':true}}");

        assertThat(place("p", "{}", spec(",'nodeSelector':{'disk':'slow'}")))
                .isEqualTo(
                        waits(
                                3,
                                "1 node(s) were unschedulable, 2 node(s) didn't match Pod's node"
                                        + " affinity/selector",
                                "3 Preemption is not helpful for scheduling."));
        assertThat(place("q", "{}", spec(",'nodeSelector':{'disk':'fast'}"))).isEqualTo("three");
    }

    @Test
    void podsGoWhereTheFewestAre() throws Exception {
        node("one", "{}");
        node("two", "{}");
        assertThat(place("a", "{}", spec(""))).isEqualTo("one");
        assertThat(place("b", "{}", spec(""))).isEqualTo("two");
    }

    @Rule("pods 12.9")
    @Test
    void aTaintIsToleratedByKeyValueAndEffect() throws Exception {
        node("n", "{}");
        cluster.patch(
                Types.NODES,
                null,
                "n",
                null,
                "{'spec':{'taints':[{'key':'k','value':'v','effect':'NoExecute'}]}}");
        var reason = waits(1, "1 node(s) had untolerated taint(s)", NO_HELP);
        var tolerating = ",'tolerations':[%s]";

        assertThat(place("a", "{}", spec(tolerating.formatted("{'key':'k','value':'w'}"))))
                .isEqualTo(reason);
        assertThat(
                        place(
                                "b",
                                "{}",
                                spec(
                                        tolerating.formatted(
                                                "{'key':'k','operator':'Exists','effect':'NoSchedule'}"))))
                .isEqualTo(reason);
        assertThat(place("c", "{}", spec(tolerating.formatted("{'key':'k','value':'v'}"))))
                .isEqualTo("n");
        assertThat(place("d", "{}", spec(tolerating.formatted("{'operator':'Exists'}"))))
                .isEqualTo("n");
    }

    private static String required(String term) {
        return spec(
                ",'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':"
                        + "{'nodeSelectorTerms':[%s]}}}".formatted(term));
    }

    @Rule("pods 12.9")
    @Test
    void termsAreAlternativesAndTheirExpressionsAreNot() throws Exception {
        node("n", "{'size':'7','disk':'fast'}");
        var reason = waits(1, "1 node(s) didn't match Pod's node affinity/selector", NO_HELP);

        assertThat(
                        place(
                                "a",
                                "{}",
                                required(
                                        "{'matchExpressions':[{'key':'size','operator':'Gt','values':['6']},"
                                            + "{'key':'disk','operator':'NotIn','values':['fast']}]}")))
                .isEqualTo(reason);
        assertThat(
                        place(
                                "b",
                                "{}",
                                required(
                                        "{'matchExpressions':[{'key':'size','operator':'Lt','values':['7']}]},"
                                            + "{'matchFields':[{'key':'metadata.name','operator':'In','values':['n']}]}")))
                .isEqualTo("n");
        assertThat(
                        place(
                                "c",
                                "{}",
                                required(
                                        "{'matchExpressions':[{'key':'disk','operator':'Gt','values':['1']}]}")))
                .as("no number")
                .isEqualTo(reason);
    }

    private static String podTerm(String kind, String more) {
        return spec(
                ",'affinity':{'%s':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'rack'%s}]}}"
                        .formatted(kind, more));
    }

    @Rule("pods 12.9")
    @Test
    void podsKeepOthersOutOfTheirDomain() throws Exception {
        node("one", "{'rack':'r'}");
        node("two", "{'rack':'r'}");
        node("three", "{}");
        var alone = podTerm("podAntiAffinity", ",'labelSelector':{'matchLabels':{'app':'a'}}");
        assertThat(place("a", "{'app':'a'}", alone)).isEqualTo("one");
        assertThat(place("b", "{'app':'a'}", alone)).as("in no rack").isEqualTo("three");
        cluster.patch(Types.NODES, null, "three", null, "{'metadata':{'labels':{'rack':'s'}}}");

        assertThat(place("c", "{'app':'a'}", spec("")))
                .isEqualTo(
                        waits(
                                3,
                                "3 node(s) didn't satisfy existing pods anti-affinity rules",
                                "3 No preemption victims found for incoming pod."));
    }

    @Rule("pods 12.9")
    @Test
    void podsOfOtherNamespacesAreMeantByNameOrLabel() throws Exception {
        node("n", "{'rack':'r'}");
        cluster.create(Types.NAMESPACES, null, "{'metadata':{'name':'far','labels':{'team':'x'}}}");
        cluster.create(Types.SERVICE_ACCOUNTS, "far", "{'metadata':{'name':'default'}}");
        cluster.create(
                Types.PODS,
                "far",
                "{'metadata':{'name':'leader','labels':{'app':'l'}},'spec':%s}"
                        .formatted(spec("")));
        var selector = ",'labelSelector':{'matchLabels':{'app':'l'}}";
        cluster.settle();

        assertThat(place("a", "{}", podTerm("podAffinity", selector)))
                .isEqualTo(waits(1, "1 node(s) didn't match pod affinity rules", NO_HELP));
        assertThat(place("b", "{}", podTerm("podAffinity", selector + ",'namespaces':['far']")))
                .isEqualTo("n");
        cluster.patch(Types.NAMESPACES, null, "far", null, "{'metadata':{'labels':{'team':'y'}}}");
        var byLabel =
                podTerm(
                        "podAffinity",
                        selector + ",'namespaceSelector':{'matchLabels':{'team':'x'}}");
        assertThat(place("c", "{}", byLabel)).startsWith("0/1");

        cluster.patch(Types.NAMESPACES, null, "far", null, "{'metadata':{'labels':{'team':'x'}}}");
        assertThat(where("c")).isEqualTo("n");
    }

    @Rule("pods 12.9")
    @Test
    void podsSpreadOverDomainsOfEligibleNodes() throws Exception {
        node("one", "{'rack':'r'}");
        node("two", "{'rack':'s'}");
        var even =
                spec(
                        ",'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'rack','whenUnsatisfiable':'DoNotSchedule','labelSelector':{'matchLabels':{'app':'a'}}}]");
        assertThat(place("a", "{'app':'a'}", even)).isEqualTo("one");
        cluster.patch(Types.NODES, null, "two", null, "{'spec':{'unschedulable':true}}");

        assertThat(place("b", "{'app':'a'}", even))
                .as("a cordoned node is a domain none the less")
                .isEqualTo(
                        waits(
                                2,
                                "1 node(s) didn't match pod topology spread constraints, 1 node(s)"
                                        + " were unschedulable",
                                "1 No preemption victims found for incoming pod, 1 Preemption is"
                                        + " not helpful for scheduling."));
        cluster.patch(Types.NODES, null, "two", null, "{'spec':{'unschedulable':null}}");
        assertThat(where("b")).isEqualTo("two");
    }

    @Rule("pods 12.10")
    @Test
    void aPodThatMayNotPreemptIsTold() throws Exception {
        node("n", "{}");
        cluster.create(
                PriorityClasses.KIND.type(),
                null,
                "{'metadata':{'name':'polite'},'value':7,'preemptionPolicy':'Never'}");

        assertThat(place("p", "{}", spec(",'nodeSelector':{'a':'b'},'priorityClassName':'polite'")))
                .endsWith(
                        "no new claims to deallocate, preemption: not eligible due to"
                                + " preemptionPolicy=Never.");
    }

    @Test
    void withoutNodesThereIsNothingToAsk() throws Exception {
        assertThat(place("p", "{}", spec(""))).isEqualTo("no nodes available to schedule pods");
        node("n", "{}");
        assertThat(where("p")).isEqualTo("n");
    }

    @Rule("pods 1.3")
    @Test
    void aGatedPodIsNotLookedAt() throws Exception {
        node("n", "{}");
        assertThat(place("p", "{}", spec(",'schedulingGates':[{'name':'example.com/wait'}]")))
                .isEqualTo("Scheduling is blocked due to non-empty scheduling gates");
        assertThat(cluster.api.list(Types.EVENTS, "default", Api.ListOptions.ALL).items())
                .isEmpty();
    }
}

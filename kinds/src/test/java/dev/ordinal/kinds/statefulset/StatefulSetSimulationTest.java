package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.FeatureGates;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;

/// A set under a random user and a random node, in virtual time. The invariants hold after every
/// step; once the faults stop, everything settles as the spec says, and looking again changes
/// nothing.
///
/// A failure names its seed: `-Dsimulation.seed=N` runs just that one.
class StatefulSetSimulationTest {
    private static final int SEEDS = 60;
    private static final int STEPS = 60;
    private static final int REPLICAS_MAX = 5;

    static LongStream seeds() {
        var one = Long.getLong("simulation.seed");
        return one != null ? LongStream.of(one) : LongStream.range(1, SEEDS + 1);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void theSetIsWhatItsSpecSays(long seed) throws Exception {
        try (var world = new World(seed)) {
            for (int step = 0; step < STEPS; step++) world.step();
            world.settle();
        }
    }

    /// The set, its user and its node.
    private static final class World implements AutoCloseable {
        private final Random random;
        private final TestCluster cluster;
        private final boolean parallel;
        private final List<String> story = new ArrayList<>();
        private final Map<String, String> claims = new TreeMap<>();
        private final TreeSet<String> images = new TreeSet<>();
        private int image;

        World(long seed) throws Exception {
            random = new Random(seed);
            cluster = new TestCluster(seed);
            cluster.run(
                    (api, informers) ->
                            new StatefulSetController(
                                    api, informers, () -> cluster.now, FeatureGates.DEFAULT));
            parallel = random.nextBoolean();
            images.add("i:0");
            cluster.create(
                    Types.STATEFUL_SETS,
                    "default",
                    """
                    {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"web"},
                     "spec":{"replicas":%d,"serviceName":"web","podManagementPolicy":"%s","minReadySeconds":%d,
                       "selector":{"matchLabels":{"app":"web"}},
                       "template":{"metadata":{"labels":{"app":"web"}},
                         "spec":{"terminationGracePeriodSeconds":10,"containers":[{"name":"c","image":"i:0"}]}},
                       "volumeClaimTemplates":[{"metadata":{"name":"data"},
                         "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Mi"}}}}]}}
                    """
                            .formatted(
                                    random.nextInt(REPLICAS_MAX + 1),
                                    parallel ? "Parallel" : "OrderedReady",
                                    random.nextInt(2) * 5));
            cluster.settle();
        }

        private JsonNode set() {
            return cluster.api.get(Types.STATEFUL_SETS, "default", "web").tree();
        }

        private List<Stored> pods() {
            return cluster.api.list(Types.PODS, "default", Api.ListOptions.ALL).items();
        }

        private static boolean ready(JsonNode pod) {
            for (var condition : pod.at("/status/conditions")) {
                if (condition.path("type").asText().equals("Ready"))
                    return condition.path("status").asText().equals("True");
            }
            return false;
        }

        private static boolean terminating(JsonNode pod) {
            return pod.path("metadata").has("deletionTimestamp");
        }

        private static int ordinal(String pod) {
            return Integer.parseInt(pod.substring(pod.lastIndexOf('-') + 1));
        }

        void step() throws InterruptedException {
            var before = pods().stream().map(Stored::uid).toList();
            var pod = pods().isEmpty() ? null : pods().get(random.nextInt(pods().size()));
            switch (random.nextInt(10)) {
                case 0 ->
                        spec(
                                "replicas",
                                "{'spec':{'replicas':%d}}"
                                        .formatted(random.nextInt(REPLICAS_MAX + 1)));
                case 1 -> {
                    var next = "i:" + ++image;
                    images.add(next);
                    spec(
                            "image",
                            "{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'%s'}]}}}}"
                                    .formatted(next));
                }
                case 2 ->
                        spec(
                                "partition",
                                "{'spec':{'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{'partition':%d}}}}"
                                        .formatted(random.nextInt(3)));
                case 3 -> {
                    if (pod != null && !terminating(pod.tree())) {
                        tell("user deletes " + pod.name());
                        cluster.api.delete(
                                Types.PODS, "default", pod.name(), Api.DeleteOptions.DEFAULT);
                    }
                }
                case 4 -> {
                    if (pod != null && !terminating(pod.tree())) {
                        tell(pod.name() + " fails");
                        cluster.patch(
                                Types.PODS,
                                "default",
                                pod.name(),
                                "status",
                                "{'status':{'phase':'Failed','conditions':[{'type':'Ready','status':'False'}]}}");
                    }
                }
                case 5 -> {
                    tell("time passes");
                    cluster.now = cluster.now.plus(Duration.ofSeconds(random.nextInt(20)));
                }
                default -> node(pod);
            }
            if (random.nextInt(4) > 0) cluster.settle(); // else the controller is behind
            check(before);
        }

        private void spec(String what, String patch) {
            tell("user sets " + what + " " + patch);
            cluster.patch(Types.STATEFUL_SETS, "default", "web", null, patch);
        }

        /// The node makes the pod ready, or ends it.
        private void node(Stored pod) {
            if (pod == null) return;
            if (terminating(pod.tree())) {
                tell(pod.name() + " has stopped");
                cluster.stopped(pod.name());
            } else if (!pod.tree().at("/status/phase").asText().equals("Failed")) {
                tell(pod.name() + " is ready");
                cluster.ready(pod.name());
            }
        }

        private void tell(String what) {
            story.add(what);
        }

        private void check(List<String> before) {
            var told = String.join("\n", story);
            for (var pod : pods()) {
                assertThat(pod.name()).as(told).matches("web-\\d+");
                assertThat(pod.tree().at("/spec/containers/0/image").asText())
                        .as("an image somebody asked for\n%s", told)
                        .isIn(images);
                assertThat(
                                pod.tree()
                                        .at("/spec/volumes/0/persistentVolumeClaim/claimName")
                                        .asText())
                        .as(told)
                        .isEqualTo("data-" + pod.name());
            }
            if (!parallel) checkOrder(before, told);
            for (var claim :
                    cluster.api.list(Types.CLAIMS, "default", Api.ListOptions.ALL).items()) {
                var known = claims.putIfAbsent(claim.name(), claim.uid());
                assertThat(known == null ? claim.uid() : known)
                        .as("a claim is never made anew\n%s", told)
                        .isEqualTo(claim.uid());
            }
            assertThat(cluster.names(Types.CLAIMS, "default"))
                    .as("no claim is deleted\n%s", told)
                    .containsAll(claims.keySet());
        }

        /// OrderedReady: a pod is only made when all before it were ready.
        private void checkOrder(List<String> before, String told) {
            for (var pod : pods()) {
                if (before.contains(pod.uid())) continue;
                int mine = ordinal(pod.name());
                for (int i = 0; i < mine; i++) {
                    var name = "web-" + i;
                    assertThat(pods().stream().anyMatch(p -> p.name().equals(name)))
                            .as("%s before %s\n%s", name, pod.name(), told)
                            .isTrue();
                }
            }
        }

        /// No more faults: the node does its work until nothing is left to do.
        void settle() throws InterruptedException {
            spec(
                    "partition",
                    "{'spec':{'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{'partition':0}}}}");
            for (int round = 0; round < 200; round++) {
                cluster.now = cluster.now.plus(Duration.ofSeconds(10));
                cluster.settle();
                for (var pod : pods()) {
                    if (terminating(pod.tree())) cluster.stopped(pod.name());
                    else if (!pod.tree().at("/status/phase").asText().equals("Failed")
                            && !ready(pod.tree())) cluster.ready(pod.name());
                }
            }
            unstick();
            var told = String.join("\n", story);
            int wanted = set().at("/spec/replicas").asInt();
            var names = pods().stream().map(Stored::name).toList();
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < wanted; i++) expected.add("web-" + i);
            assertThat(names).as(told).isEqualTo(expected);
            var image = set().at("/spec/template/spec/containers/0/image").asText();
            assertThat(pods())
                    .as(told)
                    .allMatch(
                            pod ->
                                    pod.tree()
                                            .at("/spec/containers/0/image")
                                            .asText()
                                            .equals(image));
            var status = set().path("status");
            for (var counter :
                    List.of("replicas", "readyReplicas", "updatedReplicas", "availableReplicas")) {
                assertThat(status.path(counter).asInt())
                        .as("%s\n%s", counter, told)
                        .isEqualTo(wanted);
            }
            assertThat(status.path("currentRevision"))
                    .as(told)
                    .isEqualTo(status.path("updateRevision"));
            long revision = cluster.api.list(Types.PODS, "default", Api.ListOptions.ALL).revision();
            cluster.settle();
            assertThat(cluster.api.list(Types.PODS, "default", Api.ListOptions.ALL).revision())
                    .as("looking again changes nothing\n%s", told)
                    .isEqualTo(revision);
        }

        /// A last look after time has passed.
        private void unstick() throws InterruptedException {
            cluster.now = cluster.now.plus(Duration.ofMinutes(1));
            cluster.settle();
        }

        @Override
        public void close() {
            cluster.close();
        }
    }
}

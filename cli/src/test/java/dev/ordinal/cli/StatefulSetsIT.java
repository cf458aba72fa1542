package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// StatefulSets with many pods, updates that go well and badly, and what becomes of claims: by
/// kubectl, on real processes and volumes.
class StatefulSetsIT {
    private static final int MANY = 30;

    private static final String MANIFEST =
            """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: NAME}
            spec:
              replicas: REPLICAS
              POLICY
              serviceName: NAME
              selector: {matchLabels: {app: NAME}}
              template:
                metadata: {labels: {app: NAME}}
                spec:
                  terminationGracePeriodSeconds: 5
                  INIT
                  containers:
                  - name: c
                    image: light:1
                    command: [sh, -c, 'trap "exit 0" TERM; sleep 1000000 & wait']
                    volumeMounts: [{name: data, mountPath: /data}]
              volumeClaimTemplates:
              - metadata: {name: data}
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 4Mi}}}
            """;

    /// Each start of a pod writes a line into its volume, before the pod is Ready.
    private static final String WRITES =
            "initContainers: [{name: write, image: 'light:1', command: [sh, -c, 'hostname"
                    + " >>/data/starts; cat /data/starts'], volumeMounts: [{name: data, mountPath:"
                    + " /data}]}]";

    private static LiveCluster cluster;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        cluster = LiveCluster.withLightImage(folder);
    }

    @AfterAll
    static void stop() throws IOException {
        if (cluster != null) cluster.close();
    }

    @Test
    void thirtyPodsAtOnceFindTheirDataAgain() throws Exception {
        create("wide", MANY, "podManagementPolicy: Parallel", WRITES);
        rolledOut("wide");
        assertThat(starts("wide")).isEqualTo(linesOfEach("wide", 1));
        var volumes = volumes("wide");
        assertThat(volumes.values()).hasSize(MANY).doesNotHaveDuplicates();

        kubectl("scale", "sts/wide", "--replicas=0");
        kubectl("wait", "--for=delete", "pod", "-l", "app=wide", "--timeout=60s");
        assertThat(volumes("wide")).isEqualTo(volumes);

        kubectl("scale", "sts/wide", "--replicas=" + MANY);
        rolledOut("wide");
        assertThat(volumes("wide")).isEqualTo(volumes);
        assertThat(starts("wide")).isEqualTo(linesOfEach("wide", 2));
    }

    @Rule("statefulset 7.7")
    @Test
    void thirtyPodsInOrderStartUpwardsAndAreUpdatedDownwards() throws Exception {
        try (var watch = new PodWatch(cluster, "default", "tall")) {
            create("tall", MANY, "podManagementPolicy: OrderedReady");
            assertThat(watch.until("READY tall-" + (MANY - 1)))
                    .isEqualTo(
                            IntStream.range(0, MANY)
                                    .boxed()
                                    .flatMap(n -> Stream.of("ADDED tall-" + n, "READY tall-" + n))
                                    .toList());
            kubectl("rollout", "restart", "sts/tall");
            assertThat(watch.until("READY tall-0"))
                    .isEqualTo(
                            IntStream.iterate(MANY - 1, n -> n >= 0, n -> n - 1)
                                    .boxed()
                                    .flatMap(n -> replaced("tall-" + n))
                                    .toList());
        }
    }

    @Rule({"statefulset 7.7", "statefulset 10.5"})
    @Test
    void aPartitionIsLiftedAndTheUpdateUndone() throws Exception {
        try (var watch = new PodWatch(cluster, "default", "parted")) {
            create("parted", 4, "updateStrategy: {rollingUpdate: {partition: 2}}");
            watch.until("READY parted-3");
            var first = updateRevision("parted");
            kubectl("set", "env", "sts/parted", "-c", "c", "COLOUR=blue");
            assertThat(watch.until("READY parted-2"))
                    .isEqualTo(Stream.of(3, 2).flatMap(n -> replaced("parted-" + n)).toList());
            rolledOut("parted");
            var second = updateRevision("parted");
            assertThat(revisions("parted")).containsExactly(first, first, second, second);

            kubectl("delete", "pod", "parted-0");
            watch.until("READY parted-0");
            assertThat(revisions("parted"))
                    .as("below the partition a new pod is of the old revision")
                    .containsExactly(first, first, second, second);

            patch(
                    "parted",
                    "{\"spec\":{\"updateStrategy\":{\"rollingUpdate\":{\"partition\":0}}}}");
            assertThat(watch.until("READY parted-0"))
                    .isEqualTo(Stream.of(1, 0).flatMap(n -> replaced("parted-" + n)).toList());
            assertThat(revisions("parted")).containsOnly(second);

            kubectl("rollout", "undo", "sts/parted");
            assertThat(watch.until("READY parted-0"))
                    .isEqualTo(
                            Stream.of(3, 2, 1, 0).flatMap(n -> replaced("parted-" + n)).toList());
            assertThat(revisions("parted")).containsOnly(first);
        }
    }

    @Rule("statefulset 7.7")
    @Test
    void onDeleteReplacesWhatTheUserDeletes() throws Exception {
        create("asked", 3, "updateStrategy: {type: OnDelete}");
        kubectl("wait", "--for=jsonpath={.status.readyReplicas}=3", "sts/asked", "--timeout=60s");
        var before = uids("asked");
        kubectl("set", "env", "sts/asked", "-c", "c", "COLOUR=blue");
        observed("asked");
        try (var watch = new PodWatch(cluster, "default", "asked")) {
            watch.until("ADDED asked-2");
            kubectl("delete", "pod", "asked-1");
            assertThat(watch.until("READY asked-1")).isEqualTo(replaced("asked-1").toList());
        }
        assertThat(uids("asked"))
                .containsEntry("asked-0", before.get("asked-0"))
                .containsEntry("asked-2", before.get("asked-2"));
        var old = get("sts/asked", "{.status.currentRevision}");
        assertThat(revisions("asked")).containsExactly(old, updateRevision("asked"), old);
        assertThat(explain("asked"))
                .isEqualTo(
                        "nothing: 3 of 3 pods are available, 2 of an older revision than %s until they are deleted (OnDelete)\n"
                                .formatted(updateRevision("asked")));
    }

    @Rule({"statefulset 10.5", "statefulset 16 C"})
    @Test
    void aBadImageBlocksTheWayBackUnlessTheSetRecovers() throws Exception {
        create("stuck", 3, "podManagementPolicy: OrderedReady");
        kubectl("annotate", "sts/stuck", "ordinal.dev/rollout-conditions=true");
        kubectl("wait", "--for=condition=Available", "sts/stuck", "--timeout=60s");
        var good = updateRevision("stuck");
        var before = uids("stuck");

        kubectl("set", "image", "sts/stuck", "c=light:none");
        kubectl("wait", "--for=condition=Available=false", "sts/stuck", "--timeout=60s");
        kubectl(
                "wait",
                "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff",
                "pod/stuck-2",
                "--timeout=60s");
        var bad = updateRevision("stuck");
        kubectl("rollout", "undo", "sts/stuck");
        observed("stuck");
        var broken = uids("stuck").get("stuck-2");
        assertThat(cluster.kubectl("wait", "--for=delete", "pod/stuck-2", "--timeout=2s").text())
                .as("upstream's known issue: the broken pod is waited for")
                .contains("timed out waiting for the condition on pods/stuck-2");
        assertThat(explain("stuck"))
                .startsWith("pod stuck-2 (revision %s) is not Ready: ".formatted(bad))
                .contains("light:none")
                .containsOnlyOnce("\n")
                .endsWith(
                        "; revision %s is wanted, so it has to be deleted by hand, or by ordinal.dev/rollout-recovery: DeleteUnready\n"
                                .formatted(good));

        kubectl("annotate", "sts/stuck", "ordinal.dev/rollout-recovery=DeleteUnready");
        kubectl("wait", "--for=condition=Available", "sts/stuck", "--timeout=60s");
        rolledOut("stuck");
        assertThat(uids("stuck"))
                .containsEntry("stuck-0", before.get("stuck-0"))
                .containsEntry("stuck-1", before.get("stuck-1"))
                .doesNotContainEntry("stuck-2", broken);
        assertThat(
                        kubectl(
                                "events",
                                "--for=statefulset/stuck",
                                "-o",
                                "jsonpath={range"
                                        + " .items[?(@.reason=='RolloutRecovery')]}{.message}{\"\\n"
                                        + "\"}{end}"))
                .isEqualTo(
                        "Deleted Pod stuck-2: it was not Ready and of revision %s, %s is wanted\n"
                                .formatted(bad, good));
    }

    @Test
    void claimsStayOrGoWithTheirVolumesAsTheirPolicySays() throws Exception {
        for (var name : List.of("keep-keep", "keep-go", "go-keep", "go-go")) {
            var policies = name.replace("keep", "Retain").replace("go", "Delete").split("-", -1);
            create(
                    name,
                    2,
                    "persistentVolumeClaimRetentionPolicy: {whenDeleted: %s, whenScaled: %s}"
                            .formatted((Object[]) policies),
                    WRITES);
        }
        String[] sets = {"sts/keep-keep", "sts/keep-go", "sts/go-keep", "sts/go-go"};
        for (var set : sets) rolledOut(set.substring("sts/".length()));
        var all = volumes("keep-keep", "keep-go", "go-keep", "go-go");
        assertThat(all).hasSize(8);

        kubectl(all("scale", "--replicas=1", sets));
        gone(all, "data-keep-go-1", "data-go-go-1");
        kubectl("wait", "--for=delete", "pod/keep-keep-1", "pod/go-keep-1", "--timeout=30s");
        assertThat(left(all))
                .containsExactly(
                        "data-go-go-0",
                        "data-go-keep-0",
                        "data-go-keep-1",
                        "data-keep-go-0",
                        "data-keep-keep-0",
                        "data-keep-keep-1");

        kubectl(all("delete", "--timeout=30s", sets));
        gone(all, "data-go-go-0", "data-go-keep-0", "data-go-keep-1");
        kubectl("wait", "--for=delete", "pod/keep-keep-0", "pod/keep-go-0", "--timeout=30s");
        assertThat(left(all))
                .containsExactly("data-keep-go-0", "data-keep-keep-0", "data-keep-keep-1");

        create("keep-keep", 2, "podManagementPolicy: Parallel", WRITES);
        rolledOut("keep-keep");
        assertThat(starts("keep-keep")).isEqualTo(linesOfEach("keep-keep", 2));
    }

    private static Stream<String> replaced(String pod) {
        return Stream.of("DELETED " + pod, "ADDED " + pod, "READY " + pod);
    }

    /// @param policy another line of the spec
    private static void create(String name, int replicas, String policy) throws IOException {
        create(name, replicas, policy, "");
    }

    /// @param init another line of the pods' spec
    private static void create(String name, int replicas, String policy, String init)
            throws IOException {
        cluster.apply(
                MANIFEST.replace("NAME", name)
                        .replace("REPLICAS", Integer.toString(replicas))
                        .replace("POLICY", policy)
                        .replace("INIT", init));
    }

    private static String kubectl(String... arguments) {
        return cluster.kubectl(arguments).ok();
    }

    private static String[] all(String verb, String option, String... objects) {
        return Stream.concat(Stream.of(verb, option), Stream.of(objects)).toArray(String[]::new);
    }

    private static void patch(String set, String patch) {
        kubectl("patch", "sts", set, "-p", patch);
    }

    private static void rolledOut(String set) {
        kubectl("rollout", "status", "sts/" + set, "--timeout=90s");
    }

    /// Returns when the controller has acted on the newest spec.
    private static void observed(String set) {
        var generation = get("sts/" + set, "{.metadata.generation}");
        kubectl(
                "wait",
                "--for=jsonpath={.status.observedGeneration}=" + generation,
                "sts/" + set,
                "--timeout=30s");
    }

    private static String explain(String set) {
        return Commands.ordinal("explain", "--data", cluster.data().toString(), "sts/" + set).ok();
    }

    private static String get(String object, String path) {
        return kubectl("get", object, "-o", "jsonpath=" + path);
    }

    private static String updateRevision(String set) {
        return get("sts/" + set, "{.status.updateRevision}");
    }

    /// Of the pods, by ordinal.
    private static List<String> revisions(String set) {
        return List.copyOf(pods(set, "{.metadata.labels.controller-revision-hash}").values());
    }

    private static Map<String, String> uids(String set) {
        return pods(set, "{.metadata.uid}");
    }

    private static Map<String, String> pods(String set, String path) {
        return map("pod", "app=" + set, path);
    }

    /// Claims and the names of their volumes.
    private static Map<String, String> volumes(String... sets) {
        var label = "app in (%s)".formatted(String.join(",", sets));
        return map("pvc", label, "{.spec.volumeName}");
    }

    private static Map<String, String> map(String resource, String label, String path) {
        var line = "{range .items[*]}{.metadata.name}={%s}{\"\\n\"}{end}".replace("{%s}", path);
        Map<String, String> map = new TreeMap<>();
        kubectl("get", resource, "-l", label, "-o", "jsonpath=" + line)
                .lines()
                .map(text -> text.split("=", 2))
                .forEach(pair -> map.put(pair[0], pair[1]));
        return map;
    }

    /// What the pods found in their volumes and wrote to them, in the order of their names.
    private static List<String> starts(String set) {
        return kubectl(
                        "logs",
                        "-l",
                        "app=" + set,
                        "-c",
                        "write",
                        "--prefix",
                        "--tail=-1",
                        "--max-log-requests=" + MANY)
                .lines()
                .sorted()
                .toList();
    }

    private static List<String> linesOfEach(String set, int starts) {
        List<String> lines = new ArrayList<>();
        int replicas = Integer.parseInt(get("sts/" + set, "{.spec.replicas}"));
        for (int n = 0; n < replicas; n++) {
            for (int i = 0; i < starts; i++)
                lines.add("[pod/%1$s-%2$d/write] %1$s-%2$d".formatted(set, n));
        }
        return lines.stream().sorted().toList();
    }

    /// Returns when these claims and their volumes are gone.
    private static void gone(Map<String, String> volumes, String... claims) {
        List<String> objects = new ArrayList<>();
        for (var claim : claims) {
            objects.add("pvc/" + claim);
            objects.add("pv/" + volumes.get(claim));
        }
        kubectl(all("wait", "--for=delete", objects.toArray(String[]::new)));
    }

    /// The claims that are left, each with its volume and the volume's data on the disk; others
    /// have neither.
    private static List<String> left(Map<String, String> before) throws IOException {
        var sets = before.keySet().stream().map(claim -> claim.replaceAll("^data-|-\\d$", ""));
        var left = volumes(sets.distinct().toArray(String[]::new));
        var objects = kubectl("get", "pv", "-o", "name").lines().map(name -> name.split("/", 2)[1]);
        assertThat(objects.filter(before::containsValue))
                .containsExactlyInAnyOrderElementsOf(left.values());
        try (var files = Files.list(cluster.data().resolve("volumes"))) {
            var names = files.map(file -> file.getFileName().toString().replaceAll("\\.img$", ""));
            assertThat(names.filter(before::containsValue).distinct())
                    .containsExactlyInAnyOrderElementsOf(left.values());
        }
        return List.copyOf(left.keySet());
    }
}

package dev.ordinal.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.FeatureGates;
import dev.ordinal.cluster.Cluster;
import dev.ordinal.cluster.Settings;
import dev.ordinal.cluster.Settings.RuntimeChoice;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;

/// Every scenario of the corpus, against what a real Kubernetes 1.36 did.
///
/// Without more it runs on a cluster of ours. `-Dkubeconfig=FILE` runs it on any other, one with a
/// scheduler, a controller manager and no nodes; `-Dcorpus=record` in addition writes the
/// transcripts anew. `-Dscenario=NAME` picks those whose name contains NAME, and `-Dgates=...`
/// tells which feature gates that other control plane runs with.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.CONCURRENT)
class CorpusIT {
    private static final Path FOLDER = Path.of("src/test/resources/corpus");
    private static final boolean RECORD = "record".equals(System.getProperty("corpus"));
    private static final Duration OURS_MAX = Duration.ofSeconds(30);
    private static final Duration THEIRS_MAX = Duration.ofSeconds(90);
    private static final Duration NODE_MAX = Duration.ofSeconds(60);

    private final ReentrantReadWriteLock alone = new ReentrantReadWriteLock(true);
    private final Map<String, Client> clients = new HashMap<>();
    private final List<AutoCloseable> started = new ArrayList<>();
    private final Map<String, JsonNode> bases = new HashMap<>();

    @TempDir Path folder;

    @BeforeAll
    void readBases() throws IOException {
        var all = Play.yaml(Files.readString(FOLDER.resolve("bases.yaml")));
        all.properties().forEach(base -> bases.put(base.getKey(), base.getValue()));
    }

    @AfterAll
    void stop() throws Exception {
        for (var part : started.reversed()) part.close();
    }

    static Stream<String> scenarios() throws IOException {
        var wanted = System.getProperty("scenario", "");
        return Scenario.in(FOLDER).stream().map(Scenario::name).filter(n -> n.contains(wanted));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void doesWhatKubernetesDoes(String name) throws Exception {
        var scenario =
                Scenario.in(FOLDER).stream()
                        .filter(s -> s.name().equals(name))
                        .findFirst()
                        .orElseThrow();
        assumeTrue(
                System.getProperty("kubeconfig") == null
                        || scenario.gates().equals(System.getProperty("gates", "")));
        var lock = scenario.alone() ? alone.writeLock() : alone.readLock();
        lock.lock();
        try {
            run(scenario);
        } finally {
            lock.unlock();
        }
    }

    private void run(Scenario scenario) throws Exception {
        var client = client(scenario.gates());
        new Node(client).sayReady();
        var recording = FOLDER.resolve(scenario.name() + ".txt");
        var recorded = RECORD ? "" : Files.readString(recording);
        var id = HexFormat.of().toHexDigits((short) ThreadLocalRandom.current().nextInt());
        var play =
                new Play(
                        client,
                        scenario,
                        bases,
                        scenario.name() + "-" + id,
                        Play.steps(recorded),
                        System.getProperty("kubeconfig") == null ? OURS_MAX : THEIRS_MAX);
        try {
            var ours = play.run();
            if (RECORD) Files.writeString(recording, ours);
            else {
                var seen = Files.createDirectories(Path.of("target/corpus"));
                Files.writeString(seen.resolve(scenario.name() + ".txt"), ours);
                assertThat(ours).isEqualTo(recorded);
            }
        } finally {
            if (System.getProperty("kubeconfig") != null) play.clean();
        }
    }

    private synchronized Client client(String gates) throws IOException, InterruptedException {
        var there = clients.get(gates);
        if (there != null) return there;
        var kubeconfig = System.getProperty("kubeconfig");
        var client =
                new Client(
                        Kubeconfig.read(kubeconfig == null ? start(gates) : Path.of(kubeconfig)));
        started.add(client);
        clients.put(gates, client);
        var node = new Node(client);
        node.sayReady();
        node.awaitOpen(NODE_MAX);
        return client;
    }

    private Path start(String gates) throws IOException, InterruptedException {
        var settings =
                Settings.in(folder.resolve(gates.isEmpty() ? "default" : gates))
                        .withRuntime(RuntimeChoice.NONE)
                        .withFeatureGates(FeatureGates.parse(gates));
        var cluster = Cluster.start(settings);
        started.add(cluster);
        return cluster.kubeconfig();
    }
}

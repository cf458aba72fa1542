package dev.ordinal.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.cluster.Cluster;
import dev.ordinal.cluster.Settings;
import dev.ordinal.cluster.Settings.RuntimeChoice;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// Requests and their answers, compared with those of a real Kubernetes 1.36.
///
/// Without more they go to a cluster of ours; `-Dkubeconfig=FILE` sends them to any other, and
/// `-Dexchanges=record` writes its answers down anew.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.CONCURRENT)
class ExchangesIT {
    private static final Path FOLDER = Path.of("src/test/resources/exchanges");
    private static final boolean RECORD = "record".equals(System.getProperty("exchanges"));

    /// Where answers tell who owns which fields.
    private static final Set<String> OWNERS = Set.of("apply", "custom", "owners");

    private Cluster cluster;
    private Kubeconfig server;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        var given = System.getProperty("kubeconfig");
        if (given == null) {
            cluster = Cluster.start(Settings.in(folder).withRuntime(RuntimeChoice.NONE));
        }
        server = Kubeconfig.read(given == null ? cluster.kubeconfig() : Path.of(given));
    }

    @AfterAll
    void stop() throws Exception {
        if (cluster != null) cluster.close();
    }

    @Rule({"api 4.1", "api 4.2", "api 9.3"})
    @Test
    void objectsAreMadeAndReplacedOrRefused() throws Exception {
        play("writes");
    }

    @Rule({"api 4.6", "api 7.7", "api 7.8"})
    @Test
    void unknownAndDoubleFieldsAreToldAndMetadataIsChecked() throws Exception {
        play("validation");
    }

    @Rule({"pods 1.9", "pods 12.9", "pods 1.4", "pods 1.8", "api 11"})
    @Test
    void whereAPodMayGoIsChecked() throws Exception {
        play("scheduling");
    }

    @Rule({
        "pods 1.1",
        "pods 1.2",
        "pods 1.3",
        "pods 1.5",
        "pods 1.7",
        "pods 1.10",
        "pods 1.11",
        "pods 1.12",
        "pods 1.16",
        "pods 1.17",
        "pods 10.1",
        "pods 11.3",
        "pods 11.4",
        "pods 11.5"
    })
    @Test
    void podsAreWhatTheirWritersSay() throws Exception {
        play("pods");
    }

    @Rule("pods 1.8")
    @Test
    void whatAPodMustLookLike() throws Exception {
        play("podvalidation");
    }

    @Rule({"api 1.7", "api 7.1", "api 7.2", "api 7.3", "api 7.4", "api 7.5"})
    @Test
    void patchesChangeWhatTheySay() throws Exception {
        play("patches");
    }

    @Rule({"api 5.1", "api 5.2"})
    @Test
    void listsAreOfOneVersionAndComeInPages() throws Exception {
        play("lists");
    }

    @Rule({"api 2.8", "api 2.10", "api 5.3", "api 5.4", "api 5.6", "api 5.7", "api 5.8"})
    @Test
    void watchesTellWhatASelectionSees() throws Exception {
        play("watches");
    }

    @Rule({"api 2.1", "api 2.4", "api 2.7", "api 2.9"})
    @Test
    void contentIsNegotiated() throws Exception {
        play("content");
    }

    @Rule({"api 4.4", "api 4.5"})
    @Test
    void deletionsHavePreconditionsAndFinalizers() throws Exception {
        play("deletions");
    }

    @Rule({"api 1.8", "api 1.9", "api 1.10"})
    @Test
    void optionsThatMakeNoSenseAreRefused() throws Exception {
        play("options");
    }

    @Rule({"api 6.1", "api 6.2", "api 6.3", "api 6.4"})
    @Test
    void selectorsSelectOrAreRefused() throws Exception {
        play("selectors");
    }

    @Rule({"api 1.2", "api 1.6", "api 3.1", "api 3.9", "api 9.2"})
    @Test
    void whatIsNotThereIsSaidAsUpstreamSaysIt() throws Exception {
        play("paths");
    }

    @Rule({"api 8.1", "api 8.6", "api 8.7", "api 8.8", "api 8.9", "api 8.11", "api 8.13"})
    @Test
    void configurationsAreAppliedAndFieldsHaveOwners() throws Exception {
        play("apply");
    }

    @Rule({"api 8.2", "api 8.3", "api 8.4", "api 8.5", "api 8.10"})
    @Test
    void everyWriteNotesWhatItsManagerOwns() throws Exception {
        play("owners");
    }

    @Rule({"api 7.6", "api 8.3", "api 8.6", "api 8.13"})
    @Test
    void schemasOfCustomResourcesSayHowTheyMerge() throws Exception {
        play("custom");
    }

    @Rule("api 12.7")
    @Test
    void celRules() throws Exception {
        play("cel");
    }

    @Rule({"api 9.2", "api 10.4", "api 10.5", "api 10.6", "api 10.7", "api 10.8"})
    @Test
    void rolesSayWhoMayDoWhat() throws Exception {
        play("access");
    }

    @Rule({"api 10.1", "api 10.3", "api 10.4", "api 10.2"})
    @Test
    void tokensHoldAsLongAsWhatTheyAreBoundTo() throws Exception {
        play("tokens");
    }

    @Rule({
        "api 1.1",
        "api 1.3",
        "api 1.4",
        "api 1.5",
        "api 2.2",
        "api 2.5",
        "api 2.6",
        "api 2.11",
        "api 2.12"
    })
    @Test
    void requestsAreWhatTheyAskForAndAnswersHaveTheirHeaders() throws Exception {
        play("requests");
    }

    @Rule({"api 3.1", "api 3.2", "api 3.3", "api 3.4", "api 3.5", "api 3.9", "api 3.6"})
    @Test
    void whatIsServedIsTold() throws Exception {
        play("discovery");
    }

    @Rule({
        "api 4.3",
        "api 5.5",
        "api 6.5",
        "api 9.1",
        "api 9.4",
        "api 9.5",
        "pods 1.15",
        "services 2.1"
    })
    @Test
    void changesAreCountedAndProblemsTold() throws Exception {
        play("generations");
    }

    @Rule({
        "services 1.1",
        "services 1.2",
        "services 1.3",
        "services 2.1",
        "services 2.2",
        "services 2.3",
        "services 2.4",
        "services 2.5",
        "services 2.6",
        "services 3.1",
        "services 3.2",
        "services 3.3",
        "services 3.4"
    })
    @Test
    void servicesAreFilledInCheckedAndWarnedOf() throws Exception {
        play("services");
    }

    @Rule({
        "services 2.3",
        "services 4.3",
        "services 4.4",
        "services 4.5",
        "services 4.6",
        "services 4.7",
        "services 4.8",
        "services 4.9"
    })
    @Test
    void addressesAndPortsBelongToOneServiceAtATime() throws Exception {
        play("allocation");
    }

    @Rule({
        "api 12.1",
        "api 12.2",
        "api 12.3",
        "api 12.4",
        "api 12.5",
        "api 12.6",
        "api 12.8",
        "api 12.9",
        "api 12.10",
        "api 12.11",
        "api 12.12",
        "api 12.13"
    })
    @Test
    void definitionsMakeKindsOfTheirOwn() throws Exception {
        play("definitions");
    }

    @Rule("services 5.10")
    @Test
    void slicesAreCheckedAndWarnedOf() throws Exception {
        play("slices");
    }

    @Rule({
        "services 5.2",
        "services 5.3",
        "services 5.4",
        "services 5.6",
        "services 5.7",
        "services 5.8"
    })
    @Test
    void slicesFollowServicesAndPods() throws Exception {
        play("endpoints");
    }

    private void play(String name) throws Exception {
        var id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        var namespace = "x" + id + "-" + name;
        var recording = FOLDER.resolve(name + ".txt");
        try (var client = new Client(server);
                var exchanges = new Exchanges(server, namespace, OWNERS.contains(name))) {
            var body = JsonNodeFactory.instance.objectNode();
            body.putObject("metadata").put("name", namespace);
            client.send("POST", "/api/v1/namespaces", body, Client.JSON).orThrow();
            try {
                var told = exchanges.play(Files.readString(FOLDER.resolve(name + ".http")));
                if (RECORD) Files.writeString(recording, told);
                else {
                    var seen = Files.createDirectories(Path.of("target/exchanges"));
                    Files.writeString(seen.resolve(name + ".txt"), told);
                    assertThat(told).isEqualTo(Files.readString(recording));
                }
            } finally {
                client.send("DELETE", "/api/v1/namespaces/" + namespace, null, Client.JSON);
            }
        }
    }
}

package dev.ordinal.cli;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.cluster.Cluster;
import dev.ordinal.cluster.Settings;
import dev.ordinal.node.image.ImageStore;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;

/// `ordinal demo`: the worked example, from nothing to a page that three replicas serve.
@Command(
        name = "demo",
        description =
                "Starts a cluster of its own, runs the worked example on it and shows the result."
                        + " Nothing of it is left afterwards.",
        mixinStandardHelpOptions = true)
final class Demo implements Callable<Integer> {
    private static final String NAMESPACE = "app-python";
    private static final String SET = "/apis/apps/v1/namespaces/app-python/statefulsets/app-python";
    private static final String SERVICE = "/api/v1/namespaces/app-python/services/app-python";
    private static final int VISITS = 36;

    @Mixin private StartOptions options = new StartOptions();

    @Option(names = "--exit", description = "Ends when everything has been shown.")
    private boolean exit;

    @Override
    public Integer call() throws Exception {
        if (!Files.isRegularFile(Home.image())) {
            throw new IOException(
                    "the image %s is missing: `mvn package` builds it".formatted(Home.image()));
        }
        var data = Files.createTempDirectory("ordinal-demo-");
        var settings = options.settings(data).asTemporary();
        try (var session = Session.start(settings)) {
            run(session.cluster(), settings);
            if (!exit) {
                System.out.println("\nCtrl-C ends the cluster and removes everything it made.");
                session.await();
            }
        } finally {
            dev.ordinal.node.runtime.Trees.delete(data);
        }
        return 0;
    }

    private static void run(Cluster cluster, Settings settings)
            throws IOException, InterruptedException {
        long apiReady = Session.age();
        step("API ready", apiReady);
        try (var client = Client.of(settings.data())) {
            long begun = Session.age();
            var images = ImageStore.open(settings.data().resolve("images"), InstantSource.system());
            var names = images.load(Home.image()).getFirst().names();
            step("image %s loaded".formatted(String.join(", ", names)), Session.age() - begun);
            begun = Session.age();
            for (var object : Manifests.read(Home.example().toString()))
                step(client.apply(object, NAMESPACE), -1);
            awaitReady(client);
            long allReady = Session.age() - begun;
            step("3/3 Ready", allReady);
            var url = ServiceCommand.url(client.get(SERVICE)) + "/";
            begun = Session.age();
            visit(url);
            long firstPage = Session.age() - begun;
            step("first page of " + url, firstPage);
            for (int i = 1; i < VISITS; i++) visit(url);
            step("%d visits sent".formatted(VISITS), -1);
            show(client, url, cluster.kubeconfig());
            System.out.printf(
                    "%nprocess start to API ready %d ms, apply to 3/3 Ready %d ms, first page %d"
                            + " ms%n",
                    apiReady, allReady, firstPage);
        }
    }

    private static void step(String what, long millis) {
        System.out.println(millis < 0 ? "  " + what : "  %s (%d ms)".formatted(what, millis));
    }

    /// Follows the set until all its replicas are Ready, and says each time how many are.
    static void awaitReady(Client client) throws IOException, InterruptedException {
        var path =
                SET.substring(0, SET.lastIndexOf('/'))
                        + "?watch=true&fieldSelector=metadata.name%3Dapp-python";
        long said = -1;
        try (var reader =
                new BufferedReader(
                        new InputStreamReader(client.stream(path), StandardCharsets.UTF_8))) {
            for (var line = reader.readLine(); line != null; line = reader.readLine()) {
                JsonNode set = Client.JSON.readTree(line).path("object");
                long wanted = set.at("/spec/replicas").asLong();
                long ready = set.at("/status/readyReplicas").asLong();
                if (ready >= wanted) return;
                if (ready != said) step("%d/%d Ready".formatted(ready, wanted), -1);
                said = ready;
            }
        }
        throw new IOException("the cluster ended the watch");
    }

    /// One visitor with a connection of its own.
    private static void visit(String url) throws IOException, InterruptedException {
        try (var browser = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            var answer =
                    browser.send(
                            HttpRequest.newBuilder(URI.create(url)).build(),
                            BodyHandlers.ofString());
            if (answer.statusCode() != 200)
                throw new IOException("%s answered %d".formatted(url, answer.statusCode()));
        }
    }

    private static void show(Client client, String url, Path kubeconfig)
            throws IOException, InterruptedException {
        System.out.println("\n$ kubectl get po,sts,svc,pvc,pv -n app-python");
        System.out.print(table(client));
        for (int i = 0; i < 3; i++) {
            var pod = "app-python-" + i;
            System.out.printf(
                    "%n$ kubectl exec -n app-python pod/%s -- cat /var/app-python/visits%n", pod);
            var out = new ByteArrayOutputStream();
            var session =
                    new ExecSession(
                            client, NAMESPACE, pod, "", List.of("cat", "/var/app-python/visits"));
            int code = session.run(null, out, OutputStream.nullOutputStream(), false);
            if (code != 0)
                throw new IOException("cat in %s ended with code %d".formatted(pod, code));
            System.out.print(out.toString(StandardCharsets.UTF_8));
        }
        System.out.printf("%nThe page: %s%nexport KUBECONFIG=%s%n", url, kubeconfig);
    }

    private static String table(Client client) throws IOException, InterruptedException {
        return Get.text(client, List.of("po,sts,svc,pvc,pv"), NAMESPACE, "");
    }
}

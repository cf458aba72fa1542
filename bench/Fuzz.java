import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.cluster.Cluster;
import dev.ordinal.cluster.Settings;
import dev.ordinal.cluster.Settings.RuntimeChoice;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/// Sends requests nobody should send, and reports what a server must not do with them: answer
/// 5xx, stay silent, keep memory or threads, or lose what it stored.
///
/// Each of the clients has its own random numbers, made of the seed and its number, so that a
/// request can be found again: a finding names both.
public final class Fuzz {
    private static final int CLIENTS = 8;
    private static final int SHOWN_MAX = 100;

    /// Deleted, it is made again by the next start.
    private static final String STANDARD = "/apis/storage.k8s.io/v1/storageclasses/standard";

    private static final Duration SILENCE_MAX = Duration.ofSeconds(6);

    /// Answers of 5xx that upstream gives as well, by the beginning of their message.
    private static final Pattern UPSTREAMS =
            Pattern.compile(
                    "resourceVersion should not be set on objects to be created"
                            + "|resourceVersion: Invalid value"
                            + "|Timeout: Too large resource version"
                            + "|unknown patch type|map: map\\[|The order in patch list"
                            + "|failed to create typed patch object|failed to convert new object"
                            + "|target\\.(name|kind): ");

    private static final List<String> COLLECTIONS =
            List.of(
                    "/api/v1/namespaces/fuzz/configmaps",
                    "/api/v1/namespaces/fuzz/secrets",
                    "/api/v1/namespaces/fuzz/pods",
                    "/api/v1/namespaces/fuzz/services",
                    "/api/v1/namespaces/fuzz/events",
                    "/api/v1/namespaces/fuzz/persistentvolumeclaims",
                    "/api/v1/namespaces/fuzz/serviceaccounts",
                    "/apis/apps/v1/namespaces/fuzz/statefulsets",
                    "/apis/apps/v1/namespaces/fuzz/controllerrevisions",
                    "/apis/coordination.k8s.io/v1/namespaces/fuzz/leases",
                    "/apis/discovery.k8s.io/v1/namespaces/fuzz/endpointslices",
                    "/apis/events.k8s.io/v1/namespaces/fuzz/events",
                    "/apis/storage.k8s.io/v1/storageclasses",
                    "/api/v1/persistentvolumes",
                    "/api/v1/nodes");

    private static final Map<String, String> KINDS =
            Map.of(
                    "configmaps", "ConfigMap",
                    "secrets", "Secret",
                    "services", "Service",
                    "statefulsets", "StatefulSet",
                    "persistentvolumeclaims", "PersistentVolumeClaim",
                    "leases", "Lease",
                    "endpointslices", "EndpointSlice",
                    "events", "Event");

    private static final List<String> BODIES =
            List.of(
                    "{\"metadata\":{\"name\":\"$n\"}}",
                    "{\"metadata\":{\"name\":\"$n\",\"labels\":{\"a\":\"$w\"},\"finalizers\":[\"example.com/$n\"]},\"data\":{\"k\":\"$w\"}}",
                    "{\"metadata\":{\"generateName\":\"$n-\"},\"data\":{\"k\":\"djE=\"},\"type\":\"$w\"}",
                    "{\"metadata\":{\"name\":\"$n\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"env\":[{\"name\":\"A\",\"value\":\"$w\"}],\"ports\":[{\"containerPort\":80}]}],\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}}]}}",
                    "{\"metadata\":{\"name\":\"$n\"},\"spec\":{\"selector\":{\"a\":\"$w\"},\"ports\":[{\"port\":80,\"targetPort\":\"http\"}]}}",
                    "{\"metadata\":{\"name\":\"$n\"},\"spec\":{\"serviceName\":\"s\",\"replicas\":2,\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}",
                    "{\"metadata\":{\"name\":\"$n\"},\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],\"resources\":{\"requests\":{\"storage\":\"1Mi\"}}}}",
                    "{\"metadata\":{\"name\":\"$n\"},\"spec\":{\"holderIdentity\":\"$w\",\"leaseDurationSeconds\":5,\"renewTime\":\"2026-01-02T03:04:05.000006Z\"}}",
                    "{\"metadata\":{\"name\":\"$n\"},\"addressType\":\"IPv4\",\"endpoints\":[{\"addresses\":[\"10.1.2.3\"]}],\"ports\":[{\"port\":1}]}",
                    "{\"metadata\":{\"name\":\"$n\"},\"involvedObject\":{\"namespace\":\"fuzz\"},\"regarding\":{\"namespace\":\"fuzz\"},\"reason\":\"$w\",\"eventTime\":\"2026-01-02T03:04:05.000006Z\",\"type\":\"Normal\"}",
                    "{\"metadata\":{\"name\":\"$n\"},\"provisioner\":\"p\",\"revision\":1,\"capacity\":{\"storage\":\"1Gi\"}}");

    private static final List<String> ODD =
            List.of(
                    "",
                    "-",
                    "0",
                    "-1",
                    "1e99",
                    "99999999999999999999",
                    "null",
                    "true",
                    "{}",
                    "[]",
                    "\"",
                    "\\",
                    "%",
                    "..",
                    "/",
                    "a b",
                    "a=b",
                    "a,b",
                    "a in (b",
                    "!a",
                    ",",
                    "(",
                    "\u0000",
                    "\n",
                    "\ud83d\ude00",
                    "\u202e",
                    "x".repeat(300),
                    "x".repeat(5_000),
                    "$patch",
                    "Ki",
                    "1.5.5",
                    "2026-13-41T00:00:00Z",
                    "<script>",
                    "'; drop",
                    "\u00e9",
                    "NaN",
                    "0x10",
                    "1Gi",
                    "--");

    private static final List<String> PATCHES =
            List.of(
                    "application/merge-patch+json",
                    "application/strategic-merge-patch+json",
                    "application/json-patch+json",
                    "application/apply-patch+yaml",
                    "application/json",
                    "text/plain",
                    "");

    private static final List<String> OPERATIONS =
            List.of(
                    "[{\"op\":\"add\",\"path\":\"/metadata/labels/$w\",\"value\":\"$w\"}]",
                    "[{\"op\":\"remove\",\"path\":\"/$w\"},{\"op\":\"test\",\"path\":\"/metadata/name\",\"value\":\"$n\"}]",
                    "[{\"op\":\"move\",\"from\":\"/metadata\",\"path\":\"/spec/$w\"}]",
                    "[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/data\"}]",
                    "[{\"op\":\"replace\",\"path\":\"\",\"value\":$w}]",
                    "[{\"op\":\"add\",\"path\":\"/metadata/finalizers/-1\",\"value\":null}]",
                    "{\"metadata\":{\"labels\":{\"a\":null},\"finalizers\":[]}}",
                    "{\"$patch\":\"$w\",\"metadata\":{\"$retainKeys\":[\"name\"]}}",
                    "{\"spec\":{\"containers\":[{\"$patch\":\"delete\",\"name\":\"c\"},{\"image\":\"x\"}]}}",
                    "{\"spec\":{\"$setElementOrder/containers\":[{\"name\":\"d\"},{\"name\":\"c\"}],\"containers\":[{\"name\":\"c\",\"image\":\"x\"}]}}",
                    "{\"metadata\":{\"$deleteFromPrimitiveList/finalizers\":[\"$w\"],\"$setElementOrder/finalizers\":5}}",
                    "{\"data\":{\"k\":{\"deep\":[]}},\"spec\":$w,\"metadata\":{\"resourceVersion\":\"$w\"}}");

    private static final List<String> ACCEPTS =
            List.of(
                    "application/json",
                    "application/yaml",
                    "application/json;as=Table;v=v1;g=meta.k8s.io",
                    "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
                    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
                    "application/vnd.kubernetes.protobuf",
                    "*/*;q=0",
                    "application/json;q=x",
                    ";;,,=",
                    "text/html,*/*");

    private static final List<String> PARAMETERS =
            List.of(
                    "labelSelector",
                    "fieldSelector",
                    "limit",
                    "continue",
                    "resourceVersion",
                    "resourceVersionMatch",
                    "dryRun",
                    "fieldManager",
                    "fieldValidation",
                    "force",
                    "pretty",
                    "gracePeriodSeconds",
                    "propagationPolicy",
                    "orphanDependents",
                    "includeObject",
                    "sendInitialEvents",
                    "allowWatchBookmarks",
                    "export",
                    "container",
                    "tailLines");

    private static final List<String> OTHER_PATHS =
            List.of(
                    "/",
                    "/api",
                    "/apis",
                    "/api/v1",
                    "/apis/apps",
                    "/version",
                    "/healthz",
                    "/livez?verbose",
                    "/openapi/v2",
                    "/openapi/v3",
                    "/openapi/v3/api/v1",
                    "/openapi/v3/apis/$w",
                    "/metrics",
                    "/api/v1/watch/namespaces/fuzz/configmaps?timeoutSeconds=1",
                    "/apis/$w/v1/x",
                    "/api/v1/namespaces/$w/pods",
                    "/api/v1/namespaces/fuzz/pods/$n/log",
                    "/api/v1/namespaces/fuzz/pods/$n/exec",
                    "/api/v1/namespaces/fuzz/pods/$n/eviction",
                    "/api/v1/namespaces/fuzz/pods/$n/binding",
                    "/apis/apps/v1/namespaces/fuzz/statefulsets/$n/scale",
                    "/api/v1/namespaces/fuzz/finalize");

    private final HttpClient http;
    private final URI server;
    private final Map<Integer, AtomicLong> codes = new ConcurrentSkipListMap<>();
    private final List<String> findings = java.util.Collections.synchronizedList(new ArrayList<>());
    private final AtomicLong left;

    private Fuzz(HttpClient http, URI server, long requests) {
        this.http = http;
        this.server = server;
        left = new AtomicLong(requests);
    }

    /// @param args `--requests N`, `--seed S`
    public static void main(String[] args) throws Exception {
        long requests = 200_000;
        long seed = System.nanoTime();
        for (int i = 0; i + 1 < args.length; i += 2) {
            switch (args[i]) {
                case "--requests" -> requests = Long.parseLong(args[i + 1]);
                case "--seed" -> seed = Long.parseLong(args[i + 1]);
                default -> throw new IllegalArgumentException("unknown: " + args[i]);
            }
        }
        var folder = Files.createTempDirectory("ordinal-fuzz");
        System.out.printf("%d requests, seed %d, in %s%n", requests, seed, folder);
        var settings = Settings.in(folder).withRuntime(RuntimeChoice.NONE);
        var home = System.getProperty("ordinal.home");
        if (home != null) {
            settings =
                    settings.withRocksdbLibrary(
                            Path.of(home, "native", "librocksdbjnijni-linux64.so"));
        }
        int found = check(settings, requests, seed);
        try (var all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        }
        System.exit(found == 0 ? 0 : 1);
    }

    private static int check(Settings settings, long requests, long seed) throws Exception {
        List<String> findings;
        Map<String, String> before;
        try (var cluster = Cluster.start(settings)) {
            var target = ApiTarget.read("ours", cluster.kubeconfig());
            var http = HttpClient.newBuilder().sslContext(target.tls()).build();
            var fuzz = new Fuzz(http, target.server(), requests);
            fuzz.run(seed);
            findings = fuzz.findings;
            before = fuzz.objects();
            http.shutdownNow();
        }
        try (var cluster = Cluster.start(settings)) {
            var target = ApiTarget.read("ours", cluster.kubeconfig());
            var http = HttpClient.newBuilder().sslContext(target.tls()).build();
            var after = new Fuzz(http, target.server(), 0).objects();
            for (var lost : before.entrySet()) {
                if (!lost.getValue().equals(after.get(lost.getKey()))) {
                    findings.add("after a restart it is not there: " + lost.getKey());
                }
            }
            for (var name : after.keySet()) {
                boolean byTheStart = name.equals(STANDARD) || waited(name, before);
                if (!byTheStart && !before.containsKey(name)) {
                    findings.add("only after a restart: " + name);
                }
            }
            System.out.printf(
                    "%d objects, the same after a restart: %b%n",
                    after.size(), findings.stream().noneMatch(f -> f.contains(" a restart")));
            http.shutdownNow();
        }
        findings.forEach(System.out::println);
        System.out.printf("%d findings%n", findings.size());
        return findings.size();
    }

    /// Whether a volume is of a claim that had to wait for the class which the start has made.
    private static boolean waited(String volume, Map<String, String> before) {
        var claim = volume.substring(volume.lastIndexOf('/') + 1).replaceFirst("^pvc-", "");
        return !before.containsKey(STANDARD) && before.containsValue(claim);
    }

    private void run(long seed) throws InterruptedException {
        send(
                "POST",
                "/api/v1/namespaces",
                "{\"metadata\":{\"name\":\"fuzz\"}}",
                "application/json",
                "",
                "start");
        long threads = threads();
        long start = System.nanoTime();
        var done = new CountDownLatch(CLIENTS);
        for (int i = 0; i < CLIENTS; i++) {
            long own = seed * CLIENTS + i;
            Thread.ofVirtual()
                    .start(
                            () -> {
                                var random = new Random(own);
                                for (long n = 0; left.getAndDecrement() > 0; n++)
                                    one(random, own + ":" + n);
                                done.countDown();
                            });
        }
        long total = left.get();
        while (!done.await(20, java.util.concurrent.TimeUnit.SECONDS)) {
            System.out.printf(
                    "%d left, %d MiB, %d findings%n", left.get(), memory(), findings.size());
        }
        System.out.printf(
                "%.0f requests/s, answers %s%n",
                total / ((System.nanoTime() - start) / 1e9), codes);
        System.out.printf(
                "memory in use %d MiB, platform threads %d, before %d%n",
                memory(), threads(), threads);
    }

    private static long memory() {
        System.gc();
        var runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) >> 20;
    }

    private static long threads() {
        return Thread.getAllStackTraces().size();
    }

    private void one(Random random, String id) {
        var collection = any(random, COLLECTIONS);
        int choice = random.nextInt(100);
        var item = collection + "/" + name(random);
        switch (choice / 10) {
            case 0, 1 ->
                    send(
                            "POST",
                            collection + query(random),
                            body(random),
                            type(random),
                            accept(random),
                            id);
            case 2 ->
                    send(
                            "PUT",
                            item + query(random),
                            body(random),
                            type(random),
                            accept(random),
                            id);
            case 3 -> applied(random, collection, accept(random), id);
            case 4 ->
                    send(
                            "PATCH",
                            item + sub(random) + query(random),
                            patch(random),
                            any(random, PATCHES),
                            accept(random),
                            id);
            case 5 ->
                    send(
                            "DELETE",
                            item + query(random),
                            random.nextBoolean() ? "" : body(random),
                            type(random),
                            accept(random),
                            id);
            case 6 -> send("GET", collection + query(random), "", "", accept(random), id);
            case 7 -> send("GET", item + sub(random) + query(random), "", "", accept(random), id);
            case 8 ->
                    send(
                            "GET",
                            collection
                                    + query(random)
                                    + (random.nextInt(40) > 0 ? "" : watch(random)),
                            "",
                            "",
                            accept(random),
                            id);
            default ->
                    send(
                            any(
                                    random,
                                    List.of(
                                            "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS",
                                            "HEAD", "ODD")),
                            filled(random, any(random, OTHER_PATHS)),
                            random.nextBoolean() ? "" : body(random),
                            type(random),
                            accept(random),
                            id);
        }
    }

    /// Short, since nothing else is done meanwhile.
    private static String watch(Random random) {
        return "&watch=1&timeoutSeconds=1"
                + (random.nextBoolean() ? "&resourceVersion=" + random.nextInt(9000) : "");
    }

    private static <T> T any(Random random, List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private static String name(Random random) {
        return random.nextInt(12) == 0 ? encoded(any(random, ODD)) : "n" + random.nextInt(60);
    }

    private static String sub(Random random) {
        return random.nextInt(4) > 0
                ? ""
                : any(
                        random,
                        List.of("/status", "/scale", "/log", "/odd", "/eviction", "/binding"));
    }

    private static String encoded(String text) {
        return java.net.URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String query(Random random) {
        var query = new StringBuilder("?x=1");
        int count = random.nextInt(4) == 0 ? random.nextInt(4) : 0;
        for (int i = 0; i < count; i++) {
            var parameter = any(random, PARAMETERS);
            query.append('&').append(parameter).append('=').append(encoded(word(random)));
        }
        return query.toString();
    }

    private static String word(Random random) {
        return random.nextInt(3) == 0
                ? any(random, ODD)
                : any(
                        random,
                        List.of(
                                "a",
                                "All",
                                "true",
                                "Strict",
                                "Warn",
                                "metadata.name=n1",
                                "a=b",
                                "5",
                                "Exact",
                                "NotOlderThan",
                                "Foreground",
                                "Orphan",
                                "None"));
    }

    private static String type(Random random) {
        return random.nextInt(8) == 0
                ? any(
                        random,
                        List.of(
                                "",
                                "application/yaml",
                                "application/vnd.kubernetes.protobuf",
                                "text/xml",
                                ";"))
                : "application/json";
    }

    private static String accept(Random random) {
        return random.nextInt(4) == 0 ? any(random, ACCEPTS) : "application/json";
    }

    private static String filled(Random random, String text) {
        return text.replace("$n", name(random)).replace("$w", encoded(word(random)));
    }

    private static String body(Random random) {
        return damaged(random, json(random, any(random, BODIES)));
    }

    private static String patch(Random random) {
        return damaged(
                random, json(random, any(random, random.nextInt(5) == 0 ? BODIES : OPERATIONS)));
    }

    /// A configuration of one of two managers, mostly for the object that it names.
    private void applied(Random random, String collection, String accept, String id) {
        var name = "n" + random.nextInt(8);
        var manager = random.nextBoolean() ? "a" : "b";
        var query = "?fieldManager=" + manager + (random.nextBoolean() ? "&force=true" : "");
        var resource = collection.substring(collection.lastIndexOf('/') + 1);
        var version =
                collection
                        .replaceFirst("^/apis?/", "")
                        .replaceFirst("/(namespaces/)?[^/]*(/[^/]*)?$", "");
        var type =
                "{\"apiVersion\":\"%s\",\"kind\":\"%s\","
                        .formatted(version, KINDS.getOrDefault(resource, "Pod"));
        var config = type + any(random, BODIES).substring(1).replace("$n", name);
        send(
                "PATCH",
                collection + "/" + name + sub(random) + query,
                damaged(random, json(random, config)),
                "application/apply-patch+yaml",
                accept,
                id);
    }

    private static String json(Random random, String text) {
        var word = word(random);
        var quoted = new com.fasterxml.jackson.databind.node.TextNode(word).toString();
        return text.replace("$n", random.nextInt(12) == 0 ? "Odd_Name" : "n" + random.nextInt(60))
                .replace(":$w", ":" + quoted)
                .replace("$w", quoted.substring(1, quoted.length() - 1));
    }

    /// Cut, doubled, grown, or with a letter or a value changed; mostly left alone.
    private static String damaged(Random random, String text) {
        if (text.isEmpty()) return text;
        int at = random.nextInt(text.length());
        return switch (random.nextInt(24)) {
            case 0 -> text.substring(0, at);
            case 1 -> text.substring(0, at) + (char) random.nextInt(0x250) + text.substring(at);
            case 2 -> text.replaceFirst("\"[a-z]+\":", "\"odd\":");
            case 3 ->
                    text.replaceFirst(
                            ":\"[^\"]*\"",
                            ":"
                                    + any(
                                            random,
                                            List.of(
                                                    "5", "null", "[]", "{}", "true", "1.5", "1e400",
                                                    "[[[]]]")));
            case 4 -> text.replaceFirst(":\\[", ":{\"x\":[").replaceFirst("]", "]}");
            case 5 -> text + text;
            case 6 ->
                    random.nextInt(400) == 0
                            ? text.replaceFirst("\"k\":\"", "\"k\":\"" + "y".repeat(3 << 20))
                            : text;
            case 7 -> "[".repeat(2000) + text;
            case 8 ->
                    text.replaceFirst(
                            "\\{",
                            "{\"apiVersion\":\""
                                    + any(random, List.of("v1", "v2", "apps/v1", "/", ""))
                                    + "\",\"kind\":\""
                                    + any(random, List.of("Pod", "Odd", "List", ""))
                                    + "\",");
            default -> text;
        };
    }

    private void send(
            String method, String path, String body, String type, String accept, String id) {
        URI uri;
        try {
            uri = server.resolve(path);
        } catch (IllegalArgumentException unsendable) {
            return;
        }
        var request =
                HttpRequest.newBuilder(uri)
                        .timeout(SILENCE_MAX)
                        .version(
                                id.hashCode() % 2 == 0
                                        ? HttpClient.Version.HTTP_1_1
                                        : HttpClient.Version.HTTP_2);
        try {
            if (!type.isEmpty()) request.header("Content-Type", type);
            if (!accept.isEmpty()) request.header("Accept", accept);
            request.method(
                    method,
                    body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        } catch (IllegalArgumentException unsendable) {
            return;
        }
        try {
            HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
            codes.computeIfAbsent(answer.statusCode(), _ -> new AtomicLong()).incrementAndGet();
            if (answer.statusCode() >= 500 && !upstreams(answer.body())) {
                report(
                        "%d %s %s: %s [%s] %s"
                                .formatted(
                                        answer.statusCode(),
                                        method,
                                        cut(path, 200),
                                        cut(answer.body(), 300),
                                        id,
                                        cut(body, 200)));
            }
        } catch (IOException failed) {
            report(
                    "%s %s: %s [%s] %s %s"
                            .formatted(method, cut(path, 200), failed, id, type, cut(body, 200)));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void report(String finding) {
        findings.add(finding);
        if (findings.size() <= SHOWN_MAX) System.out.println(finding);
    }

    private static boolean upstreams(String body) {
        return UPSTREAMS.matcher(body).find();
    }

    private static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most) + "...";
    }

    /// Every object's version by its path.
    private Map<String, String> objects() throws Exception {
        Map<String, String> all = new TreeMap<>();
        for (var collection : COLLECTIONS) {
            if (collection.contains("/events") || collection.contains("leases")) continue;
            var answer =
                    http.send(
                            HttpRequest.newBuilder(server.resolve(collection)).build(),
                            BodyHandlers.ofString());
            for (var item : new ObjectMapper().readTree(answer.body()).path("items")) {
                all.put(
                        collection + "/" + item.at("/metadata/name").asText(),
                        item.at("/metadata/uid").asText());
            }
        }
        return all;
    }
}

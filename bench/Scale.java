import dev.ordinal.api.Api;
import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.WatchOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.cluster.Cluster;
import dev.ordinal.cluster.Settings;
import dev.ordinal.control.Types;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/// How fast sets come up on a simulated node: the whole control plane in this JVM, its store on
/// disk, no processes. After 5,000 pods to warm up three runs of each size and their medians: pods
/// created per second, time until all are Ready, memory per 1,000 pods.
final class Scale {
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private static final int RUNS = 3;

    private Scale() {}

    /// @param args pairs `SETSxREPLICAS`
    public static void main(String[] args) throws Exception {
        java.util.logging.Logger.getLogger("").setLevel(java.util.logging.Level.WARNING);
        System.out.println("warm-up: " + run(100, 50));
        for (var arg : args) {
            var pair = arg.split("x", -1);
            List<Run> runs = new ArrayList<>();
            for (int i = 0; i < RUNS; i++) {
                runs.add(run(Integer.parseInt(pair[0]), Integer.parseInt(pair[1])));
                System.out.println(arg + ": " + runs.getLast());
            }
            var median =
                    new Run(
                            median(runs, Run::created),
                            median(runs, Run::ready),
                            median(runs, Run::memory));
            System.out.println(arg + ", medians: " + median);
        }
    }

    /// @param created pods a second
    /// @param ready seconds until all were
    /// @param memory MB of 1,000 pods
    private record Run(double created, double ready, double memory) {
        @Override
        public String toString() {
            return "%.0f pods/s created, all Ready after %.1f s, %.1f MB per 1,000 pods"
                    .formatted(created, ready, memory);
        }
    }

    private static double median(List<Run> runs, ToDoubleFunction<Run> value) {
        return runs.stream().mapToDouble(value).sorted().toArray()[RUNS / 2];
    }

    private static Run run(int sets, int replicas) throws Exception {
        var library =
                Path.of(
                        System.getProperty("ordinal.home"),
                        "native",
                        "librocksdbjnijni-linux64.so");
        var data = Files.createTempDirectory("ordinal-bench-");
        var settings =
                Settings.in(data)
                        .withRuntime(Settings.RuntimeChoice.SIMULATED)
                        .withRocksdbLibrary(library)
                        .withMaxPods(sets * replicas)
                        .asTemporary();
        try (var cluster = Cluster.start(settings)) {
            var api = cluster.api();
            long before = used();
            long begun = System.nanoTime();
            var from = api.list(Types.PODS, null, ListOptions.ALL).revision();
            var pods = Thread.ofVirtual();
            var created = new long[1];
            var counter = pods.start(() -> created[0] = lastCreation(api, from, sets * replicas));
            for (int i = 0; i < sets; i++) create(api, "web-" + i, replicas);
            awaitReady(api, sets, replicas);
            long ready = System.nanoTime() - begun;
            counter.join();
            double seconds = (created[0] - begun) / 1e9;
            int all = sets * replicas;
            double memory = (used() - before) / 1e6 * 1000 / all;
            return new Run(all / seconds, ready / 1e9, memory);
        } finally {
            try (var all = Files.walk(data)) {
                all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
            }
        }
    }

    private static void create(Api api, String name, int replicas) {
        var set =
                """
                {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"%1$s"},
                 "spec":{"replicas":%2$d,"podManagementPolicy":"Parallel","serviceName":"%1$s",
                   "selector":{"matchLabels":{"app":"%1$s"}},
                   "template":{"metadata":{"labels":{"app":"%1$s"}},
                     "spec":{"containers":[{"name":"c","image":"img:1"}]}}}}
                """
                        .formatted(name, replicas);
        api.create(
                Types.STATEFUL_SETS,
                "default",
                new Body.Text(set.getBytes(StandardCharsets.UTF_8), "application/json"),
                WriteOptions.by("bench"));
    }

    /// When the last of so many pods was seen.
    private static long lastCreation(Api api, long from, int pods) {
        try (var watching =
                api.watch(Types.PODS, "default", WatchOptions.after(Long.toString(from)))) {
            for (int seen = 0; seen < pods; ) {
                for (var event : watching.next(PATIENCE)) {
                    if (event.type().name().equals("ADDED")) seen++;
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return System.nanoTime();
    }

    private static void awaitReady(Api api, int sets, int replicas) throws InterruptedException {
        Map<String, Integer> ready = new HashMap<>();
        var listing = api.list(Types.STATEFUL_SETS, "default", ListOptions.ALL);
        listing.items()
                .forEach(
                        set ->
                                ready.put(
                                        set.name(),
                                        set.tree().at("/status/readyReplicas").asInt()));
        var from = WatchOptions.after(Long.toString(listing.revision()));
        try (var watching = api.watch(Types.STATEFUL_SETS, "default", from)) {
            while (ready.size() < sets || ready.values().stream().anyMatch(n -> n < replicas)) {
                for (var event : watching.next(PATIENCE)) {
                    var set = event.object();
                    ready.put(set.name(), set.tree().at("/status/readyReplicas").asInt());
                }
            }
        }
    }

    private static long used() {
        for (int i = 0; i < 3; i++) System.gc();
        var runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}

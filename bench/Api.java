import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/// How fast the API answers, beside what the machine allows and beside another control plane.
// Prints
/// a row of a table for each line: medians of the repeats.
final class Api {
    private static final int LISTED = 10_000;
    private static final int WATCHERS = 1_000;
    private static final int CHANGES = 25;
    private static final int WARM_SECONDS = 5;
    private static final byte[] NOTHING = new byte[0];
    private static final ApiConnection.Sink AWAY = (bytes, from, until) -> {};
    private static final String POD =
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","labels":{"app":"bench","tier":"db"}},
             "spec":{"schedulerName":"nobody","automountServiceAccountToken":false,
               "containers":[{"name":"main","image":"visits:1","args":["--port=8000"],
                 "env":[{"name":"COLOUR","value":"blue"},
                   {"name":"POD","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],
                 "ports":[{"name":"http","containerPort":8000}],
                 "readinessProbe":{"httpGet":{"path":"/readyz","port":"http"}},
                 "resources":{"requests":{"cpu":"50m","memory":"64Mi"},"limits":{"memory":"192Mi"}},
                 "volumeMounts":[{"name":"data","mountPath":"/data"}]}],
               "volumes":[{"name":"data","emptyDir":{}}]}}
            """;

    /// What one line measured.
    private record Figures(double perSecond, double p50, double p99) {
        static Figures of(List<Long> nanos, double seconds) {
            var sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
            return new Figures(
                    sorted.length / seconds,
                    sorted[sorted.length / 2] / 1e6,
                    sorted[(int) (sorted.length * 0.99)] / 1e6);
        }

        static Figures median(List<Figures> all) {
            return new Figures(
                    middle(all.stream().mapToDouble(Figures::perSecond).toArray()),
                    middle(all.stream().mapToDouble(Figures::p50).toArray()),
                    middle(all.stream().mapToDouble(Figures::p99).toArray()));
        }

        private static double middle(double[] values) {
            Arrays.sort(values);
            return values[values.length / 2];
        }

        @Override
        public String toString() {
            return "%,.0f/s, %.2f / %.2f ms".formatted(perSecond, p50, p99);
        }
    }

    /// One measurement of one server.
    private interface Measurement {
        Figures run(ApiTarget target) throws Exception;
    }

    /// One request of a client.
    private interface Asked {
        void send(ApiConnection connection, String name) throws IOException;
    }

    private final List<ApiTarget> targets = new ArrayList<>();
    private final String namespace = "bench-" + Long.toString(System.currentTimeMillis(), 36);
    private final AtomicInteger names = new AtomicInteger();
    private int seconds = 3;
    private int repeats = 3;
    private String only = "";

    private Api() {}

    /// @param args kubeconfigs by `--ours`, `--floor` and `--kubeconfig`; `--seconds`, `--repeats`,
    // `--only`
    public static void main(String[] args) throws Exception {
        var bench = new Api();
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) options.put(args[i], args[i + 1]);
        bench.add("ours", options.get("--ours"));
        bench.add("real", options.get("--kubeconfig"));
        bench.add("floor", options.get("--floor"));
        bench.seconds = Integer.parseInt(options.getOrDefault("--seconds", "3"));
        bench.repeats = Integer.parseInt(options.getOrDefault("--repeats", "3"));
        bench.only = options.getOrDefault("--only", "");
        bench.run();
    }

    private void add(String name, String kubeconfig) throws Exception {
        if (kubeconfig != null) targets.add(ApiTarget.read(name, Path.of(kubeconfig)));
    }

    private void run() throws Exception {
        for (var target : targets) prepare(target);
        for (var target : targets) {
            creates(target, 16, WARM_SECONDS);
            gets(target, 16, WARM_SECONDS);
            empty(target);
        }
        System.out.printf("a write of 4 KiB and fdatasync, alone: %s%n%n", disk());
        System.out.println("| | Jetty, same bytes | real | ours | throughput | p50 |");
        System.out.println("|---|---|---|---|---|---|");
        for (int clients : List.of(1, 16, 64)) {
            line(
                    "create, %s".formatted(clients(clients)),
                    target -> {
                        var figures = creates(target, clients, seconds);
                        empty(target);
                        return figures;
                    });
        }
        for (int clients : List.of(1, 64)) {
            line("GET, %s".formatted(clients(clients)), target -> gets(target, clients, seconds));
        }
        line("a change to %,d watchers".formatted(WATCHERS), this::fansOut);
        if ("LIST".contains(only)) for (var target : targets) fill(target);
        line("LIST of %,d pods, 1 client".formatted(LISTED), this::lists);
    }

    private static String clients(int number) {
        return number == 1 ? "1 client" : number + " clients";
    }

    private void line(String name, Measurement measurement) throws Exception {
        if (!name.contains(only)) return;
        Map<String, List<Figures>> all = new HashMap<>();
        for (int i = 0; i < repeats; i++) {
            for (var target : targets) {
                all.computeIfAbsent(target.name(), _ -> new ArrayList<>())
                        .add(measurement.run(target));
            }
        }
        var ours = Figures.median(all.get("ours"));
        var real = all.containsKey("real") ? Figures.median(all.get("real")) : null;
        System.out.printf(
                "| %s | %s | %s | %s | %s | %s |%n",
                name,
                Figures.median(all.get("floor")),
                real == null ? "" : real,
                ours,
                real == null ? "" : "%.1f x".formatted(ours.perSecond() / real.perSecond()),
                real == null ? "" : "%.2f x".formatted(ours.p50() / real.p50()));
    }

    /// What a durable write costs on this disk.
    private Figures disk() throws IOException {
        var file = Files.createTempFile("ordinal-bench-", "");
        List<Long> nanos = new ArrayList<>();
        long begun = System.nanoTime();
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int i = 0; i < 1000; i++) {
                long before = System.nanoTime();
                channel.write(ByteBuffer.allocate(4096));
                channel.force(false);
                nanos.add(System.nanoTime() - before);
            }
        } finally {
            Files.delete(file);
        }
        return Figures.of(nanos, (System.nanoTime() - begun) / 1e9);
    }

    /// A namespace with the account that pods need, a pod to get and a map to watch. The floor is
    /// given ours.
    private void prepare(ApiTarget target) throws Exception {
        try (var connection = new ApiConnection(target, 1 << 16)) {
            if (isFloor(target)) {
                try (var ours = new ApiConnection(targets.getFirst(), 1 << 16)) {
                    var pod = ours.get(pods() + "/one");
                    connection.send("PUT", pods() + "/one", pod, 200, AWAY);
                    connection.send("PUT", pods(), pod, 200, AWAY);
                }
                return;
            }
            make(
                    connection,
                    "/api/v1/namespaces",
                    "{\"metadata\":{\"name\":\"" + namespace + "\"}}");
            try {
                make(connection, in("serviceaccounts"), "{\"metadata\":{\"name\":\"default\"}}");
            } catch (IOException there) {
                if (!there.getMessage().startsWith("409")) throw there;
            }
            make(connection, pods(), POD.formatted("one"));
            make(connection, in("configmaps"), "{\"metadata\":{\"name\":\"watched\"}}");
        }
    }

    private static void make(ApiConnection connection, String path, String body)
            throws IOException {
        connection.send("POST", path, body.getBytes(StandardCharsets.UTF_8), 201, AWAY);
    }

    private static boolean isFloor(ApiTarget target) {
        return target.name().equals("floor");
    }

    private String in(String plural) {
        return "/api/v1/namespaces/" + namespace + "/" + plural;
    }

    private String pods() {
        return in("pods");
    }

    private Figures creates(ApiTarget target, int clients, int seconds) throws Exception {
        return during(
                target,
                clients,
                seconds,
                (connection, name) -> make(connection, pods(), POD.formatted(name)));
    }

    private Figures gets(ApiTarget target, int clients, int seconds) throws Exception {
        return during(
                target,
                clients,
                seconds,
                (connection, _) -> connection.send("GET", pods() + "/one", NOTHING, 200, AWAY));
    }

    private Figures lists(ApiTarget target) throws Exception {
        return during(
                target,
                1,
                seconds,
                (connection, _) -> connection.send("GET", pods(), NOTHING, 200, AWAY));
    }

    /// Lets clients ask one after the other each.
    private Figures during(ApiTarget target, int clients, int seconds, Asked asked)
            throws Exception {
        var nanos = new ConcurrentLinkedQueue<List<Long>>();
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        var failures = new ArrayList<Future<?>>();
        try (var threads = Executors.newFixedThreadPool(clients)) {
            for (int i = 0; i < clients; i++) {
                failures.add(
                        threads.submit(
                                () -> {
                                    nanos.add(client(target, end, asked));
                                    return null;
                                }));
            }
        }
        for (var failure : failures) failure.get();
        return Figures.of(nanos.stream().flatMap(List::stream).toList(), seconds);
    }

    private List<Long> client(ApiTarget target, long end, Asked asked) throws IOException {
        List<Long> nanos = new ArrayList<>();
        try (var connection = new ApiConnection(target, 1 << 16)) {
            while (System.nanoTime() < end) {
                var name = "p-" + names.incrementAndGet();
                long before = System.nanoTime();
                asked.send(connection, name);
                nanos.add(System.nanoTime() - before);
            }
        }
        return nanos;
    }

    /// As many pods as are listed; the floor is given ours.
    private void fill(ApiTarget target) throws Exception {
        if (isFloor(target)) {
            try (var floor = new ApiConnection(target, 1 << 16);
                    var ours = new ApiConnection(targets.getFirst(), 1 << 16)) {
                floor.send("PUT", pods(), ours.get(pods()), 200, AWAY);
            }
            return;
        }
        var left = new AtomicInteger(LISTED - 1);
        try (var threads = Executors.newFixedThreadPool(16)) {
            var failures = new ArrayList<Future<?>>();
            for (int i = 0; i < 16; i++) {
                failures.add(
                        threads.submit(
                                () -> {
                                    try (var connection = new ApiConnection(target, 1 << 16)) {
                                        for (int n = left.getAndDecrement();
                                                n > 0;
                                                n = left.getAndDecrement()) {
                                            make(connection, pods(), POD.formatted("l-" + n));
                                        }
                                    }
                                    return null;
                                }));
            }
            for (var failure : failures) failure.get();
        }
    }

    /// All pods go but the one to get.
    private void empty(ApiTarget target) throws Exception {
        if (isFloor(target)) return;
        try (var connection = new ApiConnection(target, 1 << 16)) {
            var other = "?fieldSelector=metadata.name!=one";
            connection.send("DELETE", pods() + other, NOTHING, 200, AWAY);
        }
    }

    /// From just before a change is sent to its arrival at each watcher; one change after the
    // other.
    private Figures fansOut(ApiTarget target) throws Exception {
        var watched =
                isFloor(target)
                        ? "/watch"
                        : in("configmaps") + "?watch=1&fieldSelector=metadata.name=watched";
        var sent = new AtomicReference<>(new Change());
        var open = new CountDownLatch(WATCHERS);
        var connections = new ConcurrentLinkedQueue<ApiConnection>();
        List<Long> nanos = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                var writer = new ApiConnection(target, 1 << 16)) {
            for (int i = 0; i < WATCHERS; i++) {
                threads.submit(
                        () -> {
                            var connection = new ApiConnection(target, 4096);
                            connections.add(connection);
                            connection.lines(watched, open::countDown, () -> sent.get().arrived());
                            return null;
                        });
            }
            if (!open.await(60, TimeUnit.SECONDS)) throw new IOException("watchers do not open");
            if (!isFloor(target)) sent.get().all.await(60, TimeUnit.SECONDS); // what is there
            long begun = System.nanoTime();
            for (int i = 0; i < CHANGES; i++) {
                var change = new Change();
                sent.set(change);
                change(target, writer, i);
                if (!change.all.await(60, TimeUnit.SECONDS)) {
                    throw new IOException(
                            target.name()
                                    + ": "
                                    + change.all.getCount()
                                    + " watchers hear nothing");
                }
                nanos.addAll(change.nanos);
            }
            var figures = Figures.of(nanos, (System.nanoTime() - begun) / 1e9);
            for (var connection : connections) connection.close();
            return figures;
        }
    }

    private void change(ApiTarget target, ApiConnection writer, int number) throws IOException {
        var map =
                "{\"metadata\":{\"name\":\"watched\"},\"data\":{\"value\":\"%s-%d\"}}"
                        .formatted("x".repeat(1000), names.incrementAndGet() + number);
        var line = (isFloor(target) ? map + "\n" : map).getBytes(StandardCharsets.UTF_8);
        if (isFloor(target)) writer.send("PATCH", "/watch", line, 200, AWAY);
        else writer.send("PUT", in("configmaps/watched"), line, 200, AWAY);
    }

    /// One write, on its way to all.
    private static final class Change {
        private final long begun = System.nanoTime();
        private final CountDownLatch all = new CountDownLatch(WATCHERS);
        private final ConcurrentLinkedQueue<Long> nanos = new ConcurrentLinkedQueue<>();

        void arrived() {
            nanos.add(System.nanoTime() - begun);
            all.countDown();
        }
    }
}

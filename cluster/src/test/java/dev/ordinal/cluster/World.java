package dev.ordinal.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.FeatureGates;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Registry;
import dev.ordinal.api.Stored;
import dev.ordinal.api.StoredCodec;
import dev.ordinal.control.Controller;
import dev.ordinal.control.ControllerLoop;
import dev.ordinal.control.Key;
import dev.ordinal.control.Writes;
import dev.ordinal.kinds.Access;
import dev.ordinal.kinds.Catalogue;
import dev.ordinal.kinds.customresourcedefinition.CustomKinds;
import dev.ordinal.kinds.service.ServiceAddresses;
import dev.ordinal.store.Entry;
import dev.ordinal.store.MemoryStore;
import dev.ordinal.store.Store;
import dev.ordinal.testing.TestKeys;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A whole cluster in one thread and in virtual time: the real store, API and controllers, a
/// simulated node, users, and faults. The same steps always lead to the same objects.
final class World implements AutoCloseable {
    static final String NAMESPACE = "default";
    static final String NODE = "node";
    private static final int HISTORY = 400;
    private static final Set<String> LEFT =
            Set.of(
                    "StatefulSet",
                    "Pod",
                    "PersistentVolumeClaim",
                    "PersistentVolume",
                    "ControllerRevision");
    private static final ObjectMapper JSON = new ObjectMapper();

    final Api api;
    final FeatureGates gates;
    final SimulatedDisk disk;
    final Asked asked = new Asked();
    final Rules rules = new Rules(this);
    private final Faults faults;
    private final CustomKinds customKinds = new CustomKinds();
    private final SimulatedNode node = new SimulatedNode(this);
    private final SimulatedUser user = new SimulatedUser(this);
    private final Store<Stored> store;
    private final List<String> story = new ArrayList<>();
    private Instant now = Instant.parse("2026-01-02T03:04:05Z");
    private final Access access = Access.of(TestKeys::make, this::now);
    private Controllers controllers;
    private List<ControllerLoop> loops;

    /// @param seed of uids and other names; an odd one turns maxUnavailable on
    World(long seed) {
        this(seed, new SimulatedDisk());
    }

    World(long seed, SimulatedDisk disk) {
        this.disk = disk;
        store = MemoryStore.open(new StoredCodec(), HISTORY);
        gates = FeatureGates.parse(seed % 2 == 0 ? "" : "MaxUnavailableStatefulSet=true");
        var addresses = new ServiceAddresses(Settings.SERVICE_CIDR, 30000, 32767);
        api =
                new Registry(
                        Catalogue.kinds(gates, access),
                        Catalogue.admissions(addresses, customKinds, access),
                        store,
                        this::now,
                        new Random(seed));
        addresses.load(api);
        access.load(api);
        new Bootstrap(api).run("10.96.0.1", "10.96.0.10");
        node.register();
        faults = new Faults(api, rules::before);
        boot();
    }

    /// The server starts: every cache is empty, every queue too.
    private void boot() {
        rules.rest();
        controllers =
                Controllers.of(
                        faults.faulty(),
                        this::now,
                        gates,
                        customKinds,
                        access.roles(),
                        disk,
                        NODE,
                        "ca",
                        Writes.ONE_BY_ONE);
        loops =
                controllers.all().stream()
                        .map(c -> new ControllerLoop(new Watched(c), this::now))
                        .toList();
        faults.watches().clear();
        fillCaches();
    }

    /// As every start does before the first look.
    private void fillCaches() {
        try {
            for (var informer : controllers.informers().all()) informer.pump(Duration.ZERO);
            for (var follower : controllers.garbage().followers()) follower.pump(Duration.ZERO);
        } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /// A controller whose looks the rules know of, and whose failures are failures.
    private final class Watched implements Controller {
        private final Controller controller;

        Watched(Controller controller) {
            this.controller = controller;
        }

        @Override
        public String name() {
            return controller.name();
        }

        @Override
        public void watch(Consumer<Key> again) {
            controller.watch(again);
        }

        @Override
        public Optional<Duration> reconcile(Key key) throws InterruptedException {
            rules.looks(controller.name(), key);
            try {
                return controller.reconcile(key);
            } catch (ApiException refused) {
                throw refused;
            } catch (RuntimeException broken) {
                throw new AssertionError(controller.name() + " " + key + " failed", broken);
            } finally {
                rules.rest();
            }
        }
    }

    Instant now() {
        return now;
    }

    Controllers controllers() {
        return controllers;
    }

    /// What has been done by user, node and fate, a line each.
    List<String> story() {
        return story;
    }

    void tell(String what) {
        story.add(what);
    }

    /// @throws AssertionError a rule is broken
    void take(Step step) {
        var random = step.random();
        try {
            switch (step.kind()) {
                case CONTROLLER -> loops.get(random.nextInt(loops.size())).step();
                case CACHES -> hear(random);
                case NODE -> node.act(random);
                case USER -> user.act(random);
                case TIME -> now = now.plus(Duration.ofMillis(random.nextInt(15_000)));
                case FAULT -> fault(random);
                case KILL -> faults.killAfter(random.nextInt(6), random.nextBoolean());
            }
        } catch (Faults.Killed _) {
            tell("the server is killed and starts again");
            boot();
        } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private void hear(Random random) throws InterruptedException {
        var informers = controllers.informers().all();
        var followers = controllers.garbage().followers();
        int all = informers.size() + followers.size();
        int times = random.nextInt(3) == 0 ? all : 3;
        for (int i = 0; i < times; i++) {
            int at = times == all ? i : random.nextInt(all);
            if (at < informers.size()) informers.get(at).pump(Duration.ZERO);
            else followers.get(at - informers.size()).pump(Duration.ZERO);
        }
    }

    private void fault(Random random) {
        if (random.nextInt(3) == 0) {
            faults.conflictAfter(random.nextInt(5));
            return;
        }
        var watches = faults.watches();
        if (watches.isEmpty()) return;
        var ears = watches.get(random.nextInt(watches.size()));
        switch (random.nextInt(4)) {
            case 0 -> ears.lost();
            case 1 -> ears.twice();
            default -> ears.late(random.nextInt(20));
        }
    }

    /// Faults stop, the node does its work, the user repairs what only a user can: then everything
    /// has to be as it was asked for, and looking again changes nothing.
    void settle() {
        faults.none();
        try {
            quiet();
            for (int round = 0; user.repair(); round++) {
                if (round > 20) throw new AssertionError("there is always more to repair");
                quiet();
            }
            new Settled(this).check();
            var before = versions();
            boot();
            drain();
            if (!versions().equals(before)) {
                throw new AssertionError("looking again changes something: " + newest());
            }
        } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private void quiet() throws InterruptedException {
        for (int i = 0; i < 500; i++) {
            drain();
            boolean worked = node.work();
            if (worked) continue;
            var next = nextDelayed();
            if (next.isEmpty()) return;
            now = next.get();
        }
        throw new AssertionError("does not settle: " + delayed());
    }

    /// Who wants to look again, and when.
    private String delayed() {
        var text = new StringBuilder().append(now);
        for (int i = 0; i < loops.size(); i++) {
            var at = loops.get(i).queue().nextDelayed();
            if (at == null) continue;
            text.append(", ").append(controllers.all().get(i).name()).append(" at ").append(at);
        }
        return text.toString();
    }

    private Optional<Instant> nextDelayed() {
        return loops.stream()
                .flatMap(loop -> Optional.ofNullable(loop.queue().nextDelayed()).stream())
                .filter(at -> at.isBefore(now.plus(Duration.ofMinutes(10))))
                .min(Instant::compareTo)
                .map(at -> at.isBefore(now) ? now : at);
    }

    /// Until nothing is heard and nothing is due.
    private void drain() throws InterruptedException {
        boolean busy = true;
        for (int i = 0; busy; i++) {
            if (i > 3000) throw new AssertionError("the controllers never rest: " + newest());
            busy = false;
            for (var informer : controllers.informers().all()) {
                busy |= informer.pump(Duration.ZERO);
            }
            for (var follower : controllers.garbage().followers()) {
                busy |= follower.pump(Duration.ZERO);
            }
            for (var loop : loops) busy |= loop.step();
        }
    }

    /// Every object that tells something, a line each.
    String left() {
        var text = new StringBuilder();
        for (var entry : store.latest().range("", null, 0)) {
            var tree = entry.value().copy();
            var metadata = (ObjectNode) tree.path("metadata");
            var kind = tree.path("kind").asText();
            if (!LEFT.contains(kind)) continue;
            metadata.remove(List.of("managedFields", "creationTimestamp", "generation"));
            tree.remove(List.of("kind", "apiVersion", "data"));
            text.append("  ").append(kind).append(' ').append(tree).append('\n');
        }
        return text.toString();
    }

    /// The object that was written last, events aside.
    private String newest() {
        return objects()
                .max(Comparator.comparingLong(Entry::revision))
                .map(entry -> entry.value().toString())
                .orElse("");
    }

    /// Of every object but events and revisions of sets. A revision that was shared with an earlier
    /// set of the same name goes with that one, and comes back when the set is looked at: as
    /// upstream.
    private Map<String, Long> versions() {
        return objects()
                .filter(entry -> !kind(entry).equals("ControllerRevision"))
                .collect(Collectors.toMap(Entry::key, Entry::revision));
    }

    private Stream<Entry<Stored>> objects() {
        return store.latest().range("", null, 0).stream()
                .filter(entry -> !kind(entry).equals("Event"));
    }

    private static String kind(Entry<Stored> entry) {
        return entry.value().tree().path("kind").asText();
    }

    List<Stored> all(GroupVersionResource type) {
        return api.list(type, NAMESPACE, ListOptions.ALL).items();
    }

    @Nullable Stored find(GroupVersionResource type, String name) {
        try {
            return api.get(type, NAMESPACE, name);
        } catch (ApiException missing) {
            if (missing.code() != 404) throw missing;
            return null;
        }
    }

    static ObjectNode json(String text) {
        try {
            return (ObjectNode) JSON.readTree(text.replace('\'', '"'));
        } catch (IOException damaged) {
            throw new UncheckedIOException(damaged);
        }
    }

    static boolean terminating(JsonNode object) {
        return object.path("metadata").has("deletionTimestamp");
    }

    static boolean ready(JsonNode pod) {
        for (var condition : pod.at("/status/conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition.path("status").asText().equals("True");
            }
        }
        return false;
    }

    static String image(JsonNode pod) {
        return pod.at("/spec/containers/0/image").asText();
    }

    static int ordinal(String pod) {
        return Integer.parseInt(pod.substring(pod.lastIndexOf('-') + 1));
    }

    @Override
    public void close() {
        store.close();
    }
}

package dev.ordinal.kinds;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.FeatureGates;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Registry;
import dev.ordinal.api.Stored;
import dev.ordinal.api.StoredCodec;
import dev.ordinal.control.Controller;
import dev.ordinal.control.ControllerLoop;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Types;
import dev.ordinal.control.garbage.GarbageCollector;
import dev.ordinal.kinds.customresourcedefinition.CustomKinds;
import dev.ordinal.kinds.rbac.RbacAuthorizer;
import dev.ordinal.kinds.service.ServiceAddresses;
import dev.ordinal.store.MemoryStore;
import dev.ordinal.store.Store;
import dev.ordinal.testing.TestKeys;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;

/// A control plane in one thread, in virtual time: store, API, caches, and the controllers a test
/// adds.
public final class TestCluster implements AutoCloseable {
    public final Registry api;
    public final CustomKinds customKinds = new CustomKinds();
    public final Access access = Access.of(TestKeys::make, () -> this.now);
    public final RbacAuthorizer roles = access.roles();
    public final Informers informers;
    public Instant now = Instant.parse("2026-01-02T03:04:05Z");
    private final Store<Stored> store;
    private final List<ControllerLoop> loops = new ArrayList<>();
    private final List<GarbageCollector> collectors = new ArrayList<>();

    public TestCluster(long seed) {
        this(seed, FeatureGates.DEFAULT);
    }

    public TestCluster(long seed, FeatureGates gates) {
        store = MemoryStore.open(new StoredCodec(), 10_000);
        var addresses = new ServiceAddresses("10.96.0.0/16", 30000, 32767);
        api =
                new Registry(
                        Catalogue.kinds(gates, access),
                        Catalogue.admissions(addresses, customKinds, access),
                        store,
                        () -> now,
                        new Random(seed));
        customKinds.load(api);
        access.load(api);
        roles.complete();
        informers = new Informers(api);
        create(Types.NAMESPACES, null, "{'metadata':{'name':'default'}}");
        create(Types.SERVICE_ACCOUNTS, "default", "{'metadata':{'name':'default'}}");
    }

    /// Adds a controller made of the API and the caches.
    public void run(BiFunction<Api, Informers, Controller> controller) {
        loops.add(new ControllerLoop(controller.apply(api, informers), () -> now));
    }

    /// Adds the garbage collector.
    public void collectGarbage() {
        var garbage = new GarbageCollector(api, () -> now);
        collectors.add(garbage);
        loops.add(new ControllerLoop(garbage, () -> now));
    }

    public static ObjectNode json(String text) {
        try {
            return (ObjectNode) new ObjectMapper().readTree(text.replace('\'', '"'));
        } catch (java.io.IOException damaged) {
            throw new IllegalArgumentException(damaged);
        }
    }

    public Stored create(GroupVersionResource type, String namespace, String text) {
        return api.create(
                        type,
                        namespace,
                        new Api.Body.Text(
                                text.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
                                "application/json"),
                        new Api.WriteOptions("test", "Strict", false, false, "test"))
                .object();
    }

    /// @param allocatable of each resource
    public void createNode(String name, String allocatable) {
        create(Types.NODES, null, "{'metadata':{'name':'%s'}}".formatted(name));
        patch(
                Types.NODES,
                null,
                name,
                "status",
                "{'status':{'allocatable':%s}}".formatted(allocatable));
    }

    public Stored patch(
            GroupVersionResource type,
            String namespace,
            String name,
            String subresource,
            String patch) {
        return api.patch(
                        type,
                        namespace,
                        name,
                        subresource,
                        new Api.Patch(
                                Api.Patch.STRATEGIC,
                                patch.replace('\'', '"').getBytes(StandardCharsets.UTF_8)),
                        Api.WriteOptions.by("test"))
                .object();
    }

    /// Lets caches and controllers work until nothing is due.
    public void settle() throws InterruptedException {
        boolean busy = true;
        for (int steps = 0; busy; steps++) {
            if (steps > 100_000) throw new AssertionError("does not settle");
            busy = false;
            busy |= pump();
            for (var loop : loops) busy |= loop.step();
        }
    }

    /// Lets the caches catch up once, then the controllers look at what is due now: what they write
    /// meanwhile is not looked at again.
    public void look() throws InterruptedException {
        pump();
        step();
    }

    /// The caches catch up.
    public boolean pump() throws InterruptedException {
        boolean news = false;
        for (var informer : informers.all()) news |= informer.pump(Duration.ZERO);
        for (var garbage : collectors) {
            for (var follower : garbage.followers()) news |= follower.pump(Duration.ZERO);
        }
        return news;
    }

    /// The controllers look at what is due now, with caches as old as they are.
    public void step() throws InterruptedException {
        for (var loop : loops) loop.step();
    }

    public List<String> names(GroupVersionResource type, String namespace) {
        return api.list(type, namespace, Api.ListOptions.ALL).items().stream()
                .map(Stored::name)
                .toList();
    }

    /// What a node agent would report of a pod that was bound to it, runs and is ready.
    public void ready(String pod) {
        if (!api.get(Types.PODS, "default", pod).tree().path("spec").has("nodeName")) {
            var binding = json("{'target':{'kind':'Node','name':'n1'}}");
            api.create(
                    Types.PODS,
                    "default",
                    pod,
                    "binding",
                    new Api.Body.Tree(binding),
                    Api.WriteOptions.by("test"));
        }
        patch(
                Types.PODS,
                "default",
                pod,
                "status",
                ("{'status':{'phase':'Running','conditions':[{'type':'Ready','status':'True',"
                                + "'lastTransitionTime':'%s'}]}}")
                        .formatted(now));
    }

    /// What a node agent does when a deleted pod has stopped.
    public void stopped(String pod) {
        api.delete(
                Types.PODS, "default", pod, new Api.DeleteOptions(0L, "", null, null, null, false));
    }

    @Override
    public void close() {
        store.close();
    }
}

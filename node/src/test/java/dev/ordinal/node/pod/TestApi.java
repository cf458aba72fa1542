package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WatchOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.FeatureGates;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Registry;
import dev.ordinal.api.Stored;
import dev.ordinal.api.StoredCodec;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.Access;
import dev.ordinal.kinds.Catalogue;
import dev.ordinal.kinds.customresourcedefinition.CustomKinds;
import dev.ordinal.kinds.service.ServiceAddresses;
import dev.ordinal.store.MemoryStore;
import dev.ordinal.store.Store;
import dev.ordinal.testing.TestKeys;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import java.util.function.Predicate;

/// An API in memory with one namespace, `default`. Texts are JSON with single quotes.
final class TestApi implements AutoCloseable {
    private static final WriteOptions TEST = WriteOptions.by("test");
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    final Api api;
    private final Store<Stored> store;
    private volatile Instant now = Instant.parse("2026-01-02T03:04:05Z");

    TestApi() {
        store = MemoryStore.open(new StoredCodec(), 10_000);
        var access = Access.of(TestKeys::make, clock());
        var addresses = new ServiceAddresses("10.96.0.0/16", 30000, 32767);
        api =
                new Registry(
                        Catalogue.kinds(FeatureGates.DEFAULT, access),
                        Catalogue.admissions(addresses, new CustomKinds(), access),
                        store,
                        clock(),
                        new Random(1));
        create(Types.NAMESPACES, "{'metadata':{'name':'default'}}");
        create(
                Types.SERVICE_ACCOUNTS,
                "{'metadata':{'name':'default'},'automountServiceAccountToken':false}");
    }

    InstantSource clock() {
        return () -> now;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    private static String namespace(GroupVersionResource type) {
        return type.equals(Types.NAMESPACES) ? null : "default";
    }

    private static byte[] json(String text) {
        return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    Stored create(GroupVersionResource type, String text) {
        var body = new Api.Body.Text(json(text), "application/json");
        return api.create(type, namespace(type), body, TEST).object();
    }

    Stored merge(GroupVersionResource type, String name, String patch) {
        var body = new Api.Patch(Api.Patch.MERGE, json(patch));
        return api.patch(type, namespace(type), name, null, body, TEST).object();
    }

    Stored mergeStatus(String pod, String patch) {
        var body = new Api.Patch(Api.Patch.MERGE, json(patch));
        return api.patch(Types.PODS, "default", pod, "status", body, TEST).object();
    }

    void delete(GroupVersionResource type, String name) {
        var _ = api.delete(type, namespace(type), name, Api.DeleteOptions.DEFAULT);
    }

    JsonNode get(GroupVersionResource type, String name) {
        return api.get(type, namespace(type), name).tree();
    }

    /// The object as it is or will be.
    JsonNode await(GroupVersionResource type, Predicate<JsonNode> wanted) throws Exception {
        var listing = api.list(type, namespace(type), Api.ListOptions.ALL);
        for (var item : listing.items()) {
            if (wanted.test(item.tree())) return item.tree();
        }
        return await(type, listing.revision(), wanted);
    }

    /// The newest revision, to wait for what comes after it.
    long revision(GroupVersionResource type) {
        return api.list(type, namespace(type), Api.ListOptions.ALL).revision();
    }

    /// The first object after a revision that is as wanted.
    JsonNode await(GroupVersionResource type, long revision, Predicate<JsonNode> wanted)
            throws Exception {
        var after = WatchOptions.after(Long.toString(revision));
        try (var watching = api.watch(type, namespace(type), after)) {
            while (true) {
                var events = watching.next(PATIENCE);
                if (events.isEmpty()) throw new AssertionError("it does not come: " + all(type));
                for (var event : events) {
                    if (wanted.test(event.object().tree())) return event.object().tree();
                }
            }
        }
    }

    private String all(GroupVersionResource type) {
        var text = new StringBuilder();
        for (var item : api.list(type, namespace(type), Api.ListOptions.ALL).items()) {
            text.append(item.tree().toPrettyString()).append('\n');
        }
        return text.toString();
    }

    @Override
    public void close() {
        store.close();
    }
}

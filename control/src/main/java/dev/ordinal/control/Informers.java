package dev.ordinal.control;

import dev.ordinal.api.Api;
import dev.ordinal.api.GroupVersionResource;

import io.fabric8.kubernetes.api.model.HasMetadata;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One shared [Informer] per kind. Ask for all of them first, then [#start].
public final class Informers {
    private final Api api;
    private final Map<GroupVersionResource, Informer<?>> informers = new LinkedHashMap<>();

    public Informers(Api api) {
        this.api = api;
    }

    /// The cache of a kind; always the same one.
    ///
    /// @throws IllegalArgumentException it was asked for with another Java type
    public synchronized <T extends HasMetadata> Informer<T> of(
            GroupVersionResource type, Class<T> javaType) {
        var informer = informers.computeIfAbsent(type, _ -> new Informer<>(api, type, javaType));
        return informer.as(javaType);
    }

    /// For a simulation that pumps by hand.
    public synchronized List<Informer<?>> all() {
        return new ArrayList<>(informers.values());
    }

    /// Fills every cache, then keeps each current on a thread of its own.
    public void start(Lifetime life) throws InterruptedException {
        for (var informer : all()) {
            life.own(informer);
            informer.pump(Duration.ZERO);
            life.run("informer-" + informer.type().resource(), informer::run);
        }
    }
}

package dev.ordinal.control;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.WatchOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Stored;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// A cache of one kind, kept by list and watch. Objects are decoded once and shared: never change
/// one. Reads never lock.
///
/// One thread calls [#pump]; everybody may read.
public final class Informer<T extends HasMetadata> implements AutoCloseable {
    private static final String MAX = "\uffff";
    private static final String ORPHANS = "without controller in ";

    private final Api api;
    private final GroupVersionResource type;
    private final Class<T> javaType;
    private final NavigableMap<Key, T> objects = new ConcurrentSkipListMap<>();
    private final Map<Key, Stored> stored = new ConcurrentHashMap<>();
    private final Map<String, NavigableMap<Key, T>> byOwner = new ConcurrentHashMap<>();
    private final List<Consumer<Change<T>>> listeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition advanced = lock.newCondition();
    private volatile long revision;
    private volatile boolean pumpedElsewhere;
    private Api.@Nullable Watching watching;

    public Informer(Api api, GroupVersionResource type, Class<T> javaType) {
        this.api = api;
        this.type = type;
        this.javaType = javaType;
    }

    public GroupVersionResource type() {
        return type;
    }

    /// This cache under a Java type that is known to be its own.
    @SuppressWarnings("unchecked")
    <U extends HasMetadata> Informer<U> as(Class<U> asked) {
        if (javaType != (Class<?>) asked) {
            throw new IllegalArgumentException(type + " is cached as " + javaType.getSimpleName());
        }
        return (Informer<U>) this;
    }

    /// Hears every change from now on, on the pumping thread, after the cache shows it.
    public void listen(Consumer<Change<T>> listener) {
        listeners.add(listener);
    }

    /// Takes in what has happened, waiting at most `patience` for something to happen. The first
    /// call
    /// lists; so does the first after a watch fell behind.
    ///
    /// @return whether anything changed
    public boolean pump(Duration patience) throws InterruptedException {
        var running = watching;
        if (running == null) return relist();
        try {
            var events = running.next(patience);
            for (var event : events) {
                switch (event.type()) {
                    case ADDED, MODIFIED -> store(event.object());
                    case DELETED -> drop(keyOf(event.object()));
                    case BOOKMARK -> {}
                }
            }
            advance(running.revision());
            return !events.isEmpty();
        } catch (ApiException lost) {
            if (lost.code() != 410) throw lost;
            running.close();
            watching = null;
            return relist();
        }
    }

    /// Keeps the cache current until interrupted.
    void run() throws InterruptedException {
        pumpedElsewhere = true;
        while (true) pump(Duration.ofMinutes(1));
    }

    private boolean relist() {
        var listing = api.list(type, null, ListOptions.ALL);
        Set<Key> gone = new HashSet<>(objects.keySet());
        for (var item : listing.items()) {
            gone.remove(keyOf(item));
            store(item);
        }
        gone.forEach(this::drop);
        watching = api.watch(type, null, WatchOptions.after(Long.toString(listing.revision())));
        advance(listing.revision());
        return true;
    }

    private static Key keyOf(Stored item) {
        return new Key(item.namespace(), item.name());
    }

    private void store(Stored item) {
        var key = keyOf(item);
        var before = objects.get(key);
        if (before != null
                && before.getMetadata().getResourceVersion().equals(Long.toString(item.revision())))
            return;
        var after = Typed.read(item.tree(), javaType);
        if (before != null && !uid(before).equals(uid(after))) {
            drop(key);
            before = null;
        }
        stored.put(key, item);
        objects.put(key, after);
        var owners = indexed(after);
        if (before != null) {
            for (var owner : indexed(before)) if (!owners.contains(owner)) unindex(owner, key);
        }
        for (var owner : owners) {
            byOwner.computeIfAbsent(owner, _ -> new ConcurrentSkipListMap<>()).put(key, after);
        }
        announce(new Change<>(before, after));
    }

    private void drop(Key key) {
        var before = objects.remove(key);
        stored.remove(key);
        if (before == null) return;
        for (var owner : indexed(before)) unindex(owner, key);
        announce(new Change<>(before, null));
    }

    private void unindex(String owner, Key key) {
        byOwner.computeIfPresent(
                owner,
                (_, owned) -> {
                    owned.remove(key);
                    return owned.isEmpty() ? null : owned;
                });
    }

    private void announce(Change<T> change) {
        listeners.forEach(listener -> listener.accept(change));
    }

    private void advance(long to) {
        lock.lock();
        try {
            revision = Math.max(revision, to);
            advanced.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Waits until the cache shows everything up to a revision, e.g. the caller's own last write to
    /// this kind. A cache that no thread keeps current is pumped here.
    public void await(long atLeast) throws InterruptedException {
        if (revision >= atLeast) return;
        if (!pumpedElsewhere) {
            while (revision < atLeast) pump(Duration.ZERO);
            return;
        }
        lock.lockInterruptibly();
        try {
            while (revision < atLeast) advanced.await();
        } finally {
            lock.unlock();
        }
    }

    public long revision() {
        return revision;
    }

    public @Nullable T get(String namespace, String name) {
        return objects.get(new Key(namespace, name));
    }

    /// The object as it was written.
    public @Nullable Stored stored(Key key) {
        return stored.get(key);
    }

    public @Nullable T get(Key key) {
        return objects.get(key);
    }

    public Collection<T> all() {
        return objects.values();
    }

    /// Sorted by name.
    public Collection<T> in(String namespace) {
        return objects.subMap(new Key(namespace, ""), new Key(namespace, MAX)).values();
    }

    /// Everything with an owner reference to this uid, in name order.
    public List<T> ownedBy(String uid) {
        return indexedBy(uid);
    }

    /// Everything in a namespace that no controller owns, in name order.
    public List<T> orphans(String namespace) {
        return indexedBy(ORPHANS + namespace);
    }

    private List<T> indexedBy(String owner) {
        var owned = byOwner.get(owner);
        return owned == null ? List.of() : new ArrayList<>(owned.values());
    }

    private static String uid(HasMetadata object) {
        var uid = object.getMetadata().getUid();
        return uid == null ? "" : uid;
    }

    /// Under what the index by owner has an object: the uids of its owners, and its namespace when
    /// none of them is its controller.
    private static Set<String> indexed(HasMetadata object) {
        Set<String> under = new HashSet<>();
        boolean controlled = false;
        for (var owner : owners(object)) {
            under.add(owner.getUid());
            controlled |= Boolean.TRUE.equals(owner.getController());
        }
        if (!controlled) under.add(ORPHANS + object.getMetadata().getNamespace());
        return under;
    }

    private static List<OwnerReference> owners(HasMetadata object) {
        var owners = object.getMetadata().getOwnerReferences();
        return owners == null ? List.of() : owners;
    }

    @Override
    public void close() {
        var running = watching;
        if (running != null) running.close();
    }
}

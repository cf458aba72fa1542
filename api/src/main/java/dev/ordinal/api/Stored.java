package dev.ordinal.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.apply.Managed;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/// One object as it was written: encoded once, never changed.
///
/// Its bytes stay. Its tree, which takes several times their room, stays as long as somebody uses
/// it, and is decoded again for the next one who asks; what everybody asks for is kept.
public final class Stored {
    private final long revision;
    private final byte[] bytes;
    private volatile @Nullable WeakReference<ObjectNode> tree;
    private volatile @Nullable Head head;

    /// What lists, watches and caches ask of every object.
    private record Head(String name, String namespace, String uid, Map<String, String> labels) {
        static Head of(ObjectNode tree) {
            var metadata = tree.path("metadata");
            return new Head(
                    metadata.path("name").asText(""),
                    metadata.path("namespace").asText(""),
                    metadata.path("uid").asText(""),
                    labels(metadata.path("labels")));
        }

        private static Map<String, String> labels(JsonNode given) {
            if (given.isEmpty()) return Map.of();
            Map<String, String> labels = HashMap.newHashMap(given.size());
            given.properties().forEach(l -> labels.put(l.getKey(), l.getValue().asText()));
            return Map.copyOf(labels);
        }
    }

    private Stored(long revision, byte[] bytes) {
        this.revision = revision;
        this.bytes = bytes;
    }

    /// What a commit makes of a tree: the tree must already carry its resourceVersion and is not
    /// changed afterwards.
    public static Stored encode(long revision, ObjectNode tree) {
        var stored = new Stored(revision, Json.bytes(tree));
        stored.tree = new WeakReference<>(tree);
        stored.head = Head.of(tree);
        return stored;
    }

    /// What a start reads back.
    public static Stored decode(long revision, byte[] bytes) {
        return new Stored(revision, bytes);
    }

    /// The resourceVersion as a number.
    public long revision() {
        return revision;
    }

    /// The JSON to send as it is. Shared: never change it.
    public byte[] bytes() {
        return bytes;
    }

    /// The decoded object. Shared: never change it, ask for [#copy] instead.
    public ObjectNode tree() {
        var known = tree;
        var decoded = known == null ? null : known.get();
        if (decoded == null) {
            try {
                decoded = Managed.read(bytes);
            } catch (IOException damaged) {
                throw new UncheckedIOException(damaged);
            }
            tree = new WeakReference<>(decoded);
        }
        return decoded;
    }

    /// A tree of the caller's own.
    public ObjectNode copy() {
        return tree().deepCopy();
    }

    public String name() {
        return head().name;
    }

    /// Empty for cluster-scoped objects.
    public String namespace() {
        return head().namespace;
    }

    public String uid() {
        return head().uid;
    }

    /// Cannot be changed.
    public Map<String, String> labels() {
        return head().labels;
    }

    private Head head() {
        var known = head;
        if (known == null) {
            known = Head.of(tree());
            head = known;
        }
        return known;
    }

    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

package dev.ordinal.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.apply.Managed;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/// One object as it was written: encoded once, decoded at most once, never changed.
public final class Stored {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final long revision;
    private final byte[] bytes;
    private volatile @Nullable ObjectNode tree;

    private Stored(long revision, byte[] bytes, @Nullable ObjectNode tree) {
        this.revision = revision;
        this.bytes = bytes;
        this.tree = tree;
    }

    /// What a commit makes of a tree: the tree must already carry its resourceVersion and is not
    /// changed afterwards.
    public static Stored encode(long revision, ObjectNode tree) {
        try {
            return new Stored(revision, JSON.writeValueAsBytes(tree), tree);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /// What a start reads back; the tree is decoded when somebody asks for it.
    public static Stored decode(long revision, byte[] bytes) {
        return new Stored(revision, bytes, null);
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
        var decoded = tree;
        if (decoded == null) {
            try {
                decoded = (ObjectNode) JSON.readTree(bytes);
            } catch (IOException damaged) {
                throw new UncheckedIOException(damaged);
            }
            Managed.compact(decoded);
            tree = decoded;
        }
        return decoded;
    }

    /// A tree of the caller's own.
    public ObjectNode copy() {
        return tree().deepCopy();
    }

    public String name() {
        return metadata("name");
    }

    /// Empty for cluster-scoped objects.
    public String namespace() {
        return metadata("namespace");
    }

    public String uid() {
        return metadata("uid");
    }

    public Map<String, String> labels() {
        Map<String, String> labels = new LinkedHashMap<>();
        for (var label : tree().path("metadata").path("labels").properties()) {
            labels.put(label.getKey(), label.getValue().asText());
        }
        return labels;
    }

    private String metadata(String field) {
        JsonNode value = tree().path("metadata").path(field);
        return value.asText("");
    }

    @Override
    public String toString() {
        return new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
    }
}

package dev.ordinal.server.discovery;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The OpenAPI documents, each made when it is first asked for and kept.
public final class OpenApiDocuments {
    private final Map<String, List<Kind>> kinds;
    private final Map<String, Document> byVersion = new ConcurrentHashMap<>();
    private @Nullable Descriptions words;
    private @Nullable Document v2;
    private @Nullable Document v2Protobuf;

    /// @param hash upper-case SHA-512 of the JSON
    public record Document(byte[] bytes, String mediaType, String hash) {
        private static Document json(ObjectNode tree) {
            var bytes = tree.toString().getBytes(StandardCharsets.UTF_8);
            return new Document(bytes, "application/json", Discovery.hash(bytes));
        }
    }

    /// @param kinds by group version
    OpenApiDocuments(Map<String, List<Kind>> kinds) {
        this.kinds = kinds;
    }

    /// `GET /openapi/v3`
    public ObjectNode index() {
        var index = JsonNodeFactory.instance.objectNode();
        var paths = index.putObject("paths");
        for (var groupVersion : kinds.keySet()) {
            var path = groupVersion.equals("v1") ? "api/v1" : "apis/" + groupVersion;
            var hash = v3(path).orElseThrow().hash();
            paths.putObject(path).put("serverRelativeURL", "/openapi/v3/" + path + "?hash=" + hash);
        }
        return index;
    }

    /// `GET /openapi/v3/<path>`
    ///
    /// @param path `api/v1` or `apis/<group>/<version>`
    public Optional<Document> v3(String path) {
        var groupVersion = path.startsWith("apis/") ? path.substring("apis/".length()) : "v1";
        if (!path.equals("api/v1") && !path.equals("apis/" + groupVersion)) return Optional.empty();
        if (!kinds.containsKey(groupVersion)) return Optional.empty();
        return Optional.of(byVersion.computeIfAbsent(groupVersion, gv -> Document.json(tree(gv))));
    }

    /// `GET /openapi/v2`
    ///
    /// @param protobuf the form that kubectl asks for
    public synchronized Document v2(boolean protobuf) {
        var json = v2;
        var encoded = v2Protobuf;
        if (json != null && encoded != null) return protobuf ? encoded : json;
        var tree = OpenApiV2.of(kinds.keySet().stream().map(this::tree).toList());
        json = Document.json(tree);
        encoded =
                new Document(
                        OpenApiV2Protobuf.encode(tree), OpenApiV2Protobuf.MEDIA_TYPE, json.hash());
        v2 = json;
        v2Protobuf = encoded;
        return protobuf ? encoded : json;
    }

    private ObjectNode tree(String groupVersion) {
        return OpenApi.of(kinds.getOrDefault(groupVersion, List.of()), words());
    }

    private synchronized Descriptions words() {
        var known = words;
        if (known == null) {
            known = Descriptions.read();
            words = known;
        }
        return known;
    }
}

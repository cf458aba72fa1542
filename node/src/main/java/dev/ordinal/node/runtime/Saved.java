package dev.ordinal.node.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Json;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The notes about pods and containers that a later server reads.
final class Saved {

    private Saved() {}

    static ObjectNode tree(SandboxSpec spec, Instant created) {
        var tree = Json.MAPPER.createObjectNode();
        tree.put("podUid", spec.podUid()).put("namespace", spec.namespace());
        tree.put("name", spec.name()).put("hostname", spec.hostname());
        tree.put("hosts", spec.hosts()).put("resolvConf", spec.resolvConf());
        spec.networkNamespace().ifPresent(net -> tree.put("networkNamespace", net.toString()));
        put(tree, "sysctls", spec.sysctls());
        put(tree, "annotations", spec.annotations());
        tree.put("createdAt", created.toString());
        return tree;
    }

    static SandboxSpec sandbox(JsonNode tree) {
        return new SandboxSpec(
                tree.path("podUid").asText(),
                tree.path("namespace").asText(),
                tree.path("name").asText(),
                tree.path("hostname").asText(),
                tree.path("hosts").asText(),
                tree.path("resolvConf").asText(),
                Optional.ofNullable(tree.get("networkNamespace")).map(net -> Path.of(net.asText())),
                map(tree.path("sysctls")),
                Resources.NONE,
                map(tree.path("annotations")));
    }

    static Instant createdAt(JsonNode tree) {
        return Instant.parse(tree.path("createdAt").asText());
    }

    static ObjectNode tree(LinuxContainer.Note saved) {
        var tree = Json.MAPPER.createObjectNode();
        tree.put("id", saved.id()).put("bootId", saved.bootId());
        tree.put("supervisor", saved.supervisor()).put("supervisorTicks", saved.supervisorTicks());
        tree.put("pid", saved.pid()).put("startedAt", saved.startedAt().toString());
        var user = tree.putObject("user");
        user.put("uid", saved.user().uid()).put("gid", saved.user().gid());
        var groups = user.putArray("groups");
        saved.user().groups().forEach(groups::add);
        var security = tree.putObject("security");
        var capabilities = security.putArray("capabilities");
        saved.security().capabilities().forEach(capabilities::add);
        security.put("noNewPrivileges", saved.security().noNewPrivileges());
        security.put("readOnlyRootFilesystem", saved.security().readOnlyRootFilesystem());
        put(tree, "environment", saved.environment());
        tree.put("workingDirectory", saved.workingDirectory());
        tree.put("stdin", saved.stdio().stdin()).put("stdinOnce", saved.stdio().stdinOnce());
        tree.put("tty", saved.stdio().tty());
        put(tree, "annotations", saved.annotations());
        return tree;
    }

    static LinuxContainer.Note container(JsonNode tree) {
        List<Long> groups = new ArrayList<>();
        for (var group : tree.at("/user/groups")) groups.add(group.asLong());
        Set<String> capabilities = new HashSet<>();
        for (var name : tree.at("/security/capabilities")) capabilities.add(name.asText());
        return new LinuxContainer.Note(
                tree.path("id").asText(),
                tree.path("bootId").asText(),
                tree.path("supervisor").asLong(),
                tree.path("supervisorTicks").asLong(),
                tree.path("pid").asLong(),
                Instant.parse(tree.path("startedAt").asText()),
                new User(tree.at("/user/uid").asLong(), tree.at("/user/gid").asLong(), groups),
                new Security(
                        capabilities,
                        tree.at("/security/noNewPrivileges").asBoolean(),
                        tree.at("/security/readOnlyRootFilesystem").asBoolean()),
                map(tree.path("environment")),
                tree.path("workingDirectory").asText(),
                new Stdio(
                        tree.path("stdin").asBoolean(),
                        tree.path("stdinOnce").asBoolean(),
                        tree.path("tty").asBoolean()),
                map(tree.path("annotations")));
    }

    private static void put(ObjectNode tree, String name, Map<String, String> values) {
        var object = tree.putObject(name);
        values.forEach(object::put);
    }

    private static Map<String, String> map(JsonNode tree) {
        Map<String, String> values = new LinkedHashMap<>();
        tree.properties().forEach(entry -> values.put(entry.getKey(), entry.getValue().asText()));
        return values;
    }

    static JsonNode read(Path file) throws IOException {
        return Json.MAPPER.readTree(file.toFile());
    }

    /// Never half written.
    static void write(Path file, JsonNode tree) throws IOException {
        var temporary = file.resolveSibling(file.getFileName() + ".new");
        Files.write(temporary, Json.MAPPER.writeValueAsBytes(tree));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }
}

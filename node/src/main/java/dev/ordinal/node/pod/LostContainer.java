package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.node.runtime.Container;
import dev.ordinal.node.runtime.ContainerKey;
import dev.ordinal.node.runtime.Exit;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// A container that a pod's status tells of and the machine no longer has: it has ended.
record LostContainer(ContainerKey key, String id, Instant startedAt, CompletableFuture<Exit> exit)
        implements Container {
    /// @param status of the container in its pod
    /// @param now when one that ran is said to have ended
    /// @return nothing for a container that never ran
    static Optional<Container> of(String podUid, JsonNode status, Instant now) {
        var ran = status.at("/state/running");
        var ended = status.at("/state/terminated");
        if (ended.isMissingNode()) ended = status.at("/lastState/terminated");
        var last = ran.isObject() ? ran : ended;
        if (!last.isObject()) return Optional.empty();
        var exit = ran.isObject() ? Exit.unseen(now) : exit(ended);
        var id = status.path("containerID").asText();
        return Optional.of(
                new LostContainer(
                        new ContainerKey(
                                podUid,
                                status.path("name").asText(),
                                status.path("restartCount").asInt()),
                        id.substring(id.indexOf("://") + 3),
                        Instant.parse(last.path("startedAt").asText()),
                        CompletableFuture.completedFuture(exit)));
    }

    private static Exit exit(JsonNode ended) {
        return new Exit(
                ended.path("exitCode").asInt(),
                ended.path("reason").asText().equals("OOMKilled"),
                !ended.path("reason").asText().equals(Exit.UNSEEN_REASON),
                Instant.parse(ended.path("finishedAt").asText()));
    }

    @Override
    public long pid() {
        return 0;
    }

    @Override
    public Map<String, String> annotations() {
        return Map.of();
    }

    @Override
    public void signal(int number) {}
}

package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.control.VolumeDisk;
import dev.ordinal.node.runtime.ContainerKey;
import dev.ordinal.node.runtime.ContainerSpec;
import dev.ordinal.node.runtime.Resources;
import dev.ordinal.node.runtime.SandboxSpec;
import dev.ordinal.node.runtime.Security;
import dev.ordinal.node.runtime.User;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A machine without a kernel: every image is there, addresses and volumes are numbers in a map.
/// Goes
/// with the simulated runtime.
public final class SimulatedMachine implements Machine, VolumeDisk {
    private static final int ADDRESSES = 1 << 16;

    private final Map<String, Integer> addresses = new HashMap<>();
    private final Map<Integer, String> owners = new HashMap<>();
    private final Map<String, Long> volumes = new HashMap<>();
    private final long diskBytes;
    private int last;

    /// @param diskBytes what all volumes together may promise
    public SimulatedMachine(long diskBytes) {
        this.diskBytes = diskBytes;
    }

    @Override
    public synchronized Prepared prepare(JsonNode pod) throws NotYetException {
        var metadata = pod.path("metadata");
        var uid = metadata.path("uid").asText();
        int number = addresses.computeIfAbsent(uid, _ -> free());
        owners.put(number, uid);
        var sandbox =
                new SandboxSpec(
                        uid,
                        metadata.path("namespace").asText(),
                        metadata.path("name").asText(),
                        pod.at("/spec/hostname").asText(metadata.path("name").asText()),
                        "",
                        "",
                        Optional.empty(),
                        Map.of(),
                        Resources.NONE,
                        Map.of());
        return new Prepared(sandbox, "10.244.%d.%d".formatted(number >> 8, number & 255));
    }

    private int free() {
        for (int i = 0; i < ADDRESSES; i++) {
            last = last + 1 >= ADDRESSES - 1 ? 2 : Math.max(2, last + 1);
            if (!owners.containsKey(last)) return last;
        }
        throw new IllegalStateException("no address is free");
    }

    @Override
    public ContainerSpec container(
            JsonNode pod, JsonNode container, int attempt, Prepared prepared) {
        return new ContainerSpec(
                new ContainerKey(
                        pod.at("/metadata/uid").asText(), container.path("name").asText(), attempt),
                List.of(),
                List.of("simulated"),
                Map.of(),
                "/",
                User.ROOT,
                List.of(),
                Security.DEFAULT,
                Resources.NONE,
                Machine.stdio(container),
                Map.of());
    }

    @Override
    public synchronized void release(String podUid) {
        var number = addresses.remove(podUid);
        if (number != null) owners.remove(number);
    }

    @Override
    public Optional<Image> image(String reference) {
        return Optional.of(new Image(reference, "simulated:" + reference));
    }

    @Override
    public synchronized void create(String volume, long bytes) throws FullException {
        if (volumes.containsKey(volume)) return;
        long promised = volumes.values().stream().mapToLong(Long::longValue).sum();
        if (bytes > diskBytes - promised) {
            throw new FullException(
                    "not enough free disk space: %d bytes requested, %d bytes available"
                            .formatted(bytes, diskBytes - promised));
        }
        volumes.put(volume, bytes);
    }

    @Override
    public synchronized void delete(String volume) {
        volumes.remove(volume);
    }

    /// Its volumes end with the server, so none is ever found unfinished by another.
    @Override
    public void finish(String volume) {}

    @Override
    public Set<String> unfinished() {
        return Set.of();
    }

    @Override
    public String path(String volume) {
        return "/simulated/volumes/" + volume;
    }
}

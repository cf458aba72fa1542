package dev.ordinal.kinds.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Admission;
import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Status;
import dev.ordinal.kinds.Addresses;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/// Gives Services their cluster addresses and ports of the nodes, each to one Service at a time.
///
/// What a write takes goes back when the write comes to nothing; what a Service gives up goes back
/// when that is stored. Nothing is taken for a dry run, which gets an address and ports that no
/// Service ever has.
///
/// @see "Kubernetes documentation: Service ClusterIP allocation; upstream: the Allocators of its
///     service storage"
public final class ServiceAddresses implements Admission {
    /// A dry run gets the ports above.
    private static final int DRY_PORT = 32768;

    private final long firstAddress;
    private final long addresses;
    private final int firstPort;
    private final int lastPort;
    private final Map<String, String> ownerOfAddress = new HashMap<>();
    private final Map<Integer, String> ownerOfPort = new HashMap<>();
    private final String cidr;

    /// One write that takes what its Service needs.
    ///
    /// @param ports taken so far
    private record Taking(
            ObjectNode service,
            String uid,
            boolean dryRun,
            List<Runnable> undo,
            Set<Integer> ports) {
        JsonNode spec() {
            return service.path("spec");
        }
    }

    /// A port is not to be had; the message says why.
    private static final class TakenException extends Exception {
        private static final long serialVersionUID = 1;

        TakenException(String why) {
            super(why);
        }

        String why() {
            return String.valueOf(getMessage());
        }
    }

    /// @param cidr of cluster addresses, e.g. `10.96.0.0/12`
    public ServiceAddresses(String cidr, int firstPort, int lastPort) {
        this.cidr = cidr;
        int slash = cidr.indexOf('/');
        firstAddress = number(cidr.substring(0, slash));
        addresses = 1L << (32 - Integer.parseInt(cidr.substring(slash + 1)));
        this.firstPort = firstPort;
        this.lastPort = lastPort;
    }

    /// Takes over what stored Services have; called once before any write.
    public synchronized void load(Api api) {
        for (var item : api.list(Services.KIND.type(), null, Api.ListOptions.ALL).items()) {
            addressesOf(item.tree()).forEach(address -> ownerOfAddress.put(address, item.uid()));
            portsOf(item.tree()).forEach(port -> ownerOfPort.put(port, item.uid()));
        }
    }

    private static Set<String> addressesOf(JsonNode service) {
        Set<String> addresses = new HashSet<>();
        service.at("/spec/clusterIPs").forEach(address -> addresses.add(address.asText()));
        addresses.remove("None");
        return addresses;
    }

    private static Set<Integer> portsOf(JsonNode service) {
        Set<Integer> ports = new HashSet<>();
        service.at("/spec/ports").forEach(port -> ports.add(port.path("nodePort").asInt()));
        ports.add(service.at("/spec/healthCheckNodePort").asInt());
        ports.remove(0);
        return ports;
    }

    @Override
    public synchronized void admit(Write write) {
        if (!write.kind().type().equals(Services.KIND.type())) return;
        var object = write.object();
        var uid = object.at("/metadata/uid").asText();
        if (write.operation() == Operation.DELETE || ends(object)) {
            write.onCommitted(() -> keepOnly(uid, Set.of(), Set.of()));
            return;
        }
        if (write.subresource() != null) return;
        var old = write.old();
        if (old != null) Transition.keepAllocated(object, old);
        Transition.followAddress(object, old);
        Families.init(object, old);
        var taking = new Taking(object, uid, write.dryRun(), new ArrayList<>(), new HashSet<>());
        write.onRefused(() -> undo(taking.undo));
        if (old == null || Services.named(old)) takeAddress(taking);
        if (Services.hasNodePorts(object)) {
            if (old == null) takePorts(taking);
            else changePorts(taking, old);
        }
        boolean asked = old != null && Services.isHealthChecked(old);
        if (Services.isHealthChecked(object) && !asked) takeHealthPort(taking);
        write.onCommitted(() -> keepOnly(uid, addressesOf(object), portsOf(object)));
    }

    /// Its last finalizer goes with this write.
    private static boolean ends(JsonNode service) {
        var metadata = service.path("metadata");
        return metadata.has("deletionTimestamp") && metadata.path("finalizers").isEmpty();
    }

    private synchronized void undo(List<Runnable> undo) {
        undo.forEach(Runnable::run);
        undo.clear();
    }

    /// Gives back what the stored Service no longer names.
    private synchronized void keepOnly(String uid, Set<String> addresses, Set<Integer> ports) {
        ownerOfAddress.entrySet().removeIf(e -> isLeft(e, uid, addresses));
        ownerOfPort.entrySet().removeIf(e -> isLeft(e, uid, ports));
    }

    private static <T> boolean isLeft(Map.Entry<T, String> taken, String uid, Set<T> kept) {
        return taken.getValue().equals(uid) && !kept.contains(taken.getKey());
    }

    private void takeAddress(Taking taking) {
        var service = taking.service;
        if (Services.named(service) || Services.headless(service)) return;
        var spec = service.withObjectProperty("spec");
        var asked = spec.path("clusterIP").asText();
        if (asked.isEmpty()) {
            asked = taking.dryRun ? text(firstAddress) : freeAddress(service);
            spec.put("clusterIP", asked);
            spec.putArray("clusterIPs").add(asked);
        } else {
            var why = refusal(asked, taking.dryRun);
            if (why != null) {
                var problems = new Problems();
                problems.at("spec")
                        .at("clusterIPs")
                        .invalid(
                                spec.path("clusterIPs"),
                                "failed to allocate IP %s: %s".formatted(asked, why));
                throw refused(service, problems);
            }
        }
        if (taking.dryRun) return;
        var taken = asked;
        ownerOfAddress.put(taken, taking.uid);
        taking.undo.add(() -> ownerOfAddress.remove(taken, taking.uid));
    }

    /// Dry runs ask other code upstream: it does not look who has the address.
    private @Nullable String refusal(String address, boolean dryRun) {
        long offset = number(address) - firstAddress;
        boolean within = offset > 0 && offset < addresses - 1;
        if (dryRun) {
            return within
                    ? null
                    : "the provided IP (%s) is not in the valid range. The range of valid IPs is %s"
                            .formatted(address, cidr);
        }
        if (!within) return "the provided network does not match the current range";
        return ownerOfAddress.containsKey(address) ? "provided IP is already allocated" : null;
    }

    private static ApiException refused(ObjectNode service, Problems problems) {
        return problems.invalid("Service", "", service.at("/metadata/name").asText());
    }

    /// The upper part of the range first: the lower is left to those who ask for an address.
    private String freeAddress(ObjectNode service) {
        int seed = service.at("/metadata/uid").asText().hashCode();
        long low = addresses <= 16 ? 0 : Math.min(256, Math.max(16, addresses / 16));
        var free = freeAddress(low + 1, addresses - 1, seed);
        if (free == null) free = freeAddress(1, low + 1, seed);
        if (free != null) return free;
        throw ApiException.internal(
                "failed to allocate a serviceIP for Service \"%s\": range is full"
                        .formatted(service.at("/metadata/name").asText()));
    }

    private @Nullable String freeAddress(long from, long to, int seed) {
        for (long i = 0; i < to - from; i++) {
            var address = text(firstAddress + from + Math.floorMod(seed + i, to - from));
            if (!ownerOfAddress.containsKey(address)) return address;
        }
        return null;
    }

    /// Ports of one number that differ in their protocol share a node port.
    private void takePorts(Taking taking) {
        var ports = taking.spec().path("ports");
        Map<Integer, Integer> byPort = new HashMap<>();
        for (int i = 0; i < ports.size(); i++) {
            var port = (ObjectNode) ports.get(i);
            int asked = port.path("nodePort").asInt();
            if (asked == 0 && !Services.givesNodePorts(taking.service)) continue;
            int number = port.path("port").asInt();
            int shared = byPort.getOrDefault(number, 0);
            if (shared == 0) {
                int wanted = wanted(ports, number);
                if (wanted == 0) wanted = takeAny(taking, i);
                else takePort(taking, i, wanted);
                port.put("nodePort", wanted);
                byPort.put(number, wanted);
            } else if (asked == 0) port.put("nodePort", shared);
            else if (asked != shared) takePort(taking, i, asked);
        }
    }

    /// The first node port that is asked for on ports of this number; 0: none.
    private static int wanted(JsonNode ports, int number) {
        for (var port : ports) {
            int nodePort = port.path("nodePort").asInt();
            if (port.path("port").asInt() == number && nodePort != 0) return nodePort;
        }
        return 0;
    }

    private void changePorts(Taking taking, JsonNode old) {
        Set<Integer> before = new HashSet<>();
        old.at("/spec/ports").forEach(port -> before.add(port.path("nodePort").asInt()));
        var ports = taking.spec().path("ports");
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < ports.size(); i++) {
            var port = (ObjectNode) ports.get(i);
            int asked = port.path("nodePort").asInt();
            if (asked == 0) {
                if (!Services.givesNodePorts(taking.service)) continue;
                asked = takeAny(taking, i);
                port.put("nodePort", asked);
            } else if (!before.contains(asked) && !taking.ports.contains(asked)) {
                takePort(taking, i, asked);
            }
            var pair = "{%s %d}".formatted(port.path("protocol").asText(), asked);
            if (!seen.add(pair)) {
                throw new ApiException(new Status(500, "", "duplicate nodePort: " + pair, null));
            }
        }
    }

    private void takePort(Taking taking, int index, int port) {
        try {
            take(taking, port);
        } catch (TakenException taken) {
            var problems = new Problems();
            problems.at("spec").at("ports").at(index).at("nodePort").invalid(port, taken.why());
            throw refused(taking.service, problems);
        }
    }

    private int takeAny(Taking taking, int index) {
        return freePort(taking, index)
                .orElseThrow(
                        () ->
                                ApiException.internal(
                                        "failed to allocate a nodePort: range is full"));
    }

    private void takeHealthPort(Taking taking) {
        int asked = taking.spec().path("healthCheckNodePort").asInt();
        if (asked == 0) {
            var free = freePort(taking, -1);
            if (free.isEmpty()) {
                throw ApiException.internal(
                        "failed to allocate a HealthCheck NodePort 0: range is full");
            }
            ((ObjectNode) taking.spec()).put("healthCheckNodePort", free.getAsInt());
            return;
        }
        try {
            take(taking, asked);
        } catch (TakenException taken) {
            throw ApiException.internal(
                    "failed to allocate requested HealthCheck NodePort %d: %s"
                            .formatted(asked, taken.why()));
        }
    }

    private void take(Taking taking, int port) throws TakenException {
        boolean within = port >= firstPort && port <= lastPort;
        if (!within && !taking.dryRun) {
            throw new TakenException(
                    "provided port is not in the valid range. The range of valid ports is %d-%d"
                            .formatted(firstPort, lastPort));
        }
        if (ownerOfPort.containsKey(port) || !taking.ports.add(port)) {
            throw new TakenException("provided port is already allocated");
        }
        if (taking.dryRun) return;
        ownerOfPort.put(port, taking.uid);
        taking.undo.add(() -> ownerOfPort.remove(port, taking.uid));
    }

    /// The upper part of the range first, as with addresses; taken at once.
    private OptionalInt freePort(Taking taking, int index) {
        if (taking.dryRun) {
            int port = taking.ports.stream().mapToInt(p -> p).max().orElse(DRY_PORT) + 1;
            taking.ports.add(port);
            return OptionalInt.of(port);
        }
        int size = lastPort - firstPort + 1;
        int low = size <= 16 ? 0 : Math.min(128, Math.max(16, size / 32));
        int seed = taking.uid.hashCode() + index * 31;
        var free = freePort(firstPort + low, lastPort + 1, seed);
        if (free.isEmpty()) free = freePort(firstPort, firstPort + low, seed);
        free.ifPresent(
                port -> {
                    taking.ports.add(port);
                    ownerOfPort.put(port, taking.uid);
                    taking.undo.add(() -> ownerOfPort.remove(port, taking.uid));
                });
        return free;
    }

    private OptionalInt freePort(int from, int to, int seed) {
        for (int i = 0; i < to - from; i++) {
            int port = from + Math.floorMod(seed + i, to - from);
            if (!ownerOfPort.containsKey(port)) return OptionalInt.of(port);
        }
        return OptionalInt.empty();
    }

    private static long number(String address) {
        var bytes = Addresses.parse(address).orElseThrow().getAddress();
        return Integer.toUnsignedLong(ByteBuffer.wrap(bytes).getInt());
    }

    private static String text(long address) {
        return "%d.%d.%d.%d"
                .formatted(
                        (address >> 24) & 255,
                        address >> 16 & 255,
                        address >> 8 & 255,
                        address & 255);
    }
}

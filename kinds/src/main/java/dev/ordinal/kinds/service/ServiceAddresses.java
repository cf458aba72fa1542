package dev.ordinal.kinds.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Admission;
import dev.ordinal.api.Api;
import dev.ordinal.api.Problems;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Gives Services their cluster addresses and node ports, each to one Service at a time.
///
/// What a write takes goes back when the write comes to nothing; what a Service gives up goes back
/// when that is stored.
///
/// @see "Kubernetes documentation: Service ClusterIP allocation"
public final class ServiceAddresses implements Admission {
    private final long firstAddress;
    private final long addresses;
    private final int firstPort;
    private final int lastPort;
    private final Map<String, String> ownerOfAddress = new HashMap<>();
    private final Map<Integer, Map<String, String>> ownersOfPort = new HashMap<>();
    private final String cidr;

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
            var service = item.tree();
            for (var address : service.at("/spec/clusterIPs")) {
                ownerOfAddress.put(address.asText(), item.uid());
            }
            for (var port : service.at("/spec/ports")) {
                int nodePort = port.path("nodePort").asInt();
                if (nodePort != 0) owners(nodePort).put(port.path("protocol").asText(), item.uid());
            }
        }
    }

    @Override
    public synchronized void admit(Write write) {
        if (!write.kind().type().equals(Services.KIND.type()) || write.subresource() != null)
            return;
        var object = write.object();
        var uid = object.at("/metadata/uid").asText();
        if (write.operation() == Operation.DELETE) {
            write.onCommitted(() -> releaseAll(uid));
            return;
        }
        List<Runnable> undo = new ArrayList<>();
        write.onRefused(() -> undo(undo));
        try {
            takeAddress(object, uid, undo);
            takePorts(object, uid, undo);
        } finally {
            if (write.dryRun()) undo(undo);
        }
        write.onCommitted(() -> keepOnly(object, uid));
    }

    private synchronized void undo(List<Runnable> undo) {
        undo.forEach(Runnable::run);
        undo.clear();
    }

    private synchronized void releaseAll(String uid) {
        ownerOfAddress.values().removeIf(uid::equals);
        ownersOfPort.values().forEach(owners -> owners.values().removeIf(uid::equals));
    }

    /// Gives back what the stored Service no longer names.
    private synchronized void keepOnly(ObjectNode service, String uid) {
        Set<String> addressesKept = new HashSet<>();
        service.at("/spec/clusterIPs").forEach(a -> addressesKept.add(a.asText()));
        ownerOfAddress
                .entrySet()
                .removeIf(e -> e.getValue().equals(uid) && !addressesKept.contains(e.getKey()));
        Set<Integer> portsKept = new HashSet<>();
        service.at("/spec/ports").forEach(p -> portsKept.add(p.path("nodePort").asInt()));
        ownersOfPort.forEach(
                (port, owners) -> {
                    if (!portsKept.contains(port)) owners.values().removeIf(uid::equals);
                });
    }

    private void takeAddress(ObjectNode service, String uid, List<Runnable> undo) {
        if (Services.type(service).equals("ExternalName") || Services.headless(service)) return;
        var spec = service.withObjectProperty("spec");
        var asked = spec.path("clusterIP").asText();
        if (asked.isEmpty()) {
            var free = freeAddress(service);
            spec.put("clusterIP", free);
            spec.putArray("clusterIPs").add(free);
            asked = free;
        }
        var owner = ownerOfAddress.get(asked);
        if (uid.equals(owner)) return;
        if (owner != null) {
            throw refused(
                    service,
                    "clusterIPs",
                    0,
                    spec.path("clusterIPs"),
                    "failed to allocate IP %s: provided IP is already allocated".formatted(asked));
        }
        if (!contains(asked)) {
            throw refused(
                    service,
                    "clusterIPs",
                    0,
                    spec.path("clusterIPs"),
                    "failed to allocate IP %s: the provided IP (%s) is not in the valid range. The range of valid IPs is %s"
                            .formatted(asked, asked, cidr));
        }
        ownerOfAddress.put(asked, uid);
        var taken = asked;
        undo.add(() -> ownerOfAddress.remove(taken, uid));
    }

    private boolean contains(String address) {
        if (!address.matches("[0-9.]+")) return false;
        long offset = number(address) - firstAddress;
        return offset > 0 && offset < addresses - 1;
    }

    /// The upper part of the range: the lower is left to those who ask for an address.
    private String freeAddress(ObjectNode service) {
        long low = Math.min(256, Math.max(16, addresses / 16));
        long size = addresses - 2 - low;
        long start = Math.floorMod((long) service.at("/metadata/uid").asText().hashCode(), size);
        for (long i = 0; i < size; i++) {
            var address = text(firstAddress + low + 1 + (start + i) % size);
            if (!ownerOfAddress.containsKey(address)) return address;
        }
        throw refused(
                service,
                "clusterIPs",
                -1,
                service.at("/spec/clusterIPs"),
                "failed to allocate a serviceIP: range is full");
    }

    private void takePorts(ObjectNode service, String uid, List<Runnable> undo) {
        var spec = service.path("spec");
        var ports = spec.path("ports");
        boolean gives = Services.usesNodePorts(spec);
        for (int i = 0; i < ports.size(); i++) {
            var port = (ObjectNode) ports.get(i);
            int asked = port.path("nodePort").asInt();
            var protocol = port.path("protocol").asText();
            if (asked == 0 && !gives) continue;
            if (asked != 0 && Services.type(service).equals("ClusterIP")) continue;
            if (asked == 0) {
                asked = freePort(service, i);
                port.put("nodePort", asked);
            }
            var owner = owners(asked).get(protocol);
            if (uid.equals(owner)) continue;
            if (owner != null) {
                throw refused(
                        service,
                        "ports",
                        i,
                        port.path("nodePort"),
                        "provided port is already allocated");
            }
            if (asked < firstPort || asked > lastPort) {
                throw refused(
                        service,
                        "ports",
                        i,
                        port.path("nodePort"),
                        "provided port is not in the valid range. The range of valid ports is %d-%d"
                                .formatted(firstPort, lastPort));
            }
            owners(asked).put(protocol, uid);
            int taken = asked;
            undo.add(() -> owners(taken).remove(protocol, uid));
        }
    }

    private int freePort(ObjectNode service, int index) {
        int size = lastPort - firstPort + 1;
        int start =
                Math.floorMod(service.at("/metadata/uid").asText().hashCode() + index * 31, size);
        for (int i = 0; i < size; i++) {
            int port = firstPort + (start + i) % size;
            if (owners(port).isEmpty()) return port;
        }
        throw refused(
                service,
                "ports",
                index,
                service.at("/spec/ports/" + index + "/nodePort"),
                "failed to allocate a nodePort: range is full");
    }

    private Map<String, String> owners(int port) {
        return ownersOfPort.computeIfAbsent(port, _ -> new HashMap<>());
    }

    private static RuntimeException refused(
            ObjectNode service, String list, int index, JsonNode value, String why) {
        var problems = new Problems();
        var at = problems.at("spec").at(list);
        if (list.equals("ports")) at.at(index).at("nodePort").invalid(value, why);
        else at.invalid(value, why);
        return problems.invalid("Service", "", service.at("/metadata/name").asText());
    }

    private static long number(String address) {
        try {
            return Integer.toUnsignedLong(
                    ByteBuffer.wrap(InetAddress.getByName(address).getAddress()).getInt());
        } catch (UnknownHostException _) {
            throw new IllegalArgumentException("not an address: " + address);
        }
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

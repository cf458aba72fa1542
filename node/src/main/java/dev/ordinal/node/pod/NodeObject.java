package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Types;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;

/// The Node object of this machine.
public final class NodeObject {
    private static final WriteOptions WRITE = WriteOptions.by("kubelet");

    private final Api api;
    private final InstantSource clock;
    private final String name;
    private final String address;
    private final String version;
    private final String runtime;
    private final int maxPods;

    /// @param version of the node agent, e.g. `v1.36.0`
    /// @param runtime its name and version, e.g. `ordinal://0.1.0`
    /// @param maxPods how many pods it takes
    public NodeObject(
            Api api,
            InstantSource clock,
            String name,
            String address,
            String version,
            String runtime,
            int maxPods) {
        this.api = api;
        this.clock = clock;
        this.name = name;
        this.address = address;
        this.version = version;
        this.runtime = runtime;
        this.maxPods = maxPods;
    }

    /// Makes or refreshes the object; the node is Ready.
    public void register() throws IOException {
        try {
            api.create(Types.NODES, null, new Api.Body.Tree(object()), WRITE);
        } catch (ApiException refused) {
            if (!refused.is("AlreadyExists")) throw refused;
        }
        var node = api.get(Types.NODES, null, name).copy();
        node.set("status", status());
        api.update(Types.NODES, null, name, "status", new Api.Body.Tree(node), WRITE);
    }

    private ObjectNode object() {
        var node = JsonNodeFactory.instance.objectNode();
        var metadata = node.putObject("metadata").put("name", name);
        var labels = metadata.putObject("labels");
        for (var prefix : List.of("", "beta.")) {
            labels.put(prefix + "kubernetes.io/arch", "amd64");
            labels.put(prefix + "kubernetes.io/os", "linux");
        }
        labels.put("kubernetes.io/hostname", name);
        labels.put("node-role.kubernetes.io/control-plane", "");
        node.putObject("spec")
                .put("podCIDR", "10.244.0.0/16")
                .putArray("podCIDRs")
                .add("10.244.0.0/16");
        return node;
    }

    private ObjectNode status() throws IOException {
        var status = JsonNodeFactory.instance.objectNode();
        var addresses = status.putArray("addresses");
        addresses.addObject().put("type", "InternalIP").put("address", address);
        addresses.addObject().put("type", "Hostname").put("address", name);
        for (var kind : List.of("capacity", "allocatable")) {
            status.putObject(kind)
                    .put(
                            "cpu",
                            Integer.toString(java.lang.Runtime.getRuntime().availableProcessors()))
                    .put("memory", memoryKilobytes() + "Ki")
                    .put("pods", Integer.toString(maxPods));
        }
        var conditions = status.putArray("conditions");
        condition(
                conditions.addObject(),
                "MemoryPressure",
                "False",
                "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available");
        condition(
                conditions.addObject(),
                "DiskPressure",
                "False",
                "KubeletHasNoDiskPressure",
                "kubelet has no disk pressure");
        condition(
                conditions.addObject(),
                "PIDPressure",
                "False",
                "KubeletHasSufficientPID",
                "kubelet has sufficient PID available");
        condition(
                conditions.addObject(),
                "Ready",
                "True",
                "KubeletReady",
                "kubelet is posting ready status");
        status.putObject("nodeInfo")
                .put("architecture", "amd64")
                .put("bootID", read("/proc/sys/kernel/random/boot_id"))
                .put("containerRuntimeVersion", runtime)
                .put("kernelVersion", read("/proc/sys/kernel/osrelease"))
                .put("kubeProxyVersion", "")
                .put("kubeletVersion", version)
                .put("machineID", "")
                .put("operatingSystem", "linux")
                .put("osImage", osImage())
                .put("systemUUID", "");
        return status;
    }

    private void condition(
            ObjectNode condition, String type, String status, String reason, String message) {
        var now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        condition.put("type", type).put("status", status);
        condition.put("lastHeartbeatTime", now).put("lastTransitionTime", now);
        condition.put("reason", reason).put("message", message);
    }

    private static String read(String file) throws IOException {
        return Files.readString(Path.of(file)).strip();
    }

    /// Of the whole machine.
    static long memoryBytes() {
        try {
            return memoryKilobytes() * 1024;
        } catch (IOException unreadable) {
            throw new java.io.UncheckedIOException(unreadable);
        }
    }

    private static long memoryKilobytes() throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            if (line.startsWith("MemTotal:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IOException("/proc/meminfo has no MemTotal");
    }

    private static String osImage() throws IOException {
        var file = Path.of("/etc/os-release");
        if (!Files.exists(file)) return "Linux";
        for (var line : Files.readAllLines(file)) {
            if (line.startsWith("PRETTY_NAME=")) {
                return line.substring("PRETTY_NAME=".length()).replace("\"", "");
            }
        }
        return "Linux";
    }
}

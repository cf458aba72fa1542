package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Quantity;
import dev.ordinal.node.image.ImageName;
import dev.ordinal.node.image.ImageStore;
import dev.ordinal.node.network.ClusterNetwork;
import dev.ordinal.node.network.PodLoopback;
import dev.ordinal.node.runtime.ContainerKey;
import dev.ordinal.node.runtime.ContainerSpec;
import dev.ordinal.node.runtime.Mount;
import dev.ordinal.node.runtime.Resources;
import dev.ordinal.node.runtime.SandboxSpec;
import dev.ordinal.node.runtime.Security;
import dev.ordinal.node.volume.LoopVolumes;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// This machine: images from the store, volumes of the cluster, addresses of its network.
public final class LinuxMachine implements Machine {
    /// The annotation of a container that names the signal its image wants to be stopped by.
    static final String STOP_SIGNAL = "stop-signal";

    private static final int MESSAGE_MAX = 4096;
    private static final int SHARE_MIN_MILLIS = 2;

    private final Parts parts;
    private final PodVolumes volumes;

    /// What the machine consists of.
    ///
    /// @param pods the runtime's folder of pods
    /// @param dns address of the cluster's DNS server
    /// @param hostResolv the host's resolv.conf
    public record Parts(
            Api api,
            ImageStore images,
            LoopVolumes volumes,
            ClusterNetwork network,
            Path pods,
            String dns,
            Path hostResolv,
            String node,
            String nodeAddress,
            InstantSource clock) {}

    public LinuxMachine(Parts parts) {
        this.parts = parts;
        volumes = new PodVolumes(parts.api(), parts.volumes(), parts.pods(), parts.clock());
    }

    private static String uid(JsonNode pod) {
        return pod.at("/metadata/uid").asText();
    }

    private static boolean onHost(JsonNode pod) {
        return pod.at("/spec/hostNetwork").asBoolean();
    }

    @Override
    public Prepared prepare(JsonNode pod) throws NotYetException {
        var refused = PodLimits.refused(pod);
        if (!refused.isEmpty()) {
            throw new NotYetException(
                    "FailedCreatePodSandBox",
                    "Failed to create pod sandbox: this node does not support "
                            + String.join(", ", refused));
        }
        volumes.prepare(pod);
        Optional<Path> namespace = Optional.empty();
        var address = parts.nodeAddress();
        try {
            if (!onHost(pod)) {
                var network = parts.network().add(uid(pod));
                namespace = Optional.of(network.namespace());
                address = network.address();
            }
            var files = new PodFiles(pod, address, parts.dns(), parts.hostResolv(), parts.node());
            var metadata = pod.path("metadata");
            return new Prepared(
                    new SandboxSpec(
                            uid(pod),
                            metadata.path("namespace").asText(),
                            metadata.path("name").asText(),
                            files.hostname(),
                            files.hosts(),
                            files.resolvConf(),
                            namespace,
                            sysctls(pod),
                            Resources.NONE,
                            Map.of()),
                    address);
        } catch (IOException broken) {
            throw new NotYetException(
                    "FailedCreatePodSandBox",
                    "Failed to create pod sandbox: " + broken.getMessage());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new NotYetException(
                    "FailedCreatePodSandBox", "Failed to create pod sandbox: interrupted");
        }
    }

    @Override
    public SocketChannel connect(JsonNode pod, int port) throws IOException {
        if (onHost(pod)) return PodLoopback.connect(PodLoopback.HOST, uid(pod), port);
        var network = parts.network().get(uid(pod));
        if (network.isEmpty()) {
            throw new IOException("sandbox container \"%s\" is not running".formatted(uid(pod)));
        }
        return PodLoopback.connect(network.get().namespace(), uid(pod), port);
    }

    @Override
    public void refresh(JsonNode pod) throws NotYetException {
        volumes.refresh(pod);
    }

    @Override
    public Optional<Instant> renewal(String podUid) {
        return volumes.renewal(podUid);
    }

    private static Map<String, String> sysctls(JsonNode pod) {
        Map<String, String> sysctls = new java.util.TreeMap<>();
        for (var sysctl : pod.at("/spec/securityContext/sysctls")) {
            sysctls.put(sysctl.path("name").asText(), sysctl.path("value").asText());
        }
        return sysctls;
    }

    @Override
    public List<String> unsupported(JsonNode pod) {
        return PodLimits.reported(pod);
    }

    @Override
    public ContainerSpec container(JsonNode pod, JsonNode container, int attempt, Prepared prepared)
            throws CannotStartException {
        var image = present(container);
        var key = new ContainerKey(uid(pod), container.path("name").asText(), attempt);
        var user = PodUsers.of(pod, container, image);
        var environment =
                new PodEnvironment(
                                parts.api(),
                                pod,
                                container,
                                image,
                                prepared.address(),
                                parts.nodeAddress())
                        .resolve(prepared.sandbox().hostname(), user.home());
        var args = args(container, image, environment);
        if (args.isEmpty()) {
            throw new CannotStartException("CreateContainerError", "no command specified");
        }
        var directory = container.path("workingDir").asText();
        if (directory.isEmpty()) directory = image.config().workingDirectory();
        return new ContainerSpec(
                key,
                image.layers(),
                args,
                environment,
                directory.isEmpty() ? "/" : directory,
                user.user(),
                mounts(pod, container, key, environment),
                security(container),
                resources(container),
                Machine.stdio(container),
                Map.of(STOP_SIGNAL, image.config().stopSignal()));
    }

    private dev.ordinal.node.image.Image present(JsonNode container) throws CannotStartException {
        var reference = container.path("image").asText();
        var fault = ImageName.fault(reference);
        if (fault.isPresent()) {
            throw new CannotStartException(
                    "InvalidImageName",
                    "Failed to apply default image tag \"%1$s\": couldn't parse image name \"%1$s\": %2$s"
                            .formatted(reference, fault.get()));
        }
        Optional<dev.ordinal.node.image.Image> found;
        try {
            found = parts.images().find(reference);
        } catch (IOException damaged) {
            throw new CannotStartException(
                    "ErrImagePull", "the image store cannot be read: " + damaged.getMessage());
        }
        if (found.isPresent()) return found.get();
        if (container.path("imagePullPolicy").asText().equals("Never")) {
            throw new CannotStartException(
                    "ErrImageNeverPull",
                    "Container image \"%s\" is not present with pull policy of Never"
                            .formatted(reference));
        }
        throw new CannotStartException(
                "ErrImagePull",
                "the image is not on this machine and there is no registry to pull it from:"
                        + " `ordinal image load FILE` brings it");
    }

    /// The container's command and args over the image's.
    private static List<String> args(
            JsonNode container,
            dev.ordinal.node.image.Image image,
            Map<String, String> environment) {
        List<String> command = new ArrayList<>();
        List<String> args = new ArrayList<>();
        container
                .path("command")
                .forEach(word -> command.add(PodEnvironment.expand(word.asText(), environment)));
        container
                .path("args")
                .forEach(word -> args.add(PodEnvironment.expand(word.asText(), environment)));
        if (command.isEmpty()) {
            command.addAll(image.config().entrypoint());
            if (args.isEmpty()) args.addAll(image.config().command());
        }
        command.addAll(args);
        return command;
    }

    private List<Mount> mounts(
            JsonNode pod, JsonNode container, ContainerKey key, Map<String, String> environment)
            throws CannotStartException {
        List<Mount> mounts = new ArrayList<>(volumes.mounts(pod, container, environment));
        var folder = parts.pods().resolve(key.podUid());
        for (var name : List.of("hosts", "resolv.conf", "hostname")) {
            var target = "/etc/" + name;
            if (mounts.stream().noneMatch(mount -> mount.target().equals(target))) {
                mounts.add(new Mount(folder.resolve(name), target, false));
            }
        }
        try {
            var message = messageFile(key);
            Files.createDirectories(message.getParent());
            Files.writeString(message, "");
            Files.setAttribute(message, "unix:mode", 0666);
            mounts.add(
                    new Mount(
                            message,
                            container.path("terminationMessagePath").asText("/dev/termination-log"),
                            false));
        } catch (IOException broken) {
            throw new CannotStartException(
                    "CreateContainerError",
                    "the termination message has no file: " + broken.getMessage());
        }
        return mounts;
    }

    private Path messageFile(ContainerKey key) {
        return parts.pods()
                .resolve(key.podUid())
                .resolve("messages")
                .resolve(key.name() + "-" + key.attempt());
    }

    @Override
    public String terminationMessage(ContainerKey key) {
        var file = messageFile(key);
        try (var channel = Files.newByteChannel(file)) {
            long size = channel.size();
            channel.position(Math.max(0, size - MESSAGE_MAX));
            var bytes = java.nio.ByteBuffer.allocate(MESSAGE_MAX);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
            return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        } catch (IOException _) {
            return "";
        }
    }

    private static Security security(JsonNode container) throws CannotStartException {
        var context = container.path("securityContext");
        try {
            return new Security(
                    Security.capabilities(
                            texts(context.at("/capabilities/add")),
                            texts(context.at("/capabilities/drop"))),
                    context.has("allowPrivilegeEscalation")
                            && !context.path("allowPrivilegeEscalation").asBoolean(),
                    context.path("readOnlyRootFilesystem").asBoolean());
        } catch (IllegalArgumentException refused) {
            throw new CannotStartException(
                    "CreateContainerError", String.valueOf(refused.getMessage()));
        }
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(item -> texts.add(item.asText()));
        return texts;
    }

    private static Resources resources(JsonNode container) {
        var resources = container.path("resources");
        return new Resources(
                quantity(resources.at("/limits/memory")).orElse(0),
                millis(resources.at("/limits/cpu")),
                Math.max(SHARE_MIN_MILLIS, millis(resources.at("/requests/cpu"))));
    }

    private static OptionalLong quantity(JsonNode text) {
        return Quantity.parse(text.asText())
                .map(q -> OptionalLong.of(q.longValue()))
                .orElse(OptionalLong.empty());
    }

    private static long millis(JsonNode cpu) {
        return Quantity.parse(cpu.asText())
                .map(q -> q.value().movePointRight(3).longValue())
                .orElse(0L);
    }

    @Override
    public void release(String podUid) {
        volumes.release(podUid);
        try {
            parts.network().remove(podUid);
        } catch (IOException broken) {
            throw new IllegalStateException(
                    "pod %s is not given back: %s".formatted(podUid, broken.getMessage()), broken);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public Optional<Machine.Image> image(String reference) {
        try {
            return parts.images()
                    .find(reference)
                    .map(image -> new Machine.Image(ImageName.withTag(reference), image.id()));
        } catch (IOException _) {
            return Optional.empty();
        }
    }
}

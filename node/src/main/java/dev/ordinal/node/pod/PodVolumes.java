package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Quantity;
import dev.ordinal.control.Types;
import dev.ordinal.node.pod.Machine.CannotStartException;
import dev.ordinal.node.pod.Machine.NotYetException;
import dev.ordinal.node.runtime.Mount;
import dev.ordinal.node.runtime.Mounts;
import dev.ordinal.node.runtime.Names;
import dev.ordinal.node.runtime.Shell;
import dev.ordinal.node.volume.LoopVolumes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// The volumes of pods, as folders of the host: `<pods>/<uid>/volumes/<volume>`, a persistent
/// volume where it is mounted, or a path of the host.
///
/// @see "Kubernetes documentation: Volumes; upstream: pkg/volume"
final class PodVolumes {
    private static final int ANYBODY = 0777;
    private static final int OWNERS_ONLY = 0600;
    private static final List<String> PROJECTED =
            List.of("configMap", "secret", "downwardAPI", "projected");

    private final Api api;
    private final LoopVolumes disk;
    private final Path pods;
    private final TokenMount tokens;
    private final InstantSource clock;
    private final Map<Shown, JsonNode> settled = new ConcurrentHashMap<>();

    /// An object that a pod's volumes show.
    private record Shown(String podUid, GroupVersionResource type, String name) {}

    PodVolumes(Api api, LoopVolumes disk, Path pods, InstantSource clock) {
        this.api = api;
        tokens = new TokenMount(api, clock);
        this.clock = clock;
        this.disk = disk;
        this.pods = pods;
    }

    private Path folder(JsonNode pod, String volume) {
        return pods.resolve(Names.checkUid(pod.at("/metadata/uid").asText()))
                .resolve("volumes")
                .resolve(Names.checkLabel(volume));
    }

    private static NotYetException failed(String volume, String why) {
        return new NotYetException(
                "FailedMount",
                "MountVolume.SetUp failed for volume \"%s\" : %s".formatted(volume, why));
    }

    /// Makes every volume ready; what is there stays. A volume is given to the pod's group once:
    /// what the pod makes of it later is left alone when another server takes over.
    void prepare(JsonNode pod) throws NotYetException {
        for (var volume : pod.at("/spec/volumes")) {
            var name = volume.path("name").asText();
            try {
                prepare(pod, volume, name);
                var group = pod.at("/spec/securityContext/fsGroup");
                var owned = folder(pod, name).resolveSibling(".owned-" + name);
                if (group.isNumber() && !volume.has("hostPath") && !Files.exists(owned)) {
                    boolean often =
                            !pod.at("/spec/securityContext/fsGroupChangePolicy")
                                    .asText()
                                    .equals("OnRootMismatch");
                    own(
                            source(pod, volume),
                            group.asInt(),
                            often,
                            volume.has("emptyDir") || volume.has("persistentVolumeClaim"));
                    Files.createDirectories(owned.getParent());
                    Files.createFile(owned);
                }
            } catch (IOException | CannotStartException broken) {
                throw failed(name, String.valueOf(broken.getMessage()));
            }
        }
    }

    private void prepare(JsonNode pod, JsonNode volume, String name)
            throws IOException, NotYetException {
        var folder = folder(pod, name);
        if (volume.has("emptyDir")) emptyDir(pod, volume.path("emptyDir"), folder);
        else if (volume.has("persistentVolumeClaim")) disk.mount(boundTo(pod, volume));
        else if (volume.has("hostPath")) hostPath(volume.path("hostPath"));
        else if (isProjected(volume)) project(pod, volume, name);
        else {
            List<String> fields =
                    new ArrayList<>(volume.propertyStream().map(Map.Entry::getKey).toList());
            fields.remove("name");
            throw failed(
                    name,
                    "volumes of type %s are not supported".formatted(String.join(", ", fields)));
        }
    }

    private static boolean isProjected(JsonNode volume) {
        return PROJECTED.stream().anyMatch(volume::has);
    }

    private void project(JsonNode pod, JsonNode volume, String name)
            throws IOException, NotYetException {
        var group = pod.at("/spec/securityContext/fsGroup");
        new Projection(folder(pod, name), Projection.number(modeOf(volume)), clock.instant())
                .write(
                        content(pod, volume, name),
                        files -> {
                            if (group.isNumber()) own(files, group.asInt(), true, false);
                            ownTokens(files, pod, volume);
                        });
    }

    /// Tokens belong to the one user of all containers, if they have one.
    private static void ownTokens(Path files, JsonNode pod, JsonNode volume) throws IOException {
        var user = soleUser(pod);
        if (user.isEmpty()) return;
        for (var source : volume.at("/projected/sources")) {
            if (!source.has("serviceAccountToken")) continue;
            var file = files.resolve(source.at("/serviceAccountToken/path").asText());
            Files.setAttribute(file, "unix:uid", user.getAsInt());
        }
    }

    /// The user that all containers of a pod run as by their specs.
    private static OptionalInt soleUser(JsonNode pod) {
        Set<Integer> users = new HashSet<>();
        var usual = pod.at("/spec/securityContext/runAsUser").asInt(-1);
        for (var list : List.of("initContainers", "containers")) {
            for (var container : pod.path("spec").path(list)) {
                users.add(container.at("/securityContext/runAsUser").asInt(usual));
            }
        }
        if (users.size() != 1 || users.contains(-1)) return OptionalInt.empty();
        return OptionalInt.of(users.iterator().next());
    }

    /// When volumes of a pod need other tokens; empty: never.
    Optional<Instant> renewal(String podUid) {
        return tokens.renewal(podUid);
    }

    /// Whether a volume of the pod shows this object of the pod's namespace.
    static boolean shows(JsonNode pod, GroupVersionResource type, String name) {
        var field = type.equals(Types.SECRETS) ? "secret" : "configMap";
        for (var volume : pod.at("/spec/volumes")) {
            if (nameIn(volume.path(field)).equals(name)) return true;
            for (var source : volume.at("/projected/sources")) {
                if (nameIn(source.path(field)).equals(name)) return true;
            }
        }
        return false;
    }

    private static String nameIn(JsonNode source) {
        return source.path(source.has("secretName") ? "secretName" : "name").asText();
    }

    /// Brings what the API holds now into the volumes that show it. A container that mounts a
    /// `subPath` of one keeps what it has; so does every pod of an object that was immutable.
    ///
    /// @throws NotYetException something is missing; its volume stays as it is, the others do not
    void refresh(JsonNode pod) throws NotYetException {
        NotYetException first = null;
        for (var volume : pod.at("/spec/volumes")) {
            if (!isProjected(volume)) continue;
            var name = volume.path("name").asText();
            try {
                project(pod, volume, name);
            } catch (NotYetException missing) {
                if (first == null) first = missing;
            } catch (IOException broken) {
                if (first == null) first = failed(name, String.valueOf(broken.getMessage()));
            }
        }
        if (first != null) throw first;
    }

    /// Forgets a pod that has ended; its folder is the runtime's to remove.
    void release(String podUid) {
        settled.keySet().removeIf(shown -> shown.podUid().equals(podUid));
        tokens.release(podUid);
    }

    private static JsonNode modeOf(JsonNode volume) {
        for (var type : PROJECTED) {
            if (volume.has(type)) return volume.path(type).path("defaultMode");
        }
        return volume.path("defaultMode");
    }

    private static void emptyDir(JsonNode pod, JsonNode settings, Path folder) throws IOException {
        boolean there = Files.isDirectory(folder);
        Files.createDirectories(folder);
        if (settings.path("medium").asText().equals("Memory")) {
            if (Mounts.at(folder)) return;
            var options = "nodev,nosuid,mode=0777,size=" + memory(pod, settings);
            Shell.run("", "mount", "-t", "tmpfs", "-o", options, "tmpfs", folder.toString());
        } else if (!there) {
            Files.setAttribute(folder, "unix:mode", ANYBODY);
        }
    }

    /// How many bytes a volume in memory may take: the least of its limit, the pod's if every
    /// container has one, and the machine's.
    private static long memory(JsonNode pod, JsonNode settings) {
        long least = NodeObject.memoryBytes();
        var own = Quantity.parse(settings.path("sizeLimit").asText());
        if (own.isPresent()) least = Math.min(least, own.get().longValue());
        long sum = 0;
        for (var container : pod.at("/spec/containers")) {
            var limit = Quantity.parse(container.at("/resources/limits/memory").asText());
            if (limit.isEmpty()) return least;
            sum += limit.get().longValue();
        }
        return Math.min(least, sum);
    }

    /// The volume a claim of the pod is bound to.
    private String boundTo(JsonNode pod, JsonNode volume) throws NotYetException {
        var namespace = pod.at("/metadata/namespace").asText();
        var claim = volume.at("/persistentVolumeClaim/claimName").asText();
        var name = volume.path("name").asText();
        JsonNode found;
        try {
            found = api.get(Types.CLAIMS, namespace, claim).tree();
        } catch (ApiException missing) {
            throw unattached(
                    name,
                    "error processing PVC %s/%s: failed to fetch PVC from API server: %s"
                            .formatted(namespace, claim, missing.getMessage()));
        }
        var bound = found.at("/spec/volumeName").asText();
        if (bound.isEmpty() || !found.at("/status/phase").asText().equals("Bound")) {
            throw unattached(
                    name,
                    "error processing PVC %s/%s: PVC is not bound".formatted(namespace, claim));
        }
        var volumeTree = api.get(Types.VOLUMES, null, bound).tree();
        if (!volumeTree.at("/spec/local/path").asText().equals(disk.path(bound))) {
            throw failed(
                    bound,
                    "only volumes of provisioner ordinal.dev/local can be mounted on this node");
        }
        return bound;
    }

    private static NotYetException unattached(String volume, String why) {
        return new NotYetException(
                "FailedMount",
                "Unable to attach or mount volumes: unmounted volumes=[%1$s], unattached volumes=[], failed to process volumes=[%1$s]: %2$s"
                        .formatted(volume, why));
    }

    private static void hostPath(JsonNode settings) throws IOException, NotYetException {
        var path = Path.of(settings.path("path").asText());
        var wanted = settings.path("type").asText();
        switch (wanted) {
            case "", "DirectoryOrCreate" -> {
                if (!Files.exists(path)) {
                    Files.createDirectories(path);
                    Files.setAttribute(path, "unix:mode", 0755);
                }
            }
            case "FileOrCreate" -> {
                if (!Files.exists(path)) {
                    Files.createFile(path);
                    Files.setAttribute(path, "unix:mode", 0644);
                }
            }
            default -> {}
        }
        boolean folder = Files.isDirectory(path);
        boolean file = Files.isRegularFile(path);
        var lacks =
                switch (wanted) {
                    case "DirectoryOrCreate", "Directory" -> folder ? "" : "a directory";
                    case "FileOrCreate", "File" -> file ? "" : "a file";
                    case "Socket" -> Files.exists(path) && !folder && !file ? "" : "a socket file";
                    default -> "";
                };
        if (!lacks.isEmpty())
            throw new IOException(
                    "hostPath type check failed: %s is not %s".formatted(path, lacks));
    }

    private Map<String, Projection.Item> content(JsonNode pod, JsonNode volume, String name)
            throws NotYetException {
        Map<String, Projection.Item> files = new TreeMap<>();
        if (volume.has("projected")) {
            for (var source : volume.at("/projected/sources")) add(files, pod, source, name);
        } else {
            add(files, pod, volume, name);
        }
        return files;
    }

    private void add(
            Map<String, Projection.Item> files, JsonNode pod, JsonNode source, String volume)
            throws NotYetException {
        if (source.has("configMap")) {
            var settings = source.path("configMap");
            var found = find(Types.CONFIG_MAPS, "configmap", pod, settings, volume);
            Map<String, byte[]> data = new TreeMap<>();
            found.path("data")
                    .properties()
                    .forEach(
                            e ->
                                    data.put(
                                            e.getKey(),
                                            e.getValue()
                                                    .asText()
                                                    .getBytes(StandardCharsets.UTF_8)));
            found.path("binaryData")
                    .properties()
                    .forEach(
                            e ->
                                    data.put(
                                            e.getKey(),
                                            Base64.getDecoder().decode(e.getValue().asText())));
            pick(files, data, settings, volume, "configmap references non-existent config key: ");
        }
        if (source.has("secret")) {
            var settings = source.path("secret");
            var found = find(Types.SECRETS, "secret", pod, settings, volume);
            Map<String, byte[]> data = new TreeMap<>();
            found.path("data")
                    .properties()
                    .forEach(
                            e ->
                                    data.put(
                                            e.getKey(),
                                            Base64.getDecoder().decode(e.getValue().asText())));
            pick(files, data, settings, volume, "references non-existent secret key: ");
        }
        for (var item : source.at("/downwardAPI/items")) {
            var reference = item.path("resourceFieldRef");
            var text =
                    item.has("fieldRef")
                            ? PodFields.text(pod, item.at("/fieldRef/fieldPath").asText())
                            : PodFields.resource(
                                    pod,
                                    pod.at("/spec/containers/0"),
                                    reference,
                                    java.lang.Runtime.getRuntime());
            files.put(
                    item.path("path").asText(),
                    new Projection.Item(
                            text.getBytes(StandardCharsets.UTF_8),
                            Projection.number(item.path("mode"))));
        }
        if (source.has("serviceAccountToken")) addToken(files, pod, source, volume);
    }

    private void addToken(
            Map<String, Projection.Item> files, JsonNode pod, JsonNode source, String volume)
            throws NotYetException {
        var settings = source.path("serviceAccountToken");
        boolean owned = pod.at("/spec/securityContext/fsGroup").isNumber();
        int mode = owned || soleUser(pod).isPresent() ? OWNERS_ONLY : -1;
        try {
            var token = tokens.token(pod, settings).getBytes(StandardCharsets.UTF_8);
            files.put(settings.path("path").asText(), new Projection.Item(token, mode));
        } catch (ApiException refused) {
            throw failed(volume, "failed to fetch token: " + refused.getMessage());
        }
    }

    private JsonNode find(
            GroupVersionResource type, String what, JsonNode pod, JsonNode settings, String volume)
            throws NotYetException {
        var name = nameIn(settings);
        var shown = new Shown(pod.at("/metadata/uid").asText(), type, name);
        var unchanging = settled.get(shown);
        if (unchanging != null) return unchanging;
        try {
            var found = api.get(type, pod.at("/metadata/namespace").asText(), name).tree();
            if (found.path("immutable").asBoolean()) settled.put(shown, found);
            return found;
        } catch (ApiException missing) {
            if (missing.code() != 404) throw missing;
            if (settings.path("optional").asBoolean()) return MissingNode.getInstance();
            throw failed(volume, "%s \"%s\" not found".formatted(what, name));
        }
    }

    private static void pick(
            Map<String, Projection.Item> files,
            Map<String, byte[]> data,
            JsonNode settings,
            String volume,
            String missing)
            throws NotYetException {
        var items = settings.path("items");
        if (items.isEmpty())
            data.forEach((key, value) -> files.put(key, new Projection.Item(value, -1)));
        for (var item : items) {
            var key = item.path("key").asText();
            var value = data.get(key);
            if (value != null)
                files.put(
                        item.path("path").asText(),
                        new Projection.Item(value, Projection.number(item.path("mode"))));
            else if (!settings.path("optional").asBoolean()) throw failed(volume, missing + key);
        }
    }

    /// Gives a volume to the pod's group.
    private static void own(Path root, int group, boolean always, boolean writable)
            throws IOException {
        boolean done =
                Files.getAttribute(root, "unix:gid").equals(group)
                        && ((int) Files.getAttribute(root, "unix:mode") & 02070) == 02070;
        if (done && !always) return;
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path folder, BasicFileAttributes attributes) throws IOException {
                        give(folder, 02110 | (writable ? 0660 : 0440));
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        give(file, attributes.isSymbolicLink() ? 0 : writable ? 0660 : 0440);
                        return FileVisitResult.CONTINUE;
                    }

                    private void give(Path path, int bits) throws IOException {
                        Files.setAttribute(path, "unix:gid", group, LinkOption.NOFOLLOW_LINKS);
                        if (bits == 0) return;
                        int mode =
                                (int)
                                        Files.getAttribute(
                                                path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
                        Files.setAttribute(path, "unix:mode", (mode & 07777) | bits);
                    }
                });
    }

    private Path source(JsonNode pod, JsonNode volume) throws CannotStartException {
        if (volume.has("hostPath")) return Path.of(volume.at("/hostPath/path").asText());
        if (!volume.has("persistentVolumeClaim")) return folder(pod, volume.path("name").asText());
        try {
            return Path.of(disk.path(boundTo(pod, volume)));
        } catch (NotYetException lost) {
            throw new CannotStartException(
                    "CreateContainerConfigError", String.valueOf(lost.getMessage()));
        }
    }

    /// What a container mounts of them.
    List<Mount> mounts(JsonNode pod, JsonNode container, Map<String, String> environment)
            throws CannotStartException {
        List<Mount> mounts = new ArrayList<>();
        for (var mount : container.path("volumeMounts")) {
            var volume = volume(pod, mount.path("name").asText());
            var root = source(pod, volume);
            var sub = mount.path("subPath").asText();
            if (mount.has("subPathExpr")) {
                sub = expanded(mount.path("subPathExpr").asText(), environment);
            }
            var path = sub.isEmpty() ? root : below(root, sub, mount, container);
            boolean readOnly =
                    mount.path("readOnly").asBoolean()
                            || volume.at("/persistentVolumeClaim/readOnly").asBoolean()
                            || !(volume.has("emptyDir")
                                    || volume.has("persistentVolumeClaim")
                                    || volume.has("hostPath"));
            var target = mount.path("mountPath").asText();
            mounts.add(new Mount(path, target.startsWith("/") ? target : "/" + target, readOnly));
        }
        return mounts;
    }

    /// @throws CannotStartException a variable is not set or empty
    private static String expanded(String text, Map<String, String> environment)
            throws CannotStartException {
        Map<String, String> known = new TreeMap<>(environment);
        known.values().removeIf(String::isEmpty);
        var missing = PodEnvironment.unknown(text, known);
        if (missing.isEmpty()) return PodEnvironment.expand(text, known);
        throw new CannotStartException(
                "CreateContainerConfigError", "missing value for " + String.join(", ", missing));
    }

    private static JsonNode volume(JsonNode pod, String name) {
        for (var volume : pod.at("/spec/volumes")) {
            if (volume.path("name").asText().equals(name)) return volume;
        }
        throw new IllegalArgumentException("no volume " + name);
    }

    /// A path inside a volume; a folder is made where nothing is.
    private static Path below(Path root, String sub, JsonNode mount, JsonNode container)
            throws CannotStartException {
        if (sub.startsWith("/")) {
            throw new CannotStartException(
                    "CreateContainerConfigError",
                    "error SubPath `%s` must not be an absolute path".formatted(sub));
        }
        if (List.of(sub.split("/", -1)).contains("..")) {
            throw new CannotStartException(
                    "CreateContainerConfigError",
                    "unable to provision SubPath `%s`: must not contain '..'".formatted(sub));
        }
        var wanted = root.resolve(sub).normalize();
        try {
            if (!Files.exists(wanted)) {
                Files.createDirectories(wanted);
                Files.setAttribute(
                        wanted, "unix:mode", (int) Files.getAttribute(root, "unix:mode") & 07777);
            }
            var real = wanted.toRealPath();
            if (!real.startsWith(root.toRealPath()))
                throw new IOException("leads out of the volume");
            return real;
        } catch (IOException refused) {
            throw new CannotStartException(
                    "CreateContainerConfigError",
                    "failed to prepare subPath for volumeMount \"%s\" of container \"%s\""
                            .formatted(
                                    mount.path("name").asText(), container.path("name").asText()));
        }
    }
}

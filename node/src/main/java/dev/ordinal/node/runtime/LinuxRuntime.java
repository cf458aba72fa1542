package dev.ordinal.node.runtime;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Containers as processes in Linux namespaces, made by util-linux. A pod's folder holds everything
/// about it, so that a later server can take it over:
///
///     <pods>/<uid>/sandbox.json, hosts, resolv.conf, hostname
///     <pods>/<uid>/shared/  uts, ipc, shm: see [PodNamespaces]
///     <pods>/<uid>/containers/<name>/<attempt>/  container.json, upper, exit, ...
///     <pods>/<uid>/logs/<name>/<attempt>.log, .index
public final class LinuxRuntime implements Runtime {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxRuntime.class);
    private static final int SIGKILL = 9;
    private static final int CANNOT_RUN = 126;

    private final Path pods;
    private final Tools tools;
    private final Cgroups cgroups;
    private final InstantSource clock;
    private final Lifetime lifetime;
    private final String bootId;
    private final SecureRandom random = new SecureRandom();
    private final WatchService watch;
    private final Map<WatchKey, List<LinuxContainer>> watched = new ConcurrentHashMap<>();
    private final Map<String, SandboxSpec> sandboxes = new ConcurrentHashMap<>();
    private final Map<ContainerKey, LinuxContainer> containers = new ConcurrentHashMap<>();
    private final Thread watcher;

    /// @param data the cluster's folder; on a file system that overlays can be laid on
    /// @param cluster names the control groups; unique on the machine
    /// @throws ContainerException saying what the machine lacks
    public static LinuxRuntime open(
            Path data, String cluster, Lifetime lifetime, InstantSource clock) throws IOException {
        if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
            throw new ContainerException(
                    ContainerException.Kind.MACHINE,
                    "running containers needs root: start ordinal as root, for example with sudo");
        }
        for (char bad : new char[] {':', ',', '\\', '\n'}) {
            if (data.toString().indexOf(bad) >= 0) {
                throw new ContainerException(
                        ContainerException.Kind.MACHINE,
                        "the data folder %s must not have '%s' in its name".formatted(data, bad));
            }
        }
        return new LinuxRuntime(data.toAbsolutePath(), cluster, lifetime, clock);
    }

    private LinuxRuntime(Path data, String cluster, Lifetime lifetime, InstantSource clock)
            throws IOException {
        pods = Files.createDirectories(data.resolve("pods"));
        tools = Tools.prepare(data.resolve("tools"));
        cgroups = Cgroups.open(Cgroups.ROOT, cluster);
        bootId = Processes.bootId();
        this.lifetime = lifetime;
        this.clock = clock;
        watch = pods.getFileSystem().newWatchService();
        watcher = Thread.ofVirtual().name("container-logs").start(this::followLogs);
    }

    @Override
    public String name() {
        return "ordinal";
    }

    private Path folder(String podUid) {
        return pods.resolve(Names.checkUid(podUid));
    }

    private Path bundle(ContainerKey key) {
        return folder(key.podUid())
                .resolve("containers")
                .resolve(key.name())
                .resolve(Integer.toString(key.attempt()));
    }

    private PodNamespaces shared(String podUid) {
        return new PodNamespaces(folder(podUid).resolve("shared"));
    }

    private LogFile logFile(ContainerKey key) {
        var logs = folder(key.podUid()).resolve("logs").resolve(key.name());
        return new LogFile(
                logs.resolve(key.attempt() + ".log"),
                new LogIndex(logs.resolve(key.attempt() + ".index")),
                clock,
                LogFile.PART_BYTES);
    }

    private static ContainerException broken(String what, Exception cause) {
        return new ContainerException(
                ContainerException.Kind.MACHINE, what + ": " + cause.getMessage(), cause);
    }

    @Override
    public Sandbox createSandbox(SandboxSpec spec) {
        var folder = folder(spec.podUid());
        if (sandboxes.putIfAbsent(spec.podUid(), spec) != null) {
            throw new ContainerException(
                    ContainerException.Kind.MACHINE, "pod " + spec.podUid() + " has a sandbox");
        }
        try {
            shared(spec.podUid()).make(spec);
            Files.writeString(folder.resolve("hosts"), spec.hosts());
            Files.writeString(folder.resolve("resolv.conf"), spec.resolvConf());
            Files.writeString(folder.resolve("hostname"), spec.hostname() + "\n");
            Saved.write(folder.resolve("sandbox.json"), Saved.tree(spec, clock.instant()));
        } catch (IOException failure) {
            sandboxes.remove(spec.podUid());
            throw broken("the pod's folder cannot be made", failure);
        } catch (ContainerException refused) {
            sandboxes.remove(spec.podUid());
            throw refused;
        }
        return sandbox(spec, clock.instant());
    }

    private Sandbox sandbox(SandboxSpec spec, Instant created) {
        return new Sandbox(
                spec.podUid(),
                spec.namespace(),
                spec.name(),
                folder(spec.podUid()),
                created,
                spec.annotations());
    }

    @Override
    public void removeSandbox(String podUid) {
        for (var container : of(podUid)) {
            container.signal(SIGKILL);
            container.exit().join();
            containers.remove(container.key());
        }
        sandboxes.remove(podUid);
        try {
            cgroups.removePod(podUid);
            Mounts.unmountBelow(folder(podUid)); // namespaces, volumes in memory
            Trees.delete(folder(podUid));
        } catch (IOException failure) {
            throw broken("pod " + podUid + " cannot be removed", failure);
        }
    }

    private List<LinuxContainer> of(String podUid) {
        return containers.values().stream()
                .filter(container -> container.key().podUid().equals(podUid))
                .sorted(
                        Comparator.comparing(LinuxContainer::startedAt)
                                .thenComparing(container -> container.key().attempt()))
                .toList();
    }

    @Override
    public Container start(ContainerSpec spec) {
        var sandbox = sandboxes.get(spec.key().podUid());
        if (sandbox == null) {
            throw new ContainerException(
                    ContainerException.Kind.MACHINE,
                    "pod " + spec.key().podUid() + " has no sandbox");
        }
        if (containers.containsKey(spec.key())) {
            throw new ContainerException(
                    ContainerException.Kind.MACHINE, spec.key() + " was started before");
        }
        var bundle = bundle(spec.key());
        try {
            if (Files.exists(bundle)) Trees.delete(bundle); // an attempt that never came to run
            for (var name : List.of("root", "upper", "work")) {
                Files.createDirectories(bundle.resolve(name));
            }
            return launch(spec, sandbox, bundle);
        } catch (IOException failure) {
            throw broken("container " + spec.key().name() + " cannot be started", failure);
        }
    }

    private Container launch(ContainerSpec spec, SandboxSpec sandbox, Path bundle)
            throws IOException {
        var key = spec.key();
        var bytes = new byte[32];
        random.nextBytes(bytes);
        var id = HexFormat.of().formatHex(bytes);
        var logs =
                Files.createDirectories(folder(key.podUid()).resolve("logs").resolve(key.name()));
        var log = logs.resolve(key.attempt() + ".log");
        var launch =
                new Launch(
                        spec,
                        sandbox,
                        shared(key.podUid()),
                        bundle,
                        log,
                        tools,
                        id.substring(0, 16));
        Files.createDirectory(bundle.resolve("upper").resolve(launch.oldRoot()));
        Files.writeString(bundle.resolve("base.fstab"), launch.baseTable());
        Files.writeString(bundle.resolve("host.fstab"), launch.hostTable());
        Files.writeString(bundle.resolve("folders.fstab"), launch.folderTable());
        Files.writeString(bundle.resolve("files.fstab"), launch.fileTable());
        var groups = cgroups.create(key, spec.resources());
        var terminals = new Keeper(bundle, spec.stdio()).terminals();
        if (spec.stdio().tty()) {
            Files.createDirectory(terminals);
            Libc.mount("devpts", terminals, "devpts", Libc.NOTHING_TO_RUN, Launch.TERMINALS);
        }
        Process process;
        long pid;
        try {
            process = Shell.process(launch.command(groups)).redirectErrorStream(true).start();
            if (!spec.stdio().tty()) process.getOutputStream().close();
            pid = awaitProgram(process, key);
        } finally {
            if (spec.stdio().tty()) Shell.run("", "umount", "-l", terminals.toString());
        }
        var container =
                new LinuxContainer(
                        key,
                        bundle,
                        new LinuxContainer.Note(
                                id,
                                bootId,
                                process.pid(),
                                Processes.startTicks(process.pid()),
                                pid,
                                clock.instant(),
                                spec.user(),
                                spec.security(),
                                spec.environment(),
                                spec.workingDirectory(),
                                spec.stdio(),
                                spec.annotations()),
                        logFile(key));
        Saved.write(bundle.resolve("container.json"), Saved.tree(container.saved()));
        containers.put(key, container);
        follow(container, logs);
        var _ = process.onExit().thenRunAsync(() -> ended(container), Thread::startVirtualThread);
        return container;
    }

    /// Reads what the launch says until the program runs.
    ///
    /// @return the number of the container's first process
    private long awaitProgram(Process process, ContainerKey key) throws IOException {
        var said = new StringBuilder();
        long pid = 0;
        try (var reader =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line;
            while ((line = reader.readLine()) != null) {
                if (line.equals("ok")) return pid;
                if (line.equals(Keeper.LOCKED)) {
                    Keeper.unlock(process.pid());
                    process.getOutputStream().close();
                } else if (line.startsWith("pid ")) pid = Long.parseLong(line.substring(4));
                else said.append(line).append('\n');
            }
        }
        var _ = process.onExit().join();
        var code = Files.readString(bundle(key).resolve("exit")).strip();
        boolean program = !code.isEmpty() && Integer.parseInt(code) >= CANNOT_RUN;
        throw new ContainerException(
                program ? ContainerException.Kind.CANNOT_START : ContainerException.Kind.MACHINE,
                said.isEmpty() ? "the container ended while it was made" : said.toString().strip());
    }

    private void follow(LinuxContainer container, Path logs) throws IOException {
        var watchKey = logs.register(watch, StandardWatchEventKinds.ENTRY_MODIFY);
        watched.compute(
                watchKey,
                (_, before) -> {
                    List<LinuxContainer> all = new ArrayList<>();
                    if (before != null) all.addAll(before);
                    all.removeIf(old -> !old.running());
                    all.add(container);
                    return List.copyOf(all);
                });
        container.log().scan();
    }

    private void followLogs() {
        try {
            while (true) {
                var key = watch.take();
                key.pollEvents();
                for (var container : watched.getOrDefault(key, List.of())) container.log().scan();
                if (!key.reset()) watched.remove(key);
            }
        } catch (InterruptedException | ClosedWatchServiceException _) {
            // The runtime was closed.
        } catch (IOException failure) {
            LOG.error("logs are no longer followed", failure);
        }
    }

    /// The supervisor has ended, so the container has too.
    private void ended(LinuxContainer container) {
        try {
            container.log().end();
        } catch (IOException failure) {
            LOG.warn("the log of {} cannot be read", container.key(), failure);
        }
        container.exit().complete(readExit(container));
        try {
            cgroups.remove(container.key());
        } catch (IOException failure) {
            LOG.warn("the control groups of {} stay", container.key(), failure);
        }
    }

    private Exit readExit(LinuxContainer container) {
        var file = container.bundle().resolve("exit");
        boolean oom = cgroups.oomKilled(container.key());
        try {
            var code = Files.readString(file).strip();
            var at = Files.getLastModifiedTime(file).toInstant();
            if (!code.isEmpty()) return new Exit(Integer.parseInt(code), oom, true, at);
        } catch (IOException failure) {
            LOG.warn("the end of {} was not recorded", container.key(), failure);
        }
        return new Exit(Exit.UNKNOWN, oom, false, clock.instant());
    }

    @Override
    public List<Adopted> adopt() {
        List<Adopted> adopted = new ArrayList<>();
        try (var folders = Files.list(pods)) {
            for (var folder : folders.sorted().toList()) adoptPod(folder).ifPresent(adopted::add);
        } catch (IOException failure) {
            throw broken("pods of an earlier server cannot be read", failure);
        }
        return adopted;
    }

    private Optional<Adopted> adoptPod(Path folder) throws IOException {
        var file = folder.resolve("sandbox.json");
        if (!Files.exists(file)) {
            Mounts.unmountBelow(folder);
            Trees.delete(folder); // its making was interrupted
            return Optional.empty();
        }
        var tree = Saved.read(file);
        var spec = Saved.sandbox(tree);
        sandboxes.put(spec.podUid(), spec);
        var attempts = folder.resolve("containers");
        if (Files.isDirectory(attempts)) {
            for (var name : children(attempts)) {
                for (var attempt : children(name)) adoptContainer(spec.podUid(), attempt);
            }
        }
        boolean ready = shared(spec.podUid()).stand();
        List<Container> found = new ArrayList<>(of(spec.podUid()));
        return Optional.of(new Adopted(sandbox(spec, Saved.createdAt(tree)), ready, found));
    }

    private static List<Path> children(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private void adoptContainer(String podUid, Path bundle) throws IOException {
        var key =
                new ContainerKey(
                        podUid,
                        Objects.requireNonNull(bundle.getParent()).getFileName().toString(),
                        Integer.parseInt(bundle.getFileName().toString()));
        var file = bundle.resolve("container.json");
        if (!Files.exists(file)) {
            endUnknown(bundle);
            return;
        }
        var log = logFile(key);
        log.resume();
        var container = new LinuxContainer(key, bundle, Saved.container(Saved.read(file)), log);
        containers.put(key, container);
        var saved = container.saved();
        var handle = ProcessHandle.of(saved.supervisor());
        boolean runs =
                saved.bootId().equals(bootId)
                        && handle.isPresent()
                        && Processes.startTicks(saved.supervisor()) == saved.supervisorTicks();
        if (!runs) {
            ended(container);
            return;
        }
        follow(container, folder(podUid).resolve("logs").resolve(key.name()));
        container.keeper().resume();
        var _ =
                handle.get()
                        .onExit()
                        .thenRunAsync(() -> ended(container), Thread::startVirtualThread);
    }

    /// The server ended while it started this attempt; nobody knows it.
    private void endUnknown(Path bundle) throws IOException {
        var file = bundle.resolve("supervisor");
        if (Files.exists(file)) {
            var text = Files.readString(file).strip();
            if (!text.isEmpty()) {
                long pid = Long.parseLong(text);
                var commandLine = Path.of("/proc/" + pid + "/cmdline");
                if (Files.exists(commandLine)
                        && Files.readString(commandLine, StandardCharsets.ISO_8859_1)
                                .contains(bundle.toString())) {
                    Libc.kill(pid, SIGKILL);
                    ProcessHandle.of(pid).ifPresent(handle -> handle.onExit().join());
                }
            }
        }
        Mounts.unmountBelow(bundle);
        Trees.delete(bundle);
    }

    private LinuxContainer find(ContainerKey key) {
        var container = containers.get(key);
        if (container != null) return container;
        throw new ContainerException(
                ContainerException.Kind.NOT_RUNNING, "there is no container " + key);
    }

    private LinuxContainer running(ContainerKey key, String wanted) {
        var container = find(key);
        if (container.running()) return container;
        throw new ContainerException(
                ContainerException.Kind.NOT_RUNNING,
                "cannot %s a stopped container".formatted(wanted));
    }

    @Override
    public ExecSession attach(ContainerKey key, boolean stdin) {
        try {
            return LinuxAttach.open(running(key, "attach to"), stdin);
        } catch (IOException failure) {
            throw broken(key + " cannot be attached to", failure);
        }
    }

    @Override
    public ExecSession exec(ExecSpec spec) {
        var container = running(spec.container(), "exec in");
        var saved = container.saved();
        var root = new ContainerFiles(Path.of("/proc/" + saved.pid() + "/root"));
        var search = saved.environment().getOrDefault("PATH", Launch.SEARCH);
        root.checkProgram(spec.command().getFirst(), search, saved.workingDirectory());
        var text = new StringBuilder("set -e\n");
        for (var group : cgroups.groups(spec.container())) {
            text.append("echo 0 >").append(Shell.quote(group.resolve("cgroup.procs"))).append('\n');
        }
        if (spec.tty()) text.append("read -r _ || :\nexec </proc/self/fd/1 setsid -c -w ");
        else text.append("exec ");
        text.append("nsenter -t ").append(saved.pid()).append(" -m -u -i -n -p -C -r -w \"$@\"\n");
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", text.toString(), "exec"));
        command.addAll(Launch.privileges(saved.user(), saved.security()));
        command.addAll(Tools.inside("env"));
        command.addAll(List.of("-i", "--chdir=" + saved.workingDirectory(), "--"));
        var environment = new java.util.TreeMap<>(saved.environment());
        if (spec.tty()) environment.putIfAbsent("TERM", "xterm");
        environment.forEach((name, value) -> command.add(name + "=" + value));
        command.addAll(spec.command());
        try {
            if (!spec.tty()) return LinuxExec.start(command, spec.stdin());
            return LinuxExec.startOnTerminal(
                    command, Path.of("/proc/" + saved.pid() + "/root"), saved.user());
        } catch (IOException failure) {
            throw broken("the command cannot be started", failure);
        }
    }

    @Override
    public void logs(ContainerKey container, LogOptions options, OutputStream out)
            throws IOException {
        find(container).log().copy(options, out);
    }

    @Override
    public Usage usage(ContainerKey container) {
        return find(container).running() ? cgroups.usage(container) : new Usage(0, 0);
    }

    @Override
    public void removeContainer(ContainerKey key) {
        var container = find(key);
        if (container.running()) {
            throw new ContainerException(
                    ContainerException.Kind.MACHINE, key + " is running: not removed");
        }
        containers.remove(key);
        try {
            Trees.delete(container.bundle());
            var logs = folder(key.podUid()).resolve("logs").resolve(key.name());
            Files.deleteIfExists(logs.resolve(key.attempt() + ".log"));
            Files.deleteIfExists(logs.resolve(key.attempt() + ".index"));
        } catch (IOException failure) {
            throw broken(key + " cannot be removed", failure);
        }
    }

    /// Ends every pod.
    public void removeAll() {
        for (var podUid : List.copyOf(sandboxes.keySet())) removeSandbox(podUid);
        try {
            cgroups.removeAll();
        } catch (IOException failure) {
            throw broken("control groups stay", failure);
        }
    }

    @Override
    public void close() {
        if (lifetime == Lifetime.WITH_SERVER) removeAll();
        watcher.interrupt();
        try {
            watch.close();
            watcher.join();
        } catch (IOException failure) {
            LOG.warn("the watch on logs was not closed", failure);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}

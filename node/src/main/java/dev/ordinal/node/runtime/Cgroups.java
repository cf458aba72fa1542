package dev.ordinal.node.runtime;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/// Control groups of version 1 or 2, whichever the machine has; a machine without them runs
/// containers without limits and says so.
///
/// @param hierarchies one folder a controller with version 1, one in all with version 2, none
///     without; each is this cluster's own
/// @param unified version 2
record Cgroups(List<Path> hierarchies, boolean unified) {
    /// Where the kernel shows them.
    static final Path ROOT = Path.of("/sys/fs/cgroup");

    private static final int TRIES = 2000;
    private static final Duration PAUSE = Duration.ofMillis(5);
    private static final int SIGKILL = 9;
    private static final List<String> CONTROLLERS = List.of("memory", "cpu", "cpuacct", "pids");
    private static final List<String> UNIFIED = List.of("memory", "cpu", "pids");
    private static final long PERIOD_MICROS = 100_000;

    /// @param root [#ROOT]
    /// @param name of this cluster's groups
    static Cgroups open(Path root, String name) throws IOException {
        if (Files.exists(root.resolve("cgroup.controllers"))) {
            if (!Files.isWritable(root)) return new Cgroups(List.of(), true);
            var unified = new Cgroups(List.of(root.resolve(name)), true);
            unified.delegate(root);
            Files.createDirectories(root.resolve(name));
            unified.delegate(root.resolve(name));
            return unified;
        }
        List<Path> found = new ArrayList<>();
        for (var controller : CONTROLLERS) {
            var hierarchy = root.resolve(controller);
            if (!Files.isWritable(hierarchy)) continue;
            var real = hierarchy.toRealPath().resolve(name);
            if (found.contains(real)) continue;
            Files.createDirectories(real);
            found.add(real);
        }
        return new Cgroups(List.copyOf(found), false);
    }

    /// Lets the groups below have the controllers that the machine has.
    private void delegate(Path group) throws IOException {
        var top = Objects.requireNonNull(hierarchies.getFirst().getParent());
        var has =
                List.of(Files.readString(top.resolve("cgroup.controllers")).strip().split(" ", -1));
        var wanted = UNIFIED.stream().filter(has::contains).map(name -> "+" + name).toList();
        write(group, "cgroup.subtree_control", String.join(" ", wanted));
    }

    /// Makes the groups of one container and sets their limits.
    ///
    /// @return the folders its processes join
    List<Path> create(ContainerKey key, Resources limits) throws IOException {
        List<Path> groups = new ArrayList<>();
        for (var hierarchy : hierarchies) {
            var pod = hierarchy.resolve(key.podUid());
            Files.createDirectories(pod);
            if (unified) delegate(pod);
            var group = pod.resolve(name(key));
            Files.createDirectories(group);
            if (unified) limitUnified(group, limits);
            else limit(group, limits);
            groups.add(group);
        }
        return groups;
    }

    private static String name(ContainerKey key) {
        return key.name() + "-" + key.attempt();
    }

    private static void limitUnified(Path group, Resources limits) throws IOException {
        if (limits.memoryBytes() > 0) {
            writeIfThere(group, "memory.max", Long.toString(limits.memoryBytes()));
        }
        writeIfThere(group, "memory.swap.max", "0");
        writeIfThere(group, "memory.oom.group", "1");
        if (limits.cpuMillis() > 0) {
            writeIfThere(group, "cpu.max", quota(limits) + " " + PERIOD_MICROS);
        }
        writeIfThere(group, "cpu.weight", Long.toString(weight(shares(limits))));
    }

    /// As today's runtimes turn shares into a weight: 2 is 1, 1024 is 100, 262144 is 10000.
    ///
    /// @see "upstream: opencontainers/cgroups, ConvertCPUSharesToCgroupV2Value"
    static long weight(long shares) {
        if (shares <= 2) return 1;
        double power = Math.log((double) shares) / Math.log(2);
        double exponent = (power * power + 125 * power) / 612 - 7.0 / 34;
        return Math.min(10_000, (long) Math.ceil(Math.pow(10, exponent)));
    }

    private static void limit(Path group, Resources limits) throws IOException {
        if (limits.memoryBytes() > 0) {
            var bytes = Long.toString(limits.memoryBytes());
            writeIfThere(group, "memory.limit_in_bytes", bytes);
            writeIfThere(group, "memory.memsw.limit_in_bytes", bytes);
        }
        writeIfThere(group, "cpu.shares", Long.toString(shares(limits)));
        if (limits.cpuMillis() > 0) {
            writeIfThere(group, "cpu.cfs_period_us", Long.toString(PERIOD_MICROS));
            writeIfThere(group, "cpu.cfs_quota_us", Long.toString(quota(limits)));
        }
    }

    private static long quota(Resources limits) {
        return Math.max(1000, limits.cpuMillis() * PERIOD_MICROS / 1000);
    }

    private static long shares(Resources limits) {
        return Math.clamp(limits.cpuRequestMillis() * 1024 / 1000, 2, 262144);
    }

    private static void write(Path group, String file, String value) throws IOException {
        Files.writeString(group.resolve(file), value);
    }

    private static void writeIfThere(Path group, String file, String value) throws IOException {
        if (Files.exists(group.resolve(file))) write(group, file, value);
    }

    /// Where a container's groups are, existing or not.
    List<Path> groups(ContainerKey key) {
        return hierarchies.stream()
                .map(hierarchy -> hierarchy.resolve(key.podUid()).resolve(name(key)))
                .toList();
    }

    /// Whether the kernel has killed a process of the container for want of memory.
    boolean oomKilled(ContainerKey key) {
        var file = unified ? "memory.events" : "memory.oom_control";
        return groups(key).stream()
                .flatMap(group -> lines(group.resolve(file)))
                .anyMatch(line -> line.startsWith("oom_kill ") && !line.equals("oom_kill 0"));
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file).stream() : Stream.empty();
        } catch (IOException _) {
            return Stream.empty();
        }
    }

    /// What the container uses now; zero where nothing is counted.
    Usage usage(ContainerKey key) {
        long cpu = 0;
        long memory = 0;
        for (var group : groups(key)) {
            if (unified) {
                cpu += number(group.resolve("cpu.stat"), "usage_usec ") * 1000;
                memory += number(group.resolve("memory.current"), "");
                memory -= number(group.resolve("memory.stat"), "inactive_file ");
            } else {
                cpu += number(group.resolve("cpuacct.usage"), "");
                memory += number(group.resolve("memory.usage_in_bytes"), "");
                memory -= number(group.resolve("memory.stat"), "total_inactive_file ");
            }
        }
        return new Usage(cpu, Math.max(0, memory));
    }

    private static long number(Path file, String prefix) {
        return lines(file)
                .filter(line -> line.startsWith(prefix))
                .mapToLong(line -> Long.parseLong(line.substring(prefix.length()).strip()))
                .findFirst()
                .orElse(0);
    }

    /// Removes a container's groups once no process is left in them.
    void remove(ContainerKey key) throws IOException {
        for (var group : groups(key)) delete(group);
    }

    /// Removes a pod's groups with those of its containers.
    void removePod(String podUid) throws IOException {
        for (var hierarchy : hierarchies) removeTree(hierarchy.resolve(podUid));
    }

    /// Removes this cluster's groups when they are empty of pods.
    void removeAll() throws IOException {
        for (var hierarchy : hierarchies) removeTree(hierarchy);
    }

    private static void removeTree(Path group) throws IOException {
        if (!Files.isDirectory(group)) return;
        try (var children = Files.list(group)) {
            for (var child : children.filter(Files::isDirectory).toList()) removeTree(child);
        } catch (NoSuchFileException _) {
            return; // the end of its container removed it meanwhile
        }
        delete(group);
    }

    /// A group can go once the kernel has let go of its last process, which nothing tells on v1:
    /// tried again at short intervals, for ten seconds. A process that is still there then, a
    /// command on its way into the container for one, is killed.
    private static void delete(Path group) throws IOException {
        for (int tries = 1; ; tries++) {
            try {
                Files.deleteIfExists(group);
                return;
            } catch (FileSystemException busy) {
                var left = killAll(group);
                if (tries == TRIES) throw new IOException(group + " stays busy " + left, busy);
                try {
                    Thread.sleep(PAUSE);
                } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                    throw busy;
                }
            }
        }
    }

    /// Kills what is left in a group.
    ///
    /// @return each as `/proc/PID/stat` tells it
    private static List<String> killAll(Path group) {
        return lines(group.resolve("cgroup.procs"))
                .map(Long::parseLong)
                .filter(pid -> pid > 0) // zero: a process of another process namespace
                .map(
                        pid -> {
                            var stat = lines(Path.of("/proc/" + pid + "/stat")).findFirst();
                            Libc.kill(pid, SIGKILL);
                            return stat.orElse(pid + " (gone)");
                        })
                .toList();
    }
}

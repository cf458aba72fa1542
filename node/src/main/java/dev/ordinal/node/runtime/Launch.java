package dev.ordinal.node.runtime;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/// The shell text that starts one container, and the tables of its mounts. Pure but for a look at
/// what the host's `/proc` has.
///
/// Three shells nest. The outer one joins the container's cgroups and enters its namespaces. The
/// supervisor stays outside the container's process namespace as the parent of its first process
/// and writes that one's exit code down. The prologue is the first process: it builds the root file
/// system, moves into it, gives up what the container must not have, and becomes the program.
///
/// A container whose input or terminal is kept has a [Keeper] between the outer shell and the
/// supervisor.
///
/// The order matters: capabilities are bounded before any file of the image could be run or read by
/// a program that still has them.
final class Launch {
    static final String SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// How terminals of a container's own are mounted.
    static final String TERMINALS = "newinstance,ptmxmode=0666,mode=0620,gid=5";

    private static final List<String> MASKED_FILES =
            List.of(
                    "interrupts",
                    "kcore",
                    "keys",
                    "latency_stats",
                    "timer_list",
                    "timer_stats",
                    "sched_debug");
    private static final List<String> MASKED_FOLDERS =
            List.of(
                    "/proc/acpi",
                    "/proc/asound",
                    "/proc/scsi",
                    "/sys/devices/virtual/powercap",
                    "/sys/firmware");
    private static final List<String> READ_ONLY =
            List.of("bus", "fs", "irq", "sys", "sysrq-trigger");

    private final ContainerSpec spec;
    private final SandboxSpec sandbox;
    private final PodNamespaces shared;
    private final Path bundle;
    private final Path log;
    private final Tools tools;
    private final String id;
    private final Keeper keeper;

    /// @param shared of the pod, made
    /// @param bundle the attempt's folder with `root`, `upper` and `work` in it
    Launch(
            ContainerSpec spec,
            SandboxSpec sandbox,
            PodNamespaces shared,
            Path bundle,
            Path log,
            Tools tools,
            String id) {
        this.spec = spec;
        this.sandbox = sandbox;
        this.shared = shared;
        this.bundle = bundle;
        this.log = log;
        this.tools = tools;
        this.id = id;
        keeper = new Keeper(bundle, spec.stdio());
    }

    private Path root() {
        return bundle.resolve("root");
    }

    /// The folder of the new root under which the old one hangs while volumes are mounted. Its name
    /// cannot be guessed by who made the image.
    String oldRoot() {
        return ".old-" + id;
    }

    /// The command of the outer shell.
    List<String> command(List<Path> cgroups) {
        var outer = new StringBuilder("set -e\n");
        for (var group : cgroups) {
            outer.append("echo 0 >")
                    .append(Shell.quote(group.resolve("cgroup.procs")))
                    .append('\n');
        }
        outer.append("exec setsid nsenter --wd=/");
        sandbox.networkNamespace()
                .ifPresent(net -> outer.append(" --net=").append(Shell.quote(net)));
        outer.append(" --uts=").append(Shell.quote(shared.uts()));
        outer.append(" --ipc=").append(Shell.quote(shared.ipc()));
        if (!spec.stdio().held()) outer.append(" unshare --mount --pid --cgroup");
        outer.append(" /bin/sh -c \"$0\" \"$@\"\n");
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", outer.toString()));
        if (spec.stdio().held()) command.add(keeper.text(log, spec.user()));
        command.add(supervisor());
        command.add(prologue());
        spec.environment().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(variable -> command.add(variable.getKey() + "=" + variable.getValue()));
        command.addAll(spec.args());
        return command;
    }

    /// A shell says when its child was killed, to the server, which no longer listens.
    private String supervisor() {
        var text = new StringBuilder("trap '' PIPE\n");
        var folder = Shell.quote(bundle);
        if (!spec.stdio().held()) text.append("echo $$ >%s/supervisor\n".formatted(folder));
        text.append("exec 5>%s/exit\n".formatted(folder));
        if (spec.stdio().tty()) text.append("setsid ");
        text.append("/bin/sh -c \"$0\" \"$@\" 5>&- 8>&- 9>&-\necho $? >&5\n");
        return text.toString();
    }

    private String prologue() {
        var quoted = Shell.quote(root());
        var text = new StringBuilder("set -e\n");
        boolean tty = spec.stdio().tty();
        var input = spec.stdio().stdin() && !tty ? Shell.quote(keeper.input()) : "/dev/null";
        text.append("exec 4>>").append(Shell.quote(log)).append(" <" + input + "\n");
        text.append("read -r pid _ </proc/self/stat\necho pid $pid\n");
        text.append("mount -a -T ").append(Shell.quote(bundle.resolve("base.fstab"))).append('\n');
        text.append("cp -a ").append(Shell.quote(tools.devices() + "/."));
        text.append(' ').append(quoted).append("/dev/\n");
        if (tty) {
            text.append(
                    "chown %d %s/0\n"
                            .formatted(spec.user().uid(), Shell.quote(keeper.terminals())));
            text.append(": >").append(quoted).append("/dev/console\n");
        }
        text.append("mount -a -T ").append(Shell.quote(bundle.resolve("host.fstab"))).append('\n');
        text.append("cd ").append(quoted).append('\n');
        text.append("pivot_root . ").append(oldRoot()).append("\ncd /\n");
        var old = "/" + oldRoot();
        mountAll(text, "folders.fstab");
        for (var mount : fileMounts()) makeFile(text, mount.target());
        mountAll(text, "files.fstab");
        tool(text, "umount", "-l", old);
        tool(text, "rmdir", old);
        if (spec.security().readOnlyRootFilesystem()) {
            tool(text, "mount", "-o", "remount,bind,ro", "/");
        }
        workingDirectory(text);
        findProgram(text);
        if (tty) text.append("exec 4<>/dev/pts/0 <&4\n"); // becomes the session's, by being opened
        text.append("echo ok\nexec ");
        words(text, privileges(spec.user(), spec.security()));
        words(text, Tools.inside("env"));
        text.append("-i --default-signal -- \"$0\" \"$@\" >&4 2>&4 4>&-\n");
        return text.toString();
    }

    private void mountAll(StringBuilder text, String table) {
        var file = Shell.quote("/" + oldRoot() + bundle.resolve(table));
        text.append("[ ! -s ").append(file).append(" ] || ");
        words(text, Tools.inside("mount"));
        text.append("-a -T ").append(file).append('\n');
    }

    private static void tool(StringBuilder text, String program, String... arguments) {
        words(text, Tools.inside(program));
        words(text, List.of(arguments));
        text.append('\n');
    }

    private static void words(StringBuilder text, List<String> words) {
        for (var word : words) text.append(Shell.quote(word)).append(' ');
    }

    private static void makeFile(StringBuilder text, String target) {
        var quoted = Shell.quote(target);
        text.append("[ -e %1$s ] || : >%1$s\n".formatted(quoted));
    }

    private void workingDirectory(StringBuilder text) {
        var quoted = Shell.quote(spec.workingDirectory());
        text.append(
                "cd %1$s 2>/dev/null || { echo %2$s; exit 126; }\n"
                        .formatted(
                                quoted,
                                Shell.quote(
                                        "chdir to cwd (\"%s\") set in config.json failed: no such file or directory"
                                                .formatted(spec.workingDirectory()))));
    }

    /// Says what is wrong with the program before it is too late to say it.
    private void findProgram(StringBuilder text) {
        var program = spec.args().getFirst();
        var quoted = Shell.quote(program);
        if (program.contains("/")) {
            text.append(
                    "[ -e %s ] || { echo %s; exit 127; }\n"
                            .formatted(
                                    quoted,
                                    Shell.quote(
                                            "exec: \"%s\": stat %s: no such file or directory"
                                                    .formatted(program, program))));
            text.append(
                    "[ -f %1$s -a -x %1$s ] || { echo %2$s; exit 126; }\n"
                            .formatted(
                                    quoted,
                                    Shell.quote(
                                            "exec: \"%s\": permission denied".formatted(program))));
            return;
        }
        text.append("found=\n");
        for (var folder : spec.environment().getOrDefault("PATH", SEARCH).split(":", -1)) {
            var file = Shell.quote((folder.isEmpty() ? "." : folder) + "/" + program);
            text.append(
                    "[ -n \"$found\" ] || [ ! -f %1$s -o ! -x %1$s ] || found=1\n".formatted(file));
        }
        text.append(
                "[ -n \"$found\" ] || { echo %s; exit 127; }\n"
                        .formatted(
                                Shell.quote(
                                        "exec: \"%s\": executable file not found in $PATH"
                                                .formatted(program))));
    }

    /// The chain that gives up privileges: first the capabilities no container has, by a call that
    /// looks at no file of the container, then the user and the rest.
    /// The program dies with its supervisor.
    static List<String> privileges(User user, Security security) {
        var outer = new TreeSet<>(security.capabilities());
        outer.addAll(List.of("SETUID", "SETGID", "SETPCAP"));
        List<String> words = new ArrayList<>(Tools.inside("setpriv"));
        words.addAll(
                List.of("--bounding-set=" + list(outer), "--inh-caps=-all", "--ambient-caps=-all"));
        words.addAll(Tools.inside("setpriv"));
        words.add("--reuid=" + user.uid());
        words.add("--regid=" + user.gid());
        words.add("--groups=" + groups(user));
        words.add("--bounding-set=" + list(security.capabilities()));
        if (security.noNewPrivileges()) words.add("--no-new-privs");
        words.add("--pdeathsig=KILL");
        return words;
    }

    private static String groups(User user) {
        return LongStream.concat(
                        LongStream.of(user.gid()),
                        user.groups().stream().mapToLong(Long::longValue))
                .distinct()
                .mapToObj(Long::toString)
                .collect(Collectors.joining(","));
    }

    private static String list(Set<String> capabilities) {
        var text = new StringBuilder("-all");
        for (var name : new TreeSet<>(capabilities)) {
            text.append(",+").append(name.toLowerCase(Locale.ROOT));
        }
        return text.toString();
    }

    /// What is mounted by the host's programs before the old root is left.
    String baseTable() {
        var table = new StringBuilder();
        var lower = new StringBuilder(tools.skeleton().toString());
        for (var layer : spec.layers().reversed()) lower.append(':').append(layer);
        line(
                table,
                "overlay",
                root(),
                "overlay",
                "nodev,redirect_dir=off,lowerdir=%s,upperdir=%s,workdir=%s"
                        .formatted(lower, bundle.resolve("upper"), bundle.resolve("work")));
        line(table, "proc", root().resolve("proc"), "proc", "nosuid,nodev,noexec");
        line(table, "sysfs", root().resolve("sys"), "sysfs", "ro,nosuid,nodev,noexec");
        line(table, "tmpfs", root().resolve("dev"), "tmpfs", "nosuid,mode=755,size=64m");
        return table.toString();
    }

    /// What is mounted by the host's programs once `/dev` is filled.
    String hostTable() {
        var table = new StringBuilder();
        var dev = root().resolve("dev");
        if (spec.stdio().tty()) {
            var terminals = keeper.terminals();
            line(table, terminals, dev.resolve("pts"), "none", "bind");
            line(table, terminals.resolve("0"), dev.resolve("console"), "none", "bind");
        } else {
            line(table, "devpts", dev.resolve("pts"), "devpts", TERMINALS + ",nosuid,noexec");
        }
        line(table, shared.memory(), dev.resolve("shm"), "none", "bind");
        line(table, "mqueue", dev.resolve("mqueue"), "mqueue", "nosuid,nodev,noexec");
        line(table, tools.programs(), dev.resolve(".ordinal"), "none", "bind,ro");
        line(
                table,
                tools.skeleton().resolve("etc").resolve("ld.so.preload"),
                root().resolve("etc").resolve("ld.so.preload"),
                "none",
                "bind,ro");
        var proc = root().resolve("proc");
        for (var name : MASKED_FILES) {
            if (!Files.exists(Path.of("/proc", name))) continue;
            line(table, tools.devices().resolve("null"), proc.resolve(name), "none", "bind");
        }
        for (var folder : MASKED_FOLDERS) {
            if (!Files.exists(Path.of(folder))) continue;
            line(table, "tmpfs", root() + folder, "tmpfs", "ro,nosuid,nodev,noexec,size=0");
        }
        for (var name : READ_ONLY) {
            if (!Files.exists(Path.of("/proc", name))) continue;
            line(table, proc.resolve(name), proc.resolve(name), "none", "bind,ro");
        }
        return table.toString();
    }

    /// Folders of the host, mounted from inside so that links of the image cannot lead out of it.
    String folderTable() {
        return table(folderMounts(), ",X-mount.mkdir=0755");
    }

    /// Files of the host.
    String fileTable() {
        return table(fileMounts(), "");
    }

    private String table(List<Mount> mounts, String option) {
        var table = new StringBuilder();
        for (var mount : mounts) {
            line(
                    table,
                    "/" + oldRoot() + mount.source(),
                    mount.target(),
                    "none",
                    "rbind,nodev" + (mount.readOnly() ? ",ro" : "") + option);
        }
        return table.toString();
    }

    private List<Mount> folderMounts() {
        return mounts(true);
    }

    private List<Mount> fileMounts() {
        return mounts(false);
    }

    private List<Mount> mounts(boolean folders) {
        return spec.mounts().stream()
                .filter(mount -> Files.isDirectory(mount.source()) == folders)
                .sorted(Comparator.comparingInt(mount -> Path.of(mount.target()).getNameCount()))
                .toList();
    }

    private static void line(
            StringBuilder table, Object source, Object target, String type, String options) {
        table.append(Shell.field(source)).append(' ').append(Shell.field(target)).append(' ');
        table.append(type).append(' ').append(Shell.field(options)).append(" 0 0\n");
    }
}

package dev.ordinal.node.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Real processes; needs root and a static busybox.
final class LinuxRuntimeIT extends RuntimeContract<LinuxRuntime> {
    private static final String CLUSTER = "ordinal-test-" + ProcessHandle.current().pid();
    private static final List<String> PROGRAMS =
            List.of(
                    "sh",
                    "cat",
                    "ls",
                    "id",
                    "sleep",
                    "ps",
                    "env",
                    "mknod",
                    "mount",
                    "stty",
                    "tty",
                    "hostname",
                    "touch",
                    "echo",
                    "wc",
                    "chroot",
                    "kill",
                    "readlink",
                    "seq",
                    "tr");

    private Path layer() {
        return data.resolve("layer");
    }

    @Override
    LinuxRuntime open() throws IOException {
        if (!Files.exists(layer())) makeLayer();
        return start(Lifetime.WITH_SERVER);
    }

    private void makeLayer() throws IOException {
        var bin = Files.createDirectories(layer().resolve("bin"));
        Files.copy(Path.of("/bin/busybox"), bin.resolve("busybox"));
        for (var name : PROGRAMS) {
            Files.createSymbolicLink(bin.resolve(name), Path.of("busybox"));
        }
        Files.createDirectories(layer().resolve("etc"));
    }

    private LinuxRuntime start(Lifetime lifetime) throws IOException {
        return LinuxRuntime.open(data, CLUSTER, lifetime, clock);
    }

    @Override
    ContainerSpec waiting(ContainerKey key) {
        return spec(
                key,
                "sh",
                "-c",
                "trap 'exit 0' TERM; echo ready; while :; do sleep 100 & wait $!; done");
    }

    @Override
    ContainerSpec reading(ContainerKey key, Stdio stdio) {
        return spec(key, User.ROOT, Security.DEFAULT, stdio, "cat");
    }

    @Override
    Container ready(ContainerKey key) throws Exception {
        var container = runtime.start(waiting(key));
        try (var following = new Following(key)) {
            assertThat(following.line()).isEqualTo("ready");
        }
        return container;
    }

    @Override
    Container ended(ContainerKey key, int code) throws Exception {
        var container = runtime.start(spec(key, "sh", "-c", "exit " + code));
        code(container);
        return container;
    }

    @Override
    void print(ContainerKey key, String line) throws Exception {
        var command = List.of("sh", "-c", "echo \"$0\" >>/proc/1/fd/1", line);
        try (var session = runtime.exec(new ExecSpec(key, command, false, false))) {
            assertThat(session.await()).isZero();
        }
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        runtime.removeAll();
        runtime.close();
        assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(data.toString());
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            assertThat(
                            all.map(p -> p.info().commandLine().orElse(""))
                                    .filter(line -> line.contains(data.toString())))
                    .isEmpty();
        }
    }

    private ContainerSpec spec(ContainerKey key, String... args) {
        return spec(key, User.ROOT, Security.DEFAULT, args);
    }

    private ContainerSpec spec(int attempt, User user, Security security, String... args) {
        return spec(key(attempt), user, security, args);
    }

    private ContainerSpec spec(ContainerKey key, User user, Security security, String... args) {
        return spec(key, user, security, Stdio.NONE, args);
    }

    private ContainerSpec spec(
            ContainerKey key, User user, Security security, Stdio stdio, String... args) {
        return new ContainerSpec(
                key,
                List.of(layer()),
                List.of(args),
                Map.of("PATH", "/bin", "GREETING", "it's \"so\"\nlong"),
                "/",
                user,
                List.of(),
                security,
                Resources.NONE,
                stdio,
                Map.of("note", "kept"));
    }

    private String run(ContainerSpec spec) throws Exception {
        var container = runtime.start(spec);
        container.exit().get(10, TimeUnit.SECONDS);
        return log(container.key());
    }

    private String log(ContainerKey key) throws IOException {
        return log(key, LogOptions.ALL);
    }

    @Test
    void aProgramRunsWithItsEnvironmentAndExitCode() throws Exception {
        var container =
                runtime.start(
                        spec(
                                0,
                                User.ROOT,
                                Security.DEFAULT,
                                "sh",
                                "-c",
                                "echo \"$GREETING\"; hostname; echo oops >&2; exit 7"));
        var exit = container.exit().get(10, TimeUnit.SECONDS);
        assertThat(log(container.key())).isEqualTo("it's \"so\"\nlong\nweb-0\noops\n");
        assertThat(exit.code()).isEqualTo(7);
        assertThat(exit.oomKilled()).isFalse();
    }

    @Test
    void aMissingProgramIsSaidAtOnce() {
        assertThatThrownBy(() -> runtime.start(spec(0, User.ROOT, Security.DEFAULT, "nope")))
                .isInstanceOf(ContainerException.class)
                .hasMessage("exec: \"nope\": executable file not found in $PATH")
                .extracting(e -> ((ContainerException) e).kind())
                .isEqualTo(ContainerException.Kind.CANNOT_START);
        assertThatThrownBy(() -> runtime.start(spec(0, User.ROOT, Security.DEFAULT, "/bin/nope")))
                .hasMessage("exec: \"/bin/nope\": stat /bin/nope: no such file or directory");
    }

    @Test
    void noSignalIsIgnoredForTheProgram() throws Exception {
        assertThat(run(spec(key(0), "cat", "/proc/self/status")))
                .containsPattern("SigIgn:\t[0-9a-f]{8}[08]0{7}\n"); // 32 and 33 are the library's
    }

    @Rule("pods 8.3")
    @Test
    void theUserIsTheOneAskedFor() throws Exception {
        var said = run(spec(0, new User(1000, 1001, List.of(2000L)), Security.DEFAULT, "id"));
        assertThat(said).isEqualTo("uid=1000 gid=1001 groups=1001,2000\n");
    }

    @Rule("pods 8.10")
    @Test
    void noDeviceNoHostFileNoHostProcessCanBeReached() throws Exception {
        var said =
                run(
                        spec(
                                0,
                                User.ROOT,
                                Security.DEFAULT,
                                "sh",
                                "-c",
                                """
                                exec 2>/dev/null
                                mknod /tmp-disk b 254 0 && cat /tmp-disk && echo DISK
                                mount -t proc none /etc && echo MOUNTED
                                echo x >/proc/sys/kernel/hostname && echo SYSCTL
                                echo x >/etc/ld.so.preload && echo PRELOAD
                                mv /etc /etc2 && echo MOVED
                                ls -d /.old*
                                ls /proc | while read -r n; do case $n in [0-9]*) echo pid;; esac; done | wc -l
                                grep -c . /dev/null
                                cat /proc/1/comm
                                """));
        assertThat(said)
                .doesNotContain("DISK", "MOUNTED", "SYSCTL", "PRELOAD", "MOVED", ".old")
                .endsWith("sh\n");
        assertThat(Integer.parseInt(said.lines().findFirst().orElseThrow().strip())).isLessThan(6);
    }

    @Rule("pods 11.6")
    @Test
    void commandsRunInside() throws Exception {
        var container = runtime.start(spec(0, User.ROOT, Security.DEFAULT, "sleep", "100"));
        try (var session =
                runtime.exec(
                        new ExecSpec(
                                container.key(),
                                List.of("sh", "-c", "cat; echo err >&2; exit 5"),
                                false,
                                true))) {
            session.stdin().write("hello\n".getBytes(StandardCharsets.UTF_8));
            session.stdin().close();
            assertThat(new String(session.stdout().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("hello\n");
            assertThat(new String(session.stderr().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("err\n");
            assertThat(session.await()).isEqualTo(5);
        }
        assertThatThrownBy(
                        () ->
                                runtime.exec(
                                        new ExecSpec(
                                                container.key(), List.of("bash"), false, false)))
                .hasMessage("exec: \"bash\": executable file not found in $PATH");
    }

    @Rule("pods 11.6")
    @Test
    void aTerminalHasItsSize() throws Exception {
        var container = runtime.start(spec(0, User.ROOT, Security.DEFAULT, "sleep", "100"));
        try (var session =
                runtime.exec(
                        new ExecSpec(
                                container.key(),
                                List.of("sh", "-c", "stty size; read -r _; stty size"),
                                true,
                                true))) {
            session.resize(80, 24);
            assertThat(new String(session.stdout().readNBytes(7), StandardCharsets.UTF_8))
                    .isEqualTo("24 80\r\n");
            session.resize(101, 37);
            session.stdin().write("\n".getBytes(StandardCharsets.UTF_8));
            assertThat(new String(session.stdout().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("37 101");
            assertThat(session.await()).isZero();
        }
    }

    @Test
    void aTerminalWhoseSizeNobodyTellsIsUsedAllTheSame() throws Exception {
        var container = runtime.start(spec(0, User.ROOT, Security.DEFAULT, "sleep", "100"));
        try (var session =
                runtime.exec(
                        new ExecSpec(
                                container.key(),
                                List.of("sh", "-c", "[ -t 0 ] && [ -t 1 ] && echo terminal"),
                                true,
                                true))) {
            assertThat(new String(session.stdout().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("terminal\r\n");
            assertThat(session.await()).isZero();
        }
    }

    private Container onTerminal(ContainerKey key, User user, String... args) {
        return runtime.start(spec(key, user, Security.DEFAULT, new Stdio(true, true, true), args));
    }

    @Test
    void aContainerHasATerminalOfItsOwn() throws Exception {
        var container =
                onTerminal(
                        key(0),
                        new User(1000, 1000, List.of()),
                        "sh",
                        "-c",
                        """
                        read -r first
                        tty
                        [ -t 1 ] && [ -t 2 ] && [ -c /dev/console ] && echo controls >/dev/tty
                        stty size
                        read -r second
                        echo "$second $first" >&2
                        exit 3
                        """);
        try (var attached = new Attached(key(0), true)) {
            attached.session.resize(101, 37);
            attached.type("one");
            for (var line : List.of("one", "/dev/pts/0", "controls", "37 101")) {
                assertThat(attached.line()).isEqualTo(line);
            }
            attached.type("two");
            assertThat(attached.line()).isEqualTo("two");
            assertThat(attached.line()).isEqualTo("two one");
            assertThat(attached.line()).isNull();
            assertThat(attached.session.await()).isZero();
        }
        assertThat(code(container)).isEqualTo(3);
        assertThat(log(key(0)))
                .isEqualTo("one\r\n/dev/pts/0\r\ncontrols\r\n37 101\r\ntwo\r\ntwo one\r\n");
    }

    @Test
    void allThatComesFromATerminalIsInTheLog() throws Exception {
        code(onTerminal(key(0), User.ROOT, "seq", "1", "20000"));
        var lines = log(key(0)).lines().toList();
        assertThat(lines).hasSize(20_000).endsWith("20000");
    }

    @Test
    void aTerminalIsNotEndedByItsFirstClient() throws Exception {
        var container = onTerminal(key(0), User.ROOT, "cat");
        for (var word : List.of("one", "two")) {
            try (var attached = new Attached(key(0), true)) {
                attached.type(word);
                assertThat(attached.line()).isEqualTo(word);
                assertThat(attached.line()).isEqualTo(word);
            }
        }
        assertThat(container.running()).isTrue();
    }

    @Test
    void aProgramThatIsMissingIsSaidOnATerminalToo() {
        assertThatThrownBy(() -> onTerminal(key(0), User.ROOT, "nope"))
                .hasMessage("exec: \"nope\": executable file not found in $PATH");
        assertThatThrownBy(
                        () ->
                                runtime.start(
                                        spec(
                                                key(1),
                                                User.ROOT,
                                                Security.DEFAULT,
                                                new Stdio(true, true, false),
                                                "nope")))
                .hasMessage("exec: \"nope\": executable file not found in $PATH");
    }

    @Test
    void whoTypesMoreThanIsReadCanLeave() throws Exception {
        var stdio = new Stdio(true, false, false);
        var container =
                runtime.start(spec(key(0), User.ROOT, Security.DEFAULT, stdio, "sleep", "100"));
        var attached = new Attached(key(0), true);
        var typing =
                Thread.ofPlatform()
                        .start(
                                () ->
                                        assertThatThrownBy(() -> attached.type("x".repeat(1 << 20)))
                                                .isInstanceOf(IOException.class));
        attached.close();
        assertThat(typing.join(Duration.ofSeconds(10))).isTrue();
        assertThat(container.running()).isTrue();
    }

    @Test
    void inputsOutliveTheServer() throws Exception {
        runtime.start(reading(key(0), new Stdio(true, false, false)));
        onTerminal(key(1), User.ROOT, "cat");
        runtime.start(reading(key(2), new Stdio(true, true, false)));
        runtime.start(reading(key(3), new Stdio(true, true, false)));
        var earlier = runtime;
        // what a client leaves whose server was killed
        var bundle = data.resolve("pods").resolve(POD).resolve("containers/main/3");
        Files.delete(bundle.resolve("stdin"));

        runtime = start(Lifetime.OUTLIVES_SERVER);
        var containers = runtime.adopt().getFirst().containers();

        assertThat(code(containers.get(3))).isZero();
        for (int attempt : List.of(0, 1, 2)) {
            try (var attached = new Attached(key(attempt), true)) {
                attached.type("hello");
                assertThat(attached.line()).isEqualTo("hello");
            }
        }
        assertThat(code(containers.get(2))).isZero();
        assertThat(containers.get(0).running()).isTrue();
        assertThat(containers.get(1).running()).isTrue();
        runtime.removeSandbox(POD);
        earlier.close();
    }

    @Test
    void aLaterServerTakesRunningAndEndedContainersOver() throws Exception {
        var ended = runtime.start(spec(0, User.ROOT, Security.DEFAULT, "sh", "-c", "exit 4"));
        ended.exit().get(10, TimeUnit.SECONDS);
        pass(Duration.ofSeconds(1));
        var running = ready(key(1));
        var before = run(spec(key(2), "sh", "-c", NAMESPACES));
        runtime.removeContainer(key(2));
        var earlier = runtime;

        runtime = start(Lifetime.OUTLIVES_SERVER);
        var adopted = runtime.adopt();

        assertThat(adopted).hasSize(1);
        assertThat(adopted.getFirst().sandbox().annotations())
                .containsEntry("address", "10.244.0.2");
        var containers = adopted.getFirst().containers();
        assertThat(containers).extracting(Container::running).containsExactly(false, true);
        assertThat(containers.getFirst().exit().join().code()).isEqualTo(4);
        assertThat(containers.getLast().pid()).isEqualTo(running.pid());
        assertThat(adopted.getFirst().ready()).isTrue();
        assertThat(run(spec(key(2), "sh", "-c", NAMESPACES)).lines().limit(2))
                .containsExactlyElementsOf(before.lines().limit(2).toList());
        runtime.removeSandbox(POD);
        assertThat(running.exit().get(10, TimeUnit.SECONDS).code()).isEqualTo(137);
        earlier.close();
    }

    private static final String NAMESPACES = "cd /proc/self/ns; readlink uts; readlink ipc";

    @Rule("pods 8.10")
    @Test
    void containersOfAPodShareHostNameIpcAndMemory() throws Exception {
        var first = run(spec(key(0), "sh", "-c", NAMESPACES + "; echo kept >/dev/shm/note"));
        var second = run(spec(key(1), "sh", "-c", NAMESPACES + "; cat /dev/shm/note; hostname"));
        assertThat(second.lines().limit(2))
                .containsExactlyElementsOf(first.lines().limit(2).toList());
        assertThat(second).endsWith("kept\nweb-0\n");
        for (var name : List.of("uts", "ipc")) {
            assertThat(first)
                    .doesNotContain(
                            Files.readSymbolicLink(Path.of("/proc/self/ns", name)).toString());
        }
    }

    @Rule("pods 8.9")
    @Test
    void aPodHasItsKernelSettingsOrIsNotMade() throws Exception {
        refused(
                ContainerException.Kind.MACHINE,
                () -> runtime.createSandbox(set("kernel.nothing")));
        assertThat(Mounts.below(data.resolve("pods").resolve(OTHER))).isEmpty();
        runtime.createSandbox(set("kernel.shm_rmid_forced"));
        var key = new ContainerKey(OTHER, "main", 0);
        assertThat(run(spec(key, "cat", "/proc/sys/kernel/shm_rmid_forced"))).isEqualTo("1\n");
        assertThat(Path.of("/proc/sys/kernel/shm_rmid_forced")).hasContent("0");
    }

    private static SandboxSpec set(String sysctl) {
        var plain = sandbox(OTHER);
        return new SandboxSpec(
                OTHER,
                plain.namespace(),
                plain.name(),
                plain.hostname(),
                plain.hosts(),
                plain.resolvConf(),
                plain.networkNamespace(),
                Map.of(sysctl, "1"),
                plain.resources(),
                plain.annotations());
    }

    @Test
    void aLongLogKeepsItsLastLinesOnABoundedDisk() throws Exception {
        int last = 650_000; // 66 MiB
        var padding = ".".repeat(100);
        var to = Integer.toString(last);
        var container = runtime.start(spec(key(0), "seq", "-s", padding + "\n", "1", to));
        code(container);
        var folder = data.resolve("pods").resolve(POD).resolve("logs").toString();
        var kibibytes = Long.parseLong(Shell.run("", "du", "-sk", folder).split("\t", -1)[0]);
        assertThat(kibibytes).isBetween(40L << 10, 52L << 10);
        var lines = new LineCounter();
        runtime.logs(key(0), LogOptions.ALL, lines);
        assertThat(lines.bytes).isBetween(40L << 20, 50L << 20);
        assertThat(lines.count).isEqualTo(last - lines.first + 1);
        var tail =
                new LogOptions(
                        false, true, OptionalLong.of(2), Optional.empty(), OptionalLong.empty());
        assertThat(log(key(0), tail).lines().map(line -> line.substring(line.indexOf(' ') + 1)))
                .containsExactly("649999" + padding, to);
    }

    /// Checks that numbers come in order, one a line.
    private static final class LineCounter extends OutputStream {
        private long bytes;
        private long count;
        private long first;
        private long number;

        @Override
        public void write(int value) throws IOException {
            bytes++;
            if (value != '\n') {
                if (value != '.') number = number * 10 + value - '0';
                return;
            }
            if (count++ == 0) first = number;
            if (number != first + count - 1) throw new IOException(number + " is out of order");
            number = 0;
        }
    }

    @Test
    void whatAKilledServerLeftIsCleaned() throws Exception {
        var container = ready(key(0));
        var terminal = onTerminal(key(1), User.ROOT, "cat");
        var once = runtime.start(reading(key(2), new Stdio(true, true, false)));
        var supervisors =
                Stream.of(terminal, once)
                        .map(held -> ProcessHandle.of(held.pid()).orElseThrow().parent())
                        .map(Optional::orElseThrow)
                        .toList();
        Leftovers.clean(data, CLUSTER);
        assertThat(code(container)).isEqualTo(137);
        for (var supervisor : supervisors) supervisor.onExit().get(10, TimeUnit.SECONDS);
        assertThat(Mounts.below(data)).isEmpty();
        assertThat(data.resolve("pods")).doesNotExist();
    }

    @Test
    void aFolderOfTheHostIsMounted() throws Exception {
        var volume = Files.createDirectories(data.resolve("vol ume"));
        Files.writeString(volume.resolve("note"), "kept\n");
        var plain =
                spec(
                        0,
                        User.ROOT,
                        Security.DEFAULT,
                        "sh",
                        "-c",
                        "cat /mnt/a/note; echo 2 >/mnt/a/w");
        var container =
                runtime.start(
                        new ContainerSpec(
                                plain.key(),
                                plain.layers(),
                                plain.args(),
                                plain.environment(),
                                "/",
                                User.ROOT,
                                List.of(
                                        new Mount(volume, "/mnt/a", false),
                                        new Mount(volume.resolve("note"), "/etc/note", true)),
                                new Security(Security.DEFAULT_CAPABILITIES, true, true),
                                new Resources(64 << 20, 500, 100),
                                Stdio.NONE,
                                Map.of()));
        assertThat(container.exit().get(10, TimeUnit.SECONDS).code()).isZero();
        assertThat(log(container.key())).isEqualTo("kept\n");
        assertThat(volume.resolve("w")).hasContent("2");
    }

    private String status(User user, Security security, int attempt, String field)
            throws Exception {
        var text = run(spec(attempt, user, security, "cat", "/proc/self/status"));
        var line = text.lines().filter(found -> found.startsWith(field + ":")).findFirst();
        return line.orElseThrow().substring(field.length() + 1).strip();
    }

    @Rule("pods 8.4")
    @Test
    void onlyRootHasItsCapabilities() throws Exception {
        var few = new Security(Set.of("CHOWN", "KILL"), false, false);
        assertThat(status(User.ROOT, few, 0, "CapEff")).isEqualTo("0000000000000021");
        assertThat(status(User.ROOT, few, 1, "CapBnd")).isEqualTo("0000000000000021");
        var user = new User(1000, 1000, List.of());
        assertThat(status(user, few, 2, "CapEff")).isEqualTo("0000000000000000");
        assertThat(status(user, few, 3, "CapAmb")).isEqualTo("0000000000000000");
    }

    @Rule({"pods 8.5", "pods 8.7"})
    @Test
    void privilegesMayGrowUnlessTheyMustNotAndNothingIsFiltered() throws Exception {
        assertThat(status(User.ROOT, Security.DEFAULT, 0, "NoNewPrivs")).isEqualTo("0");
        var strict = new Security(Security.DEFAULT_CAPABILITIES, true, false);
        assertThat(status(User.ROOT, strict, 1, "NoNewPrivs")).isEqualTo("1");
        assertThat(status(User.ROOT, strict, 2, "Seccomp")).isEqualTo("0");
    }

    @Rule("pods 8.6")
    @Test
    void aRootThatCanOnlyBeReadLeavesMountsWritable() throws Exception {
        var volume = Files.createDirectories(data.resolve("volume"));
        var script =
                "touch /x 2>/dev/null || echo refused; touch /mnt/x /dev/shm/x && echo written";
        var plain = spec(key(0), "sh", "-c", script);
        var said =
                run(
                        new ContainerSpec(
                                plain.key(),
                                plain.layers(),
                                plain.args(),
                                plain.environment(),
                                "/",
                                User.ROOT,
                                List.of(new Mount(volume, "/mnt", false)),
                                new Security(Security.DEFAULT_CAPABILITIES, false, true),
                                Resources.NONE,
                                Stdio.NONE,
                                Map.of()));
        assertThat(said).isEqualTo("refused\nwritten\n");
    }

    @Rule("pods 8.8")
    @Test
    void whatTheKernelTellsOfTheHostIsMaskedAndItsSettingsAreReadOnly() throws Exception {
        var said =
                run(
                        spec(
                                key(0),
                                "sh",
                                "-c",
                                """
                                for file in kcore keys interrupts timer_list sched_debug latency_stats; do
                                    [ ! -e /proc/$file ] || cat /proc/$file
                                done
                                for folder in /proc/acpi /proc/asound /proc/scsi /sys/firmware /sys/devices/virtual/powercap; do
                                    [ ! -e $folder ] || ls $folder
                                done
                                while read -r _ where _ options _; do
                                    case $where in /proc/bus|/proc/fs|/proc/irq|/proc/sys|/proc/sysrq-trigger)
                                        echo $where ${options%%,*};; esac
                                done </proc/self/mounts
                                """));
        assertThat(said.lines())
                .contains("/proc/sys ro")
                .allMatch(line -> line.matches("/proc/(bus|fs|irq|sys|sysrq-trigger) ro"));
    }

    @Rule({"pods 9.3", "pods 2.6"})
    @Test
    void whoTakesTooMuchMemoryIsKilledForIt() throws Exception {
        var groups = Path.of("/sys/fs/cgroup");
        assumeTrue(
                Files.isWritable(groups.resolve("memory"))
                        || Files.isWritable(groups.resolve("cgroup.controllers")),
                "no control groups");
        var plain = spec(key(0), "sh", "-c", "a=xxxxxxxx; while :; do a=$a$a; done");
        var container =
                runtime.start(
                        new ContainerSpec(
                                plain.key(),
                                plain.layers(),
                                plain.args(),
                                plain.environment(),
                                "/",
                                User.ROOT,
                                List.of(),
                                Security.DEFAULT,
                                new Resources(32 << 20, 0, 100),
                                Stdio.NONE,
                                Map.of()));
        var exit = container.exit().get(20, TimeUnit.SECONDS);
        assertThat(exit.code()).isEqualTo(137);
        assertThat(exit.oomKilled()).isTrue();
    }
}

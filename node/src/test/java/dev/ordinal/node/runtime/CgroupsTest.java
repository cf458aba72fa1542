package dev.ordinal.node.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What is written to and read from control groups, on folders that stand for the kernel's.
class CgroupsTest {
    private static final ContainerKey KEY = new ContainerKey("pod-uid", "main", 2);
    private static final Resources LIMITS = new Resources(64 << 20, 1500, 250);

    @TempDir Path root;

    /// The files the kernel puts into a new group.
    private Path group(String folder, String... files) throws IOException {
        var group = Files.createDirectories(root.resolve(folder));
        for (var file : files) Files.createFile(group.resolve(file));
        return group;
    }

    private Path unified(String... files) throws IOException {
        Files.writeString(root.resolve("cgroup.controllers"), "cpuset cpu io memory hugetlb\n");
        return group("ours/pod-uid/main-2", files);
    }

    @Test
    void versionTwoHandsItsControllersDown() throws IOException {
        var group = unified();
        assertThat(Cgroups.open(root, "ours").create(KEY, Resources.NONE)).containsExactly(group);
        for (var folder : List.of("", "ours", "ours/pod-uid")) {
            assertThat(root.resolve(folder).resolve("cgroup.subtree_control"))
                    .as(folder)
                    .hasContent("+memory +cpu");
        }
        assertThat(group.resolve("cgroup.subtree_control")).doesNotExist();
    }

    @Rule("pods 9.1")
    @Test
    void versionTwoGetsLimitsAndRequests() throws IOException {
        var group =
                unified(
                        "memory.max",
                        "memory.swap.max",
                        "memory.oom.group",
                        "cpu.max",
                        "cpu.weight");
        Cgroups.open(root, "ours").create(KEY, LIMITS);
        assertThat(group.resolve("memory.max")).hasContent("67108864");
        assertThat(group.resolve("memory.swap.max")).hasContent("0");
        assertThat(group.resolve("memory.oom.group")).hasContent("1");
        assertThat(group.resolve("cpu.max")).hasContent("150000 100000");
        assertThat(group.resolve("cpu.weight")).hasContent("35");
    }

    @Rule("pods 9.1")
    @Test
    void whatIsNotLimitedOrNotThereIsNotWritten() throws IOException {
        var group = unified("memory.max", "cpu.max");
        Cgroups.open(root, "ours").create(KEY, new Resources(0, 0, 100));
        assertThat(group.resolve("memory.max")).isEmptyFile();
        assertThat(group.resolve("cpu.max")).isEmptyFile();
        assertThat(group.resolve("cpu.weight")).doesNotExist();
        assertThat(group.resolve("memory.swap.max")).doesNotExist();
    }

    @Rule("pods 9.1")
    @ParameterizedTest
    @CsvSource({"2,1", "102,17", "512,59", "1024,100", "262144,10000"})
    void sharesBecomeAWeight(long shares, long weight) {
        assertThat(Cgroups.weight(shares)).isEqualTo(weight);
    }

    @Rule("pods 9.1")
    @Test
    void aQuotaIsAtLeastAMillisecond() throws IOException {
        var group = unified("cpu.max");
        Cgroups.open(root, "ours").create(KEY, new Resources(0, 1, 0));
        assertThat(group.resolve("cpu.max")).hasContent("1000 100000");
    }

    @Rule("pods 9.3")
    @Test
    void versionTwoTellsOfKillsAndUsage() throws IOException {
        var group = unified();
        var cgroups = Cgroups.open(root, "ours");
        assertThat(cgroups.oomKilled(KEY)).isFalse();
        assertThat(cgroups.usage(KEY)).isEqualTo(new Usage(0, 0));
        Files.writeString(group.resolve("memory.events"), "max 7\noom 1\noom_kill 0\n");
        assertThat(cgroups.oomKilled(KEY)).isFalse();
        Files.writeString(group.resolve("memory.events"), "max 7\noom 1\noom_kill 1\n");
        assertThat(cgroups.oomKilled(KEY)).isTrue();
        Files.writeString(group.resolve("cpu.stat"), "usage_usec 1500\nuser_usec 1000\n");
        Files.writeString(group.resolve("memory.current"), "9000\n");
        Files.writeString(group.resolve("memory.stat"), "anon 1\ninactive_file 4000\n");
        assertThat(cgroups.usage(KEY)).isEqualTo(new Usage(1_500_000, 5000));
    }

    @Test
    void whatIsEmptyGoes() throws IOException {
        var group = unified();
        var cgroups = Cgroups.open(root, "ours");
        cgroups.remove(KEY);
        assertThat(group).doesNotExist();
        cgroups.remove(KEY);
        group("ours/other/main-0");
        cgroups.removePod("other");
        assertThat(root.resolve("ours/other")).doesNotExist();
        assertThat(root.resolve("ours/pod-uid")).exists();
        cgroups.removePod("unknown");
    }

    @Rule("pods 9.1")
    @Test
    void versionOneHasAGroupInEachHierarchy() throws IOException {
        for (var name : List.of("memory", "cpu,cpuacct")) group(name);
        for (var name : List.of("cpu", "cpuacct")) {
            Files.createSymbolicLink(root.resolve(name), Path.of("cpu,cpuacct"));
        }
        var memory = group("memory/ours/pod-uid/main-2", "memory.limit_in_bytes");
        var cpu =
                group(
                        "cpu,cpuacct/ours/pod-uid/main-2",
                        "cpu.shares",
                        "cpu.cfs_period_us",
                        "cpu.cfs_quota_us");
        var cgroups = Cgroups.open(root, "ours");
        assertThat(cgroups.create(KEY, LIMITS)).containsExactly(memory, cpu);
        assertThat(memory.resolve("memory.limit_in_bytes")).hasContent("67108864");
        assertThat(cpu.resolve("cpu.shares")).hasContent("256");
        assertThat(cpu.resolve("cpu.cfs_period_us")).hasContent("100000");
        assertThat(cpu.resolve("cpu.cfs_quota_us")).hasContent("150000");
        Files.writeString(cpu.resolve("cpuacct.usage"), "1500\n");
        Files.writeString(memory.resolve("memory.usage_in_bytes"), "9000\n");
        Files.writeString(memory.resolve("memory.stat"), "total_inactive_file 4000\n");
        Files.writeString(memory.resolve("memory.oom_control"), "under_oom 0\noom_kill 2\n");
        assertThat(cgroups.usage(KEY)).isEqualTo(new Usage(1500, 5000));
        assertThat(cgroups.oomKilled(KEY)).isTrue();
    }

    @Test
    void aMachineWithoutGroupsSetsNoLimits() throws IOException {
        var cgroups = Cgroups.open(root, "ours");
        assertThat(cgroups.create(KEY, LIMITS)).isEmpty();
        assertThat(cgroups.usage(KEY)).isEqualTo(new Usage(0, 0));
    }
}

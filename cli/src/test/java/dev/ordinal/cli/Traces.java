package dev.ordinal.cli;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// What clusters have on the machine: anything that would be left behind.
record Traces(TreeSet<String> found) {
    private static final String SEE =
            """
            for process in /proc/[0-9]*; do
              tr '\\0' ' ' 2>/dev/null <"$process/cmdline" | grep -q 'dev.visits\\|dev.ordinal.cli.Main\\|/pods/.*/supervisor' || continue
              grep -q training-run "$process/cmdline" && continue # a build beside this test
              grep -q '^State:.[ZX]' "$process/status" 2>/dev/null || echo "process $(tr '\\0' ' ' 2>/dev/null <"$process/cmdline" | cut -c1-120)"
            done
            awk '$5 ~ /ordinal/ {print "mount " $5}' /proc/self/mountinfo
            ls /run/netns 2>/dev/null | grep ordinal | sed 's/^/namespace /'
            ip -o link | grep -o ' ord-[0-9a-f]*' | sed 's/^/link/'
            ip route | grep ord- | sed 's/^/route /'
            losetup -l -n -O BACK-FILE 2>/dev/null | grep ordinal | sed 's/^/loop /'
            find /sys/fs/cgroup -maxdepth 3 -type d -name 'ordinal-*' | sed 's/^/cgroup /'
            ls -d /tmp/ordinal-* 2>/dev/null | grep -v ordinal-it | sed 's/^/folder /'
            true
            """;

    static Traces now() {
        var text = Commands.run(Map.of(), List.of("sh", "-c", SEE)).ok();
        return new Traces(new TreeSet<>(text.lines().toList()));
    }

    /// What is here and was not there.
    TreeSet<String> since(Traces before) {
        var more = new TreeSet<>(found);
        more.removeAll(before.found());
        return more;
    }
}

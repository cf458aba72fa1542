package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.TreeSet;

/// The demo, ended in every way.
class DemoIT {
    private Process demo(String... options) throws Exception {
        var command =
                new java.util.ArrayList<>(
                        java.util.List.of(
                                "env", "--default-signal=INT", "./ordinal", "demo", "--port", "0"));
        command.addAll(java.util.List.of(options));
        return new ProcessBuilder(command)
                .directory(Commands.ROOT.toFile())
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .start();
    }

    private static void awaitLine(Process process, String wanted) throws Exception {
        var reader = process.inputReader();
        var seen = new StringBuilder();
        for (var line = reader.readLine(); line != null; line = reader.readLine()) {
            seen.append(line).append('\n');
            if (line.contains(wanted)) return;
        }
        throw new AssertionError("\"%s\" was not printed:\n%s".formatted(wanted, seen));
    }

    /// A killed demo is cleaned up by a process of its own; this waits for that to be over.
    private static void awaitClean(Traces before) throws Exception {
        var left = new TreeSet<String>();
        for (int i = 0; i < 100; i++) {
            left = Traces.now().since(before);
            if (left.isEmpty()) return;
            Thread.sleep(100); // the cleaner is nobody's child: nothing tells when it ends
        }
        assertThat(left).isEmpty();
    }

    @Test
    void itShowsTheExampleAndLeavesNothing() throws Exception {
        var before = Traces.now();
        var result = Commands.ordinal("demo", "--exit", "--port", "0");
        assertThat(result.ok())
                .contains("3/3 Ready", "36 visits sent", "statefulset.apps/app-python")
                .containsPattern(
                        "app-python-2 -- cat /var/app-python/visits\n"
                                + "\\d\\d:\\d\\d:\\d\\d\\.\\d{6}\n");
        assertThat(Traces.now().since(before)).isEmpty();
    }

    @Test
    void ctrlCLeavesNothing() throws Exception {
        var before = Traces.now();
        var demo = demo();
        awaitLine(demo, "Ctrl-C ends");
        Commands.run(
                        java.util.Map.of(),
                        java.util.List.of("kill", "-INT", Long.toString(demo.pid())))
                .ok();
        assertThat(demo.waitFor()).isIn(0, 130);
        awaitClean(before);
    }

    @Test
    void killedItLeavesNothing() throws Exception {
        var before = Traces.now();
        var demo = demo();
        awaitLine(demo, "Ctrl-C ends");
        demo.destroyForcibly();
        demo.waitFor();
        awaitClean(before);
    }
}

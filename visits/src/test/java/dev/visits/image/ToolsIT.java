package dev.visits.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The programs run where nothing else of the machine is; needs root.
final class ToolsIT {
    private static final Path BUSYBOX = Path.of("/bin/busybox");
    private static final String SCRIPT =
            "cd /tmp; echo one >a; cat a; ls /tmp; grep -c one a; id -un; echo $((6 * 7)) | wc -l";
    private static final String SAYS = "one\na\n1\nroot\n1\n";

    @TempDir Path folder;

    @Test
    void theMachinesOwnProgramsServeWhereThereIsNoBusybox() throws Exception {
        var bin = Files.createDirectories(folder.resolve("bin"));
        for (var name : List.of("sh", "cat", "ls", "grep", "id", "wc")) {
            Files.createSymbolicLink(bin.resolve(name), Path.of("/bin", name).toRealPath());
        }
        Files.writeString(bin.resolve("tar"), "#!/bin/sh\n").toFile().setExecutable(true);
        var tools = Tools.from(List.of(bin));
        assertThat(tools.programs())
                .extracting(program -> program.getFileName().toString())
                .containsExactly("sh", "cat", "grep", "id", "ls", "wc"); // no script
        assertThat(run(tools)).isEqualTo(SAYS);
    }

    @Test
    void busyboxIsPreferred() throws Exception {
        assumeTrue(Files.isExecutable(BUSYBOX), "no busybox");
        var tools = Tools.ofThisMachine();
        assertThat(tools.programs()).containsExactly(BUSYBOX);
        assertThat(run(tools)).isEqualTo(SAYS);
    }

    private String run(Tools tools) throws Exception {
        var root = Files.createDirectories(folder.resolve("root"));
        for (var entry : tools.layer(folder.resolve("work")).getEntries()) {
            var target = root.resolve(entry.getExtractionPath().toString().substring(1));
            Files.createDirectories(target.getParent());
            if (Files.isDirectory(entry.getSourceFile())) Files.createDirectories(target);
            else Files.copy(entry.getSourceFile(), target);
            Files.setAttribute(target, "unix:mode", entry.getPermissions().getPermissionBits());
        }
        List<String> command = new ArrayList<>(List.of("chroot", root.toString(), "/bin/sh", "-c"));
        command.add(SCRIPT);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PATH", "/bin");
        var process = builder.start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }
}

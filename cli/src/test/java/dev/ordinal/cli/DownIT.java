package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;

/// What `down` takes away, and what it must not.
class DownIT {
    @TempDir private Path folder;

    @Test
    void aFolderThatIsNoClusterIsLeftAlone() throws Exception {
        var mine = Files.createDirectories(folder.resolve("pods"));
        var result = Commands.ordinal("down", "--delete", "--data", folder.toString());
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.text()).contains("there is no cluster in " + folder);
        assertThat(mine).exists();
    }

    @Test
    void aCommandLineOfMoreThanAPageCanBeDetached() {
        var data = folder.resolve("long").toString();
        var longer = data + "/.".repeat(4096);
        Commands.ordinal("up", "--detach", "--runtime", "none", "--port", "0", "--data", longer)
                .ok();
        Commands.ordinal("down", "--delete", "--data", data).ok();
        assertThat(folder.resolve("long")).doesNotExist();
    }

    @Test
    void downLeavesTheStateAndNothingElse() throws Exception {
        var data = folder.resolve("ordinal-data").toString();
        var before = Traces.now();
        Commands.ordinal("up", "--detach", "--port", "0", "--data", data).ok();
        Commands.ordinal("image", "load", "--data", data, "visits/target/visits-image.tar").ok();
        Commands.ordinal("apply", "--data", data, "-f", "examples/visits/manifests").ok();
        assertThat(Commands.ordinal("get", "--data", data, "-n", "app-python", "sts").ok())
                .contains("app-python");
        Commands.ordinal("down", "--data", data).ok();
        assertThat(Traces.now().since(before)).isEmpty();

        Commands.ordinal("up", "--detach", "--port", "0", "--data", data).ok();
        assertThat(Commands.ordinal("get", "--data", data, "-n", "app-python", "pvc").ok())
                .contains("visits-app-python-0");
        Commands.ordinal("down", "--delete", "--data", data).ok();
        assertThat(Traces.now().since(before)).isEmpty();
    }
}

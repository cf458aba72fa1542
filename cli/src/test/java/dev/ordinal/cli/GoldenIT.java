package dev.ordinal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// What kubectl prints, command by command, against what it printed on a real Kubernetes 1.36.
/// Times,
/// ids and addresses are masked; runs of blanks count as one.
///
/// `-Dgolden.kubeconfig=FILE` records the transcript anew from the control plane that file leads
/// to:
/// a real one, with a controller manager and a scheduler and without nodes.
class GoldenIT {
    private static final Path FOLDER = Path.of("src/test/resources/golden");
    private static final List<Map.Entry<Pattern, String>> MASKS =
            List.of(
                    mask("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>"),
                    mask("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z", "<time>"),
                    mask(
                            "[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} [0-9:]{8} [+-]\\d{4}",
                            "<date>"),
                    mask("(resourceVersion\\\\*\"?: ?)\\\\*\"\\d+\\\\*\"", "$1<version>"),
                    mask("\\bweb-[bcdfghjklmnpqrstvwxz2456789]{5}\\b", "web-<random>"),
                    mask(
                            "(?s)(Forbidden: (?:pod updates|spec is immutable)[^\n]*)\n.*?\n\n",
                            "$1\n<difference>\n\n"),
                    mask("[^\n]*openshift-service-ca[^\n]*\n", ""),
                    mask("\\b(\\d+(\\.\\d+)?(ms|s|m|h))+\\b( ago)?", "<age>"),
                    mask("\\b10\\.\\d+\\.(?!9\\.)\\d+\\.\\d+\\b", "<ip>"),
                    mask("<age> \\(x\\d+ over <age>\\)", "<age>"),
                    mask("<invalid>|<unknown>", "<age>"),
                    mask("[ \\t]+", " "),
                    mask(" +\n", "\n"));

    private static Map.Entry<Pattern, String> mask(String pattern, String text) {
        return Map.entry(Pattern.compile(pattern), text);
    }

    private static String masked(String text) {
        var masked = text;
        for (var mask : MASKS) masked = mask.getKey().matcher(masked).replaceAll(mask.getValue());
        return masked;
    }

    /// The commands: one begins with each line that begins with `kubectl`, outside of a document.
    private static List<String> commands() throws IOException {
        List<String> commands = new ArrayList<>();
        var current = new StringBuilder();
        boolean document = false;
        for (var line : Files.readAllLines(FOLDER.resolve("scenario.sh"))) {
            if (line.startsWith("###")) continue;
            current.append(line).append('\n');
            if (line.endsWith("<<'YAML'")) document = true;
            if (line.equals("YAML")) document = false;
            if (document) continue;
            commands.add(current.toString());
            current.setLength(0);
        }
        return commands;
    }

    private static String transcript(Path kubeconfig) throws IOException {
        var transcript = new StringBuilder();
        for (var command : commands()) {
            var result =
                    Commands.run(
                            Map.of("KUBECONFIG", kubeconfig.toString()),
                            List.of("sh", "-c", command));
            transcript.append("$ ").append(command).append(masked(result.text()));
            if (!result.text().isEmpty() && !result.text().endsWith("\n")) transcript.append('\n');
            if (result.code() != 0) transcript.append("[").append(result.code()).append("]\n");
            transcript.append('\n');
        }
        return transcript.toString();
    }

    @Rule({
        "statefulset 10.2",
        "statefulset 10.4",
        "statefulset 10.5",
        "statefulset 10.6",
        "api 13.1",
        "api 13.2"
    })
    @Test
    void kubectlPrintsWhatItPrintsOnKubernetes() throws IOException {
        assumeTrue(Commands.kubectlIsThere());
        var golden = FOLDER.resolve("transcript.txt");
        var real = System.getProperty("golden.kubeconfig");
        if (real != null) {
            Files.writeString(golden, transcript(Path.of(real)));
            return;
        }
        var data = Files.createTempDirectory("ordinal-it-");
        Commands.ordinal(
                        "up",
                        "--detach",
                        "--runtime",
                        "none",
                        "--port",
                        "0",
                        "--data",
                        data.toString())
                .ok();
        try {
            var ours = transcript(data.resolve("pki/kubeconfig"));
            Files.writeString(Path.of("target/transcript.txt"), ours);
            assertThat(ours).isEqualTo(Files.readString(golden));
        } finally {
            Commands.ordinal("down", "--delete", "--data", data.toString()).ok();
        }
    }
}

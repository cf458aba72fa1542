package dev.ordinal.kinds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Keeps `docs/conformance.md` and the [Rule] annotations of all modules the same.
class ConformanceTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern ROW =
            Pattern.compile("^\\| `([^`]+)` \\| [^|]+ \\| ([^|]+) \\|$", Pattern.MULTILINE);
    private static final Pattern RULES =
            Pattern.compile(
                    "@Rule\\((\\{[^}]*}|\"[^\"]*\")\\)((?:\\s*@(?:Test|ParameterizedTest)"
                            + "|\\s*@[A-Z][\\s\\S]*?)+?)\\s+void (\\w+)\\(");
    private static final Pattern TEXT = Pattern.compile("\"([^\"]*)\"");
    private static final Pattern CODE = Pattern.compile("`([^`]*)`");

    @Test
    void theTableListsEveryRuleWithExactlyItsTests() throws IOException {
        assertThat(table()).isEqualTo(annotations());
    }

    @Test
    void aRuleWithoutTestSaysWhy() throws IOException {
        var rows = ROW.matcher(Files.readString(ROOT.resolve("docs/conformance.md")));
        while (rows.find()) {
            if (rows.group(2).contains("`")) continue;
            assertThat(rows.group(2))
                    .as(rows.group(1))
                    .matches("not (served|implemented|applicable): .+");
        }
    }

    @Test
    void aTableHasTheRulesOfOneBook() throws IOException {
        for (var part : Files.readString(ROOT.resolve("docs/conformance.md")).split("\n## ")) {
            if (!part.contains("| rule |")) continue;
            var books = ROW.matcher(part).results().map(row -> row.group(1).split(" ")[0]);
            assertThat(books.distinct()).as(part.lines().findFirst().orElse("")).hasSize(1);
        }
    }

    /// Tests by rule, as the document has them; rules without tests are left out.
    private static Map<String, Set<String>> table() throws IOException {
        Map<String, Set<String>> table = new TreeMap<>();
        var rows = ROW.matcher(Files.readString(ROOT.resolve("docs/conformance.md")));
        while (rows.find()) {
            var tests = CODE.matcher(rows.group(2)).results().map(r -> r.group(1)).toList();
            if (tests.isEmpty()) continue;
            assertThat(table).as("listed twice").doesNotContainKey(rows.group(1));
            table.put(rows.group(1), new TreeSet<>(tests));
        }
        return table;
    }

    /// Tests by rule, as the sources have them.
    private static Map<String, Set<String>> annotations() throws IOException {
        Map<String, Set<String>> found = new TreeMap<>();
        for (var source : sources()) {
            var text = Files.readString(source);
            var name = source.getFileName().toString().replace(".java", "");
            int count = 0;
            var methods = RULES.matcher(text);
            while (methods.find()) {
                count++;
                assertThat(methods.group(2)).as(name).containsPattern("@(Parameterized)?Test");
                var rules = TEXT.matcher(methods.group(1));
                while (rules.find()) {
                    found.computeIfAbsent(rules.group(1), _ -> new TreeSet<>())
                            .add(name + "." + methods.group(3));
                }
            }
            assertThat(count)
                    .as("annotations of %s that stand before a test", name)
                    .isEqualTo(
                            Pattern.compile("^ *@Rule\\(", Pattern.MULTILINE)
                                    .matcher(text)
                                    .results()
                                    .count());
        }
        return found;
    }

    private static Iterable<Path> sources() throws IOException {
        Set<Path> sources = new TreeSet<>();
        try (var modules = Files.list(ROOT)) {
            for (var module : modules.toList()) {
                var tests = module.resolve("src/test/java");
                if (!Files.isDirectory(tests)) continue;
                try (var files = Files.walk(tests)) {
                    files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
                }
            }
        }
        return sources;
    }
}

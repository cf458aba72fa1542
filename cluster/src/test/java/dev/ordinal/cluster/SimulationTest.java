package dev.ordinal.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/// The whole control plane in virtual time under users, accidents and faults; see
/// docs/simulation.md.
///
/// `-Dsimulation.seed=N` starts with another seed, `-Dsimulation.steps=N` goes on for so many
// steps.
class SimulationTest {
    private static final Path STORIES = Path.of("src/test/resources/stories");
    private static final long STEPS = 4_500;
    private static final Play PLAY = new Play(World::new);
    private static final Logger ROOT = Logger.getLogger("");

    @BeforeAll
    static void refusalsAreEverydayHere() {
        ROOT.setLevel(Level.WARNING);
    }

    @Test
    void noRuleIsBroken() {
        long first = Long.getLong("simulation.seed", 1);
        long steps = Long.getLong("simulation.steps", STEPS);
        long begun = System.nanoTime();
        long seed = first;
        for (long done = 0; done < steps; done += Play.STEPS) {
            var failure = PLAY.play(seed, Step.story(seed, Play.STEPS));
            if (failure != null) fail(PLAY.shrink(failure).text());
            seed++;
        }
        long millis = Duration.ofNanos(System.nanoTime() - begun).toMillis();
        System.out.printf(
                "%d steps, seeds %d to %d, %d s: no rule broken%n",
                steps, first, seed - 1, millis / 1000);
    }

    static Stream<Path> stories() throws IOException {
        try (var files = Files.list(STORIES)) {
            return files.sorted().toList().stream();
        }
    }

    /// What once went wrong, shrunk: the first line is the seed.
    @ParameterizedTest(name = "{0}")
    @MethodSource("stories")
    void whatOnceWentWrongGoesWell(Path story) throws IOException {
        var lines = Files.readAllLines(story).stream().filter(l -> !l.startsWith("#")).toList();
        long seed = Long.parseLong(lines.getFirst().strip());
        var steps = lines.stream().skip(1).map(Step::parse).toList();
        var failure = PLAY.play(seed, steps);
        if (failure != null) fail(failure.text());
    }

    @Test
    void theSameSeedTellsTheSameStory() {
        assertThat(told(7)).isEqualTo(told(7)).isNotEqualTo(told(8));
    }

    private static List<String> told(long seed) {
        try (var world = new World(seed)) {
            Step.story(seed, Play.STEPS).forEach(world::take);
            return List.copyOf(world.story());
        }
    }
}

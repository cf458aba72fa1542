package dev.ordinal.cluster;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/// Plays stories and says how they end.
///
/// @param worlds makes the one a seed begins with
record Play(LongFunction<World> worlds) {
    /// The steps between two looks at whether everything settles.
    static final int STEPS = 150;

    /// A broken rule.
    ///
    /// @param steps the shortest story found that breaks it
    /// @param left what there was in the end
    record Failure(
            long seed, List<Step> steps, AssertionError broken, List<String> told, String left) {
        /// The rule without the names and numbers of this time.
        private String rule() {
            var line = String.valueOf(broken.getMessage()).strip().lines().findFirst().orElse("");
            return line.replaceAll("[0-9a-f-]{36}|[0-9]+|[a-z]+-[0-9a-f]+", "_");
        }

        /// What somebody needs who has to find out why.
        String text() {
            var text = new StringBuilder("seed %d: %s%n".formatted(seed, broken.getMessage()));
            text.append("What happened:\n");
            told.forEach(line -> text.append("  ").append(line).append('\n'));
            text.append("What there was in the end:\n").append(left);
            text.append("The steps, for `src/test/resources/stories`:\n").append(seed).append('\n');
            steps.forEach(step -> text.append(step).append('\n'));
            return text.toString();
        }
    }

    /// @return null: it ended well
    @Nullable Failure play(long seed, List<Step> steps) {
        try (var world = worlds.apply(seed)) {
            try {
                for (var step : steps) world.take(step);
                world.settle();
                return null;
            } catch (AssertionError broken) {
                return new Failure(seed, steps, broken, List.copyOf(world.story()), world.left());
            }
        }
    }

    /// Leaves out ever smaller parts of a story for as long as it still ends badly.
    Failure shrink(Failure failure) {
        var best = failure;
        for (int part = best.steps().size() / 2; part >= 1; part /= 2) {
            for (int from = 0; from < best.steps().size(); ) {
                List<Step> fewer = new ArrayList<>(best.steps().subList(0, from));
                int to = Math.min(from + part, best.steps().size());
                fewer.addAll(best.steps().subList(to, best.steps().size()));
                var again = play(best.seed(), fewer);
                if (again == null || !again.rule().equals(failure.rule())) from += part;
                else best = again;
            }
        }
        return best;
    }
}

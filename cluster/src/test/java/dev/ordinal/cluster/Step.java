package dev.ordinal.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// One thing that happens in a simulated cluster.
///
/// @param dice all chances of this step come from it, so that a story still makes sense when other
///     steps are taken out of it
record Step(Kind kind, long dice) {
    /// Who or what is up.
    enum Kind {
        /// A controller looks at one key.
        CONTROLLER(40),
        /// Caches hear what has happened, some of them.
        CACHES(26),
        /// The node does something with one pod.
        NODE(20),
        /// A user changes something.
        USER(7),
        /// Time passes.
        TIME(4),
        /// A watch or a write fails in some way.
        FAULT(2),
        /// The server ends, perhaps between two writes, and starts again.
        KILL(1);

        private final int weight;

        Kind(int weight) {
            this.weight = weight;
        }

        private static Kind of(Random random) {
            int at = random.nextInt(100);
            for (var kind : values()) {
                at -= kind.weight;
                if (at < 0) return kind;
            }
            throw new IllegalStateException("weights add up to 100");
        }
    }

    /// The story of a seed.
    static List<Step> story(long seed, int length) {
        var random = new Random(seed);
        List<Step> steps = new ArrayList<>(length);
        for (int i = 0; i < length; i++) steps.add(new Step(Kind.of(random), random.nextLong()));
        return steps;
    }

    Random random() {
        return new Random(dice);
    }

    @Override
    public String toString() {
        return kind + " " + dice;
    }

    /// The inverse of [#toString].
    static Step parse(String line) {
        var words = line.strip().split(" ", 2);
        return new Step(Kind.valueOf(words[0]), Long.parseLong(words[1]));
    }
}

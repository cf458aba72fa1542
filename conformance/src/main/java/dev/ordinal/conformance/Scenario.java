package dev.ordinal.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// A script: what the client and the node do, step by step.
///
/// @param name of the file, without ending
/// @param full new objects are shown with every field
/// @param alone it changes what other scenarios would notice
/// @param without kinds that are left out of the transcript, since they depend on the moment
/// @param gates feature gates it needs, as `--feature-gates` takes them; empty: the defaults do
public record Scenario(
        String name,
        boolean full,
        boolean alone,
        java.util.Set<Resource> without,
        String gates,
        List<Step> steps) {
    /// One request and what follows from it.
    ///
    /// @param text as written
    /// @param anyOrder its consequences come from concurrent workers: their order says nothing
    /// @param words verb and arguments
    /// @param body YAML, may be empty
    /// @param until what must have happened before the step can be over
    record Step(
            String text, boolean anyOrder, List<String> words, String body, List<Until> until) {}

    /// A condition on what has been seen since the scenario began.
    sealed interface Until {
        record Gone(Resource resource, String name) implements Until {}

        /// @param pointer JSON pointer into the object
        record Has(Resource resource, String name, String pointer, String value) implements Until {}

        /// In this step.
        record Told(String reason) implements Until {}
    }

    /// Every script of a folder, by name.
    public static List<Scenario> in(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            var scripts = files.filter(f -> f.toString().endsWith(".script")).sorted().toList();
            List<Scenario> all = new ArrayList<>();
            for (var script : scripts) {
                var name = script.getFileName().toString().replaceFirst("\\.script$", "");
                all.add(parse(name, Files.readAllLines(script)));
            }
            return all;
        }
    }

    /// @throws IllegalArgumentException with the line that is not understood
    static Scenario parse(String name, List<String> lines) {
        Set<String> flags = new HashSet<>();
        Set<Resource> without = EnumSet.noneOf(Resource.class);
        var gates = "";
        List<Step> steps = new ArrayList<>();
        for (var line : lines) {
            if (line.isBlank() || line.startsWith("#")) continue;
            if (line.startsWith(" ")) {
                var step = last(steps, line);
                steps.set(steps.size() - 1, withBody(step, step.body() + line + "\n"));
            } else if (line.startsWith("until ")) {
                last(steps, line).until().add(until(List.of(line.split(" "))));
            } else if (line.equals("full") || line.equals("alone")) {
                flags.add(line);
            } else if (line.startsWith("without ")) {
                without.add(Resource.of(line.substring("without ".length())));
            } else if (line.startsWith("gates ")) {
                gates = line.substring("gates ".length());
            } else {
                boolean anyOrder = line.startsWith("any-order ");
                var request = anyOrder ? line.substring("any-order ".length()) : line;
                var words = List.of(request.split(" "));
                steps.add(new Step(line, anyOrder, words, "", new ArrayList<>()));
            }
        }
        boolean full = flags.contains("full");
        return new Scenario(
                name, full, flags.contains("alone"), without, gates, List.copyOf(steps));
    }

    private static Step last(List<Step> steps, String line) {
        if (steps.isEmpty()) throw new IllegalArgumentException("no step before: " + line);
        return steps.getLast();
    }

    private static Step withBody(Step step, String body) {
        return new Step(step.text(), step.anyOrder(), step.words(), body, step.until());
    }

    private static Until until(List<String> words) {
        if (words.get(1).equals("event")) return new Until.Told(words.get(2));
        if (words.get(1).equals("no")) {
            return new Until.Gone(Resource.of(words.get(2)), words.get(3));
        }
        var condition = words.get(3).split("=", 2);
        var pointer = "/" + condition[0].replace('.', '/');
        return new Until.Has(Resource.of(words.get(1)), words.get(2), pointer, condition[1]);
    }
}

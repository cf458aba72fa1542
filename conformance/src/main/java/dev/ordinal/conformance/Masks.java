package dev.ordinal.conformance;

import dev.ordinal.conformance.Journal.Change;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// What differs from run to run, replaced by what does not: an id becomes its object's name and how
/// many of that name there have been, a time becomes `<time>`, and the scenario's own namespace
/// disappears.
final class Masks {
    private static final Pattern ID =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    private static final Pattern TIME =
            Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z");

    private final String namespace;
    private final Map<String, String> ids;
    private final Map<String, Integer> births;

    Masks(String namespace) {
        this(namespace, new HashMap<>(), new HashMap<>());
    }

    private Masks(String namespace, Map<String, String> ids, Map<String, Integer> births) {
        this.namespace = namespace;
        this.ids = ids;
        this.births = births;
    }

    Masks copy() {
        return new Masks(namespace, new HashMap<>(ids), new HashMap<>(births));
    }

    static String time(String given) {
        return TIME.matcher(given).replaceAll("<time>");
    }

    void learn(Change added) {
        var name = text(added.name());
        int birth = births.merge(added.resource().word + "/" + name, 1, Integer::sum);
        ids.put(added.object().path("metadata").path("uid").asText(), name + "#" + birth);
    }

    String text(String given) {
        var masked =
                ID.matcher(given)
                        .replaceAll(
                                id ->
                                        id.group().startsWith("00000000-")
                                                ? id.group()
                                                : ids.getOrDefault(id.group(), "<id>"));
        // What upstream's scheduler adds when a plug-in refused a pod before its others had looked.
        masked = masked.replaceAll("(nodes are available: .*\\.) not found$", "$1");
        return time(masked).replace(namespace + "-", "").replace(namespace, "<ns>");
    }
}

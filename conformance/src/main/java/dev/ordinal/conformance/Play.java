package dev.ordinal.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.conformance.Client.Answer;
import dev.ordinal.conformance.Journal.Change;
import dev.ordinal.conformance.Scenario.Step;
import dev.ordinal.conformance.Scenario.Until;

import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// One scenario on one control plane, in a namespace of its own: carries out each step, waits until
/// its consequences are there, and writes them down.
///
/// A step whose text is known beforehand is over when what has been seen reads like it and nothing
/// more comes for a moment. A step that is recorded is over when its conditions hold and nothing
/// more comes for a longer moment.
public final class Play {
    private static final Duration ACCOUNT_MAX = Duration.ofSeconds(30);
    private static final Duration QUIET = Duration.ofMillis(80);
    private static final Duration UNORDERED_QUIET = Duration.ofMillis(400);
    private static final Duration RECORDED_QUIET = Duration.ofMillis(1200);
    private static final Set<Resource> WATCHED =
            Set.of(
                    Resource.NAMESPACE,
                    Resource.STATEFUL_SET,
                    Resource.REVISION,
                    Resource.POD,
                    Resource.CLAIM,
                    Resource.VOLUME,
                    Resource.CONFIG_MAP,
                    Resource.EVENT);

    /// Watched, but not compared with lists.
    private static final Set<Resource> UNLISTED = Set.of(Resource.EVENT, Resource.NAMESPACE);

    /// Put into every namespace by the control plane.
    private static final Set<String> FURNITURE =
            Set.of("kube-root-ca.crt", "openshift-service-ca.crt");

    private static final Pattern UID = Pattern.compile("\\$uid\\(([a-z]+)/([^)]+)\\)");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Client client;
    private final Scenario scenario;
    private final Map<String, JsonNode> bases;
    private final String namespace;
    private final List<String> expected;
    private final Duration stepMax;
    private final Journal journal = new Journal();
    private final Map<String, JsonNode> latest = new HashMap<>();
    private boolean astray;

    /// @param bases the objects that `create` starts from, by kind
    /// @param namespace to use; must not exist
    /// @param expected the texts of the steps; empty: record
    /// @param stepMax how long a step may take; some of a real control plane take a minute
    public Play(
            Client client,
            Scenario scenario,
            Map<String, JsonNode> bases,
            String namespace,
            List<String> expected,
            Duration stepMax) {
        this.client = client;
        this.scenario = scenario;
        this.bases = bases;
        this.namespace = namespace;
        this.expected = expected;
        this.stepMax = stepMax;
    }

    /// Parts a transcript into the texts of its steps.
    public static List<String> steps(String transcript) {
        return transcript.isEmpty() ? List.of() : List.of(transcript.split("(?m)(?=^## )"));
    }

    /// @return the transcript
    /// @throws IOException when the control plane cannot be reached
    public String run() throws IOException, InterruptedException {
        var spaces = Resource.NAMESPACE.collection("");
        var space = client.send("POST", spaces, named(namespace), Client.JSON).orThrow();
        var from = space.path("metadata").path("resourceVersion").asText();
        awaitServiceAccount();
        var transcript = new Transcript(namespace, scenario.full());
        var text = new StringBuilder();
        try (var threads = new Watches(client)) {
            for (var resource : watched()) follow(resource, from, threads);
            for (int i = 0; i < scenario.steps().size(); i++) {
                var step = scenario.steps().get(i);
                text.append(play(step, i < expected.size() ? expected.get(i) : null, transcript));
            }
        }
        return text.toString();
    }

    /// Takes away what the scenario has left.
    public void clean() throws IOException, InterruptedException {
        client.send("DELETE", Resource.STATEFUL_SET.collection(namespace), null, Client.JSON);
        for (var pod : client.get(Resource.POD.collection(namespace)).path("items")) {
            kill(pod.path("metadata").path("name").asText());
        }
        for (var resource : List.of(Resource.VOLUME, Resource.STORAGE_CLASS)) {
            for (var item : client.get(resource.collection("")).path("items")) {
                var name = item.path("metadata").path("name").asText();
                if (name.startsWith(namespace + "-")) {
                    client.send("DELETE", resource.path("", name), null, Client.JSON);
                }
            }
        }
        client.send("DELETE", Resource.NAMESPACE.path("", namespace), null, Client.JSON);
    }

    private static ObjectNode named(String name) {
        var object = JsonNodeFactory.instance.objectNode();
        object.putObject("metadata").put("name", name);
        return object;
    }

    /// Pods are refused before it is there.
    private void awaitServiceAccount() throws IOException, InterruptedException {
        var path = Resource.SERVICE_ACCOUNT.collection(namespace);
        var seen = new Journal();
        try (var threads = new Watches(client)) {
            threads.start(
                    path + "?watch=true",
                    (type, account) ->
                            seen.add(new Change(Resource.SERVICE_ACCOUNT, type, account)));
            if (!seen.awaitMore(0, ACCOUNT_MAX)) throw new IOException("no default ServiceAccount");
        }
    }

    /// Namespaces and ConfigMaps only where they matter.
    private Set<Resource> watched() {
        var watched = EnumSet.copyOf(WATCHED);
        for (var resource : List.of(Resource.NAMESPACE, Resource.CONFIG_MAP)) {
            boolean matters =
                    scenario.steps().stream().anyMatch(s -> s.words().contains(resource.word));
            if (!matters) watched.remove(resource);
        }
        return watched;
    }

    private void follow(Resource resource, String from, Watches threads) {
        // Events about objects without a namespace are in another one.
        var path = resource == Resource.EVENT ? "/api/v1/events" : resource.collection(namespace);
        threads.start(
                "%s?watch=true&resourceVersion=%s".formatted(path, from),
                (type, object) -> {
                    var change = new Change(resource, type, object);
                    if (ours(change)) journal.add(change);
                });
    }

    private boolean ours(Change change) {
        var object = change.object();
        var metadata = object.path("metadata");
        if (scenario.without().contains(change.resource())) return false;
        return switch (change.resource()) {
            case NAMESPACE -> change.name().equals(namespace);
            case VOLUME -> change.name().startsWith(namespace + "-");
            case CONFIG_MAP -> !FURNITURE.contains(change.name());
            case EVENT -> {
                var about = object.path("involvedObject").path("name").asText();
                boolean here =
                        metadata.path("namespace").asText().equals(namespace)
                                || about.startsWith(namespace + "-");
                yield here && (change.type().equals("ADDED") || counts(change));
            }
            default -> true;
        };
    }

    /// How often a controller repeats a warning or a notice depends on its clocks; how often it
    /// says that it has made something does not.
    private static boolean counts(Change event) {
        return event.type().equals("MODIFIED")
                && event.object().path("reason").asText().equals("SuccessfulCreate");
    }

    private String play(Step step, @Nullable String wanted, Transcript transcript)
            throws IOException, InterruptedException {
        int start = journal.size();
        var answer = request(step);
        List<String> refusals =
                answer.ok()
                        ? List.of()
                        : List.of(
                                "%d %s: %s"
                                        .formatted(
                                                answer.code(),
                                                answer.body().path("reason").asText(),
                                                answer.body().path("message").asText()));
        boolean known = wanted != null && !astray;
        var limit = Instant.now().plus(stepMax);
        // Writes that cancel each other do not show where the order says nothing: wait longer.
        var quiet = !known ? RECORDED_QUIET : step.anyOrder() ? UNORDERED_QUIET : QUIET;
        while (true) {
            int size = journal.size();
            var changes = journal.after(start);
            boolean over =
                    known
                            ? transcript.copy().step(step, refusals, changes).equals(wanted)
                            : step.until().stream().allMatch(u -> holds(u, changes));
            var left = Duration.between(Instant.now(), limit);
            if (!journal.awaitMore(size, over ? quiet : left)) {
                if (over && !known && !caughtUp()) continue;
                if (!over) {
                    astray = true;
                    if (wanted == null) {
                        throw new IOException(
                                "%s: after %s: not reached: %s"
                                        .formatted(scenario.name(), step.text(), step.until()));
                    }
                }
                break;
            }
        }
        var changes = journal.after(start);
        changes.forEach(this::remember);
        return transcript.step(step, refusals, changes);
    }

    /// Whether the watches have told all that there is.
    private boolean caughtUp() throws IOException, InterruptedException {
        Map<String, Long> told = new HashMap<>();
        for (var change : journal.after(0)) {
            if (UNLISTED.contains(change.resource())) continue;
            var uid = change.object().path("metadata").path("uid").asText();
            if (change.type().equals("DELETED")) told.remove(uid);
            else told.put(uid, change.revision());
        }
        for (var resource : watched()) {
            if (UNLISTED.contains(resource)) continue;
            for (var item : client.get(resource.collection(namespace)).path("items")) {
                var there = new Change(resource, "ADDED", item);
                if (!ours(there)) continue;
                var latest = told.remove(item.path("metadata").path("uid").asText());
                if (latest == null || latest < there.revision()) return false;
            }
        }
        return told.isEmpty();
    }

    private void remember(Change change) {
        var key = change.resource().word + "/" + change.name();
        if (change.type().equals("DELETED")) latest.remove(key);
        else latest.put(key, change.object());
    }

    private boolean holds(Until until, List<Change> changes) {
        Map<String, JsonNode> now = new HashMap<>(latest);
        for (var change : changes) {
            var key = change.resource().word + "/" + change.name();
            if (change.type().equals("DELETED")) now.remove(key);
            else now.put(key, change.object());
        }
        return switch (until) {
            case Until.Gone(var resource, var name) ->
                    !now.containsKey(resource.word + "/" + here(resource, name));
            case Until.Has(var resource, var name, var pointer, var value) -> {
                var object = now.get(resource.word + "/" + here(resource, name));
                yield object != null && object.at(pointer).asText().equals(value);
            }
            case Until.Told(var reason) ->
                    changes.stream()
                            .anyMatch(c -> c.object().path("reason").asText().equals(reason));
        };
    }

    /// Objects outside of namespaces carry the namespace in their names.
    private String here(Resource resource, String name) {
        var own = name.replace("$NS", namespace);
        boolean shared =
                resource.namespaced || resource == Resource.NAMESPACE || resource == Resource.NODE;
        return shared ? own : namespace + "-" + own;
    }

    private Answer request(Step step) throws IOException, InterruptedException {
        var words = step.words();
        return switch (words.getFirst()) {
            case "create" -> create(words, body(step));
            case "patch" -> patch(words, "", body(step));
            case "status" -> patch(words, "/status", body(step));
            case "scale" -> scale(words);
            case "image" -> image(words.get(1), words.get(2));
            case "delete" -> delete(words);
            case "gone" -> kill(words.get(1));
            case "bind" -> bind(words.get(1));
            case "ready" -> podStatus(words.get(1), "Running", "True");
            case "unready" -> podStatus(words.get(1), "Running", "False");
            case "fail" -> podStatus(words.get(1), "Failed", "False");
            case "succeed" -> podStatus(words.get(1), "Succeeded", "False");
            default -> throw new IllegalArgumentException("what is: " + step.text());
        };
    }

    private JsonNode body(Step step) throws IOException, InterruptedException {
        return step.body().isEmpty()
                ? JsonNodeFactory.instance.objectNode()
                : yaml(filled(step.body()));
    }

    static JsonNode yaml(String text) {
        return MAPPER.valueToTree(new Load(LoadSettings.builder().build()).loadFromString(text));
    }

    private String filled(String text) throws IOException, InterruptedException {
        var filled = text.replace("$NS", namespace);
        var match = UID.matcher(filled);
        while (match.find()) {
            var resource = Resource.of(match.group(1));
            var name = here(resource, match.group(2));
            var uid = client.get(resource.path(namespace, name)).path("metadata").path("uid");
            filled = filled.replace(match.group(), uid.asText());
            match = UID.matcher(filled);
        }
        return filled;
    }

    private Answer create(List<String> words, JsonNode body)
            throws IOException, InterruptedException {
        var resource = Resource.of(words.get(1));
        var base = bases.get(resource.word);
        var name = words.get(2);
        var text = base == null ? "{}" : base.toString();
        var object =
                (ObjectNode) MAPPER.readTree(text.replace("$NAME", name).replace("$NS", namespace));
        merge(object, body);
        object.withObjectProperty("metadata").put("name", here(resource, name));
        return client.send("POST", resource.collection(namespace), object, Client.JSON);
    }

    /// As a JSON merge patch does it.
    private static void merge(ObjectNode into, JsonNode patch) {
        for (var field : patch.properties()) {
            if (field.getValue().isNull()) into.remove(field.getKey());
            else if (field.getValue().isObject()) {
                merge(into.withObjectProperty(field.getKey()), field.getValue());
            } else into.set(field.getKey(), field.getValue());
        }
    }

    private Answer patch(List<String> words, String subresource, JsonNode body)
            throws IOException, InterruptedException {
        var resource = Resource.of(words.get(1));
        var path = resource.path(namespace, here(resource, words.get(2))) + subresource;
        return client.send("PATCH", path, body, Client.MERGE);
    }

    private Answer scale(List<String> words) throws IOException, InterruptedException {
        var scale = JsonNodeFactory.instance.objectNode();
        scale.putObject("spec").put("replicas", Integer.parseInt(words.get(2)));
        var path = Resource.STATEFUL_SET.path(namespace, words.get(1)) + "/scale";
        if (words.size() == 3) return client.send("PATCH", path, scale, Client.MERGE);
        var whole = (ObjectNode) client.get(path);
        whole.set("spec", scale.path("spec"));
        var option = words.get(3).split("=", 2);
        ((ObjectNode) whole.path("metadata")).put(option[0], option[1]);
        return client.send("PUT", path, whole, Client.JSON);
    }

    private Answer image(String set, String image) throws IOException, InterruptedException {
        var patch = JsonNodeFactory.instance.objectNode();
        var containers = patch.putObject("spec").putObject("template").putObject("spec");
        containers.putArray("containers").addObject().put("name", "main").put("image", image);
        var path = Resource.STATEFUL_SET.path(namespace, set);
        return client.send("PATCH", path, patch, Client.STRATEGIC);
    }

    private Answer delete(List<String> words) throws IOException, InterruptedException {
        var resource = Resource.of(words.get(1));
        var options = JsonNodeFactory.instance.objectNode();
        options.put("apiVersion", "v1").put("kind", "DeleteOptions");
        if (words.size() > 3) options.put("propagationPolicy", words.get(3));
        var path = resource.path(namespace, here(resource, words.get(2)));
        return client.send("DELETE", path, options, Client.JSON);
    }

    /// The last thing a node does with a pod.
    private Answer kill(String pod) throws IOException, InterruptedException {
        var options = JsonNodeFactory.instance.objectNode();
        options.put("apiVersion", "v1").put("kind", "DeleteOptions");
        options.put("gracePeriodSeconds", 0);
        return client.send("DELETE", Resource.POD.path(namespace, pod), options, Client.JSON);
    }

    private Answer bind(String pod) throws IOException, InterruptedException {
        var binding = named(pod);
        binding.put("apiVersion", "v1").put("kind", "Binding");
        binding.putObject("target").put("kind", "Node").put("name", Node.NAME);
        var path = Resource.POD.path(namespace, pod) + "/binding";
        return client.send("POST", path, binding, Client.JSON);
    }

    private Answer podStatus(String pod, String phase, String ready)
            throws IOException, InterruptedException {
        var patch = JsonNodeFactory.instance.objectNode();
        var status = patch.putObject("status").put("phase", phase);
        status.putArray("conditions")
                .addObject()
                .put("type", "Ready")
                .put("status", ready)
                .put("lastTransitionTime", Instant.now().toString().replaceAll("\\.\\d+", ""));
        var path = Resource.POD.path(namespace, pod) + "/status";
        return client.send("PATCH", path, patch, Client.STRATEGIC);
    }
}

package dev.ordinal.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.net.ssl.SSLContext;

/// Plays requests that stand in a file and writes down the answers, without what differs from run
/// to run.
///
/// Blocks of lines are separated by empty lines. A block is a request line, headers, `@NAME =
/// POINTER` to remember a value of the answer, and the body. `WATCH n PATH` reads n events, fewer
/// when the server ends the stream, and closes it. `UNTIL POINTER=VALUE PATH` asks until a value of
/// the answer is that, and tells nothing: a controller has done its work. A request with the header
/// `Authorization` comes without the administrator's certificate. `$ns` is the scenario's
/// namespace, `$NAME` a remembered value, `$x(n)` n letters. Lines with `#` are comments.
///
/// Before the body can stand: `TELL HEADER ...`, headers that are told too; `KEEP POINTER
/// FIELD=VALUE,...`, of the array there (`*` stands for every child) only the elements with such a
/// value, or that are such a text, are told; `RAW`, the body is told as it was sent; `NOBODY`, it
/// is not told; `BASE64`, what is sent are the bytes that the body encodes.
public final class Exchanges implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);
    private static final int WATCH_SECONDS = 2;
    private static final Pattern HEADER = Pattern.compile("([A-Z][A-Za-z-]+): (.*)");
    private static final Pattern REMEMBER = Pattern.compile("@(\\w+) = (/.*)");
    private static final Pattern KEEP = Pattern.compile("KEEP (/\\S*) ([\\w/]+)=(.*)");
    private static final Set<String> SWITCHES = Set.of("RAW", "NOBODY", "BASE64");
    private static final Pattern LETTERS = Pattern.compile("\\$x\\((\\d+)\\)");
    private static final List<String> TOLD =
            List.of("warning", "location", "content-encoding", "retry-after", "allow");

    /// What is told of an answer and remembered of it.
    ///
    /// @param remembered pointers by name
    /// @param headers besides those that are always told
    private record Telling(
            Map<String, String> remembered,
            List<String> headers,
            List<Keep> kept,
            Set<String> switches) {
        Telling() {
            this(new LinkedHashMap<>(), new ArrayList<>(), new ArrayList<>(), new HashSet<>());
        }
    }

    /// @param path names of fields, `*` for every child, down to an array
    /// @param field pointer to what is compared
    private record Keep(List<String> path, String field, List<String> values) {
        void in(JsonNode node) {
            in(node, path);
        }

        private void in(JsonNode node, List<String> left) {
            if (!left.isEmpty()) {
                var rest = left.subList(1, left.size());
                if (left.getFirst().equals("*")) node.forEach(child -> in(child, rest));
                else in(node.path(left.getFirst()), rest);
            } else if (node instanceof ArrayNode array) {
                array.removeIf(
                        item ->
                                !values.contains(
                                        (item.isTextual() ? item : item.at(field)).asText()));
            }
        }
    }

    private final Kubeconfig to;
    private final HttpClient http;
    private final HttpClient bare;
    private final String namespace;
    private final AnswerMasks masks;
    private final Map<String, String> remembered = new LinkedHashMap<>();

    /// @param namespace where it plays; must be there
    /// @param owners whether answers tell who owns which fields
    public Exchanges(Kubeconfig to, String namespace, boolean owners) {
        this.to = to;
        this.namespace = namespace;
        masks = new AnswerMasks(namespace, owners);
        http = client(to.tls());
        bare = client(to.bare());
        remembered.put("ns", namespace);
    }

    private static HttpClient client(SSLContext tls) {
        return HttpClient.newBuilder().sslContext(tls).version(HttpClient.Version.HTTP_1_1).build();
    }

    /// @param script what stands in the file
    /// @return each request line with its answer
    public String play(String script) throws IOException, InterruptedException {
        var told = new StringBuilder();
        for (var block : script.split("\n{2,}", -1)) {
            var lines = block.lines().filter(line -> !line.startsWith("#")).toList();
            if (lines.isEmpty() || lines.getFirst().isEmpty()) continue;
            told.append("> ").append(lines.getFirst()).append('\n');
            told.append(answer(lines)).append('\n');
        }
        return told.toString();
    }

    private String answer(List<String> lines) throws IOException, InterruptedException {
        var words = filled(lines.getFirst()).split(" ", -1);
        boolean watch = words[0].equals("WATCH");
        boolean until = words[0].equals("UNTIL");
        var path = watch ? bounded(words[2]) : until ? words[2] : words[1];
        var request = HttpRequest.newBuilder(to.server().resolve(path)).timeout(ANSWER_MAX);
        var telling = new Telling();
        List<String> body = new ArrayList<>();
        boolean agent = false;
        for (var line : lines.subList(1, lines.size())) {
            var header = HEADER.matcher(line);
            if (body.isEmpty() && header.matches()) {
                request.header(header.group(1), filled(header.group(2)));
                agent |= header.group(1).equals("User-Agent");
            } else if (!body.isEmpty() || !isAsked(telling, line)) body.add(filled(line));
        }
        if (!agent) request.header("User-Agent", "exchanges/1");
        if (until) return awaited(words[1], request.build());
        request.method(watch ? "GET" : words[0], sent(String.join("\n", body), telling));
        return watch
                ? events(request.build(), Integer.parseInt(words[1]), telling)
                : told(sent(request.build()), telling);
    }

    private boolean isAsked(Telling telling, String line) {
        var remember = REMEMBER.matcher(line);
        var keep = KEEP.matcher(line);
        if (remember.matches()) telling.remembered.put(remember.group(1), remember.group(2));
        else if (keep.matches()) {
            var path = List.of(keep.group(1).substring(1).split("/", -1));
            var values = List.of(filled(keep.group(3)).split(",", -1));
            telling.kept.add(new Keep(path, "/" + keep.group(2), values));
        } else if (line.startsWith("TELL ")) {
            telling.headers.addAll(List.of(line.substring(5).split(" ", -1)));
        } else if (SWITCHES.contains(line)) telling.switches.add(line);
        else return false;
        return true;
    }

    private static BodyPublisher sent(String text, Telling telling) {
        if (text.isEmpty()) return BodyPublishers.noBody();
        return telling.switches.contains("BASE64")
                ? BodyPublishers.ofByteArray(Base64.getDecoder().decode(text))
                : BodyPublishers.ofString(text);
    }

    /// A request with a token comes without the certificate, which would win.
    private HttpResponse<byte[]> sent(HttpRequest request)
            throws IOException, InterruptedException {
        var client = request.headers().firstValue("Authorization").isPresent() ? bare : http;
        return client.send(request, BodyHandlers.ofByteArray());
    }

    private String awaited(String condition, HttpRequest request)
            throws IOException, InterruptedException {
        var parts = condition.split("=", 2);
        var end = System.nanoTime() + ANSWER_MAX.toNanos();
        while (System.nanoTime() < end) {
            var tree = JSON.readTree(sent(request).body());
            if (tree.at(parts[0]).asText().equals(parts[1])) return "";
            Thread.sleep(20);
        }
        return "(never)\n";
    }

    /// A watch that tells less than expected must end too.
    private static String bounded(String path) {
        if (path.contains("timeoutSeconds")) return path;
        return path + (path.contains("?") ? "&" : "?") + "timeoutSeconds=" + WATCH_SECONDS;
    }

    private String filled(String line) {
        var text = LETTERS.matcher(line).replaceAll(Exchanges::letters);
        for (var value : remembered.entrySet()) {
            text = text.replace("$" + value.getKey(), value.getValue());
        }
        return text;
    }

    private static String letters(MatchResult found) {
        return "x".repeat(Integer.parseInt(found.group(1)));
    }

    private String told(HttpResponse<byte[]> answer, Telling telling) throws IOException {
        var told = head(answer, telling);
        if (telling.switches.contains("NOBODY")) return told.toString();
        var body = new String(answer.body(), StandardCharsets.UTF_8);
        boolean raw = telling.switches.contains("RAW");
        if (raw || !told.toString().contains("application/json")) {
            var text = masks.text(raw ? body : body.stripTrailing());
            return told + (body.isEmpty() ? "" : text + "\n");
        }
        if (body.isEmpty()) return told.toString();
        var tree = JSON.readTree(body);
        telling.remembered.forEach(
                (name, pointer) -> remembered.put(name, tree.at(pointer).asText()));
        telling.kept.forEach(keep -> keep.in(tree));
        return told + masks.tree(tree).toPrettyString() + "\n";
    }

    private StringBuilder head(HttpResponse<?> answer, Telling telling) {
        var told = new StringBuilder();
        told.append(answer.statusCode());
        answer.headers()
                .firstValue("content-type")
                .ifPresent(type -> told.append(" ").append(type));
        told.append('\n');
        for (var name : Stream.concat(TOLD.stream(), telling.headers.stream()).toList()) {
            for (var value : answer.headers().allValues(name)) {
                told.append(name).append(": ").append(masks.text(value)).append('\n');
            }
        }
        return told;
    }

    private String events(HttpRequest request, int most, Telling telling)
            throws IOException, InterruptedException {
        var answer = http.send(request, BodyHandlers.ofInputStream());
        var told = head(answer, telling);
        try (var lines =
                new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < most; i++) {
                var line = lines.readLine();
                if (line == null) {
                    told.append("(end)\n");
                    break;
                }
                JsonNode event = masks.tree(JSON.readTree(line));
                told.append(event).append('\n');
            }
        }
        return told.toString();
    }

    @Override
    public void close() {
        http.shutdownNow();
        bare.shutdownNow();
    }

    @Override
    public String toString() {
        return "exchanges in " + namespace;
    }
}

package dev.ordinal.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.Patch;
import dev.ordinal.api.Api.WatchOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.Api.Written;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.Kind;
import dev.ordinal.api.OptionChecks;
import dev.ordinal.api.PodContainers;
import dev.ordinal.api.PodStreams;
import dev.ordinal.api.Status;
import dev.ordinal.api.Stored;
import dev.ordinal.api.schema.Text;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;

/// Answers one request: who asks, what it means, what comes back.
final class Handler {
    private static final Logger LOG = LoggerFactory.getLogger(Handler.class);
    private static final int WARNINGS_MAX = 4096;

    private final Api api;
    private final Gate gate;
    private final PodStreams pods;
    private final Watches watches;
    private final Meta meta;
    private final InstantSource clock;

    Handler(Api api, Gate gate, PodStreams pods, Watches watches, Meta meta, InstantSource clock) {
        this.api = api;
        this.gate = gate;
        this.pods = pods;
        this.watches = watches;
        this.meta = meta;
        this.clock = clock;
    }

    void handle(Exchange exchange) throws IOException {
        var audit = exchange.header("Audit-ID");
        exchange.answerHeader("Audit-Id", audit.isEmpty() ? UUID.randomUUID().toString() : audit);
        exchange.answerHeader("Cache-Control", "no-cache, private");
        try {
            gate.admit(exchange);
            var target = Target.parse(exchange.path());
            if (target.isEmpty()) meta.answer(exchange);
            else resource(exchange, target.get());
        } catch (ApiException refused) {
            refuse(exchange, refused.status());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException broken) {
            LOG.error("{} {} failed", exchange.method(), exchange.path(), broken);
            refuse(exchange, ApiException.internal(String.valueOf(broken.getMessage())).status());
        }
    }

    private static void refuse(Exchange exchange, Status status) throws IOException {
        var details = status.details();
        if (details != null && details.retryAfterSeconds() > 0) {
            exchange.answerHeader("Retry-After", Integer.toString(details.retryAfterSeconds()));
        }
        if (status.code() == 403) {
            exchange.answerHeader("X-Content-Type-Options", "nosniff");
        }
        var rendering = Rendering.ofStatus(exchange);
        exchange.answer(status.code(), rendering.mediaType(), rendering.bytes(status.tree()));
    }

    private void resource(Exchange exchange, Target target)
            throws IOException, InterruptedException {
        var kind = api.kinds().stream().filter(k -> k.type().equals(target.type())).findFirst();
        boolean scoped =
                kind.isPresent()
                        && (kind.get().namespaced()
                                ? target.namespace() != null
                                        || (target.name() == null
                                                && target.subresource() == null
                                                && kind.get().answering() == null)
                                : target.namespace() == null);
        if (kind.isEmpty() || !scoped) {
            meta.unknownResource(exchange, target);
            return;
        }
        var deprecation = kind.get().deprecation();
        if (deprecation != null) warn(exchange, List.of(deprecation));
        if (target.name() == null) collection(exchange, target, kind.get());
        else if (kind.get().answering() != null) meta.unknownResource(exchange, target);
        else if (target.subresource() == null) item(exchange, target, kind.get());
        else subresource(exchange, target, kind.get(), target.subresource());
    }

    private void collection(Exchange exchange, Target target, Kind kind)
            throws IOException, InterruptedException {
        if (kind.answering() != null && !exchange.method().equals("POST")) throw notAllowed();
        if (target.legacyWatch() && !exchange.method().equals("GET")) throw notAllowed();
        switch (exchange.method()) {
            case "GET" -> {
                if (target.legacyWatch() || flag(exchange, "watch")) watch(exchange, target, kind);
                else {
                    var rendering = Rendering.negotiate(exchange);
                    var listing = api.list(kind.type(), target.namespace(), listOptions(exchange));
                    ok(exchange, 200, rendering, rendering.list(kind, listing, clock));
                }
            }
            case "POST" -> {
                if (kind.namespaced() && target.namespace() == null) throw notAllowed();
                var rendering = Rendering.negotiate(exchange);
                var written =
                        api.create(
                                kind.type(),
                                target.namespace(),
                                body(exchange, kind),
                                writeOptions(exchange, "CreateOptions"));
                written(exchange, rendering, kind, written);
            }
            case "DELETE" -> {
                if ((kind.namespaced() && target.namespace() == null)
                        || !kind.verbs().contains("deletecollection")) throw notAllowed();
                var rendering = Rendering.negotiate(exchange);
                var listing =
                        api.deleteCollection(
                                kind.type(),
                                target.namespace(),
                                deleteOptions(exchange),
                                listOptions(exchange));
                ok(exchange, 200, rendering, rendering.list(kind, listing, clock));
            }
            default -> throw nameless(kind);
        }
    }

    private void watch(Exchange exchange, Target target, Kind kind)
            throws IOException, InterruptedException {
        var initial = exchange.query("sendInitialEvents");
        var options =
                new WatchOptions(
                        exchange.parameter("labelSelector"),
                        watchedFields(exchange, target.name()),
                        exchange.parameter("resourceVersion"),
                        exchange.parameter("resourceVersionMatch"),
                        flag(exchange, "allowWatchBookmarks"),
                        initial.isEmpty() ? null : flag(exchange, "sendInitialEvents"));
        watches.serve(exchange, kind, target.namespace(), options, Rendering.ofWatch(exchange));
    }

    /// @param name that the path watches, or null
    private static String watchedFields(Exchange exchange, @Nullable String name) {
        var fields = exchange.parameter("fieldSelector");
        if (name == null) return fields;
        if (!fields.isEmpty() && !Requests.selected(fields).equals(name)) {
            throw ApiException.badRequest(
                    "fieldSelector metadata.name doesn't match requested name");
        }
        return fields.isEmpty() ? "metadata.name=" + name : fields;
    }

    private void item(Exchange exchange, Target target, Kind kind)
            throws IOException, InterruptedException {
        var name = target.requireName();
        if (target.legacyWatch() && !exchange.method().equals("GET")) throw notAllowed();
        switch (exchange.method()) {
            case "GET" -> {
                if (target.legacyWatch()) {
                    watch(exchange, target, kind);
                    return;
                }
                if (flag(exchange, "export")) {
                    throw ApiException.badRequest(
                            "the export parameter, deprecated since v1.14, is no longer supported");
                }
                var rendering = Rendering.negotiate(exchange);
                var object = api.get(kind.type(), target.namespace(), name);
                ok(exchange, 200, rendering, rendering.object(kind, object, clock));
            }
            case "PUT" -> update(exchange, target, kind, null);
            case "PATCH" -> patch(exchange, target, kind, null);
            case "DELETE" -> {
                var rendering = Rendering.negotiate(exchange);
                var options = deleteOptions(exchange);
                var deleted = api.delete(kind.type(), target.namespace(), name, options);
                if (deleted.gone() && !kind.returnsDeleted()) {
                    ok(exchange, 200, rendering, rendering.bytes(success(kind, deleted.object())));
                } else {
                    ok(exchange, 200, rendering, rendering.object(kind, deleted.object(), clock));
                }
            }
            default -> throw notAllowed();
        }
    }

    private static ObjectNode success(Kind kind, Stored object) {
        var status = JsonNodeFactory.instance.objectNode();
        status.put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        status.put("status", "Success");
        var details = status.putObject("details").put("name", object.name());
        if (!kind.group().isEmpty()) details.put("group", kind.group());
        details.put("kind", kind.plural()).put("uid", object.uid());
        return status;
    }

    private void subresource(Exchange exchange, Target target, Kind kind, String subresource)
            throws IOException, InterruptedException {
        boolean view =
                (subresource.equals("status") && kind.hasStatus())
                        || (subresource.equals("scale") && kind.scale() != null);
        var name = target.requireName();
        if (!view && !kind.subresources().contains(subresource)) {
            if (kind.form() != null) throw ApiException.notFound(kind.type(), name);
            meta.unknownResource(exchange, target);
            return;
        }
        switch (subresource) {
            case "log" -> log(exchange, api.get(kind.type(), target.namespace(), name));
            case "binding", "eviction", "token" -> {
                if (!exchange.method().equals("POST")) throw notAllowed();
                var rendering = Rendering.negotiate(exchange);
                var written =
                        api.create(
                                kind.type(),
                                target.namespace(),
                                name,
                                subresource,
                                body(exchange, kind),
                                writeOptions(exchange, "CreateOptions"));
                written(exchange, rendering, kind, written);
            }
            case "exec", "attach", "portforward" -> {
                var pod = api.get(kind.type(), target.namespace(), name);
                if (!subresource.equals("portforward")) {
                    var _ = PodContainers.named(pod, exchange.parameter("container"));
                }
                PodContainers.requireHost(pod);
                if (exchange.header("Upgrade").startsWith("SPDY/")
                        && refusedByNode(exchange, pod, subresource)) return;
                throw ApiException.badRequest("Upgrade request required");
            }
            default -> {
                switch (exchange.method()) {
                    case "GET" -> {
                        var rendering = Rendering.negotiate(exchange);
                        var object = api.get(kind.type(), target.namespace(), name, subresource);
                        ok(exchange, 200, rendering, rendering.object(kind, object, clock));
                    }
                    case "PUT" -> update(exchange, target, kind, subresource);
                    case "PATCH" -> patch(exchange, target, kind, subresource);
                    default -> throw notSupported(kind, exchange.method());
                }
            }
        }
    }

    /// kubectl that was refused over a WebSocket asks for SPDY and shows what is said then. The
    /// node refuses in plain text.
    private boolean refusedByNode(Exchange exchange, Stored pod, String subresource)
            throws IOException {
        if (subresource.equals("portforward")) return false;
        try {
            pods.check(pod, PodSockets.options(exchange), subresource.equals("exec"));
            return false;
        } catch (ApiException refused) {
            if (refused.code() != 500) throw refused;
            var text = String.valueOf(refused.getMessage()).getBytes(StandardCharsets.UTF_8);
            exchange.answer(500, "text/plain; charset=utf-8", text);
            return true;
        }
    }

    private void update(Exchange exchange, Target target, Kind kind, @Nullable String subresource)
            throws IOException {
        var rendering = Rendering.negotiate(exchange);
        var written =
                api.update(
                        kind.type(),
                        target.namespace(),
                        target.requireName(),
                        subresource,
                        body(exchange, kind),
                        writeOptions(exchange, "UpdateOptions"));
        written(exchange, rendering, kind, written);
    }

    private void patch(Exchange exchange, Target target, Kind kind, @Nullable String subresource)
            throws IOException {
        var rendering = Rendering.negotiate(exchange);
        var type = mediaType(exchange);
        if (kind.form() == null && !kind.patchTypes().contains(type)) {
            throw new ApiException(
                    new Status(
                            415,
                            "UnsupportedMediaType",
                            "415: Unsupported Media Type",
                            Status.Details.empty()));
        }
        var written =
                api.patch(
                        kind.type(),
                        target.namespace(),
                        target.requireName(),
                        subresource,
                        new Patch(type, exchange.body()),
                        writeOptions(exchange, "PatchOptions"));
        written(exchange, rendering, kind, written);
    }

    private void log(Exchange exchange, Stored pod) throws IOException, InterruptedException {
        if (!exchange.method().equals("GET")) throw notAllowed();
        var options = LogRequests.options(exchange, pod.name());
        var _ = PodContainers.named(pod, options.container());
        if (!PodContainers.hasHost(pod)) {
            exchange.answer(204, null, new byte[0]);
            return;
        }
        var reader = Thread.currentThread();
        exchange.onGone(reader::interrupt);
        try (var out = new LazyStream(exchange)) {
            pods.logs(pod, options, out);
        }
    }

    /// Sends the head with the first byte, so that a refusal before it is still a Status.
    private static final class LazyStream extends java.io.OutputStream {
        private final Exchange exchange;
        private java.io.@Nullable OutputStream out;

        LazyStream(Exchange exchange) {
            this.exchange = exchange;
        }

        private java.io.OutputStream open() throws IOException {
            if (out == null) out = exchange.stream(200, "text/plain");
            return Objects.requireNonNull(out);
        }

        @Override
        public void write(int b) throws IOException {
            open().write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            open().write(bytes, offset, length);
        }

        @Override
        public void flush() throws IOException {
            open().flush();
        }

        @Override
        public void close() throws IOException {
            if (out != null) out.close();
            else if (!Thread.currentThread().isInterrupted()) {
                exchange.answer(200, "text/plain", new byte[0]);
            }
        }
    }

    private void written(Exchange exchange, Rendering rendering, Kind kind, Written written)
            throws IOException {
        warn(exchange, written.warnings());
        ok(
                exchange,
                written.created() ? 201 : 200,
                rendering,
                rendering.object(kind, written.object(), clock));
    }

    private static void ok(Exchange exchange, int status, Rendering rendering, byte[] bytes)
            throws IOException {
        exchange.answer(status, rendering.mediaType(), Compression.packed(exchange, bytes));
    }

    private static void warn(Exchange exchange, List<String> warnings) {
        int length = warnings.stream().mapToInt(String::length).sum();
        for (var text : warnings.stream().distinct().toList()) {
            if (text.chars().anyMatch(Character::isISOControl)) continue; // no header may hold it
            var shown =
                    length > WARNINGS_MAX && text.length() > 256 ? text.substring(0, 256) : text;
            exchange.answerHeader(
                    "Warning",
                    "299 - \"%s\"".formatted(shown.replace("\\", "\\\\").replace("\"", "\\\"")));
        }
    }

    /// Upstream's routes for custom resources take every method.
    private static ApiException nameless(Kind kind) {
        return kind.form() == null
                ? notAllowed()
                : ApiException.badRequest("name must be provided");
    }

    private static ApiException notSupported(Kind kind, String method) {
        if (kind.form() == null) return notAllowed();
        var verb = method.equals("POST") ? "create" : method.toLowerCase(Locale.ROOT);
        return ApiException.methodNotAllowed(kind.type(), verb);
    }

    static ApiException notAllowed() {
        return new ApiException(
                new Status(
                        405,
                        "MethodNotAllowed",
                        "the server does not allow this method on the requested resource",
                        Status.Details.empty()));
    }

    private static String mediaType(Exchange exchange) {
        var type = exchange.header("Content-Type");
        int semicolon = type.indexOf(';');
        return (semicolon < 0 ? type : type.substring(0, semicolon))
                .strip()
                .toLowerCase(Locale.ROOT);
    }

    private static Body body(Exchange exchange, Kind kind) throws IOException {
        var type = mediaType(exchange);
        return switch (type) {
            case "", "application/json", "application/yaml" -> new Body.Text(exchange.body(), type);
            case Protobuf.MEDIA_TYPE -> new Body.Tree(Protobuf.decode(kind, exchange.body()));
            default ->
                    throw new ApiException(
                            new Status(
                                    415,
                                    "UnsupportedMediaType",
                                    "the body of the request was in an unknown format - accepted"
                                            + " media types include: application/json,"
                                            + " application/yaml, "
                                            + Protobuf.MEDIA_TYPE,
                                    null));
        };
    }

    static boolean flag(Exchange exchange, String name) {
        var values = exchange.query(name);
        if (values.isEmpty()) return false;
        var value = values.getFirst();
        return !value.equals("0") && !value.equalsIgnoreCase("false");
    }

    static @Nullable Long number(Exchange exchange, String name) {
        var text = exchange.parameter(name);
        if (text.isEmpty()) return null;
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException _) {
            throw ApiException.badRequest(
                    "strconv.ParseInt: parsing \"%s\": invalid syntax".formatted(text));
        }
    }

    private static ListOptions listOptions(Exchange exchange) {
        var limit = number(exchange, "limit");
        return new ListOptions(
                exchange.parameter("labelSelector"),
                exchange.parameter("fieldSelector"),
                exchange.parameter("resourceVersion"),
                exchange.parameter("resourceVersionMatch"),
                limit == null
                        ? 0
                        : Math.toIntExact(Math.max(0, Math.min(limit, Integer.MAX_VALUE))),
                exchange.parameter("continue"),
                flag(exchange, "sendInitialEvents"));
    }

    /// @param type whose options they are: `CreateOptions`, `UpdateOptions` or `PatchOptions`
    private static WriteOptions writeOptions(Exchange exchange, String type) {
        return new WriteOptions(
                exchange.parameter("fieldManager"),
                exchange.parameter("fieldValidation"),
                dryRun(exchange, type),
                flag(exchange, "force"),
                exchange.user(),
                exchange.header("User-Agent"));
    }

    private static boolean dryRun(Exchange exchange, String type) {
        var values = JsonNodeFactory.instance.arrayNode();
        exchange.query("dryRun").forEach(values::add);
        OptionChecks.checkDryRun(type, values);
        return !values.isEmpty();
    }

    /// From the body where there is one, else from the query.
    private static DeleteOptions deleteOptions(Exchange exchange) throws IOException {
        var bytes = exchange.body();
        if (bytes.length == 0) {
            var orphan = exchange.query("orphanDependents");
            return new DeleteOptions(
                    number(exchange, "gracePeriodSeconds"),
                    exchange.parameter("propagationPolicy"),
                    orphan.isEmpty() ? null : flag(exchange, "orphanDependents"),
                    null,
                    null,
                    dryRun(exchange, "DeleteOptions"));
        }
        var tree = deleteTree(exchange, bytes);
        OptionChecks.checkDryRun("DeleteOptions", tree.path("dryRun"));
        var grace = tree.path("gracePeriodSeconds");
        var orphan = tree.path("orphanDependents");
        var uid = tree.at("/preconditions/uid");
        var version = tree.at("/preconditions/resourceVersion");
        return new DeleteOptions(
                grace.isNumber() ? grace.asLong() : null,
                tree.path("propagationPolicy").asText(""),
                orphan.isBoolean() ? orphan.asBoolean() : null,
                uid.isTextual() ? uid.asText() : null,
                version.isTextual() ? version.asText() : null,
                !tree.path("dryRun").isEmpty());
    }

    private static JsonNode deleteTree(Exchange exchange, byte[] bytes) {
        if (mediaType(exchange).equals(Protobuf.MEDIA_TYPE)) return Protobuf.decode(bytes);
        try {
            return mediaType(exchange).equals("application/yaml")
                    ? Text.yaml(bytes, _ -> {})
                    : Text.json(bytes, _ -> {});
        } catch (Text.MalformedException malformed) {
            throw ApiException.badRequest(
                    "couldn't get version/kind; json parse error: " + malformed.getMessage());
        }
    }
}

package dev.ordinal.control;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Json;
import dev.ordinal.api.RecentMap;
import dev.ordinal.control.EventCorrelator.Happening;
import dev.ordinal.control.EventCorrelator.Verdict;

import io.fabric8.kubernetes.api.model.HasMetadata;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/// Writes core/v1 Events about objects. The same event again only counts up, similar ones are
/// combined, and of too many some are dropped.
///
/// A failure to write is logged: events explain, nothing depends on them. Remembers the last
/// `REMEMBERED` distinct events.
public final class EventRecorder {
    private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);
    private static final GroupVersionResource EVENTS = GroupVersionResource.of("v1", "events");
    private static final int REMEMBERED = 4096;

    private final Api api;
    private final String component;
    private final WriteOptions write;
    private final String host;
    private final InstantSource clock;
    private final AtomicLong lastNanos = new AtomicLong();
    private final EventCorrelator correlator = new EventCorrelator();
    private final Map<Object, Seen> seen = RecentMap.of(REMEMBERED);

    /// @param component e.g. `statefulset-controller`
    /// @param host the node's name, or empty
    public EventRecorder(Api api, String component, String host, InstantSource clock) {
        this.api = api;
        this.component = component;
        write = WriteOptions.by(process(component));
        this.host = host;
        this.clock = clock;
    }

    /// Upstream's process of a component: it owns the fields of events.
    private static String process(String component) {
        return switch (component) {
            case "kubelet" -> "kubelet";
            case "default-scheduler" -> "kube-scheduler";
            default -> "kube-controller-manager";
        };
    }

    public void normal(HasMetadata about, String reason, String message) {
        record(reference(about, ""), "Normal", reason, message);
    }

    public void warning(HasMetadata about, String reason, String message) {
        record(reference(about, ""), "Warning", reason, message);
    }

    /// @param fieldPath e.g. `spec.containers{web}`
    public void about(
            HasMetadata object, String fieldPath, String type, String reason, String message) {
        record(reference(object, fieldPath), type, reason, message);
    }

    /// @param involved the object as an ObjectReference
    public void warning(ObjectNode involved, String reason, String message) {
        record(involved, "Warning", reason, message);
    }

    private static ObjectNode reference(HasMetadata about, String fieldPath) {
        var metadata = about.getMetadata();
        var node = JsonNodeFactory.instance.objectNode();
        node.put("kind", about.getKind());
        if (metadata.getNamespace() != null) node.put("namespace", metadata.getNamespace());
        node.put("name", metadata.getName());
        node.put("uid", metadata.getUid());
        node.put("apiVersion", about.getApiVersion());
        if (metadata.getResourceVersion() != null) {
            node.put("resourceVersion", metadata.getResourceVersion());
        }
        if (!fieldPath.isEmpty()) node.put("fieldPath", fieldPath);
        return node;
    }

    /// Different events are written side by side, the same one after the other.
    private void record(ObjectNode about, String type, String reason, String message) {
        var happening =
                new Happening(
                        about.path("uid").asText(),
                        about.path("fieldPath").asText(),
                        type,
                        reason,
                        message);
        var verdict = correlator.judge(happening, clock.instant());
        var earlier = seen.computeIfAbsent(verdict.key(), _ -> new Seen(namespace(about)));
        synchronized (earlier) {
            earlier.count++;
            if (verdict.dropped()) return;
            try {
                if (!earlier.name.isEmpty() && countUp(earlier, verdict)) return;
                earlier.name = create(about, type, reason, verdict, earlier.count);
            } catch (ApiException refused) {
                LOG.debug(
                        "event {} about {}: {}", reason, about.path("name"), refused.getMessage());
            }
        }
    }

    /// @return whether the event is still there
    private boolean countUp(Seen earlier, Verdict verdict) {
        var patch = JsonNodeFactory.instance.objectNode();
        patch.put("count", earlier.count).put("lastTimestamp", now());
        if (verdict.combined()) patch.put("message", verdict.message());
        try {
            api.patch(
                    EVENTS,
                    earlier.namespace,
                    earlier.name,
                    null,
                    new Api.Patch(Api.Patch.MERGE, Json.bytes(patch)),
                    write);
        } catch (ApiException refused) {
            if (refused.code() == 404) return false;
            throw refused;
        }
        return true;
    }

    private static String namespace(ObjectNode about) {
        return about.path("namespace").asText("default");
    }

    /// @return the event's name
    private String create(
            ObjectNode about, String type, String reason, Verdict verdict, int count) {
        var namespace = namespace(about);
        var event = JsonNodeFactory.instance.objectNode();
        event.put("kind", "Event").put("apiVersion", "v1");
        var metadata = event.putObject("metadata").put("namespace", namespace);
        event.set("involvedObject", about);
        event.put("reason", reason).put("message", verdict.message());
        var source = event.putObject("source").put("component", component);
        if (!host.isEmpty()) source.put("host", host);
        var now = now();
        event.put("firstTimestamp", now).put("lastTimestamp", now).put("count", count);
        event.put("type", type);
        event.putNull("eventTime");
        if (!verdict.combined()) {
            event.put("reportingComponent", component).put("reportingInstance", host);
        }
        while (true) {
            var name = about.path("name").asText() + "." + Long.toHexString(uniqueNanos());
            metadata.put("name", name);
            try {
                var body = new Api.Body.Tree(event.deepCopy());
                api.create(EVENTS, namespace, body, write);
                return name;
            } catch (ApiException refused) {
                // Another component has just told something about the same object.
                if (!refused.is("AlreadyExists")) throw refused;
            }
        }
    }

    private String now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private long uniqueNanos() {
        Instant now = clock.instant();
        long nanos = now.getEpochSecond() * 1_000_000_000L + now.getNano();
        return lastNanos.updateAndGet(last -> Math.max(last + 1, nanos));
    }

    /// What was written of an event: its name is empty until then. Guarded by itself.
    private static final class Seen {
        private final String namespace;
        private String name = "";
        private int count;

        Seen(String namespace) {
            this.namespace = namespace;
        }
    }
}

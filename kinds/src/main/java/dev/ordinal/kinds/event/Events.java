package dev.ordinal.kinds.event;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Column;
import dev.ordinal.api.Kind;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.api.table.Ages;
import dev.ordinal.kinds.Columns;

import java.time.Instant;
import java.util.List;
import java.util.Locale;

/// Everything the API server knows about `v1` Events. They are also served as those of
/// `events.k8s.io/v1`: [NewEvents].
public final class Events {
    public static final Kind KIND = kind();

    private Events() {}

    private static Kind kind() {
        var builder =
                Kind.of("v1", "events", Schema.load("v1", "Event"))
                        .shortNames("ev")
                        .createsOnUpdate()
                        .rules((event, old, problems) -> EventRules.check(event, problems))
                        .column(
                                new Column(
                                        "Last Seen",
                                        "string",
                                        "",
                                        "When it happened last.",
                                        0,
                                        Events::lastSeen))
                        .column(Columns.text("Type", "Normal or Warning.", Columns.at("/type")))
                        .column(Columns.text("Reason", "Why, in one word.", Columns.at("/reason")))
                        .column(Columns.text("Object", "What it is about.", Events::object))
                        .column(
                                Columns.wide(
                                        "Subobject",
                                        "Which part it is about.",
                                        Columns.at("/involvedObject/fieldPath")))
                        .column(Columns.wide("Source", "Who reports it.", Events::source))
                        .column(
                                Columns.text(
                                        "Message",
                                        "What happened.",
                                        event -> event.path("message").asText().strip()))
                        .column(
                                new Column(
                                        "First Seen",
                                        "string",
                                        "",
                                        "When it happened first.",
                                        1,
                                        Events::firstSeen))
                        .column(
                                new Column(
                                        "Count",
                                        "string",
                                        "",
                                        "How often it happened.",
                                        1,
                                        (event, _) -> count(event)))
                        .column(
                                new Column(
                                        "Name",
                                        "string",
                                        "name",
                                        "Unique within its namespace.",
                                        1,
                                        (event, _) -> event.at("/metadata/name").asText()));
        for (var field :
                List.of(
                        "kind",
                        "namespace",
                        "name",
                        "uid",
                        "apiVersion",
                        "resourceVersion",
                        "fieldPath")) {
            builder.selectable("involvedObject." + field, Columns.at("/involvedObject/" + field));
        }
        return builder.selectable("reason", Columns.at("/reason"))
                .selectable("type", Columns.at("/type"))
                .selectable("reportingComponent", Columns.at("/reportingComponent"))
                .selectable(
                        "source",
                        event -> {
                            var component = event.at("/source/component").asText();
                            return component.isEmpty()
                                    ? event.path("reportingComponent").asText()
                                    : component;
                        })
                .build();
    }

    private static Object firstSeen(JsonNode event, Instant now) {
        var first = event.path("firstTimestamp");
        return Ages.since(first.isTextual() ? first : event.path("eventTime"), now);
    }

    private static Object lastSeen(JsonNode event, Instant now) {
        var series = event.path("series");
        if (series.isObject()) return Ages.since(series.path("lastObservedTime"), now);
        var last = event.path("lastTimestamp");
        return last.isTextual() ? Ages.since(last, now) : firstSeen(event, now);
    }

    private static Object count(JsonNode event) {
        var series = event.path("series");
        int count = series.isObject() ? series.path("count").asInt() : event.path("count").asInt();
        return Math.max(1, count);
    }

    private static String object(JsonNode event) {
        var kind = event.at("/involvedObject/kind").asText().toLowerCase(Locale.ROOT);
        var name = event.at("/involvedObject/name").asText();
        return name.isEmpty() ? kind : kind + "/" + name;
    }

    private static String source(JsonNode event) {
        var component = Columns.at("/component").apply(event.path("source"));
        if (component.isEmpty()) component = event.path("reportingComponent").asText();
        var host = Columns.at("/host").apply(event.path("source"));
        if (host.isEmpty()) host = event.path("reportingInstance").asText();
        return host.isEmpty() ? component : component + ", " + host;
    }
}

package dev.ordinal.kinds.event;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Columns;

import java.util.List;
import java.util.Map;

/// `events.k8s.io/v1` Events: the objects of [Events] with other names for their fields.
///
/// @see "upstream: pkg/apis/events/v1/conversion.go"
public final class NewEvents {
    public static final Kind KIND = kind();

    /// The field's name in `v1` by its name here.
    private static final Map<String, String> STORED =
            Map.of(
                    "regarding", "involvedObject",
                    "note", "message",
                    "reportingController", "reportingComponent",
                    "deprecatedSource", "source",
                    "deprecatedFirstTimestamp", "firstTimestamp",
                    "deprecatedLastTimestamp", "lastTimestamp",
                    "deprecatedCount", "count");

    private NewEvents() {}

    private static Kind kind() {
        var schema = Schema.load("events.k8s.io/v1", "Event");
        var builder =
                Kind.of("events.k8s.io/v1", "events", schema)
                        .shortNames("ev")
                        .createsOnUpdate()
                        .rules(EventRules::checkNew)
                        .showing(Events.KIND, NewEvents::toStored, NewEvents::fromStored);
        for (var field :
                List.of(
                        "kind",
                        "namespace",
                        "name",
                        "uid",
                        "apiVersion",
                        "resourceVersion",
                        "fieldPath")) {
            builder.selectable("regarding." + field, Columns.at("/involvedObject/" + field));
        }
        return builder.selectable("reason", Columns.at("/reason"))
                .selectable("type", Columns.at("/type"))
                .selectable("reportingController", Columns.at("/reportingComponent"))
                .build();
    }

    private static ObjectNode toStored(ObjectNode event) {
        STORED.forEach((here, there) -> rename(event, here, there));
        return event;
    }

    private static ObjectNode fromStored(ObjectNode event) {
        STORED.forEach((here, there) -> rename(event, there, here));
        return event;
    }

    private static void rename(ObjectNode event, String from, String to) {
        var value = event.remove(from);
        if (value != null) event.set(to, value);
    }
}

package dev.ordinal.kinds.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.WatchOptions;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;

class NewEventsTest {
    private static final GroupVersionResource OLD = GroupVersionResource.of("v1", "events");
    private static final GroupVersionResource NEW =
            GroupVersionResource.of("events.k8s.io/v1", "events");
    private static final String EVENT =
            """
            {'metadata': {'name': 'e'}, 'eventTime': '2026-01-02T03:04:05.000006Z', 'type': 'Normal',
             'reportingController': 'example.com/c', 'reportingInstance': 'c-1', 'action': 'Look',
             'reason': 'Looked', 'regarding': {'kind': 'Pod', 'namespace': 'default', 'name': 'p'},
             'note': 'all is well'}
            """;

    private final TestCluster cluster = new TestCluster(1);

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Rule("api events")
    @Test
    void anEventOfOneGroupIsOneOfTheOther() {
        var made = cluster.create(NEW, "default", EVENT);
        assertThat(made.tree().path("apiVersion").asText()).isEqualTo("events.k8s.io/v1");
        assertThat(made.tree().path("note").asText()).isEqualTo("all is well");
        var old = cluster.api.get(OLD, "default", "e").tree();
        assertThat(old.path("apiVersion").asText()).isEqualTo("v1");
        assertThat(old.at("/involvedObject/name").asText()).isEqualTo("p");
        assertThat(old.path("message").asText()).isEqualTo("all is well");
        assertThat(old.path("reportingComponent").asText()).isEqualTo("example.com/c");
        assertThat(old.has("note")).isFalse();
    }

    @Rule("api events")
    @Test
    void olderEventsShowTheirSourceAndTimesAsDeprecated() {
        cluster.create(
                OLD,
                "default",
                """
                {'metadata': {'name': 'e'}, 'involvedObject': {'namespace': 'default'}, 'count': 2,
                 'source': {'component': 'c'}, 'lastTimestamp': '2026-01-02T03:04:05Z'}
                """);
        var shown = cluster.api.get(NEW, "default", "e").tree();
        assertThat(shown.path("deprecatedCount").asInt()).isEqualTo(2);
        assertThat(shown.at("/deprecatedSource/component").asText()).isEqualTo("c");
        assertThat(shown.path("deprecatedLastTimestamp").asText())
                .isEqualTo("2026-01-02T03:04:05Z");
        assertThat(shown.path("deprecatedFirstTimestamp").isNull()).isTrue();
        assertThat(shown.path("eventTime").isNull()).isTrue();
    }

    @Rule("api events")
    @Test
    void aNewEventIsStricterThanAnOldOne() {
        assertThatThrownBy(
                        () ->
                                cluster.create(
                                        NEW,
                                        "default",
                                        """
                                        {'metadata': {'name': 'e'}, 'deprecatedCount': 1,
                                         'regarding': {'namespace': 'default'},
                                         'series': {'count': 1}, 'type': 'Odd'}
                                        """))
                .hasMessage(
                        "Event \"e\" is invalid: [series.count: Invalid value: \"\": should be at"
                            + " least 2, series.lastObservedTime: Required value, eventTime:"
                            + " Required value, type: Invalid value: \"\": has invalid value: Odd,"
                            + " count: Invalid value: \"\": needs to be unset]");
    }

    @Rule("api events")
    @Test
    void whatAnEventTellsIsNotChanged() {
        cluster.create(NEW, "default", EVENT);
        var changed = "{'note':'worse','regarding':{'uid':'u'},'deprecatedCount':2}";
        assertThatThrownBy(() -> cluster.patch(NEW, "default", "e", null, changed))
                .hasMessage(
                        "Event \"e\" is invalid: [involvedObject: Invalid value: {\"Kind\":\"Pod\","
                            + "\"Namespace\":\"default\",\"Name\":\"p\",\"UID\":\"u\","
                            + "\"APIVersion\":\"\",\"ResourceVersion\":\"\",\"FieldPath\":\"\"}:"
                            + " field is immutable, message: Invalid value: \"worse\": field is"
                            + " immutable, count: Invalid value: 2: field is immutable]");
        var counted =
                cluster.patch(
                        NEW,
                        "default",
                        "e",
                        null,
                        "{'series':{'count':2,'lastObservedTime':'2026-01-02T03:04:06.000000Z'}}");
        assertThat(counted.tree().at("/series/count").asInt()).isEqualTo(2);
    }

    @Rule("api 6.3")
    @Test
    void eachGroupSelectsByItsOwnNames() {
        cluster.create(NEW, "default", EVENT);
        assertThat(selected(NEW, "regarding.name=p")).isEqualTo(1);
        assertThat(selected(OLD, "involvedObject.name=p")).isEqualTo(1);
        assertThat(selected(NEW, "regarding.name=q")).isZero();
        assertThatThrownBy(() -> selected(NEW, "involvedObject.name=p"))
                .hasMessage("field label not supported: involvedObject.name");
    }

    private int selected(GroupVersionResource type, String selector) {
        var options = new ListOptions("", selector, "", "", 0, "");
        return cluster.api.list(type, "default", options).items().size();
    }

    @Rule("api events")
    @Test
    void aWatchOfOneGroupHearsOfBoth() throws InterruptedException {
        var start = cluster.api.list(NEW, "default", ListOptions.ALL).revision();
        var options = WatchOptions.after(Long.toString(start));
        try (var watch = cluster.api.watch(NEW, "default", options)) {
            cluster.create(
                    OLD,
                    "default",
                    "{'metadata':{'name':'e'},'involvedObject':{'namespace':'default'},'message':'m'}");
            var told = watch.next(Duration.ofSeconds(10));
            assertThat(told).hasSize(1);
            assertThat(told.getFirst().type()).isEqualTo(Api.WatchEvent.Type.ADDED);
            assertThat(told.getFirst().object().tree().path("note").asText()).isEqualTo("m");
        }
    }
}

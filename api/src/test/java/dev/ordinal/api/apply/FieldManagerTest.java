package dev.ordinal.api.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.apply.Shape.Scalar;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.api.schema.Schema.Merge;

import org.junit.jupiter.api.Test;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/// Whole requests are compared with upstream in `conformance`; here are the corners of each rule.
class FieldManagerTest {
    private static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");
    private static final Shape TEXT = Shape.scalar(Scalar.STRING);
    private static final Map<String, Shape> FIELDS =
            Map.of(
                    "apiVersion", TEXT,
                    "kind", TEXT,
                    "metadata", Shape.of(metadata()),
                    "n", Shape.scalar(Scalar.NUMBER),
                    "map", Shape.map(false, _ -> null, () -> TEXT, _ -> null),
                    "whole", Shape.WHOLE,
                    "set", Shape.list(Merge.SET, List.of(), () -> TEXT),
                    "list", Shape.list(Merge.MAP, List.of("name"), FieldManagerTest::item));
    private static final FieldManager.Version VERSION =
            new FieldManager.Version(
                    "v1",
                    "Thing",
                    Shape.map(false, FIELDS::get, null, _ -> null),
                    FieldSet.of("status"),
                    false,
                    UnaryOperator.identity(),
                    UnaryOperator.identity());

    private final ObjectNode empty = json("{'apiVersion':'v1','kind':'Thing'}");

    private static Schema.Field metadata() {
        return java.util.Objects.requireNonNull(
                Schema.load("v1", "ConfigMap").root().properties().get("metadata"));
    }

    private static Shape item() {
        return Shape.map(false, Map.of("name", TEXT, "value", TEXT)::get, null, _ -> null);
    }

    private static ObjectNode json(String text) {
        try {
            return (ObjectNode) new ObjectMapper().readTree(text.replace('\'', '"'));
        } catch (java.io.IOException damaged) {
            throw new IllegalArgumentException(damaged);
        }
    }

    private FieldManager manager(Instant now) {
        return new FieldManager(
                VERSION, named -> named.equals("v1") ? VERSION : null, empty, "", now);
    }

    private static ObjectNode thing(String fields) {
        return json("{'apiVersion':'v1','kind':'Thing','metadata':{'name':'a'}," + fields + "}");
    }

    private ObjectNode applied(ObjectNode live, String fields, String by) {
        return manager(NOON).apply(live, thing(fields), by, false);
    }

    private ObjectNode created(String fields, String by) {
        var object = thing(fields);
        manager(NOON).update(null, object, by);
        return object;
    }

    /// Each entry on a line: `name op {fields}`.
    private static String owners(ObjectNode object) {
        var text = new StringBuilder();
        for (var entry : Managed.expanded(object).path("metadata").path("managedFields")) {
            text.append(entry.path("manager").asText())
                    .append(' ')
                    .append(entry.path("operation").asText())
                    .append(' ')
                    .append(entry.path("fieldsV1").toString().replace('"', '\''))
                    .append('\n');
        }
        return text.toString();
    }

    @Test
    void aNewObjectBelongsToItsMaker() {
        var object = created("'n':1,'map':{'k':'v'},'list':[{'name':'x','value':'1'}]", "maker");

        assertEquals(
                "maker Update {'f:list':{'.':{},'k:{\\\\'name\\\\':\\\\'x\\\\'}':{'.':{},'f:name':{},'f:value':{}}},'f:map':{'.':{},'f:k':{}},'f:n':{}}\n"
                        .replace("\\\\'", "\\'"),
                owners(object));
    }

    @Test
    void whatIsChangedChangesItsOwner() {
        var live = created("'n':1,'map':{'k':'v'}", "maker");
        var changed = thing("'n':2,'map':{'k':'v'}");
        manager(NOON).update(live, changed, "editor");

        assertEquals(
                """
                editor Update {'f:n':{}}
                maker Update {'f:map':{'.':{},'f:k':{}}}
                """,
                owners(changed));
    }

    @Test
    void anEntryKeepsItsTimeWhileItsManagerChangesNothing() {
        var live = created("'n':1", "maker");
        var changed = thing("'n':1");
        manager(NOON.plusSeconds(60)).update(live, changed, "maker");

        assertEquals(NOON.toString(), changed.at("/metadata/managedFields/0/time").asText());
    }

    @Test
    void anotherValueIsAConflictTheSameValueIsShared() {
        var live = applied(empty, "'n':1", "one");

        var refused = assertThrows(ApiException.class, () -> applied(live, "'n':2", "two"));
        var shared = applied(live, "'n':1", "two");

        assertEquals(
                "Apply failed with 1 conflict: conflict with \"one\": .n", refused.getMessage());
        assertEquals("two Apply {'f:n':{}}\none Apply {'f:n':{}}\n", owners(shared));
    }

    @Test
    void theForcedConfigurationTakesTheFieldOver() {
        var live = applied(empty, "'n':1,'set':['a']", "one");

        var taken = manager(NOON).apply(live, thing("'n':2"), "two", true);

        assertEquals("one Apply {'f:set':{'v:\\'a\\'':{}}}\ntwo Apply {'f:n':{}}\n", owners(taken));
        assertEquals(2, taken.path("n").asInt());
    }

    @Test
    void whatNobodyElseOwnsGoesWhenItIsDropped() {
        var one = applied(empty, "'n':1,'set':['a','b'],'list':[{'name':'x','value':'1'}]", "one");
        var both = applied(one, "'set':['b','c'],'list':[{'name':'x'}]", "two");

        var left = applied(both, "'set':['b']", "one");

        assertEquals(
                json("{'set':['b','c'],'list':[{'name':'x'}]}"),
                left.without(List.of("apiVersion", "kind", "metadata")));
    }

    @Test
    void elementsOfBothComeInTheConfiguredOrder() {
        var live = created("'list':[{'name':'a'},{'name':'b'},{'name':'c'},{'name':'d'}]", "maker");

        var merged = applied(live, "'list':[{'name':'d'},{'name':'e'},{'name':'b'}]", "one");

        assertEquals(
                List.of("a", "c", "d", "e", "b"), merged.path("list").findValuesAsText("name"));
    }

    @Test
    void theFirstToApplyFindsTheRestOwned() {
        var live = thing("'n':1,'map':{'k':'v'}");

        var merged = applied(live, "'map':{'l':'w'}", "one");

        assertEquals(
                """
                one Apply {'f:map':{'f:l':{}}}
                before-first-apply Update {'f:map':{'.':{},'f:k':{}},'f:n':{}}
                """,
                owners(merged));
    }

    @Test
    void theOldestOfManyUpdatersBecomeOne() {
        var object = created("'map':{'k0':'v'}", "m0");
        for (int i = 1; i <= 11; i++) {
            var changed = object.deepCopy();
            ((ObjectNode) changed.path("map")).put("k" + i, "v");
            manager(NOON.plusSeconds(i)).update(object, changed, "m" + i);
            object = changed;
        }

        assertEquals(10, object.path("metadata").path("managedFields").size());
        assertEquals(
                "ancient-changes Update {'f:map':{'.':{},'f:k0':{},'f:k1':{},'f:k2':{}}}",
                owners(object).lines().findFirst().orElseThrow());
    }

    @Test
    void aClientMayReplaceOrClearTheEntries() {
        var live = created("'n':1", "maker");
        var cleared = thing("'n':2");
        ((ObjectNode) cleared.path("metadata")).putArray("managedFields");
        var senseless = thing("'n':1");
        ((ObjectNode) senseless.path("metadata"))
                .putArray("managedFields")
                .addObject()
                .put("manager", "x");

        manager(NOON).update(live, cleared, "editor");
        manager(NOON).update(live, senseless, "editor");

        assertEquals("", owners(cleared));
        assertEquals("maker Update {'f:n':{}}\n", owners(senseless));
    }

    @Test
    void entriesOfVersionsThatAreGoneGo() {
        var live = created("'n':1", "maker");
        ((ObjectNode) live.at("/metadata/managedFields/0")).put("apiVersion", "v0");
        var changed = live.deepCopy().put("n", 2);

        manager(NOON).update(live, changed, "editor");

        assertEquals("editor Update {'f:n':{}}\n", owners(changed));
    }

    @Test
    void aConfigurationOfAnotherShapeIsRefused() {
        var wrong =
                assertThrows(
                        ApiException.class,
                        () -> applied(empty, "'n':'x','list':[{'name':'a'},{'name':'a'}]", "one"));

        assertEquals(
                """
                failed to create typed patch object (/a; /v1, Kind=Thing): errors:
                  .n: expected numeric (int or float), got string
                  .list: duplicate entries for key [name="a"]\
                """,
                wrong.getMessage());
    }
}

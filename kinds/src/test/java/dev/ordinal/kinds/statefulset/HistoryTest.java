package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.kinds.TestCluster;
import dev.ordinal.kinds.statefulset.History.Choice;
import dev.ordinal.kinds.statefulset.History.Revision;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

class HistoryTest {
    private static final String TEMPLATE =
            "{\"metadata\":{\"annotations\":{\"test\":\"value\"},\"labels\":{\"app\":\"foo\"}},\"spec\":{\"containers\":[{\"image\":\"test\",\"imagePullPolicy\":\"Always\",\"name\":\"test\",\"resources\":{},\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\"}],\"dnsPolicy\":\"ClusterFirst\",\"restartPolicy\":\"Always\",\"schedulerName\":\"default-scheduler\",\"securityContext\":{},\"terminationGracePeriodSeconds\":30}}";

    private static Revision revision(String name, long number, String data) {
        return new Revision(name, number, "2026-01-01T00:00:00Z", data, TestCluster.json("{}"));
    }

    private static Choice choose(List<Revision> stored, String data) {
        return History.choose(stored, data, Revision::data);
    }

    // --- data and name

    @Rule({"statefulset R1", "statefulset R2", "statefulset R4"})
    @Test
    void hashesAsUpstreamDoes() throws Exception {
        var data = History.canonical(History.data(new ObjectMapper().readTree(TEMPLATE)));

        assertThat(data)
                .hasSize(432)
                .isEqualTo(
                        "{\"spec\":{\"template\":{\"$patch\":\"replace\","
                                + TEMPLATE.substring(1)
                                + "}}");
        assertThat(History.hash(data, 0)).isEqualTo("776999688b");
    }

    @Rule("statefulset R4")
    @Test
    void hashesTheOlderFormAsUpstreamDoes() throws Exception {
        var data = History.canonical(History.data(new ObjectMapper().readTree(TEMPLATE)));
        var older =
                data.replace(
                        "\"annotations\":{\"test\":\"value\"},",
                        "\"annotations\":{\"test\":\"value\"},\"creationTimestamp\":null,");

        assertThat(History.hash(older, 0)).isEqualTo("c77f6d978");
    }

    @Rule("statefulset R2")
    @Test
    void theCollisionCountIsPartOfTheHash() {
        assertThat(History.hash("{}", 0)).isNotEqualTo(History.hash("{}", 1));
        assertThat(History.hash("{}", 1)).isEqualTo(hash("{}1"));
        assertThat(History.hash("{}", 12)).isEqualTo(hash("{}12"));
    }

    /// FNV-1 once more, with plain arithmetic.
    private static String hash(String text) {
        long hash = 2166136261L;
        for (char c : text.toCharArray()) hash = (hash * 16777619L & 0xffffffffL) ^ c;
        var spelled = new StringBuilder();
        for (char digit : Long.toString(hash).toCharArray()) {
            spelled.append("456789bcdf".charAt(digit - '0'));
        }
        return spelled.toString();
    }

    @Rule("statefulset R1")
    @Test
    void escapesAsGoDoes() throws Exception {
        var node =
                new ObjectMapper()
                        .readTree(
                                "{\"b\":\"<&>\\u2028\\u2029\",\"a\":\"\\n\\t\\r\\b\\f\\u0001\\u007f"
                                        + "\\\"\\\\/é\u0080\"}");

        assertThat(History.canonical(node))
                .isEqualTo(
                        "{\"a\":\"\\n\\t\\r\\b\\f\\u0001\u007f\\\"\\\\/é\u0080\","
                                + "\"b\":\"\\u003c\\u0026\\u003e\\u2028\\u2029\"}");
    }

    @Rule("statefulset R1")
    @Test
    void sortsKeysAtEveryLevelAndKeepsTheOrderOfLists() throws Exception {
        var node =
                new ObjectMapper()
                        .readTree("{\"b\":[{\"y\":1,\"x\":2},0],\"a\":{\"d\":1,\"c\":2}}");

        assertThat(History.canonical(node))
                .isEqualTo("{\"a\":{\"c\":2,\"d\":1},\"b\":[{\"x\":2,\"y\":1},0]}");
    }

    @Rule("statefulset R1")
    @Test
    void theDataHasNoEmptyCreationTimestamp() {
        var template = TestCluster.json("{'metadata':{'creationTimestamp':null,'labels':{}}}");

        assertThat(History.canonical(History.data(template)))
                .isEqualTo(
                        "{\"spec\":{\"template\":{\"$patch\":\"replace\","
                                + "\"metadata\":{\"labels\":{}}}}}");
    }

    @Rule("statefulset R3")
    @Test
    void theNameIsThePrefixOfTheSetsNameAndTheHash() {
        assertThat(History.name("web", "776999688b")).isEqualTo("web-776999688b");
        assertThat(History.name("a".repeat(223), "h")).isEqualTo("a".repeat(223) + "-h");
        assertThat(History.name("a".repeat(230), "h")).isEqualTo("a".repeat(223) + "-h");
    }

    @Rule("statefulset R3")
    @Test
    void aNewRevisionHasTheTemplatesLabelsAndTheSetsAnnotations() {
        var set =
                Given.set(1, "'template':{'metadata':{'labels':{'app':'web','tier':'db'}}}").set();
        set.getMetadata().setAnnotations(java.util.Map.of("kubernetes.io/change-cause", "why"));
        var data = History.data(TestCluster.json("{'spec':{}}"));

        var revision = History.newRevision(set, data, 7, 0, "label");

        var hash =
                History.hash("{\"spec\":{\"template\":{\"$patch\":\"replace\",\"spec\":{}}}}", 0);
        assertThat(revision)
                .isEqualTo(
                        TestCluster.json(
                                        """
                                        {'apiVersion':'apps/v1','kind':'ControllerRevision',
                                         'metadata':{'name':'web-%s','namespace':'default',
                                           'labels':{'app':'web','tier':'db',
                                                     'controller.kubernetes.io/hash':'label'},
                                           'annotations':{'kubernetes.io/change-cause':'why'},
                                           'ownerReferences':[{'apiVersion':'apps/v1','kind':'StatefulSet',
                                             'name':'web','uid':'set-uid','controller':true,
                                             'blockOwnerDeletion':true}]},
                                         'data':{'spec':{'template':{'$patch':'replace','spec':{}}}}}
                                        """
                                                .formatted(hash))
                                .put("revision", 7L));
    }

    @Rule("statefulset R3")
    @Test
    void aSetWithoutLabelsAndAnnotationsGivesNone() {
        var revision =
                History.newRevision(
                        Given.set(1, "'template':{}").set(), TestCluster.json("{}"), 1, 0, "label");

        assertThat(revision.at("/metadata/labels").size()).isEqualTo(1);
        assertThat(revision.path("metadata").has("annotations")).isFalse();
    }

    @Rule({"statefulset R3", "statefulset R5"})
    @Test
    void aStoredRevisionWithoutNumberAndTimeIsTheOldest() {
        var stored = new io.fabric8.kubernetes.api.model.apps.ControllerRevision();
        stored.setMetadata(new io.fabric8.kubernetes.api.model.ObjectMeta());
        stored.getMetadata().setName("a");
        var tree = TestCluster.json("{'data':{'b':1,'a':2}}");

        var bare = Revision.of(stored, tree);
        assertThat(bare).isEqualTo(new Revision("a", 0, "", "{\"a\":2,\"b\":1}", tree));

        stored.setRevision(5L);
        stored.getMetadata().setCreationTimestamp("2026-01-01T00:00:00Z");
        assertThat(Revision.of(stored, tree).number()).isEqualTo(5);
        assertThat(Revision.of(stored, tree).created()).isEqualTo("2026-01-01T00:00:00Z");
    }

    @Rule("statefulset R3")
    @Test
    void labelsAndAnnotationsMayBeMissing() {
        var set = Given.set(1, "'template':{'metadata':{}}").set();
        set.getSpec().getTemplate().getMetadata().setLabels(null);
        set.getMetadata().setAnnotations(java.util.Map.of());

        var revision = History.newRevision(set, TestCluster.json("{}"), 1, 0, "label");

        assertThat(revision.at("/metadata/labels").size()).isEqualTo(1);
        assertThat(revision.path("metadata").has("annotations")).isFalse();
    }

    @Rule("statefulset R1")
    @Test
    void aCreationTimestampThatIsSetStays() {
        var template = TestCluster.json("{'metadata':{'creationTimestamp':'t'}}");

        assertThat(History.canonical(History.data(template))).contains("creationTimestamp");
        assertThat(History.canonical(History.data(TestCluster.json("{'spec':{}}"))))
                .isEqualTo("{\"spec\":{\"template\":{\"$patch\":\"replace\",\"spec\":{}}}}");
    }

    // --- order and choice

    @Rule("statefulset R5")
    @Test
    void revisionsAreInOrderOfNumberThenCreationThenName() {
        var all =
                new ArrayList<>(
                        List.of(
                                new Revision(
                                        "a", 2, "2026-01-01T00:00:00Z", "", TestCluster.json("{}")),
                                new Revision(
                                        "d", 1, "2026-01-02T00:00:00Z", "", TestCluster.json("{}")),
                                new Revision(
                                        "c", 1, "2026-01-01T00:00:00Z", "", TestCluster.json("{}")),
                                new Revision(
                                        "b",
                                        1,
                                        "2026-01-01T00:00:00Z",
                                        "",
                                        TestCluster.json("{}"))));

        all.sort(History.AGE);

        assertThat(all).extracting(Revision::name).containsExactly("b", "c", "d", "a");
    }

    @Rule({"statefulset R5", "statefulset R6"})
    @Test
    void aNewTemplateGetsTheNextNumber() {
        assertThat(choose(List.of(), "x")).isEqualTo(new Choice.Create(1));
        assertThat(choose(List.of(revision("a", 4, "a"), revision("b", 7, "b")), "x"))
                .isEqualTo(new Choice.Create(8));
    }

    @Rule({"statefulset R6", "statefulset 14 10"})
    @Test
    void theSameTemplateUsesTheNewestRevision() {
        var a = revision("a", 1, "a");
        var b = revision("b", 2, "b");

        assertThat(choose(List.of(a, b), "b")).isEqualTo(new Choice.Use(b));
    }

    @Rule({"statefulset R6", "statefulset 14 10"})
    @Test
    void aRollbackReturnsTheNewestEqualRevisionUnderANewNumber() {
        var a = revision("a", 1, "a");
        var again = revision("again", 2, "a");
        var b = revision("b", 3, "b");

        assertThat(choose(List.of(a, again, b), "a")).isEqualTo(new Choice.Renumber(again, 4));
    }

    @Rule("statefulset R6")
    @Test
    void theNewestRevisionStaysWhenOnlyItsFormIsOlder() {
        var older = revision("older", 1, "a without a default");
        var newest = revision("newest", 2, "b without a default");
        var stored = List.of(older, newest);

        assertThat(History.choose(stored, "b", r -> r.data().substring(0, 1)))
                .isEqualTo(new Choice.Use(newest));
        assertThat(History.choose(stored, "a", r -> r.data().substring(0, 1)))
                .as("only the newest is looked at")
                .isEqualTo(new Choice.Create(3));
    }

    // --- truncation

    @Rule({"statefulset R9", "statefulset 14 17"})
    @Test
    void theOldestUnusedRevisionsBeyondTheLimitGo() {
        var all =
                List.of(
                        revision("a", 1, ""),
                        revision("b", 2, ""),
                        revision("c", 3, ""),
                        revision("d", 4, ""));

        assertThat(History.surplus(all, Set.of("d"), 1))
                .extracting(Revision::name)
                .containsExactly("a", "b");
        assertThat(History.surplus(all, Set.of("d"), 3)).isEmpty();
        assertThat(History.surplus(all, Set.of("a", "d"), 1))
                .extracting(Revision::name)
                .containsExactly("b");
        assertThat(History.surplus(all, Set.of("d"), 0)).hasSize(3);
        assertThat(History.surplus(all, Set.of("d"), -1)).isEmpty();
        assertThat(History.surplus(all, Set.of("a", "b", "c", "d"), 0)).isEmpty();
        assertThat(History.surplus(all, Set.of(), 9)).isEmpty();
    }

    @Rule("statefulset R11")
    @Test
    void aRevisionHoldsTheTemplateOnly() {
        var tree =
                TestCluster.json(
                        "{'data':{'spec':{'template':{'$patch':'replace','spec':{'a':1}}}}}");

        assertThat(new Revision("a", 1, "", "", tree).template())
                .isEqualTo(TestCluster.json("{'spec':{'a':1}}"));
        assertThat(tree.at("/data/spec/template").has("$patch")).isTrue();
    }
}

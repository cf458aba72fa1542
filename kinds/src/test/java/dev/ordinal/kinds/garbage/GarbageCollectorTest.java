package dev.ordinal.kinds.garbage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.api.Api;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.control.Lifetime;
import dev.ordinal.control.Types;
import dev.ordinal.control.garbage.GarbageCollector;
import dev.ordinal.kinds.Intercepted;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Objects and their owners, told with ConfigMaps that own each other.
class GarbageCollectorTest {
    private static final GroupVersionResource MAPS = Types.CONFIG_MAPS;

    private final TestCluster cluster = new TestCluster(1);

    @BeforeEach
    void collect() {
        cluster.collectGarbage();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    /// @param owners JSON of owner references
    private String create(String name, String... owners) {
        return createWith("", name, owners);
    }

    private String createWith(String more, String name, String... owners) {
        return cluster.create(
                        MAPS,
                        "default",
                        "{'metadata':{'name':'%s','ownerReferences':[%s]%s}}"
                                .formatted(name, String.join(",", owners), more))
                .uid();
    }

    private static String owner(String name, String uid) {
        return "{'apiVersion':'v1','kind':'ConfigMap','name':'%s','uid':'%s'}".formatted(name, uid);
    }

    private static String blocked(String name, String uid) {
        return owner(name, uid).replace("}", ",'blockOwnerDeletion':true}");
    }

    private void delete(String name, String policy) throws InterruptedException {
        cluster.api.delete(
                MAPS,
                "default",
                name,
                new Api.DeleteOptions(null, policy, null, null, null, false));
        settle();
    }

    private void settle() throws InterruptedException {
        cluster.settle();
        cluster.now = cluster.now.plus(Duration.ofSeconds(2));
        cluster.settle();
    }

    private List<String> maps() {
        return cluster.names(MAPS, "default");
    }

    private List<String> owners(String name) {
        List<String> owners = new ArrayList<>();
        for (var owner :
                cluster.api.get(MAPS, "default", name).tree().at("/metadata/ownerReferences")) {
            owners.add(owner.path("name").asText());
        }
        return owners;
    }

    private List<String> finalizers(String name) {
        List<String> finalizers = new ArrayList<>();
        for (var f : cluster.api.get(MAPS, "default", name).tree().at("/metadata/finalizers")) {
            finalizers.add(f.asText());
        }
        return finalizers;
    }

    private void hold(String name) {
        cluster.patch(
                MAPS, "default", name, null, "{'metadata':{'finalizers':['example.org/hold']}}");
    }

    private void let(String name) throws InterruptedException {
        cluster.patch(
                MAPS,
                "default",
                name,
                null,
                "{'metadata':{'$deleteFromPrimitiveList/finalizers':['example.org/hold']}}");
        settle();
    }

    @Rule("statefulset G1")
    @Test
    void anObjectWithoutOwnersStays() throws Exception {
        create("free");
        settle();

        assertThat(maps()).containsExactly("free");
    }

    @Rule({"statefulset G2", "statefulset G5", "statefulset 12.2"})
    @Test
    void dependentsGoInTheBackgroundLevelByLevel() throws Exception {
        var a = create("a");
        var b = create("b", owner("a", a));
        create("c", owner("b", b));
        settle();
        assertThat(maps()).containsExactly("a", "b", "c");

        delete("a", "Background");
        assertThat(maps()).isEmpty();
    }

    @Rule("statefulset G2")
    @Test
    void anOwnerOfAnotherUidIsNoOwner() throws Exception {
        create("a");
        create("b", owner("a", "another-uid"));
        settle();

        assertThat(maps()).containsExactly("a");
    }

    @Rule("statefulset G3")
    @Test
    void oneLivingOwnerIsEnoughAndTheOthersAreForgotten() throws Exception {
        var a = create("a");
        var b = create("b");
        create("c", owner("a", a), owner("b", b), owner("gone", "gone-uid"));
        settle();
        assertThat(owners("c")).containsExactly("a", "b");

        delete("a", "Background");
        assertThat(owners("c")).containsExactly("b");
        delete("b", "Background");
        assertThat(maps()).isEmpty();
    }

    @Rule("statefulset G3")
    @Test
    void anOwnerThatWaitsForItsDependentsIsForgottenToo() throws Exception {
        var a = create("a");
        var b = create("b");
        create("c", blocked("a", a), owner("b", b));
        settle();

        delete("a", "Foreground");

        assertThat(maps()).containsExactly("b", "c");
        assertThat(owners("c")).containsExactly("b");
    }

    @Rule({"statefulset G6", "statefulset 12.3"})
    @Test
    void inTheForegroundTheOwnerGoesLast() throws Exception {
        var a = create("a");
        create("b", blocked("a", a));
        settle();
        hold("b");

        delete("a", "Foreground");
        assertThat(maps()).containsExactly("a", "b");
        assertThat(finalizers("a")).containsExactly("foregroundDeletion");
        var metadata = cluster.api.get(MAPS, "default", "a").tree().path("metadata");
        assertThat(metadata.has("deletionTimestamp")).isTrue();
        assertThat(metadata.path("deletionGracePeriodSeconds").asInt(-1)).isZero();

        let("b");
        assertThat(maps()).isEmpty();
    }

    @Rule("statefulset G6")
    @Test
    void aDependentThatDoesNotBlockIsNotWaitedFor() throws Exception {
        var a = create("a");
        create("b", owner("a", a));
        settle();
        hold("b");

        delete("a", "Foreground");
        assertThat(maps()).containsExactly("b");
        let("b");
        assertThat(maps()).isEmpty();
    }

    @Rule("statefulset G6")
    @Test
    void anOwnerNoLongerWaitsForADependentThatIsNoLongerItsOwn() throws Exception {
        var a = create("a");
        create("b", blocked("a", a));
        settle();
        hold("b");
        delete("a", "Foreground");
        assertThat(maps()).containsExactly("a", "b");

        cluster.patch(
                MAPS,
                "default",
                "b",
                null,
                "{'metadata':{'ownerReferences':[{'$patch':'delete','uid':'%s'}]}}".formatted(a));
        settle();
        assertThat(maps()).containsExactly("b");
    }

    @Rule("statefulset G4")
    @Test
    void aDependentWithDependentsIsDeletedInTheForegroundToo() throws Exception {
        var a = create("a");
        var b = create("b", blocked("a", a));
        create("c", blocked("b", b));
        settle();
        hold("c");

        delete("a", "Foreground");
        assertThat(maps()).containsExactly("a", "b", "c");
        assertThat(finalizers("b")).containsExactly("foregroundDeletion");

        let("c");
        assertThat(maps()).isEmpty();
    }

    @Rule("statefulset G4")
    @Test
    void aCircleOfOwnersThatWaitIsBroken() throws Exception {
        var a = create("a");
        var b = create("b", blocked("a", a));
        cluster.patch(
                MAPS,
                "default",
                "a",
                null,
                "{'metadata':{'ownerReferences':[%s]}}".formatted(blocked("b", b)));
        settle();
        assertThat(maps()).containsExactly("a", "b");

        delete("a", "Foreground");
        assertThat(maps()).isEmpty();
    }

    @Rule("statefulset G5")
    @Test
    void aFinalizerOnTheObjectDecidesHowItGoes() throws Exception {
        var a = create("a");
        var b = createWith(",'finalizers':['orphan']", "b", owner("a", a));
        create("c", owner("b", b));
        var d = createWith(",'finalizers':['foregroundDeletion']", "d", owner("a", a));
        create("e", blocked("d", d));
        settle();

        delete("a", "Background");

        assertThat(maps()).containsExactly("c");
        assertThat(owners("c")).isEmpty();
    }

    @Rule("statefulset G7")
    @Test
    void anObjectThatIsBeingDeletedIsLeftAlone() throws Exception {
        var a = create("a");
        create("b", owner("a", a));
        settle();
        hold("b");
        delete("b", "Background");
        var version = cluster.api.get(MAPS, "default", "b").revision();

        delete("a", "Background");

        assertThat(cluster.api.get(MAPS, "default", "b").revision()).isEqualTo(version);
    }

    @Rule({"statefulset G8", "statefulset 12.4"})
    @Test
    void orphansLoseTheirOwnerBeforeItGoes() throws Exception {
        var a = create("a");
        var x = create("x");
        create("b", blocked("a", a), owner("x", x));
        create("c", owner("a", a));
        settle();

        delete("a", "Orphan");

        assertThat(maps()).containsExactly("b", "c", "x");
        assertThat(owners("b")).containsExactly("x");
        assertThat(owners("c")).isEmpty();
    }

    @Rule({"statefulset G9", "statefulset 12.7"})
    @Test
    void anOwnerOfAnotherNamespaceCountsAsAbsentAndIsTold() throws Exception {
        cluster.create(Types.NAMESPACES, null, "{'metadata':{'name':'other'}}");
        var uid = cluster.create(MAPS, "other", "{'metadata':{'name':'a'}}").uid();
        settle();
        create("b", owner("a", uid));
        settle();

        assertThat(maps()).isEmpty();
        assertThat(cluster.names(MAPS, "other")).containsExactly("a");
        var event =
                cluster.api.list(Types.EVENTS, "default", Api.ListOptions.ALL).items().getFirst();
        assertThat(event.tree().path("reason").asText()).isEqualTo("OwnerRefInvalidNamespace");
        assertThat(event.tree().path("message").asText())
                .isEqualTo(
                        "ownerRef [v1/ConfigMap, namespace: default, name: a, uid: %s] does not exist"
                                        .formatted(uid)
                                + " in namespace \"default\"");
        assertThat(event.tree().at("/source/component").asText())
                .isEqualTo("garbage-collector-controller");
        assertThat(event.tree().at("/involvedObject/name").asText()).isEqualTo("b");
    }

    @Rule({"statefulset G9", "statefulset 12.7"})
    @Test
    void anOwnerOfAnotherNamespaceIsToldEvenWhenItIsSeenLater() throws Exception {
        cluster.create(Types.NAMESPACES, null, "{'metadata':{'name':'other'}}");
        var x = create("x");
        var uid = cluster.create(MAPS, "other", "{'metadata':{'name':'a'}}").uid();
        create("b", owner("a", uid), owner("x", x));
        settle();

        assertThat(owners("b")).containsExactly("x");
        assertThat(cluster.api.list(Types.EVENTS, "default", Api.ListOptions.ALL).items())
                .hasSize(1);
    }

    @Rule("statefulset G9")
    @Test
    void aUidUnderAnotherKindCountsAsAbsent() throws Exception {
        var a = create("a");
        create("b", owner("a", a).replace("ConfigMap", "Secret"));
        settle();

        assertThat(maps()).containsExactly("a");
    }

    @Rule("statefulset G2")
    @Test
    void anOwnerOfAnUnknownKindKeepsItsDependents() throws Exception {
        create("b", owner("a", "uid").replace("ConfigMap", "Unknown"), owner("gone", "gone"));
        settle();

        assertThat(owners("b")).containsExactly("a", "gone");
    }

    @Rule("statefulset G2")
    @Test
    void aClusterScopedObjectCannotBelongToANamespacedOne() throws Exception {
        cluster.create(
                Types.NAMESPACES,
                null,
                "{'metadata':{'name':'n','ownerReferences':[%s]}}".formatted(owner("a", "uid")));
        settle();

        assertThat(cluster.names(Types.NAMESPACES, null)).contains("n");
        assertThat(
                        cluster.api
                                .get(Types.NAMESPACES, null, "n")
                                .tree()
                                .path("metadata")
                                .has("deletionTimestamp"))
                .isFalse();
    }

    @Test
    void theWholeGraphIsKnownWhenItHasStarted() throws Exception {
        var starting = Thread.currentThread();
        Set<String> listed = ConcurrentHashMap.newKeySet();
        var api =
                Intercepted.api(
                        cluster.api,
                        call -> {
                            if (Thread.currentThread().equals(starting)) listed.add(call);
                        });
        try (var life = new Lifetime()) {
            new GarbageCollector(api, () -> cluster.now).start(life);
            assertThat(listed).contains("list pods", "list statefulsets", "list configmaps");
            assertThat(listed.stream().filter(call -> call.startsWith("list ")))
                    .hasSize(api.collections().size() - 1); // all but events
        }
    }
}

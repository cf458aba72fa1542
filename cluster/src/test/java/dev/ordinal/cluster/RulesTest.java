package dev.ordinal.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.control.Key;
import dev.ordinal.control.Types;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;

/// The rules notice what they forbid, and a story that breaks one becomes short.
class RulesTest {
    private static final WriteOptions WRITE = WriteOptions.by("test");

    private static final Logger ROOT = Logger.getLogger("");

    private final World world = new World(2);

    @BeforeAll
    static void refusalsAreEverydayHere() {
        ROOT.setLevel(Level.WARNING);
    }

    @AfterEach
    void close() {
        world.close();
    }

    /// A set that was asked for with one replica, and which the caches show.
    private String set() throws InterruptedException {
        var text =
                """
                {'metadata':{'name':'web'},
                 'spec':{'replicas':1,'serviceName':'web','selector':{'matchLabels':{'app':'web'}},
                  'template':{'metadata':{'labels':{'app':'web'}},
                   'spec':{'containers':[{'name':'c','image':'i:1'}]}}}}
                """;
        var made =
                world.api.create(
                        Types.STATEFUL_SETS,
                        World.NAMESPACE,
                        new Body.Tree(World.json(text)),
                        WRITE);
        world.asked.image(made.object().uid(), "i:1");
        for (var informer : world.controllers().informers().all()) {
            informer.pump(Duration.ZERO);
        }
        return made.object().uid();
    }

    private void asSet() {
        world.rules.looks("statefulset", new Key(World.NAMESPACE, "web"));
    }

    private void creates(GroupVersionResource type, String text) {
        Object[] arguments = {type, World.NAMESPACE, new Body.Tree(World.json(text)), WRITE};
        world.rules.before("create", type, arguments);
    }

    private void deletes(GroupVersionResource type, String name, DeleteOptions options) {
        world.rules.before("delete", type, new Object[] {type, World.NAMESPACE, name, options});
    }

    private static String pod(String owner, int ordinal, String image) {
        return """
        {'metadata':{'name':'web-%d','labels':{'controller-revision-hash':'none'},
          'ownerReferences':[{'uid':'%s'}]},
         'spec':{'containers':[{'image':'%s'}]}}
        """
                .formatted(ordinal, owner, image);
    }

    @Test
    void aPodNobodyWantsIsNoticed() throws InterruptedException {
        var uid = set();
        asSet();
        assertThatThrownBy(() -> creates(Types.PODS, pod(uid, 1, "i:1")))
                .hasMessageContaining("nobody wants web-1");
        assertThatThrownBy(() -> creates(Types.PODS, pod(uid, 0, "i:2")))
                .hasMessageContaining("nobody asked for i:2");
        assertThatThrownBy(() -> creates(Types.PODS, pod(uid, 0, "i:1")))
                .hasMessageContaining("revision none, which is not kept");
    }

    @Test
    void whatASetMayNotDeleteIsNoticed() throws InterruptedException {
        set();
        asSet();
        assertThatThrownBy(() -> deletes(Types.CLAIMS, "data-web-0", DeleteOptions.DEFAULT))
                .hasMessageContaining("a set deletes no claim");
        var now = new DeleteOptions(0L, "", null, null, null, false);
        assertThatThrownBy(() -> deletes(Types.PODS, "web-0", now))
                .hasMessageContaining("gets its grace period");
    }

    @Test
    void anOwnedObjectIsNotCollected() throws InterruptedException {
        var uid = set();
        var claim =
                """
                {'metadata':{'name':'data-web-0','ownerReferences':[
                  {'apiVersion':'apps/v1','kind':'StatefulSet','name':'web','uid':'%s'}]},
                 'spec':{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1Mi'}}}}
                """
                        .formatted(uid);
        var made =
                world.api.create(
                        Types.CLAIMS, World.NAMESPACE, new Body.Tree(World.json(claim)), WRITE);
        world.rules.looks("garbage", new Key("", made.object().uid()));
        var revision = Long.toString(made.object().revision());
        var options = new DeleteOptions(null, "", null, made.object().uid(), revision, false);
        assertThatThrownBy(() -> deletes(Types.CLAIMS, "data-web-0", options))
                .hasMessageContaining("data-web-0 is collected while");
    }

    /// On a disk that never lets go, the first claim that goes with its data breaks a rule.
    @Test
    void aStoryBecomesShort() {
        var play =
                new Play(
                        seed ->
                                new World(
                                        seed,
                                        new SimulatedDisk() {
                                            @Override
                                            public void delete(String volume) {}
                                        }));
        var failure =
                LongStream.range(1, 200)
                        .mapToObj(seed -> play.play(seed, Step.story(seed, Play.STEPS)))
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElseThrow();
        var shortest = play.shrink(failure);
        assertThat(shortest.text()).contains("data on the disk");
        assertThat(shortest.steps()).hasSizeLessThan(Play.STEPS / 3);
        assertThat(shortest.steps().stream().map(Step::toString).map(Step::parse))
                .isEqualTo(shortest.steps());
    }
}

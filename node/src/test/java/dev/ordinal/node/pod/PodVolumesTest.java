package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.control.Types;
import dev.ordinal.node.pod.Machine.NotYetException;
import dev.ordinal.node.volume.LoopVolumes;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Volumes that show objects follow them.
class PodVolumesTest {
    private final TestApi cluster = new TestApi();
    @TempDir Path folder;
    private PodVolumes volumes;

    @BeforeEach
    void open() throws IOException {
        volumes =
                new PodVolumes(
                        cluster.api,
                        new LoopVolumes(folder.resolve("disk")),
                        folder,
                        cluster.clock());
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private static JsonNode pod(String volume) throws IOException {
        var text =
                """
                {'metadata':{'name':'p','namespace':'default','uid':'u','labels':{'tier':'one'}},
                 'spec':{'volumes':[{'name':'v',%s}],
                  'containers':[{'name':'c','volumeMounts':[{'name':'v','mountPath':'/v','subPath':'a'}]}]}}
                """;
        return new ObjectMapper().readTree(text.formatted(volume).replace('\'', '"'));
    }

    private Path volume() {
        return folder.resolve("u/volumes/v");
    }

    private List<String> names() throws IOException {
        try (var files = Files.list(volume())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith(".."))
                    .sorted()
                    .toList();
        }
    }

    @Rule("api 10.3")
    @Test
    void aTokenIsItsUsersAloneAndIsRenewed() throws Exception {
        cluster.create(
                Types.PODS,
                "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
        var made = cluster.get(Types.PODS, "p").deepCopy();
        var spec = (ObjectNode) made.path("spec");
        spec.putObject("securityContext").put("fsGroup", 7);
        spec.set(
                "volumes",
                pod("'projected':{'sources':[{'serviceAccountToken':{'path':'t','expirationSeconds':600}}]}")
                        .at("/spec/volumes"));
        var uid = made.at("/metadata/uid").asText();
        var file = folder.resolve(uid + "/volumes/v/t");
        volumes.prepare(made);
        var first = Files.readString(file);
        assertThat(first).startsWith("ey");
        assertThat(((int) Files.getAttribute(file, "unix:mode")) & 0777).isEqualTo(0640);
        assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(7);
        cluster.pass(Duration.ofSeconds(481));
        assertThat(volumes.renewal(uid).orElseThrow()).isBefore(cluster.clock().instant());
        volumes.refresh(made);
        assertThat(Files.readString(file)).isNotEqualTo(first);
    }

    @Test
    void keysThatChangeComeAndGoAtOnce() throws Exception {
        cluster.create(Types.CONFIG_MAPS, "{'metadata':{'name':'m'},'data':{'a':'1','b':'1'}}");
        var pod = pod("'configMap':{'name':'m'}");
        volumes.prepare(pod);
        var before = Files.readSymbolicLink(volume().resolve("..data"));
        volumes.refresh(pod);
        assertThat(Files.readSymbolicLink(volume().resolve("..data"))).isEqualTo(before);

        cluster.merge(Types.CONFIG_MAPS, "m", "{'data':{'a':'2','b':null,'c':'2'}}");
        volumes.refresh(pod);
        assertThat(names()).containsExactly("a", "c");
        assertThat(volume().resolve("a")).hasContent("2").isSymbolicLink();
        assertThat(volume().resolve("c")).hasContent("2");
        assertThat(volume().resolve(before)).doesNotExist();
    }

    @Test
    void aSecretIsFollowedInAProjectedVolumeToo() throws Exception {
        cluster.create(Types.SECRETS, "{'metadata':{'name':'s'},'stringData':{'a':'1'}}");
        var pod = pod("'projected':{'sources':[{'secret':{'name':'s'}}]}");
        volumes.prepare(pod);
        cluster.merge(Types.SECRETS, "s", "{'stringData':{'a':'2'}}");
        volumes.refresh(pod);
        assertThat(volume().resolve("a")).hasContent("2");
    }

    @Test
    void labelsAreFollowed() throws Exception {
        var volume =
                "'downwardAPI':{'items':[{'path':'a','fieldRef':{'fieldPath':'metadata.labels'}}]}";
        volumes.prepare(pod(volume));
        assertThat(volume().resolve("a")).hasContent("tier=\"one\"");
        var changed = (com.fasterxml.jackson.databind.node.ObjectNode) pod(volume);
        changed.withObject("/metadata/labels").put("tier", "two");
        volumes.refresh(changed);
        assertThat(volume().resolve("a")).hasContent("tier=\"two\"");
    }

    @Test
    void whatASubPathMountsIsKept() throws Exception {
        cluster.create(Types.CONFIG_MAPS, "{'metadata':{'name':'m'},'data':{'a':'1'}}");
        var pod = pod("'configMap':{'name':'m'}");
        volumes.prepare(pod);
        var mounted = volumes.mounts(pod, pod.at("/spec/containers/0"), Map.of()).getFirst();
        try (var open = Files.newInputStream(mounted.source())) {
            cluster.merge(Types.CONFIG_MAPS, "m", "{'data':{'a':'2'}}");
            volumes.refresh(pod);
            assertThat(open.readAllBytes()).asString().isEqualTo("1");
        }
        assertThat(mounted.source()).doesNotExist();
    }

    @Test
    void whatIsMissingLeavesTheVolumeAsItIs() throws Exception {
        cluster.create(Types.CONFIG_MAPS, "{'metadata':{'name':'m'},'data':{'a':'1'}}");
        var pod = pod("'configMap':{'name':'m'}");
        volumes.prepare(pod);
        cluster.delete(Types.CONFIG_MAPS, "m");
        assertThatThrownBy(() -> volumes.refresh(pod))
                .isInstanceOf(NotYetException.class)
                .hasMessage(
                        "MountVolume.SetUp failed for volume \"v\" : configmap \"m\" not found");
        assertThat(volume().resolve("a")).hasContent("1");
    }

    @Test
    void anOptionalObjectFillsTheVolumeWhenItComes() throws Exception {
        var pod = pod("'configMap':{'name':'m','optional':true}");
        volumes.prepare(pod);
        assertThat(names()).isEmpty();
        cluster.create(Types.CONFIG_MAPS, "{'metadata':{'name':'m'},'data':{'a':'1'}}");
        volumes.refresh(pod);
        assertThat(volume().resolve("a")).hasContent("1");
    }

    @Test
    void anImmutableObjectIsReadOnceByEachPod() throws Exception {
        var map = "{'metadata':{'name':'m'},'immutable':true,'data':{'a':'%s'}}";
        cluster.create(Types.CONFIG_MAPS, map.formatted("1"));
        var pod = pod("'configMap':{'name':'m'}");
        volumes.prepare(pod);
        cluster.delete(Types.CONFIG_MAPS, "m");
        cluster.create(Types.CONFIG_MAPS, map.formatted("2"));
        volumes.refresh(pod);
        assertThat(volume().resolve("a")).hasContent("1");
        volumes.release("u");
        volumes.prepare(pod);
        assertThat(volume().resolve("a")).hasContent("2");
    }

    @Test
    void aPodIsAskedForTheObjectsItShows() throws Exception {
        assertThat(PodVolumes.shows(pod("'configMap':{'name':'m'}"), Types.CONFIG_MAPS, "m"))
                .isTrue();
        assertThat(PodVolumes.shows(pod("'configMap':{'name':'m'}"), Types.SECRETS, "m")).isFalse();
        assertThat(PodVolumes.shows(pod("'secret':{'secretName':'s'}"), Types.SECRETS, "s"))
                .isTrue();
        var projected = pod("'projected':{'sources':[{'configMap':{'name':'m'}}]}");
        assertThat(PodVolumes.shows(projected, Types.CONFIG_MAPS, "m")).isTrue();
        assertThat(PodVolumes.shows(projected, Types.CONFIG_MAPS, "other")).isFalse();
    }
}

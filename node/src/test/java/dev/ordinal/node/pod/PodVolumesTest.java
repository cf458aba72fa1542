package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.control.Types;
import dev.ordinal.node.pod.Machine.CannotStartException;
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

    @Rule({"api 10.3", "pods 7.8"})
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

    @Rule("pods 7.4")
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

    @Rule("pods 7.6")
    @Test
    void aSecretIsFollowedInAProjectedVolumeToo() throws Exception {
        cluster.create(Types.SECRETS, "{'metadata':{'name':'s'},'stringData':{'a':'1'}}");
        var pod = pod("'projected':{'sources':[{'secret':{'name':'s'}}]}");
        volumes.prepare(pod);
        cluster.merge(Types.SECRETS, "s", "{'stringData':{'a':'2'}}");
        volumes.refresh(pod);
        assertThat(volume().resolve("a")).hasContent("2");
    }

    @Rule("pods 7.6")
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

    @Rule("pods 7.6")
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

    @Rule("pods 7.5")
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

    @Rule("pods 7.5")
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

    private void refused(String volume, String why) throws Exception {
        var pod = pod(volume);
        assertThatThrownBy(() -> volumes.prepare(pod))
                .isInstanceOf(NotYetException.class)
                .hasMessage("MountVolume.SetUp failed for volume \"v\" : " + why)
                .extracting(e -> ((NotYetException) e).reason())
                .isEqualTo("FailedMount");
    }

    @Rule("pods 7.5")
    @Test
    void itemsAreTheOnlyFilesEachWhereItWantsToBe() throws Exception {
        cluster.create(
                Types.CONFIG_MAPS,
                "{'metadata':{'name':'m'},'data':{'a':'1','b':'2'},'binaryData':{'c':'Mw=='}}");
        var items =
                "'configMap':{'name':'m','items':[{'key':'%s','path':'x/y'},{'key':'c','path':'z'}]}";
        volumes.prepare(pod(items.formatted("a")));
        assertThat(names()).containsExactly("x", "z");
        assertThat(volume().resolve("x/y")).hasContent("1");
        assertThat(volume().resolve("z")).hasContent("3");
        refused(items.formatted("none"), "configmap references non-existent config key: none");
        volumes.prepare(pod(items.formatted("none").replace("'name'", "'optional':true,'name'")));
        assertThat(names()).containsExactly("z");
    }

    @Rule({"pods 7.5", "pods 7.2"})
    @Test
    void whatIsMissingHoldsThePodBack() throws Exception {
        refused("'configMap':{'name':'none'}", "configmap \"none\" not found");
        refused("'secret':{'secretName':'none'}", "secret \"none\" not found");
        cluster.create(Types.SECRETS, "{'metadata':{'name':'s'},'stringData':{'a':'1'}}");
        refused(
                "'secret':{'secretName':'s','items':[{'key':'b','path':'b'}]}",
                "references non-existent secret key: b");
    }

    @Rule("pods 7.2")
    @Test
    void aClaimThatIsMissingOrNotBoundHoldsThePodBack() throws Exception {
        var pod = pod("'persistentVolumeClaim':{'claimName':'data'}");
        var begin =
                "Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[],"
                        + " failed to process volumes=[v]: error processing PVC default/data: ";
        assertThatThrownBy(() -> volumes.prepare(pod))
                .hasMessage(
                        begin
                                + "failed to fetch PVC from API server: persistentvolumeclaims"
                                + " \"data\" not found");
        cluster.create(
                Types.CLAIMS,
                "{'metadata':{'name':'data'},'spec':{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1Mi'}}}}");
        assertThatThrownBy(() -> volumes.prepare(pod)).hasMessage(begin + "PVC is not bound");
    }

    private static int mode(Path file) throws IOException {
        return (int) Files.getAttribute(file, "unix:mode") & 0777;
    }

    @Rule("pods 7.4")
    @Test
    void filesAreAtomicallyReplacedAndHaveTheirModes() throws Exception {
        cluster.create(Types.SECRETS, "{'metadata':{'name':'s'},'stringData':{'a':'1','b':'1'}}");
        var pod =
                pod(
                        "'secret':{'secretName':'s','defaultMode':288,'items':[{'key':'a','path':'d/a'},{'key':'b','path':'b','mode':256}]}");
        volumes.prepare(pod);
        var data = Files.readSymbolicLink(volume().resolve("..data"));
        assertThat(data.toString()).matches("\\.\\.2026_01_02_03_04_05\\.\\d+");
        assertThat(Files.readSymbolicLink(volume().resolve("d"))).isEqualTo(Path.of("..data/d"));
        assertThat(mode(volume().resolve(data))).isEqualTo(0755);
        assertThat(mode(volume().resolve("d/a"))).isEqualTo(0440);
        assertThat(mode(volume().resolve("b"))).isEqualTo(0400);
        for (var mount : volumes.mounts(pod, mounting("'name':'v','mountPath':'/v'"), Map.of())) {
            assertThat(mount.readOnly()).isTrue();
        }
    }

    private static JsonNode mounting(String mount) throws IOException {
        var text = "{'name':'c','volumeMounts':[{%s}]}".formatted(mount);
        return new ObjectMapper().readTree(text.replace('\'', '"'));
    }

    @Rule("pods 7.3")
    @Test
    void anEmptyFolderIsEverybodysAndStays() throws Exception {
        var pod = pod("'emptyDir':{}");
        volumes.prepare(pod);
        assertThat(mode(volume())).isEqualTo(0777);
        Files.writeString(volume().resolve("note"), "kept");
        volumes.prepare(pod);
        assertThat(volume().resolve("note")).hasContent("kept");
    }

    @Rule("pods 7.7")
    @Test
    void mapsAreShownSortedAndQuoted() throws Exception {
        var pod =
                (ObjectNode)
                        pod(
                                "'downwardAPI':{'items':[{'path':'a','fieldRef':{'fieldPath':'metadata.labels'}}]}");
        pod.withObject("/metadata/labels").put("b", "x").put("a", "it's \"so\"\n");
        volumes.prepare(pod);
        assertThat(volume().resolve("a"))
                .hasContent("a=\"it's \\\"so\\\"\\n\"\nb=\"x\"\ntier=\"one\"");
    }

    private void mountRefused(String mount, Map<String, String> environment, String message)
            throws Exception {
        var pod = pod("'emptyDir':{}");
        var container = mounting("'name':'v','mountPath':'/v'," + mount);
        assertThatThrownBy(() -> volumes.mounts(pod, container, environment))
                .isInstanceOf(CannotStartException.class)
                .hasMessage(message)
                .extracting(e -> ((CannotStartException) e).reason())
                .isEqualTo("CreateContainerConfigError");
    }

    @Rule({"pods 7.9", "pods 2.5"})
    @Test
    void aSubPathStaysInsideItsVolume() throws Exception {
        volumes.prepare(pod("'emptyDir':{}"));
        mountRefused(
                "'subPath':'a/../../b'",
                Map.of(),
                "unable to provision SubPath `a/../../b`: must not contain '..'");
        mountRefused(
                "'subPathExpr':'$(A)'",
                Map.of("A", "/etc"),
                "error SubPath `/etc` must not be an absolute path");
        mountRefused(
                "'subPathExpr':'$(A)/$(B)/$(C)'",
                Map.of("A", "a", "B", ""),
                "missing value for B, C");
        Files.createSymbolicLink(volume().resolve("out"), folder);
        mountRefused(
                "'subPath':'out'",
                Map.of(),
                "failed to prepare subPath for volumeMount \"v\" of container \"c\"");
    }

    @Rule("pods 7.9")
    @Test
    void aMissingSubPathIsMadeAsTheVolumeIs() throws Exception {
        var pod = pod("'emptyDir':{}");
        volumes.prepare(pod);
        var container = mounting("'name':'v','mountPath':'/v','subPathExpr':'$(POD)/$$(x)'");
        var mount = volumes.mounts(pod, container, Map.of("POD", "web-0")).getFirst();
        assertThat(mount.source()).isEqualTo(volume().toRealPath().resolve("web-0/$(x)"));
        assertThat(mode(mount.source())).isEqualTo(0777);
        assertThat(mount.readOnly()).isFalse();
    }

    @Rule("pods 7.10")
    @Test
    void aHostPathIsWhatItsTypeSays() throws Exception {
        var there = Files.createDirectories(folder.resolve("there"));
        var file = Files.writeString(folder.resolve("file"), "");
        var type = "'hostPath':{'path':'%s','type':'%s'}";
        var failed = "hostPath type check failed: %s is not %s";
        refused(type.formatted(file, "Directory"), failed.formatted(file, "a directory"));
        refused(type.formatted(there, "File"), failed.formatted(there, "a file"));
        refused(type.formatted(file, "Socket"), failed.formatted(file, "a socket file"));
        volumes.prepare(pod(type.formatted(there, "Directory")));
        volumes.prepare(pod(type.formatted(file, "File")));
        var newFolder = folder.resolve("new");
        volumes.prepare(pod(type.formatted(newFolder, "DirectoryOrCreate")));
        assertThat(mode(newFolder)).isEqualTo(0755);
        var newFile = folder.resolve("newFile");
        volumes.prepare(pod(type.formatted(newFile, "FileOrCreate")));
        assertThat(mode(newFile)).isEqualTo(0644);
    }
}

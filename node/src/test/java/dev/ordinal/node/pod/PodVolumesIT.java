package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.control.Types;
import dev.ordinal.node.runtime.Shell;
import dev.ordinal.node.volume.LoopVolumes;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Needs root.
class PodVolumesIT {
    private static final String POD =
            """
            {"metadata":{"name":"p","namespace":"default","uid":"u"},
             "spec":{"securityContext":{"fsGroup":2000},
              "volumes":[{"name":"v","secret":{"secretName":"s","defaultMode":256}}]}}
            """;

    @TempDir Path folder;

    @Rule("pods 7.11")
    @Test
    void whatComesLaterIsThePodsGroupsToo() throws Exception {
        try (var cluster = new TestApi()) {
            cluster.create(Types.SECRETS, "{'metadata':{'name':'s'},'stringData':{'a':'1'}}");
            var volumes =
                    new PodVolumes(
                            cluster.api,
                            new LoopVolumes(folder.resolve("disk")),
                            folder,
                            cluster.clock());
            var pod = new ObjectMapper().readTree(POD);
            volumes.prepare(pod);
            cluster.merge(Types.SECRETS, "s", "{'stringData':{'a':'2','b':'2'}}");
            volumes.refresh(pod);
            for (var name : new String[] {"a", "b"}) {
                var file = folder.resolve("u/volumes/v").resolve(name);
                assertThat(file).hasContent("2");
                assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(2000);
                assertThat((int) Files.getAttribute(file, "unix:mode") & 0777).isEqualTo(0440);
            }
        }
    }

    private void prepare(String volume, String spec, Check check) throws Exception {
        try (var cluster = new TestApi()) {
            var disk = new LoopVolumes(folder.resolve("disk"));
            var volumes = new PodVolumes(cluster.api, disk, folder, cluster.clock());
            var text =
                    "{'metadata':{'name':'p','namespace':'default','uid':'u'},'spec':{%s'volumes':[{'name':'v',%s}]}}";
            var pod = new ObjectMapper().readTree(text.formatted(spec, volume).replace('\'', '"'));
            volumes.prepare(pod);
            check.of(volumes, pod);
        }
    }

    private interface Check {
        void of(PodVolumes volumes, JsonNode pod) throws Exception;
    }

    private static int mode(Path file) throws IOException {
        return (int) Files.getAttribute(file, "unix:mode") & 07777;
    }

    @Rule("pods 7.11")
    @Test
    void aVolumeIsGivenToThePodsGroupOnceButAHostPathIsNot() throws Exception {
        var group = "'securityContext':{'fsGroup':2000},";
        prepare(
                "'emptyDir':{}",
                group,
                (volumes, pod) -> {
                    var volume = folder.resolve("u/volumes/v");
                    assertThat(Files.getAttribute(volume, "unix:gid")).isEqualTo(2000);
                    assertThat(mode(volume)).isEqualTo(02777);
                    var mine = Files.writeString(volume.resolve("mine"), "");
                    Files.setAttribute(mine, "unix:gid", 3);
                    volumes.prepare(pod);
                    assertThat(Files.getAttribute(mine, "unix:gid")).isEqualTo(3);
                });
        var host = Files.createDirectories(folder.resolve("host"));
        prepare(
                "'hostPath':{'path':'%s'}".formatted(host),
                group,
                (_, _) -> assertThat(Files.getAttribute(host, "unix:gid")).isEqualTo(0));
    }

    @Rule("pods 7.3")
    @Test
    void aVolumeInMemoryIsAsLargeAsTheLeastOfItsLimits() throws Exception {
        var volume = folder.resolve("u/volumes/v");
        var limited = "'containers':[{'name':'c','resources':{'limits':{'memory':'2Mi'}}}],";
        for (var settings : new String[] {"'sizeLimit':'4Mi',", "'sizeLimit':'1Mi',", ""}) {
            prepare(
                    "'emptyDir':{%s'medium':'Memory'}".formatted(settings),
                    limited,
                    (_, _) -> {
                        long bytes = settings.contains("1Mi") ? 1 << 20 : 2 << 20;
                        assertThat(Files.getFileStore(volume).getTotalSpace()).isEqualTo(bytes);
                        assertThat(mode(volume)).isEqualTo(0777);
                    });
            Shell.run("", "umount", volume.toString());
        }
    }
}

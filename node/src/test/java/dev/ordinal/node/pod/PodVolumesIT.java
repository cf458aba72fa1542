package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.control.Types;
import dev.ordinal.node.volume.LoopVolumes;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
}

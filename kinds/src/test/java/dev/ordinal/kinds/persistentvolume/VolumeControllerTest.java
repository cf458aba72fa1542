package dev.ordinal.kinds.persistentvolume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.api.Api;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;

import org.junit.jupiter.api.Test;

class VolumeControllerTest {
    private static String phase(TestCluster cluster) {
        return cluster.api.get(Types.VOLUMES, null, "v").tree().at("/status/phase").asText();
    }

    @Test
    void aVolumeWhoseClaimWentBeforeItWasBoundIsReleased() throws Exception {
        try (var cluster = new TestCluster(1)) {
            cluster.run(
                    (api, informers) -> new VolumeController(api, informers, () -> cluster.now));
            var uid =
                    cluster.create(
                                    Types.CLAIMS,
                                    "default",
                                    """
                                    {'metadata':{'name':'c'},
                                     'spec':{'resources':{'requests':{'storage':'1Mi'}},
                                             'storageClassName':'','accessModes':['ReadWriteOnce']}}
                                    """)
                            .uid();
            cluster.create(
                    Types.VOLUMES,
                    null,
                    """
                    {'metadata':{'name':'v'},
                     'spec':{'capacity':{'storage':'1Mi'},'accessModes':['ReadWriteOnce'],
                             'hostPath':{'path':'/v'},
                             'claimRef':{'namespace':'default','name':'c','uid':'%s'}}}
                    """
                            .formatted(uid));
            cluster.settle();
            assertThat(phase(cluster)).isNotEqualTo("Released");

            cluster.patch(Types.CLAIMS, "default", "c", null, "{'metadata':{'finalizers':null}}");
            cluster.api.delete(Types.CLAIMS, "default", "c", Api.DeleteOptions.DEFAULT);
            cluster.settle();
            assertThat(phase(cluster)).isEqualTo("Released");
        }
    }
}

package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;

class PodFilesTest {
    private static final String HOST =
            """
            nameserver 192.0.2.1
            nameserver 192.0.2.2
            search example.org lab.example.org
            options ndots:1 rotate
            """;

    @TempDir Path folder;

    private String resolvConf(String spec) throws Exception {
        var host = Files.writeString(folder.resolve("resolv.conf"), HOST);
        var pod =
                new ObjectMapper()
                        .readTree(
                                "{'metadata':{'namespace':'shop','name':'web-0'},'spec':%s}"
                                        .formatted(spec)
                                        .replace('\'', '"'));
        return new PodFiles(pod, "10.244.0.5", "10.96.0.10", host).resolvConf();
    }

    @Rule("services 8.8")
    @Test
    void aPodAsksTheClusterFirst() throws Exception {
        var cluster =
                """
                search shop.svc.cluster.local svc.cluster.local cluster.local example.org lab.example.org
                nameserver 10.96.0.10
                options ndots:5
                """;
        assertThat(resolvConf("{}")).isEqualTo(cluster);
        assertThat(resolvConf("{'hostNetwork':true,'dnsPolicy':'ClusterFirstWithHostNet'}"))
                .isEqualTo(cluster);
    }

    @Rule("services 8.8")
    @Test
    void theNodesOwnFileIsTakenWhenThatIsAskedFor() throws Exception {
        var own =
                """
                search example.org lab.example.org
                nameserver 192.0.2.1
                nameserver 192.0.2.2
                options ndots:1 rotate
                """;
        assertThat(resolvConf("{'dnsPolicy':'Default'}")).isEqualTo(own);
        assertThat(resolvConf("{'hostNetwork':true}")).isEqualTo(own);
    }

    @Rule("services 8.8")
    @Test
    void theConfigurationOfThePodIsAddedOrAlone() throws Exception {
        var config =
                "'dnsConfig':{'nameservers':['192.0.2.9','192.0.2.1'],'searches':['a.example'],"
                        + "'options':[{'name':'ndots','value':'2'},{'name':'debug'}]}";
        assertThat(resolvConf("{'dnsPolicy':'None'," + config + "}"))
                .isEqualTo(
                        """
                        search a.example
                        nameserver 192.0.2.9
                        nameserver 192.0.2.1
                        options ndots:2 debug
                        """);
        assertThat(resolvConf("{'dnsPolicy':'Default'," + config + "}"))
                .isEqualTo(
                        """
                        search example.org lab.example.org a.example
                        nameserver 192.0.2.1
                        nameserver 192.0.2.2
                        nameserver 192.0.2.9
                        options ndots:2 rotate debug
                        """);
    }
}

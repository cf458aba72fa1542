package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The host name of a pod and its files in `/etc`.
class PodFilesTest {
    @TempDir Path etc;

    @BeforeEach
    void host() throws IOException {
        Files.writeString(
                etc.resolve("resolv.conf"),
                """
                search old.example
                search corp.example cluster.local
                nameserver 192.0.2.1
                nameserver 192.0.2.2
                options timeout:1 rotate
                """);
        Files.writeString(etc.resolve("hosts"), "127.0.0.1 host\n");
    }

    private PodFiles files(String spec) throws IOException {
        return named("web-0", spec);
    }

    private PodFiles named(String name, String spec) throws IOException {
        var text = "{'metadata':{'name':'%s','namespace':'shop'},'spec':{%s}}";
        var pod = new ObjectMapper().readTree(text.formatted(name, spec).replace('\'', '"'));
        return new PodFiles(pod, "10.244.0.2", "10.96.0.10", etc.resolve("resolv.conf"), "ordinal");
    }

    @Rule("pods 6.7")
    @Test
    void theHostNameIsThePodsUnlessTheSpecHasOne() throws Exception {
        assertThat(files("").hostname()).isEqualTo("web-0");
        assertThat(files("'hostname':'db'").hostname()).isEqualTo("db");
        assertThat(files("'hostname':'db','hostnameOverride':'other.example'").hostname())
                .isEqualTo("other.example");
        assertThat(files("'hostNetwork':true").hostname()).isEqualTo("ordinal");
        assertThat(named("x".repeat(62) + "-y", "").hostname()).isEqualTo("x".repeat(62));
    }

    @Rule("pods 6.7")
    @Test
    void theFullNameIsTheKernelsWhenThePodWantsItAndItFits() throws Exception {
        var spec = "'setHostnameAsFQDN':true,'subdomain':'%s'";
        assertThat(files(spec.formatted("web")).hostname())
                .isEqualTo("web-0.web.shop.svc.cluster.local");
        assertThat(files("'setHostnameAsFQDN':true").hostname()).isEqualTo("web-0");
        var sub = "s".repeat(40);
        assertThatThrownBy(() -> files(spec.formatted(sub)).hostname())
                .hasMessage(
                        "failed to construct FQDN from pod hostname and cluster domain, FQDN"
                                + " web-0.%s.shop.svc.cluster.local is too long (the max is 64"
                                        .formatted(sub)
                                + " characters, 69 characters requested)");
    }

    @Rule("pods 6.8")
    @Test
    void theHostsFileNamesThePodAndItsAliases() throws Exception {
        var begin =
                """
                # Kubernetes-managed hosts file.
                127.0.0.1\tlocalhost
                ::1\tlocalhost ip6-localhost ip6-loopback
                fe00::0\tip6-localnet
                fe00::0\tip6-mcastprefix
                fe00::1\tip6-allnodes
                fe00::2\tip6-allrouters
                """;
        assertThat(files("").hosts()).isEqualTo(begin + "10.244.0.2\tweb-0\n");
        assertThat(files("'subdomain':'web'").hosts())
                .isEqualTo(begin + "10.244.0.2\tweb-0.web.shop.svc.cluster.local\tweb-0\n");
        assertThat(files("'subdomain':'web','hostnameOverride':'db'").hosts())
                .isEqualTo(begin + "10.244.0.2\tdb\n");
        assertThat(files("'hostAliases':[{'ip':'192.0.2.9','hostnames':['a','b']}]").hosts())
                .isEqualTo(
                        begin
                                + "10.244.0.2\tweb-0\n\n# Entries added by HostAliases.\n"
                                + "192.0.2.9\ta\tb\n");
    }

    @Rule("pods 6.8")
    @Test
    void aPodOnTheHostsNetworkHasTheHostsFile() throws Exception {
        assertThat(
                        files(
                                        "'hostNetwork':true,'hostAliases':[{'ip':'192.0.2.9','hostnames':['a']}]")
                                .hosts())
                .isEqualTo(
                        """
                        # Kubernetes-managed hosts file (host network).
                        127.0.0.1 host

                        # Entries added by HostAliases.
                        192.0.2.9\ta
                        """);
    }

    @Rule({"pods 6.9", "services 8.8"})
    @Test
    void aPodAsksTheClusterFirst() throws Exception {
        var cluster =
                """
                search shop.svc.cluster.local svc.cluster.local cluster.local old.example corp.example
                nameserver 10.96.0.10
                options ndots:5
                """;
        assertThat(files("").resolvConf()).isEqualTo(cluster);
        assertThat(files("'hostNetwork':true,'dnsPolicy':'ClusterFirstWithHostNet'").resolvConf())
                .isEqualTo(cluster);
    }

    @Rule({"pods 6.9", "services 8.8"})
    @Test
    void theNodesOwnFileIsTakenWhenThatIsAskedFor() throws Exception {
        var host =
                """
                search corp.example cluster.local
                nameserver 192.0.2.1
                nameserver 192.0.2.2
                options timeout:1 rotate
                """;
        assertThat(files("'dnsPolicy':'Default'").resolvConf()).isEqualTo(host);
        assertThat(files("'hostNetwork':true").resolvConf()).isEqualTo(host);
        assertThat(files("'dnsPolicy':'None'").resolvConf()).isEmpty();
    }

    @Rule({"pods 6.9", "services 8.8"})
    @Test
    void theConfigurationOfThePodIsAddedOrAlone() throws Exception {
        var own =
                """
                'dnsConfig':{'nameservers':['192.0.2.7','10.96.0.10'],'searches':['own.example'],
                 'options':[{'name':'ndots','value':'2'},{'name':'edns0'}]}
                """;
        assertThat(files(own).resolvConf())
                .isEqualTo(
                        """
                        search shop.svc.cluster.local svc.cluster.local cluster.local old.example corp.example own.example
                        nameserver 10.96.0.10
                        nameserver 192.0.2.7
                        options ndots:2 edns0
                        """);
        var few = "'dnsConfig':{'nameservers':['192.0.2.9','192.0.2.1'],'searches':['a.example']}";
        assertThat(files("'dnsPolicy':'None'," + few).resolvConf())
                .isEqualTo("search a.example\nnameserver 192.0.2.9\nnameserver 192.0.2.1\n");
        assertThat(files("'dnsPolicy':'Default'," + few).resolvConf())
                .isEqualTo(
                        """
                        search corp.example cluster.local a.example
                        nameserver 192.0.2.1
                        nameserver 192.0.2.2
                        nameserver 192.0.2.9
                        options timeout:1 rotate
                        """);
        var many =
                IntStream.range(0, 40)
                        .mapToObj("'s%d'"::formatted)
                        .collect(Collectors.joining(","));
        var cut =
                files(
                                "'dnsPolicy':'None','dnsConfig':{'nameservers':['1.1.1.1','1.1.1.2','1.1.1.3','1.1.1.4'],'searches':[%s]}"
                                        .formatted(many))
                        .resolvConf();
        assertThat(cut.lines().filter(line -> line.startsWith("nameserver"))).hasSize(3);
        assertThat(cut.lines().findFirst().orElseThrow()).endsWith(" s31");
    }
}

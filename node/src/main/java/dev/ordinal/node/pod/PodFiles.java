package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The host name of a pod and the files in `/etc` that are made for it.
///
/// @see "upstream: pkg/kubelet/kubelet_pods.go and pkg/kubelet/network/dns"
final class PodFiles {
    private static final String DOMAIN = "cluster.local";
    private static final int HOSTNAME_MAX = 63;
    private static final int KERNEL_MAX = 64;
    private static final int NAMESERVERS_MAX = 3;
    private static final int SEARCHES_MAX = 32;

    private final JsonNode pod;
    private final String address;
    private final String dns;
    private final Path hostResolv;
    private final String node;

    /// @param address of the pod
    /// @param dns address of the cluster's DNS server
    /// @param hostResolv the host's `resolv.conf`; its `hosts` stands beside it
    /// @param node its name
    PodFiles(JsonNode pod, String address, String dns, Path hostResolv, String node) {
        this.pod = pod;
        this.address = address;
        this.dns = dns;
        this.hostResolv = hostResolv;
        this.node = node;
    }

    private String namespace() {
        return pod.at("/metadata/namespace").asText();
    }

    private boolean onHost() {
        return pod.at("/spec/hostNetwork").asBoolean();
    }

    private String override() {
        return pod.at("/spec/hostnameOverride").asText();
    }

    /// What the kernel says: the short name or, when the pod wants it, the full one.
    ///
    /// @throws IOException the full one is too long for the kernel
    String hostname() throws IOException {
        if (onHost()) return node;
        boolean full = pod.at("/spec/setHostnameAsFQDN").asBoolean() && override().isEmpty();
        if (!full || domain().isEmpty()) return shortName();
        var name = shortName() + "." + domain();
        if (name.length() <= KERNEL_MAX) return name;
        throw new IOException(
                "failed to construct FQDN from pod hostname and cluster domain, FQDN %s is too long (the max is %d characters, %d characters requested)"
                        .formatted(name, KERNEL_MAX, name.length()));
    }

    private String shortName() {
        var name = pod.at("/spec/hostname").asText();
        if (!override().isEmpty()) name = override();
        if (name.isEmpty()) name = pod.at("/metadata/name").asText();
        return name.length() > HOSTNAME_MAX
                ? name.substring(0, HOSTNAME_MAX).replaceAll("[-.]+$", "")
                : name;
    }

    /// Empty without a subdomain.
    private String domain() {
        var subdomain = pod.at("/spec/subdomain").asText();
        return subdomain.isEmpty() || !override().isEmpty()
                ? ""
                : "%s.%s.svc.%s".formatted(subdomain, namespace(), DOMAIN);
    }

    String hosts() throws IOException {
        var text = new StringBuilder();
        if (onHost()) {
            text.append("# Kubernetes-managed hosts file (host network).\n");
            var hosts = hostResolv.resolveSibling("hosts");
            if (Files.isReadable(hosts)) text.append(Files.readString(hosts));
        } else {
            text.append(
                    """
                    # Kubernetes-managed hosts file.
                    127.0.0.1\tlocalhost
                    ::1\tlocalhost ip6-localhost ip6-loopback
                    fe00::0\tip6-localnet
                    fe00::0\tip6-mcastprefix
                    fe00::1\tip6-allnodes
                    fe00::2\tip6-allrouters
                    """);
            text.append(address).append('\t');
            if (!domain().isEmpty()) {
                text.append("%s.%s\t".formatted(shortName(), domain()));
            }
            text.append(shortName()).append('\n');
        }
        var aliases = pod.at("/spec/hostAliases");
        if (!aliases.isEmpty()) text.append("\n# Entries added by HostAliases.\n");
        for (var alias : aliases) {
            List<String> names = new ArrayList<>();
            alias.path("hostnames").forEach(name -> names.add(name.asText()));
            text.append(alias.path("ip").asText())
                    .append('\t')
                    .append(String.join("\t", names))
                    .append('\n');
        }
        return text.toString();
    }

    String resolvConf() throws IOException {
        Set<String> servers = new LinkedHashSet<>();
        Set<String> searches = new LinkedHashSet<>();
        Map<String, String> options = new LinkedHashMap<>();
        var policy = pod.at("/spec/dnsPolicy").asText("ClusterFirst");
        boolean cluster =
                policy.equals("ClusterFirstWithHostNet")
                        || (policy.equals("ClusterFirst") && !onHost());
        if (cluster) {
            servers.add(dns);
            searches.addAll(List.of(namespace() + ".svc." + DOMAIN, "svc." + DOMAIN, DOMAIN));
            searches.addAll(host("search").stream().flatMap(line -> line.stream()).toList());
            options.put("ndots", "5");
        } else if (!policy.equals("None")) {
            host("nameserver").forEach(servers::addAll);
            var lines = host("search");
            if (!lines.isEmpty()) searches.addAll(lines.getLast());
            host("options").forEach(line -> line.forEach(option -> option(options, option)));
        }
        var config = pod.at("/spec/dnsConfig");
        config.path("nameservers").forEach(server -> servers.add(server.asText()));
        config.path("searches").forEach(search -> searches.add(search.asText()));
        for (var option : config.path("options")) {
            options.put(option.path("name").asText(), option.path("value").asText());
        }
        var text = new StringBuilder();
        if (!searches.isEmpty()) {
            text.append("search ")
                    .append(String.join(" ", searches.stream().limit(SEARCHES_MAX).toList()))
                    .append('\n');
        }
        servers.stream()
                .limit(NAMESERVERS_MAX)
                .forEach(server -> text.append("nameserver ").append(server).append('\n'));
        if (!options.isEmpty()) {
            text.append("options");
            options.forEach(
                    (name, value) ->
                            text.append(' ')
                                    .append(name)
                                    .append(value.isEmpty() ? "" : ":" + value));
            text.append('\n');
        }
        return text.toString();
    }

    private static void option(Map<String, String> options, String text) {
        int colon = text.indexOf(':');
        if (colon < 0) options.put(text, "");
        else options.put(text.substring(0, colon), text.substring(colon + 1));
    }

    /// The words of every line of the host's file that begins so.
    private List<List<String>> host(String keyword) throws IOException {
        if (!Files.isReadable(hostResolv)) return List.of();
        return Files.readAllLines(hostResolv).stream()
                .map(line -> List.of(line.strip().split("\\s+", -1)))
                .filter(words -> words.getFirst().equals(keyword))
                .map(words -> words.subList(1, words.size()))
                .toList();
    }
}

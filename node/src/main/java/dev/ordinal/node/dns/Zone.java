package dev.ordinal.node.dns;

import dev.ordinal.node.network.Cidr;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;

import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What every name of the cluster means, from what is in the API now. Nothing is remembered, so a
/// name is right from the moment its address exists.
///
/// @see "Kubernetes DNS-Based Service Discovery 1.1.0"
public final class Zone {
    static final String DOMAIN = "cluster.local.";
    private static final Name ORIGIN = name(DOMAIN);
    private static final Name SERVER = name("ns.dns." + DOMAIN);
    private static final long TTL_SECONDS = 5;
    private static final long VERSION_TTL_SECONDS = 28_800;
    private static final int WEIGHT = 100;
    private static final int ALIASES_MAX = 8;

    private static final String BYTE = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";

    private final View view;
    private final Cidr pods;
    private final Cidr services;

    /// What the zone looks at.
    public interface View {
        boolean namespace(String name);

        Optional<Service> service(String namespace, String name);

        Collection<Service> services();

        Collection<EndpointSlice> slices(String namespace, String service);

        Collection<EndpointSlice> slices();
    }

    /// @param code of the answer, see [Rcode]
    record Answer(
            int code, List<Record> records, List<Record> authority, List<Record> additional) {}

    public Zone(View view, Cidr pods, Cidr services) {
        this.view = view;
        this.pods = pods;
        this.services = services;
    }

    private static Name name(String text) {
        try {
            return Name.fromString(text);
        } catch (TextParseException malformed) {
            throw new IllegalArgumentException(malformed);
        }
    }

    /// The answer, or nothing when the name is not the cluster's. An alias comes with what it is
    /// for in the cluster, since the resolvers of programs do not ask again.
    Optional<Answer> answer(Name asked, int type) {
        var answer = own(asked, type);
        if (answer.isEmpty() || type == Type.CNAME) return answer;
        List<Record> records = new ArrayList<>(answer.get().records());
        for (int i = 0; i < ALIASES_MAX; i++) {
            if (records.isEmpty() || !(records.getLast() instanceof CNAMERecord alias)) break;
            var next = own(alias.getTarget(), type);
            if (next.isEmpty() || next.get().records().isEmpty()) break;
            records.addAll(next.get().records());
        }
        return Optional.of(
                new Answer(
                        answer.get().code(),
                        records,
                        answer.get().authority(),
                        answer.get().additional()));
    }

    private Optional<Answer> own(Name asked, int type) {
        if (asked.subdomain(ORIGIN)) {
            List<String> labels = new ArrayList<>();
            for (int i = 0; i < asked.labels() - ORIGIN.labels(); i++) {
                labels.add(asked.getLabelString(i).toLowerCase(Locale.ROOT));
            }
            return Optional.of(inside(asked, labels, type));
        }
        return reverse(asked).map(address -> pointer(asked, address, type));
    }

    private Answer inside(Name asked, List<String> labels, int type) {
        int count = labels.size();
        if (count == 0) return apex(type);
        if (labels.equals(List.of("dns-version"))) {
            return type == Type.TXT || type == Type.ANY
                    ? found(List.of(new TXTRecord(asked, DClass.IN, VERSION_TTL_SECONDS, "1.1.0")))
                    : empty();
        }
        if (labels.equals(List.of("ns", "dns"))) return empty();
        var kind = labels.getLast();
        if (count == 1) return kind.equals("svc") || kind.equals("pod") ? empty() : unknown();
        var namespace = labels.get(count - 2);
        if (!view.namespace(namespace)) return unknown();
        if (count == 2) return kind.equals("svc") || kind.equals("pod") ? empty() : unknown();
        if (kind.equals("pod")) return pod(asked, labels, type);
        return kind.equals("svc") ? service(asked, labels, namespace, type) : unknown();
    }

    private Answer apex(int type) {
        return switch (type) {
            case Type.SOA -> found(List.of(authority()));
            case Type.NS -> found(List.of(new NSRecord(ORIGIN, DClass.IN, TTL_SECONDS, SERVER)));
            default -> empty();
        };
    }

    /// `10-244-0-7.shop.pod.cluster.local`
    private static Answer pod(Name asked, List<String> labels, int type) {
        var dashed = labels.getFirst().replace('-', '.');
        if (labels.size() != 3 || !dashed.matches(BYTE + "(\\." + BYTE + "){3}")) return unknown();
        return type == Type.A ? found(List.of(address(asked, dashed))) : empty();
    }

    private Answer service(Name asked, List<String> labels, String namespace, int type) {
        int count = labels.size();
        var name = labels.get(count - 3);
        var service = view.service(namespace, name);
        if (service.isEmpty()) return unknown();
        if (count == 3) return plain(asked, service.get(), type);
        if (count == 4) {
            var records =
                    endpoints(service.get()).stream()
                            .filter(e -> e.host().equals(labels.getFirst()))
                            .map(e -> address(asked, e.address()))
                            .toList();
            return answer(records, type == Type.A);
        }
        boolean port = count == 5 && labels.get(0).startsWith("_") && labels.get(1).startsWith("_");
        if (!port) return unknown();
        return ports(
                asked, service.get(), labels.get(0).substring(1), labels.get(1).substring(1), type);
    }

    private Answer plain(Name asked, Service service, int type) {
        var spec = service.getSpec();
        if ("ExternalName".equals(spec.getType())) {
            return found(
                    List.of(
                            new CNAMERecord(
                                    asked,
                                    DClass.IN,
                                    TTL_SECONDS,
                                    name(spec.getExternalName().replaceAll("\\.$", "") + "."))));
        }
        if (type == Type.SRV) return ports(asked, service, "", "", type);
        if (!headless(service))
            return answer(List.of(address(asked, spec.getClusterIP())), type == Type.A);
        Set<String> seen = new TreeSet<>();
        List<Record> records = new ArrayList<>();
        for (var endpoint : endpoints(service)) {
            if (seen.add(endpoint.address())) records.add(address(asked, endpoint.address()));
        }
        Collections.shuffle(records);
        return answer(records, type == Type.A);
    }

    private static boolean headless(Service service) {
        return "None".equals(service.getSpec().getClusterIP());
    }

    /// SRV records; an empty name or protocol stands for all.
    private Answer ports(Name asked, Service service, String port, String protocol, int type) {
        var home =
                name(
                        "%s.%s.svc.%s"
                                .formatted(
                                        service.getMetadata().getName(),
                                        service.getMetadata().getNamespace(),
                                        DOMAIN));
        List<Record> records = new ArrayList<>();
        List<Record> additional = new ArrayList<>();
        if (!headless(service)) {
            for (var wanted : service.getSpec().getPorts()) {
                if (!matches(port, wanted.getName()) || !matches(protocol, wanted.getProtocol()))
                    continue;
                records.add(
                        new SRVRecord(
                                asked, DClass.IN, TTL_SECONDS, 0, WEIGHT, wanted.getPort(), home));
            }
            if (!records.isEmpty()) additional.add(address(home, service.getSpec().getClusterIP()));
        } else {
            var hosts = endpoints(service);
            int weight = hosts.isEmpty() ? WEIGHT : Math.max(1, WEIGHT / hosts.size());
            for (var endpoint : hosts) {
                for (var offered : endpoint.ports().entrySet()) {
                    var parts = offered.getKey().split("/", -1);
                    if (!matches(port, parts[0]) || !matches(protocol, parts[1])) continue;
                    var target = name(endpoint.host() + "." + home);
                    records.add(
                            new SRVRecord(
                                    asked,
                                    DClass.IN,
                                    TTL_SECONDS,
                                    0,
                                    weight,
                                    offered.getValue(),
                                    target));
                    additional.add(address(target, endpoint.address()));
                }
            }
        }
        if (records.isEmpty()) return unknown();
        if (type == Type.A) return found(additional.stream().map(a -> named(asked, a)).toList());
        if (type != Type.SRV) return empty();
        return new Answer(Rcode.NOERROR, records, List.of(), additional);
    }

    private static Record named(Name asked, Record address) {
        return new ARecord(asked, DClass.IN, TTL_SECONDS, ((ARecord) address).getAddress());
    }

    private static boolean matches(String wanted, @org.jspecify.annotations.Nullable String given) {
        return wanted.isEmpty() || wanted.equalsIgnoreCase(given);
    }

    /// @param host the label it has below its Service
    /// @param ports by `name/protocol`
    private record Host(String host, String address, Map<String, Integer> ports) {}

    private List<Host> endpoints(Service service) {
        List<Host> hosts = new ArrayList<>();
        var metadata = service.getMetadata();
        for (var slice : view.slices(metadata.getNamespace(), metadata.getName()))
            hosts.addAll(hosts(slice));
        return hosts;
    }

    private static List<Host> hosts(EndpointSlice slice) {
        List<Host> hosts = new ArrayList<>();
        Map<String, Integer> ports = new java.util.LinkedHashMap<>();
        for (var port :
                Objects.requireNonNullElse(
                        slice.getPorts(),
                        List.<io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort>of())) {
            if (port.getPort() != null)
                ports.put(
                        Objects.requireNonNullElse(port.getName(), "") + "/" + port.getProtocol(),
                        port.getPort());
        }
        for (var endpoint : Objects.requireNonNullElse(slice.getEndpoints(), List.<Endpoint>of())) {
            if (endpoint.getConditions() != null
                    && Boolean.FALSE.equals(endpoint.getConditions().getReady())) continue;
            for (var address : endpoint.getAddresses()) {
                var hostname = endpoint.getHostname();
                hosts.add(
                        new Host(
                                hostname == null || hostname.isEmpty()
                                        ? address.replace('.', '-')
                                        : hostname,
                                address,
                                ports));
            }
        }
        return hosts;
    }

    /// The address a name of in-addr.arpa asks about, when it is one of ours.
    private Optional<String> reverse(Name asked) {
        var text = asked.toString(true).toLowerCase(Locale.ROOT);
        var match =
                java.util.regex.Pattern.compile(
                                "(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.in-addr\\.arpa")
                        .matcher(text);
        if (!match.matches()) return Optional.empty();
        var address =
                "%s.%s.%s.%s"
                        .formatted(match.group(4), match.group(3), match.group(2), match.group(1));
        try {
            int number = Cidr.number(address);
            return pods.contains(number) || services.contains(number)
                    ? Optional.of(address)
                    : Optional.empty();
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private Answer pointer(Name asked, String address, int type) {
        List<Record> records = new ArrayList<>();
        for (var service : view.services()) {
            if (!address.equals(service.getSpec().getClusterIP())) continue;
            records.add(
                    pointer(
                            asked,
                            service.getMetadata().getName(),
                            service.getMetadata().getNamespace()));
        }
        for (var slice : view.slices()) {
            var labels = slice.getMetadata().getLabels();
            var service = labels == null ? null : labels.get("kubernetes.io/service-name");
            if (service == null) continue;
            for (var host : hosts(slice)) {
                if (host.address().equals(address)
                        && !host.host().equals(address.replace('.', '-'))) {
                    records.add(
                            pointer(
                                    asked,
                                    host.host() + "." + service,
                                    slice.getMetadata().getNamespace()));
                }
            }
        }
        return answer(records, type == Type.PTR);
    }

    private static Record pointer(Name asked, String name, String namespace) {
        return new PTRRecord(
                asked,
                DClass.IN,
                TTL_SECONDS,
                name("%s.%s.svc.%s".formatted(name, namespace, DOMAIN)));
    }

    private static Record address(Name name, String address) {
        return new ARecord(name, DClass.IN, TTL_SECONDS, InetAddress.ofLiteral(address));
    }

    private static Record authority() {
        return new SOARecord(
                ORIGIN,
                DClass.IN,
                TTL_SECONDS,
                SERVER,
                name("hostmaster." + DOMAIN),
                1,
                7200,
                1800,
                86_400,
                0);
    }

    private static Answer answer(List<Record> records, boolean asked) {
        if (records.isEmpty()) return unknown();
        return asked ? found(records) : empty();
    }

    private static Answer found(List<? extends Record> records) {
        return new Answer(Rcode.NOERROR, List.copyOf(records), List.of(), List.of());
    }

    private static Answer empty() {
        return new Answer(Rcode.NOERROR, List.of(), List.of(authority()), List.of());
    }

    private static Answer unknown() {
        return new Answer(Rcode.NXDOMAIN, List.of(), List.of(authority()), List.of());
    }
}

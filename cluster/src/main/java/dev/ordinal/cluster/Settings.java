package dev.ordinal.cluster;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// Everything one cluster is started with.
///
/// @param name of its kubeconfig context, and of what it makes on the machine
/// @param data its folder
/// @param host the API listens on
/// @param port of the API; 0: any free one
/// @param rocksdbLibrary the unpacked native library of the store, or null
/// @param serviceCidr addresses of Services
public record Settings(
        String name,
        Path data,
        String host,
        int port,
        @Nullable Path rocksdbLibrary,
        String serviceCidr) {
    public static final String SERVICE_CIDR = "10.96.0.0/16";

    public static Settings in(Path data) {
        return new Settings("ordinal", data, "127.0.0.1", 0, null, SERVICE_CIDR);
    }

    public Settings withPort(int wanted) {
        return new Settings(name, data, host, wanted, rocksdbLibrary, serviceCidr);
    }

    Path kubeconfig() {
        return data.resolve("pki").resolve("kubeconfig");
    }
}

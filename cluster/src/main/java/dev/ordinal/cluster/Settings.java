package dev.ordinal.cluster;

import dev.ordinal.api.FeatureGates;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// Everything one cluster is started with.
///
/// @param name of its kubeconfig context and its node
/// @param data its folder
/// @param host the API listens on
/// @param port of the API; 0: any free one
/// @param rocksdbLibrary the unpacked native library of the store, or null
/// @param podCidr addresses of pods
/// @param serviceCidr addresses of Services
/// @param runtime what runs containers
/// @param temporary nothing is left when the process ends, however it ends: no pod, no data
/// @param featureGates which of Kubernetes' optional behaviours are on
/// @param controllers which of them run in this process
/// @param maxPods how many pods the node takes
public record Settings(
        String name,
        Path data,
        String host,
        int port,
        @Nullable Path rocksdbLibrary,
        String podCidr,
        String serviceCidr,
        RuntimeChoice runtime,
        boolean temporary,
        FeatureGates featureGates,
        ControllerChoice controllers,
        int maxPods) {
    /// As many as upstream's node takes.
    public static final int MAX_PODS = 110;

    public static final String POD_CIDR = "10.244.0.0/16";
    public static final String SERVICE_CIDR = "10.96.0.0/16";

    /// What runs containers.
    public enum RuntimeChoice {
        /// Processes of this machine.
        LINUX,
        /// None: containers that only seem to run, for tests and scale.
        SIMULATED,
        /// Nothing: a control plane without a node, for those who play the node themselves.
        NONE
    }

    public static Settings in(Path data) {
        return new Settings(
                "ordinal",
                data,
                "127.0.0.1",
                0,
                null,
                POD_CIDR,
                SERVICE_CIDR,
                RuntimeChoice.LINUX,
                false,
                FeatureGates.DEFAULT,
                ControllerChoice.ALL,
                MAX_PODS);
    }

    public Settings withPort(int wanted) {
        return new Settings(
                name,
                data,
                host,
                wanted,
                rocksdbLibrary,
                podCidr,
                serviceCidr,
                runtime,
                temporary,
                featureGates,
                controllers,
                maxPods);
    }

    public Settings withRuntime(RuntimeChoice wanted) {
        return new Settings(
                name,
                data,
                host,
                port,
                rocksdbLibrary,
                podCidr,
                serviceCidr,
                wanted,
                temporary,
                featureGates,
                controllers,
                maxPods);
    }

    /// @param library the unpacked native library of the store
    public Settings withRocksdbLibrary(Path library) {
        return new Settings(
                name,
                data,
                host,
                port,
                library,
                podCidr,
                serviceCidr,
                runtime,
                temporary,
                featureGates,
                controllers,
                maxPods);
    }

    public Settings asTemporary() {
        return new Settings(
                name,
                data,
                host,
                port,
                rocksdbLibrary,
                podCidr,
                serviceCidr,
                runtime,
                true,
                featureGates,
                controllers,
                maxPods);
    }

    public Settings withFeatureGates(FeatureGates wanted) {
        return new Settings(
                name,
                data,
                host,
                port,
                rocksdbLibrary,
                podCidr,
                serviceCidr,
                runtime,
                temporary,
                wanted,
                controllers,
                maxPods);
    }

    public Settings withControllers(ControllerChoice wanted) {
        return new Settings(
                name,
                data,
                host,
                port,
                rocksdbLibrary,
                podCidr,
                serviceCidr,
                runtime,
                temporary,
                featureGates,
                wanted,
                maxPods);
    }

    public Settings withMaxPods(int wanted) {
        return new Settings(
                name,
                data,
                host,
                port,
                rocksdbLibrary,
                podCidr,
                serviceCidr,
                runtime,
                temporary,
                featureGates,
                controllers,
                wanted);
    }

    Path kubeconfig() {
        return data.resolve("pki").resolve("kubeconfig");
    }
}

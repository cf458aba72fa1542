package dev.ordinal.cluster;

import dev.ordinal.api.FeatureGates;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.function.Consumer;

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
        return with(draft -> draft.port = wanted);
    }

    public Settings withRuntime(RuntimeChoice wanted) {
        return with(draft -> draft.runtime = wanted);
    }

    /// @param library the unpacked native library of the store
    public Settings withRocksdbLibrary(Path library) {
        return with(draft -> draft.rocksdbLibrary = library);
    }

    public Settings asTemporary() {
        return with(draft -> draft.temporary = true);
    }

    public Settings withFeatureGates(FeatureGates wanted) {
        return with(draft -> draft.featureGates = wanted);
    }

    public Settings withControllers(ControllerChoice wanted) {
        return with(draft -> draft.controllers = wanted);
    }

    public Settings withMaxPods(int wanted) {
        return with(draft -> draft.maxPods = wanted);
    }

    private Settings with(Consumer<Draft> change) {
        var draft = new Draft(this);
        change.accept(draft);
        return draft.settings();
    }

    /// A copy to change one component of.
    private static final class Draft {
        private String name;
        private Path data;
        private String host;
        private int port;
        private @Nullable Path rocksdbLibrary;
        private String podCidr;
        private String serviceCidr;
        private RuntimeChoice runtime;
        private boolean temporary;
        private FeatureGates featureGates;
        private ControllerChoice controllers;
        private int maxPods;

        Draft(Settings from) {
            name = from.name;
            data = from.data;
            host = from.host;
            port = from.port;
            rocksdbLibrary = from.rocksdbLibrary;
            podCidr = from.podCidr;
            serviceCidr = from.serviceCidr;
            runtime = from.runtime;
            temporary = from.temporary;
            featureGates = from.featureGates;
            controllers = from.controllers;
            maxPods = from.maxPods;
        }

        Settings settings() {
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
                    maxPods);
        }
    }

    Path kubeconfig() {
        return data.resolve("pki").resolve("kubeconfig");
    }
}

package dev.ordinal.cli;

import dev.ordinal.api.FeatureGates;
import dev.ordinal.cluster.ControllerChoice;
import dev.ordinal.cluster.Settings;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

import java.nio.file.Files;
import java.nio.file.Path;

/// What a cluster is started with.
final class StartOptions {
    @Option(
            names = "--port",
            paramLabel = "PORT",
            description =
                    "Port of the API on 127.0.0.1; 0 takes a free one (default: ${DEFAULT-VALUE}).")
    private int port = 6443;

    @Option(
            names = "--runtime",
            paramLabel = "linux|simulated|none",
            description =
                    "What runs containers; simulated ones only seem to run, none is a control plane"
                            + " without a node (default: ${DEFAULT-VALUE}).")
    private Settings.RuntimeChoice runtime = Settings.RuntimeChoice.LINUX;

    @Option(
            names = "--feature-gates",
            paramLabel = "NAME=true|false,...",
            converter = Gates.class,
            description =
                    "Optional behaviours of Kubernetes, by its own names; known:"
                            + " MaxUnavailableStatefulSet (beta, default false).")
    private FeatureGates featureGates = FeatureGates.DEFAULT;

    @Option(
            names = "--controllers",
            paramLabel = "NAMES",
            converter = Choice.class,
            description =
                    "Which controllers run here, in kube-controller-manager's syntax, with"
                            + " kube-scheduler as one of them; empty for none (default: *).")
    private ControllerChoice controllers = ControllerChoice.ALL;

    @Option(
            names = "--max-pods",
            paramLabel = "COUNT",
            description = "How many pods the node takes (default: ${DEFAULT-VALUE}).")
    private int maxPods = Settings.MAX_PODS;

    /// Reads `--controllers`.
    static final class Choice implements ITypeConverter<ControllerChoice> {
        @Override
        public ControllerChoice convert(String text) {
            try {
                return ControllerChoice.parse(text);
            } catch (IllegalArgumentException wrong) {
                throw new TypeConversionException(wrong.getMessage());
            }
        }
    }

    /// Reads `--feature-gates`.
    static final class Gates implements ITypeConverter<FeatureGates> {
        @Override
        public FeatureGates convert(String text) {
            try {
                return FeatureGates.parse(text);
            } catch (IllegalArgumentException wrong) {
                throw new TypeConversionException(wrong.getMessage());
            }
        }
    }

    Settings settings(Path data) {
        var library = Home.folder().resolve("native").resolve("librocksdbjnijni-linux64.so");
        var settings =
                Settings.in(data)
                        .withPort(port)
                        .withRuntime(runtime)
                        .withFeatureGates(featureGates)
                        .withControllers(controllers)
                        .withMaxPods(maxPods);
        return Files.exists(library) ? settings.withRocksdbLibrary(library) : settings;
    }
}

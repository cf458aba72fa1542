package dev.ordinal.node.runtime;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// One attempt of one container, complete: nothing is looked up when it starts.
///
/// @param layers unpacked image layers, lowest first; never written to
/// @param args the program and its arguments; at least one
/// @param environment the whole environment
/// @param workingDirectory absolute; made when the image lacks it
/// @param mounts in the order they are mounted
/// @param annotations kept with the container and handed back by [Runtime#adopt]
public record ContainerSpec(
        ContainerKey key,
        List<Path> layers,
        List<String> args,
        Map<String, String> environment,
        String workingDirectory,
        User user,
        List<Mount> mounts,
        Security security,
        Resources resources,
        Stdio stdio,
        Map<String, String> annotations) {
    public ContainerSpec {
        layers = List.copyOf(layers);
        args = List.copyOf(args);
        environment = Map.copyOf(environment);
        mounts = List.copyOf(mounts);
        annotations = Map.copyOf(annotations);
        if (args.isEmpty()) {
            throw new IllegalArgumentException("no command specified");
        }
        if (!workingDirectory.startsWith("/")) {
            throw new IllegalArgumentException(
                    "working directory \"" + workingDirectory + "\" is not absolute");
        }
    }
}

package dev.ordinal.node.runtime;

import java.nio.file.Path;

/// A file or folder of the host shown inside a container. Devices in it cannot be opened.
///
/// @param source an existing file or folder; links in it are followed before the container starts
/// @param target absolute path in the container; made when missing, links stay inside the container
public record Mount(Path source, String target, boolean readOnly) {
    public Mount {
        if (!source.isAbsolute() || !target.startsWith("/")) {
            throw new IllegalArgumentException(
                    "mount of " + source + " at " + target + " is not absolute");
        }
    }
}

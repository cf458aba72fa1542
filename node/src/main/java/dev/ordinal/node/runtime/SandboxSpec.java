package dev.ordinal.node.runtime;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// What the containers of one pod share.
///
/// @param podUid the pod's `metadata.uid`
/// @param namespace the pod's namespace
/// @param name the pod's name
/// @param hostname what `hostname` prints in the pod; at most 64 bytes
/// @param hosts the content of `/etc/hosts`
/// @param resolvConf the content of `/etc/resolv.conf`
/// @param networkNamespace the file of the pod's network namespace; empty shares the server's
///     network
/// @param sysctls namespaced kernel settings, for example `net.ipv4.tcp_syncookies` to `0`
/// @param resources limits of the whole pod
/// @param annotations kept with the sandbox and handed back by [Runtime#adopt]; at most some
///     kilobytes
public record SandboxSpec(
        String podUid,
        String namespace,
        String name,
        String hostname,
        String hosts,
        String resolvConf,
        Optional<Path> networkNamespace,
        Map<String, String> sysctls,
        Resources resources,
        Map<String, String> annotations) {
    public SandboxSpec {
        Names.checkUid(podUid);
        sysctls = Map.copyOf(sysctls);
        annotations = Map.copyOf(annotations);
    }
}

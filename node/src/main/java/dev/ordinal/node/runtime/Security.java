package dev.ordinal.node.runtime;

import java.util.Set;
import java.util.TreeSet;

/// What the processes of a container may do.
///
/// @param capabilities names without `CAP_`, upper case
public record Security(
        Set<String> capabilities, boolean noNewPrivileges, boolean readOnlyRootFilesystem) {
    /// Docker's default set without MKNOD.
    public static final Set<String> DEFAULT_CAPABILITIES =
            Set.of(
                    "CHOWN",
                    "DAC_OVERRIDE",
                    "FSETID",
                    "FOWNER",
                    "NET_RAW",
                    "SETGID",
                    "SETUID",
                    "SETFCAP",
                    "SETPCAP",
                    "NET_BIND_SERVICE",
                    "SYS_CHROOT",
                    "KILL",
                    "AUDIT_WRITE");

    /// Every capability a container may be given. Those that reach beyond the pod are not among
    /// them.
    public static final Set<String> GRANTABLE_CAPABILITIES =
            Set.of(
                    "CHOWN",
                    "DAC_OVERRIDE",
                    "FSETID",
                    "FOWNER",
                    "NET_RAW",
                    "SETGID",
                    "SETUID",
                    "SETFCAP",
                    "SETPCAP",
                    "NET_BIND_SERVICE",
                    "SYS_CHROOT",
                    "KILL",
                    "AUDIT_WRITE",
                    "NET_ADMIN",
                    "NET_BROADCAST",
                    "IPC_LOCK",
                    "IPC_OWNER",
                    "SYS_NICE",
                    "LEASE");

    public static final Security DEFAULT = new Security(DEFAULT_CAPABILITIES, false, false);

    public Security {
        capabilities = Set.copyOf(capabilities);
        for (String name : capabilities) {
            if (!GRANTABLE_CAPABILITIES.contains(name)) {
                throw new IllegalArgumentException(
                        "capability \"" + name + "\" cannot be given to a container");
            }
        }
    }

    /// The default set less `drop`, plus `add`; `ALL` stands for every grantable one.
    ///
    /// @throws IllegalArgumentException when `add` names one that cannot be given
    public static Set<String> capabilities(Iterable<String> add, Iterable<String> drop) {
        Set<String> result = new TreeSet<>(DEFAULT_CAPABILITIES);
        for (String name : drop) {
            if (name.equalsIgnoreCase("ALL")) {
                result.clear();
            } else {
                result.remove(plain(name));
            }
        }
        for (String name : add) {
            if (name.equalsIgnoreCase("ALL")) {
                result.addAll(GRANTABLE_CAPABILITIES);
            } else {
                result.add(plain(name));
            }
        }
        return result;
    }

    private static String plain(String name) {
        String upper = name.toUpperCase(java.util.Locale.ROOT);
        return upper.startsWith("CAP_") ? upper.substring(4) : upper;
    }
}

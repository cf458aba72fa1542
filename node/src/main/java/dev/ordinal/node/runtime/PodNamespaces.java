package dev.ordinal.node.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/// What the containers of one pod share besides the network: the UTS namespace with the host
/// name, the IPC namespace, and `/dev/shm`. Each is kept by a mount below the pod's folder, so it
/// outlives the server and goes with whatever else is mounted there.
///
/// @param folder of the mounts, `<pods>/<uid>/shared`
record PodNamespaces(Path folder) {
    private static final Path HOSTNAME = Path.of("/proc/sys/kernel/hostname");
    private static final String MEMORY = "mode=1777,size=64m"; // as upstream's runtimes have it

    Path uts() {
        return folder.resolve("uts");
    }

    Path ipc() {
        return folder.resolve("ipc");
    }

    Path memory() {
        return folder.resolve("shm");
    }

    /// Makes all of it, with the host name and the kernel settings in force.
    ///
    /// @throws ContainerException of kind `MACHINE` when the kernel refuses a setting
    /// @throws IOException when it refuses something else; nothing is left in both cases
    void make(SandboxSpec spec) throws IOException {
        Files.createDirectories(memory());
        try {
            Files.createFile(uts());
            Files.createFile(ipc());
            Libc.mount("shm", memory(), "tmpfs", Libc.PLAIN_FILES, MEMORY);
            onOneThread(spec.hostname());
            if (!spec.sysctls().isEmpty()) set(spec);
        } catch (IOException | ContainerException refused) {
            remove();
            throw refused;
        }
    }

    /// Namespaces belong to a thread until it ends, so this one serves nothing else.
    private void onOneThread(String hostname) throws IOException {
        var done = new CompletableFuture<Void>();
        Thread.ofPlatform()
                .name("namespaces of a pod")
                .start(
                        () -> {
                            try {
                                share(hostname);
                                done.complete(null);
                            } catch (IOException | RuntimeException failure) {
                                done.completeExceptionally(failure);
                            }
                        });
        try {
            done.join();
        } catch (CompletionException failed) {
            throw new IOException(String.valueOf(failed.getCause()), failed);
        }
    }

    private void share(String hostname) throws IOException {
        Libc.unshare(Libc.NEW_UTS | Libc.NEW_IPC);
        Files.writeString(HOSTNAME, hostname);
        Libc.mount("/proc/thread-self/ns/uts", uts(), "none", Libc.BIND, "");
        Libc.mount("/proc/thread-self/ns/ipc", ipc(), "none", Libc.BIND, "");
    }

    private void set(SandboxSpec spec) {
        var text = new StringBuilder("set -e\n");
        spec.sysctls()
                .forEach(
                        (name, value) -> {
                            var file = "/proc/sys/" + name.replace('.', '/');
                            text.append("echo ").append(Shell.quote(value));
                            text.append(" >").append(Shell.quote(file)).append('\n');
                        });
        List<String> command = new ArrayList<>(List.of("nsenter", "--ipc=" + ipc()));
        spec.networkNamespace().ifPresent(network -> command.add("--net=" + network));
        command.addAll(List.of("/bin/sh", "-c", text.toString()));
        Shell.run("", command.toArray(String[]::new));
    }

    /// Whether it is there: a restart of the machine, for one, takes it away.
    boolean stand() throws IOException {
        return Mounts.at(uts());
    }

    /// Lets go of it; containers that run keep their share until they end.
    void remove() throws IOException {
        Mounts.unmountBelow(folder);
        Trees.delete(folder);
    }
}

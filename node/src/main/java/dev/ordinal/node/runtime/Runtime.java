package dev.ordinal.node.runtime;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/// Starts, watches and ends containers on this machine. All calls block; any thread may call.
///
/// Every call but [#close] throws a [ContainerException] that says what was refused or broken.
@SuppressWarnings(
        "JavaLangClash") // the name Kubernetes gives it; nobody here needs java.lang.Runtime
public interface Runtime extends AutoCloseable {
    /// The name shown in `status.nodeInfo.containerRuntimeVersion` and before container ids, such
    /// as
    /// `ordinal`.
    String name();

    /// Makes what the containers of one pod share: folder, host name, IPC and network namespaces,
    /// `/etc/hosts` and `/etc/resolv.conf`. An existing sandbox of the same pod is an error.
    Sandbox createSandbox(SandboxSpec spec);

    /// Ends every process of the pod and removes its sandbox, its logs and its folder. Does nothing
    /// for
    /// an unknown pod.
    void removeSandbox(String podUid);

    /// Starts one attempt of a container. Returns once its program runs. An attempt starts once, in
    /// a pod that has a sandbox.
    ///
    /// @throws ContainerException of kind `CANNOT_START` when the program cannot be executed
    Container start(ContainerSpec spec);

    /// The pods an earlier server left here, with their containers, running or ended. Pods whose
    /// processes are gone are included, so that their logs and exit codes can be read.
    List<Adopted> adopt();

    /// Starts a command inside a running container.
    ///
    /// @throws ContainerException of kind `NOT_RUNNING` when there is no such container or it has
    ///     ended, `CANNOT_START` when it has no such program
    ExecSession exec(ExecSpec spec);

    /// Joins the streams of a running container: what it prints from now on, and its input if it
    /// has one. The session ends with the container, or when its input is closed; but an input for
    /// one client ends with that client, whose session then still sees the rest of the output. Its
    /// exit code is 0.
    ///
    /// @param stdin whether it is a client of the container's input
    /// @throws ContainerException of kind `NOT_RUNNING` when there is no such container or it has
    ///     ended
    ExecSession attach(ContainerKey container, boolean stdin);

    /// Writes the log of one attempt to `out`. With [LogOptions#follow] it returns when the
    /// container
    /// has ended and everything it wrote has been copied, or when the thread is interrupted.
    ///
    /// @throws ContainerException of kind `NOT_RUNNING` when there is no such attempt
    /// @throws IOException when `out` refuses, which is how a reader that went away shows
    void logs(ContainerKey container, LogOptions options, OutputStream out) throws IOException;

    /// What the container uses now; an ended one uses nothing.
    ///
    /// @throws ContainerException of kind `NOT_RUNNING` when there is no such attempt
    Usage usage(ContainerKey container);

    /// Forgets an ended attempt and removes its files and log.
    ///
    /// @throws ContainerException of kind `NOT_RUNNING` when there is no such attempt, `MACHINE`
    ///     when it runs
    void removeContainer(ContainerKey container);

    /// Lets go of the runtime. Whether containers go on is up to the implementation's [Lifetime].
    @Override
    void close();
}

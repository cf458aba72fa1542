package dev.ordinal.api;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.SocketChannel;
import java.util.List;

/// The way from the server to a running container. Implemented by the node, handed over by the
/// cluster. A refusal is an [ApiException] before any byte flows.
public interface PodStreams {
    /// Writes log text until its end; with `follow` until the container ends or the thread is
    /// interrupted. Flushes after each piece when following.
    void logs(Stored pod, LogOptions options, OutputStream out)
            throws IOException, InterruptedException;

    Session exec(Stored pod, ExecOptions options);

    /// Joins the streams of a running container, which has a terminal or has none, whatever is
    /// asked for.
    Session attach(Stored pod, ExecOptions options);

    /// Refuses what [#exec] or [#attach] would refuse because of the container, and opens nothing.
    void check(Stored pod, ExecOptions options, boolean exec);

    /// The way to the ports of a pod that runs.
    Ports ports(Stored pod);

    /// Connections to a pod's own loopback, inside its network namespace.
    interface Ports {
        /// @throws IOException nobody listens there, or the pod is gone: in upstream's words
        SocketChannel connect(int port) throws IOException;
    }

    /// @param container empty: the only one
    /// @param sinceTime RFC 3339, or null
    record LogOptions(
            String container,
            boolean follow,
            boolean previous,
            boolean timestamps,
            @Nullable Long tailLines,
            @Nullable Long limitBytes,
            @Nullable Long sinceSeconds,
            @Nullable String sinceTime) {}

    /// @param container empty: the only one
    record ExecOptions(
            String container,
            List<String> command,
            boolean stdin,
            boolean stdout,
            boolean stderr,
            boolean tty) {}

    /// A process with its streams. Closing it ends the process of an exec; an attached container
    /// goes on.
    interface Session extends AutoCloseable {
        /// Closing it is the process's end of input. Null when stdin was not asked for.
        @Nullable OutputStream stdin();

        /// With a terminal everything comes here.
        InputStream stdout();

        /// Null with a terminal.
        @Nullable InputStream stderr();

        void resize(int columns, int rows);

        /// The exit code.
        int await() throws InterruptedException;

        @Override
        void close();
    }
}

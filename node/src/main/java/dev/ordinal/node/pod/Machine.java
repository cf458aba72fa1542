package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.node.runtime.ContainerKey;
import dev.ordinal.node.runtime.ContainerSpec;
import dev.ordinal.node.runtime.SandboxSpec;
import dev.ordinal.node.runtime.Stdio;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What a pod needs of the machine besides the runtime: its volumes, its address, its images. Calls
/// block and can be repeated.
public interface Machine {
    /// Prepares volumes and network.
    ///
    /// @throws NotYetException something is missing that may still come
    Prepared prepare(JsonNode pod) throws NotYetException;

    /// Brings what has changed since into the volumes of a prepared pod.
    ///
    /// @throws NotYetException something is missing; what was there before stays
    default void refresh(JsonNode pod) throws NotYetException {}

    /// When [#refresh] is needed although nothing has changed; empty: never.
    default Optional<Instant> renewal(String podUid) {
        return Optional.empty();
    }

    /// What a container is started with.
    ///
    /// @throws CannotStartException the reason and message of its waiting state
    ContainerSpec container(JsonNode pod, JsonNode container, int attempt, Prepared prepared)
            throws CannotStartException;

    /// The streams a container asks for.
    static Stdio stdio(JsonNode container) {
        return new Stdio(
                container.path("stdin").asBoolean(),
                container.path("stdinOnce").asBoolean(),
                container.path("tty").asBoolean());
    }

    /// Gives everything of a pod back; unknown pods are fine.
    void release(String podUid);

    /// Fields of the pod this machine does without; an event names them.
    default List<String> unsupported(JsonNode pod) {
        return List.of();
    }

    /// What an ended container left for its status; empty when nothing.
    default String terminationMessage(ContainerKey container) {
        return "";
    }

    /// A connection to a port on the loopback of a prepared pod.
    ///
    /// @throws IOException nobody listens there, or the pod is gone: in words of upstream's
    // runtimes
    default SocketChannel connect(JsonNode pod, int port) throws IOException {
        throw new IOException("the pods of this node listen nowhere");
    }

    /// @param address of the pod
    record Prepared(SandboxSpec sandbox, String address) {}

    /// The image a container runs, once it is known.
    record Image(String name, String id) {}

    /// The image as statuses show it.
    Optional<Image> image(String reference);

    /// Not now; the event's reason and message say why.
    final class NotYetException extends Exception {
        private static final long serialVersionUID = 1;

        private final String reason;

        public NotYetException(String reason, String message) {
            super(message);
            this.reason = reason;
        }

        public String reason() {
            return reason;
        }
    }

    /// A container cannot be started as its spec is.
    final class CannotStartException extends Exception {
        private static final long serialVersionUID = 1;

        private final String reason;

        public CannotStartException(String reason, String message) {
            super(message);
            this.reason = reason;
        }

        /// Such as `ErrImageNeverPull` or `CreateContainerConfigError`.
        public String reason() {
            return reason;
        }
    }
}

package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.node.runtime.ContainerKey;

import java.time.Duration;

/// Asks one container whether it is well.
public interface Probes {
    /// Blocks for at most `patience`.
    ///
    /// @param probe with one handler: httpGet, tcpSocket, exec or grpc
    /// @param first no probe of this kind has succeeded yet: a refused connection is tried again
    ///     until the time is over, so that a container is ready when it listens
    Result run(Target target, JsonNode probe, Duration patience, boolean first)
            throws InterruptedException;

    /// Whom to ask.
    ///
    /// @param address of the pod
    record Target(JsonNode pod, JsonNode container, ContainerKey key, String address) {}

    /// @param known false: nothing was learned of the container, which changes nothing
    /// @param message what one that did not succeed says, or what is odd about its success
    record Result(boolean success, boolean known, String message) {
        public static final Result SUCCESS = new Result(true, true, "");

        static Result failure(String message) {
            return new Result(false, true, message);
        }

        static Result warning(String message) {
            return new Result(true, true, message);
        }

        static Result unknown(String message) {
            return new Result(false, false, message);
        }
    }

    /// For containers without processes: all is well at once.
    Probes ALWAYS_WELL = (_, _, _, _) -> Result.SUCCESS;
}

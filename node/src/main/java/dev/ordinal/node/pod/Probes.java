package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import java.time.Duration;

/// Asks one container whether it is well.
public interface Probes {
    /// Blocks for at most `patience`.
    ///
    /// @param probe with one handler: httpGet, tcpSocket, exec or grpc
    Result run(JsonNode pod, JsonNode container, JsonNode probe, String address, Duration patience)
            throws InterruptedException;

    /// @param message what a failing one says
    record Result(boolean success, String message) {
        public static final Result SUCCESS = new Result(true, "");
    }

    /// For containers without processes: all is well at once.
    Probes ALWAYS_WELL = (_, _, _, _, _) -> Result.SUCCESS;
}

package dev.ordinal.node.runtime;

import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// One started attempt of a container.
public interface Container {
    ContainerKey key();

    /// 64 hexadecimal digits, unique; `status.containerID` is [Runtime#name] `://` this.
    String id();

    Instant startedAt();

    /// The process number of the container's first process as the host sees it; 0 where there is
    /// none.
    long pid();

    /// As in the [ContainerSpec] it was started from.
    Map<String, String> annotations();

    /// Completes when the container has ended; never fails. The log is complete by then.
    CompletableFuture<Exit> exit();

    /// Sends a signal, such as 15, to the first process. Does nothing after the end.
    void signal(int number);

    default boolean running() {
        return !exit().isDone();
    }
}

package dev.ordinal.conformance;

import com.fasterxml.jackson.databind.JsonNode;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/// Watches, each read by a thread of its own. Closing ends them.
final class Watches implements AutoCloseable {
    private final Client client;
    private final List<Thread> threads = new ArrayList<>();

    Watches(Client client) {
        this.client = client;
    }

    /// @param told type and object of each event, on the watch's thread
    void start(String path, BiConsumer<String, JsonNode> told) {
        threads.add(
                Thread.ofVirtual()
                        .name(path)
                        .start(
                                () -> {
                                    try {
                                        client.watch(path, told);
                                    } catch (IOException | InterruptedException _) {
                                        // Closed; a watch that ends early shows as missing text.
                                    }
                                }));
    }

    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
    }
}

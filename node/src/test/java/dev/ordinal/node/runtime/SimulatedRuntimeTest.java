package dev.ordinal.node.runtime;

import org.junit.jupiter.api.AfterEach;

import java.util.List;
import java.util.Map;

final class SimulatedRuntimeTest extends RuntimeContract<SimulatedRuntime> {
    @Override
    SimulatedRuntime open() {
        return new SimulatedRuntime(clock);
    }

    @AfterEach
    void close() {
        runtime.close();
    }

    @Override
    ContainerSpec waiting(ContainerKey key) {
        return reading(key, Stdio.NONE);
    }

    @Override
    ContainerSpec reading(ContainerKey key, Stdio stdio) {
        return new ContainerSpec(
                key,
                List.of(),
                List.of("simulated"),
                Map.of(),
                "/",
                User.ROOT,
                List.of(),
                Security.DEFAULT,
                Resources.NONE,
                stdio,
                Map.of("note", "kept"));
    }

    @Override
    Container ready(ContainerKey key) {
        var container = runtime.start(waiting(key));
        runtime.print(key, "ready");
        return container;
    }

    @Override
    Container ended(ContainerKey key, int code) {
        var container = runtime.start(waiting(key));
        runtime.end(key, code);
        return container;
    }

    @Override
    void print(ContainerKey key, String line) {
        runtime.print(key, line);
    }
}

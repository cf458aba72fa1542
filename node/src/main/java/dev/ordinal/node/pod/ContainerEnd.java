package dev.ordinal.node.pod;

import dev.ordinal.node.runtime.Container;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Ends one container: its hook, then the signal its image asks for, then SIGKILL.
///
/// @see "upstream: pkg/kubelet/kuberuntime, killContainer"
final class ContainerEnd {
    static final Duration AFTER_SIGNAL = Duration.ofSeconds(2);
    private static final int SIGTERM = 15;
    private static final int SIGKILL = 9;

    private final PodAgent.Parts parts;
    private final Probes.Target target;
    private final Container container;
    private final Runnable hookFailed;
    private volatile long killAfter = System.nanoTime();

    /// @param hookFailed tells that the hook has failed
    ContainerEnd(
            PodAgent.Parts parts, Probes.Target target, Container container, Runnable hookFailed) {
        this.parts = parts;
        this.target = target;
        this.container = container;
        this.hookFailed = hookFailed;
    }

    /// Runs the hook, waits for the others and signals. An interrupt cuts the first two short.
    ///
    /// @param others that must have ended before
    void begin(List<Container> others) {
        var hook = target.container().at("/lifecycle/preStop");
        if (hook.isObject()) {
            var failure = parts.hooks().run(target, hook);
            boolean told = failure.isPresent() && container.running();
            if (told && !Thread.currentThread().isInterrupted()) hookFailed.run();
        }
        try {
            for (var other : others) other.exit().get();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
        var asked = container.annotations().getOrDefault(LinuxMachine.STOP_SIGNAL, "");
        killAfter = System.nanoTime() + AFTER_SIGNAL.toNanos();
        container.signal(Signals.number(asked).orElse(SIGTERM));
    }

    /// The time is over: whoever was signalled two seconds ago is killed, others are then.
    void finish() throws InterruptedException {
        if (!container.running()) return;
        await(killAfter - System.nanoTime());
        if (!container.running()) return;
        container.signal(SIGKILL);
        container.exit().join();
    }

    /// All of it.
    void run(Duration grace) throws InterruptedException {
        var beginning = Thread.ofVirtual().name("stop").start(() -> begin(List.of()));
        try {
            await(grace.toNanos());
        } finally {
            beginning.interrupt();
        }
        var _ = beginning.join(AFTER_SIGNAL);
        finish();
    }

    private void await(long nanos) throws InterruptedException {
        try {
            var _ = container.exit().get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            // It still runs.
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}

package dev.ordinal.control;

import dev.ordinal.api.ApiException;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.InstantSource;

/// Drives one controller: its queue, its workers, its back-off.
public final class ControllerLoop {
    private static final Logger LOG = LoggerFactory.getLogger(ControllerLoop.class);

    private final Controller controller;
    private final WorkQueue queue;

    public ControllerLoop(Controller controller, InstantSource clock) {
        this.controller = controller;
        queue = new WorkQueue(clock);
        controller.watch(key -> queue.addAfter(key, controller.gathering(key)));
    }

    /// @param workers how many keys are looked at side by side
    public void start(Lifetime life, int workers) {
        for (int i = 0; i < workers; i++) {
            life.run(
                    controller.name() + "-" + i,
                    () -> {
                        while (true) look(queue.take());
                    });
        }
    }

    /// Looks at one due key. For a simulation that steps by hand.
    ///
    /// @return false: nothing is due
    public boolean step() throws InterruptedException {
        var key = queue.poll();
        if (key == null) return false;
        look(key);
        return true;
    }

    /// For a simulation: when the next delayed look is due.
    public WorkQueue queue() {
        return queue;
    }

    private void look(Key key) throws InterruptedException {
        try {
            var again = controller.reconcile(key);
            queue.done(key);
            again.ifPresent(delay -> queue.addAfter(key, delay));
        } catch (ApiException refused) {
            LOG.info("{} {}: {}", controller.name(), key, refused.getMessage());
            queue.failed(key);
        } catch (RuntimeException broken) {
            LOG.error("{} {} failed", controller.name(), key, broken);
            queue.failed(key);
        }
    }
}
